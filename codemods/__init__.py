"""offloop: get blocking work off the event loop."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from codemods.scripting import bulk, check, rewrite, write

__all__ = ["__version__", "bulk", "check", "rewrite", "write"]
__version__ = "0.1.0"


def __getattr__(name: str) -> object:
    """What scripts call is loaded when they ask for it: the command line does not pay for it."""
    if name not in __all__:
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from codemods import scripting  # noqa: PLC0415

    return getattr(scripting, name)
