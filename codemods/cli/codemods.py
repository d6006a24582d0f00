"""`offloop codemods`."""

from __future__ import annotations

import click


@click.command("codemods")
def command() -> None:
    """List the rewrites."""
    from codemods import mods  # noqa: PLC0415

    for name in mods.names():
        codemod = mods.load(name)
        click.echo(f"{name:<10}  {', '.join(codemod.kinds):<10}  {codemod.summary}")
