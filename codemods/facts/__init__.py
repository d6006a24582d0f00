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
from codemods.facts.opened import Opened, Trees
from codemods.facts.packed import Packed
from codemods.facts.summary import Summary, base_names, called_name, store_end, summarize
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
    "Packed",
    "Parameter",
    "Patch",
    "Scope",
    "Summary",
    "Touch",
    "Trees",
    "UnparsableError",
    "base_names",
    "called_name",
    "extract",
    "parse",
    "read",
    "store_end",
    "summarize",
]


# Raised whenever the same bytes give other facts than before, so that old cache entries are not taken for new ones.
EDITION = 6
PARTS = (Binding, Call, Class, Context, Function, Ignore, Parameter, Patch, Scope, Summary, Touch)


def read(data: bytes) -> Facts:
    """The facts of a file, from its bytes."""
    tree, text = parse(data)
    return extract(tree, text).with_ignores(tuple(ignores(text)))
