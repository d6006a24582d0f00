"""The decision tree: which codemod takes which site, how sure that is, and what follows for the file's imports."""

from codemods.plan.decide import Decision, decide
from codemods.plan.ignores import ignored, unused
from codemods.plan.imports import edits_for

__all__ = ["Decision", "decide", "edits_for", "ignored", "unused"]
