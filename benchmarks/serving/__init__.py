"""The parts of `benchmarks/live.py`."""
