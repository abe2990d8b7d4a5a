"""Benchmarks: one command each, `python -m bench.NAME [--quick] [--json]`; `python -m bench` runs all of them."""
