"""Benchmarks, each beside a named peer on the same input in the same run. `make bench` runs all of them."""
