"""The files that say what a project needs to run: found beside the code, or in a folder above it."""

from __future__ import annotations

import os
from functools import cache
from pathlib import Path

_NAMES = ("Pipfile", "pixi.toml", "pyproject.toml", "setup.cfg", "setup.py")
_LOCKS = ("Pipfile.lock", "pdm.lock", "pixi.lock", "poetry.lock", "uv.lock")


@cache
def manifests_near(folder: str) -> tuple[Path, ...]:
    """The manifests of the nearest folder that has any, from the folder of a file upwards to its repository's root."""
    place = Path(folder)
    found = [place / name for name in _NAMES if (place / name).is_file()]
    found += sorted(
        each for each in (*place.glob("*requirements*.txt"), *place.glob("*requirements*.in")) if each.is_file()
    )
    if not (place / "requirements").is_symlink():
        found += sorted(each for each in place.glob("requirements/*.*") if each.suffix in {".in", ".txt"})
    if found or (place / ".git").exists() or place.parent == place:
        return tuple(found)
    return manifests_near(str(place.parent))


def locks_beside(manifest: Path) -> tuple[str, ...]:
    """The names of the lock files that belong to a manifest, here or above (a workspace has one for all)."""
    for folder in manifest.parents:
        found = tuple(name for name in _LOCKS if (folder / name).is_file())
        if found or (folder / ".git").exists():
            return found
    return ()


def read_manifest(path: Path) -> bytes | None:
    """Its bytes; nothing where it cannot be read."""
    try:
        return path.read_bytes() if not os.path.islink(path) else None  # noqa: PTH114 (as everywhere here)
    except OSError:
        return None
