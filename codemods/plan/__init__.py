"""The decision tree: which codemod takes which site, how sure that is, and what follows for the file's imports."""

from codemods.plan.decide import Decision, decide
from codemods.plan.edits import edits_for, together
from codemods.plan.ignores import ignored, unused
from codemods.plan.notes import notes
from codemods.plan.touched import touched

__all__ = ["Decision", "decide", "edits_for", "ignored", "notes", "together", "touched", "unused"]
