"""What the benchmark of MLS is built from: whole groups, what an operation cannot avoid, and ts-mls beside it."""
