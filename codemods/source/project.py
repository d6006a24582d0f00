"""The project that a path belongs to: what has to be read to understand one file of it."""

from __future__ import annotations

import hashlib
import os
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING

from codemods.source.git import root_of

if TYPE_CHECKING:
    from collections.abc import Iterable

_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")
_TOP = (*_MANIFESTS, "requirements.txt", "Pipfile")


def project_of(path: str) -> str | None:
    """The nearest folder above a path with a manifest, else its git work tree, as a path to discover from."""
    start = Path(os.path.abspath(path))  # noqa: PTH100 (Path.resolve would follow symlinks)
    folders = [start, *start.parents] if start.is_dir() else list(start.parents)
    for folder in folders:
        if any((folder / name).is_file() for name in _MANIFESTS):
            return os.path.relpath(folder)
    root = root_of(folders[0]) if folders and folders[0].is_dir() else None
    return os.path.relpath(root) if root else None


@cache
def own_state() -> bytes:
    """Changes whenever offloop's own code or catalogue does: what an older one found out counts no more."""
    package = Path(__file__).parent.parent
    state = hashlib.blake2b(digest_size=16)
    for file in sorted(package.rglob("*")):
        if file.suffix in {".py", ".toml"}:
            about = file.stat()
            state.update(f"{file.name} {about.st_size} {about.st_mtime_ns}".encode())
    return state.digest()


def installed_roots(paths: Iterable[str]) -> list[str]:
    """The folders that installing the distributions around some files would put on the import path."""
    folders = {os.path.dirname(path) for path in paths}  # noqa: PTH120 (thousands of paths: pathlib takes 10 times as long)
    for folder in list(folders):
        above = os.path.dirname(folder)  # noqa: PTH120
        while above not in folders and above != os.path.dirname(above):  # noqa: PTH120
            folders.add(above)
            above = os.path.dirname(above)  # noqa: PTH120
    found = []
    for folder in sorted(folders):
        if any(os.path.isfile(f"{folder}/{name}") for name in _TOP):  # noqa: PTH113
            found += [each for each in (folder, f"{folder}/src") if each in folders]
    return found
