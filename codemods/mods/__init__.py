"""The codemods: one module each, found by walking this package; a module's docstring is its page.

A codemod decides about the sites of one function at a time: what it would do, how sure that is, and why. It never
touches text: it names the change, and codemods.rewriting carries it out.
"""

from __future__ import annotations

import importlib
import inspect
import pkgutil
from typing import TYPE_CHECKING

from codemods.mods.codemod import (
    Change,
    Codemod,
    Convert,
    Cut,
    Found,
    Project,
    Retool,
    Speak,
    Swap,
    Thread,
    Verdict,
    Work,
)

if TYPE_CHECKING:
    from types import ModuleType

__all__ = [
    "Change",
    "Codemod",
    "Convert",
    "Cut",
    "Found",
    "Project",
    "Retool",
    "Speak",
    "Swap",
    "Thread",
    "Verdict",
    "Work",
    "load",
    "names",
]


# What several codemods need.
_SHARED = frozenset({"catching", "codemod", "held", "kinds", "uses"})


def names() -> tuple[str, ...]:
    """The names of all codemods."""
    found = (module.name for module in pkgutil.iter_modules(__path__))
    return tuple(sorted(name.replace("_", "-") for name in found if name not in _SHARED))


def load(name: str) -> Codemod:
    """One codemod, by name."""
    module: ModuleType = importlib.import_module(f"{__name__}.{name.replace('-', '_')}")
    page = inspect.cleandoc(module.__doc__ or "")
    return Codemod(
        name,
        page.partition("\n")[0],
        page,
        module.KINDS,
        module.decide,
        exact=getattr(module, "EXACT", False),
        whole=getattr(module, "WHOLE", False),
        stay=getattr(module, "stay", lambda *_: None),
        twin=getattr(module, "TWIN", False),
        never_safe=getattr(module, "NEVER_SAFE", False),
        opt_in=getattr(module, "OPT_IN", False),
        find=getattr(module, "find", lambda _: ()),
    )
