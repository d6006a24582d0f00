"""The project that a path belongs to: what has to be read to understand one file of it."""

from __future__ import annotations

import os
from pathlib import Path

from codemods.source.git import root_of

_MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg")


def project_of(path: str) -> str | None:
    """The nearest folder above a path with a manifest, else its git work tree, as a path to discover from."""
    start = Path(os.path.abspath(path))  # noqa: PTH100 (Path.resolve would follow symlinks)
    folders = [start, *start.parents] if start.is_dir() else list(start.parents)
    for folder in folders:
        if any((folder / name).is_file() for name in _MANIFESTS):
            return os.path.relpath(folder)
    root = root_of(folders[0]) if folders and folders[0].is_dir() else None
    return os.path.relpath(root) if root else None
