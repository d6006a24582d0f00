"""Write docs/codemods/*.md from the codemods' docstrings: `python scripts/pages.py`."""

from __future__ import annotations

from pathlib import Path

from codemods import mods
from codemods.model import KINDS

FOLDER = Path(__file__).parent.parent / "docs" / "codemods"


def page(name: str) -> str:
    """One codemod's page."""
    codemod = mods.load(name)
    body = codemod.page.partition("\n")[2].strip("\n")
    kinds = "all" if codemod.kinds == KINDS else ", ".join(codemod.kinds)
    opt_in = f" Opt-in: it comes into play only with `--codemod {name}`." if codemod.opt_in else ""
    foot = f"*Kinds: {kinds}.{opt_in} Made from the docstring.*"
    return f"# {name}\n\n{codemod.summary}\n\n{body}\n\n---\n{foot}\n"


def main() -> None:
    """Write every page."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    for name in mods.names():
        (FOLDER / f"{name}.md").write_text(page(name), "utf-8")


if __name__ == "__main__":
    main()
