"""`offloop codemods`."""

from __future__ import annotations

import click

from codemods.model import KINDS


@click.command("codemods")
def command() -> None:
    """List the rewrites."""
    from codemods import mods  # noqa: PLC0415

    for name in mods.names():
        codemod = mods.load(name)
        kinds = "all kinds" if codemod.kinds == KINDS else ", ".join(codemod.kinds)
        opt_in = f" Opt-in: `--codemod {name}`." if codemod.opt_in else ""
        click.echo(f"{name:<10}  {kinds:<10}  {codemod.summary}{opt_in}")
