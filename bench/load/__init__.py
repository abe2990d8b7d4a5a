"""What `bench.relay` is built from: signed requests, whoever sends them, and what they are held against."""
