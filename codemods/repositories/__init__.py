"""Many repositories in one run: which they are, what is done with each, who does it, and what came of it."""

from codemods.repositories.body import read_template
from codemods.repositories.bulk import Order, bulk
from codemods.repositories.entries import Entry, read
from codemods.repositories.task import EngineError, Plan

__all__ = ["EngineError", "Entry", "Order", "Plan", "bulk", "read", "read_template"]
