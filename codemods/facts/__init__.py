"""One file read once into small plain data: no other floor walks a file that nothing is found in."""

from codemods.facts.comments import ignores
from codemods.facts.extract import extract
from codemods.facts.kinds import (
    Binding,
    Call,
    Class,
    Context,
    Expr,
    Facts,
    Function,
    Ignore,
    Parameter,
    Patch,
    Scope,
    Touch,
)
from codemods.facts.opened import Opened
from codemods.facts.syntax import UnparsableError, parse

__all__ = [
    "EDITION",
    "PARTS",
    "Binding",
    "Call",
    "Class",
    "Context",
    "Expr",
    "Facts",
    "Function",
    "Ignore",
    "Opened",
    "Parameter",
    "Patch",
    "Scope",
    "Touch",
    "UnparsableError",
    "extract",
    "parse",
    "read",
]


# Raised whenever the same bytes give other facts than before, so that old cache entries are not taken for new ones.
EDITION = 2
PARTS = (Binding, Call, Class, Context, Function, Ignore, Parameter, Patch, Scope, Touch)


def read(data: bytes) -> Facts:
    """The facts of a file, from its bytes."""
    tree, text = parse(data)
    return extract(tree, text).with_ignores(tuple(ignores(text)))
