"""offloop: get blocking work off the event loop."""

__version__ = "0.1.0"
