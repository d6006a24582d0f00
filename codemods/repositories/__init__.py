"""Many repositories in one run: which they are, what is done with each, who does it, and what came of it."""

from codemods.repositories.bulk import Order, bulk
from codemods.repositories.entries import Entry, read
from codemods.repositories.local import fair_share
from codemods.repositories.task import Plan

__all__ = ["Entry", "Order", "Plan", "bulk", "fair_share", "read"]
