"""One file read once into small plain data: no other floor walks a file that nothing is found in."""

from dataclasses import replace

from codemods.facts.comments import ignores
from codemods.facts.extract import extract
from codemods.facts.kinds import Binding, Call, Context, Facts, Ignore, Patch, Scope
from codemods.facts.opened import Opened
from codemods.facts.syntax import UnparsableError, parse

__all__ = [
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


def read(data: bytes) -> Facts:
    """The facts of a file, from its bytes."""
    tree, text = parse(data)
    return replace(extract(tree, text), ignores=tuple(ignores(text)))
