"""Small projects in a temporary folder, and offloop run over them in memory."""

from __future__ import annotations

import os
import subprocess
from contextlib import contextmanager, suppress
from pathlib import Path
from textwrap import dedent
from typing import TYPE_CHECKING

from codemods import facts
from codemods.config import Settings
from codemods.engine import Request, find, rewrite
from codemods.program import Module, Program
from codemods.source import root_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from codemods.model import Finding, Result

UNSAFE = Settings(unsafe=frozenset({"sleep", "offload", "to-def"}))


def source(text: str) -> str:
    """Code written inside a test, without the test's indentation."""
    return dedent(text).lstrip("\n")


def program_of(files: Mapping[str, str]) -> Program:
    """A linked program of these files, below the folder /project."""
    return Program.link(
        Module(f"/project/{path}", path, facts.read(source(text).encode())) for path, text in files.items()
    )


@contextmanager
def inside(folder: Path) -> Iterator[None]:
    """Work in a folder."""
    before = Path.cwd()
    os.chdir(folder)
    try:
        yield
    finally:
        os.chdir(before)


def write(folder: Path, files: Mapping[str, str | bytes]) -> None:
    """Write a small project."""
    for path, content in files.items():
        target = folder / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else source(content).encode())


def run(folder: Path, *paths: str, settings: Settings | None = None, changing: bool = False) -> Result:
    """Look at (or rewrite, in memory) a folder, as the command line would from inside it."""
    request = Request(paths or (".",), settings or Settings(), jobs=1, cache=False)
    with inside(folder):
        return rewrite(request) if changing else find(request)


def findings_of(folder: Path, text: str, settings: Settings | None = None) -> tuple[Finding, ...]:
    """What is found in one module."""
    write(folder, {"main.py": text})
    return run(folder, settings=settings).findings


def rewritten(folder: Path, text: str, settings: Settings | None = None) -> str:
    """One module as it is after a rewrite."""
    write(folder, {"main.py": text})
    result = run(folder, settings=settings, changing=True)
    assert result.faults == ()
    return result.changes[0].after.decode() if result.changes else source(text)


def alive(process: int) -> bool:
    """Whether a process runs; one that has ended, and nobody has asked about yet, does not."""
    with suppress(OSError):
        return Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    return False


def git(folder: Path, *arguments: str) -> str:
    """Run git, and stop the test if it fails."""
    done = subprocess.run(["git", *arguments], cwd=folder, check=True, capture_output=True, text=True)
    root_of.cache_clear()
    return done.stdout


def commit(folder: Path) -> None:
    """Make a folder a repository with all that is in it committed."""
    git(folder, "init", "-q")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "all", "--allow-empty")
