"""One file read once into small plain data: no other floor walks a file that nothing is found in."""

from dataclasses import replace

from codemods.facts.comments import ignores
from codemods.facts.extract import extract
from codemods.facts.kinds import Binding, Call, Context, Facts, Ignore, Patch, Scope
from codemods.facts.opened import Opened
from codemods.facts.syntax import UnparsableError, parse

__all__ = [
    "EDITION",
    "PARTS",
    "Binding",
    "Call",
    "Context",
    "Facts",
    "Ignore",
    "Opened",
    "Patch",
    "Scope",
    "UnparsableError",
    "extract",
    "parse",
    "read",
]


# Raised whenever the same bytes give other facts than before, so that old cache entries are not taken for new ones.
EDITION = 1
PARTS = (Binding, Call, Context, Ignore, Patch, Scope)


def read(data: bytes) -> Facts:
    """The facts of a file, from its bytes."""
    tree, text = parse(data)
    return replace(extract(tree, text), ignores=tuple(ignores(text)))
