"""Which files a run is about."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codemods.model import Fault
from codemods.source.git import ignores, listed, root_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from codemods.source.exclude import Exclude

_NEVER = frozenset({"__pycache__", "node_modules", "site-packages"})
_BUILT = frozenset({"build", "dist", "_build", "buck-out", "venv"})
_SUFFIX = ".py"


@dataclass(frozen=True, slots=True)
class File:
    """A source file: as people see it, and where it really is."""

    path: str
    """Relative to the current directory, POSIX."""
    real: Path
    """Absolute, symlinks resolved: what is read and written."""


def discover(paths: Sequence[str], exclude: Sequence[Exclude] = ()) -> tuple[tuple[File, ...], tuple[Fault, ...]]:
    """The files that paths stand for: those named are always taken, folders are searched."""
    found: dict[Path, File] = {}
    faults: list[Fault] = []
    for path in paths:
        place = Path(os.path.abspath(path))  # noqa: PTH100 (Path.resolve would follow symlinks)
        if place.is_file():
            _take(found, place)
        elif place.is_dir():
            top = place.resolve()
            for file in _below(place, faults):
                if not any(each.matches(file) for each in exclude):
                    _take(found, file, top)
        elif os.path.lexists(place):
            faults.append(Fault(_shown(place), 0, "neither a file nor a folder, so there is nothing to read"))
        else:
            faults.append(Fault(_shown(place), 0, "no such file or folder"))
    return tuple(sorted(found.values(), key=lambda file: file.path)), tuple(sorted(faults))


def _take(found: dict[Path, File], place: Path, top: Path | None = None) -> None:
    real = place.resolve()
    # git lists a file under its old name even where a folder on the way is a symlink to somewhere else by now.
    if top is None or real.is_relative_to(top):
        found.setdefault(real, File(_shown(place), real))


def _shown(place: Path) -> str:
    return Path(os.path.relpath(place)).as_posix()


def _below(folder: Path, faults: list[Fault]) -> Iterator[Path]:
    known = None if _hidden(folder) or root_of(folder) is None or ignores(folder) else listed(folder)
    if known is None:
        yield from _walk(folder, faults)
        return
    tracked, untracked = known
    virtual: dict[Path, bool] = {}
    for name in tracked:
        if name.endswith(_SUFFIX) and _is_plain_file(folder / name):
            yield folder / name
        elif _is_submodule(folder / name):
            # git lists it by its folder only.
            yield from _below(folder / name, faults)
    for name in untracked:
        if name.endswith("/"):
            yield from _below(folder / name, faults)
        elif name.endswith(_SUFFIX) and not _unwanted(folder, Path(name), virtual) and _is_plain_file(folder / name):
            yield folder / name


def _is_submodule(place: Path) -> bool:
    """Whether a tracked name is another repository; one that was not fetched is an empty folder."""
    return place.is_dir() and not place.is_symlink() and root_of(place) == place.resolve()


def _unwanted(folder: Path, name: Path, virtual: dict[Path, bool]) -> bool:
    """Whether an untracked file lies where the walk would not look, for want of a .gitignore."""
    for parent in name.parents:
        if parent.name and (parent.name.startswith(".") or parent.name in _NEVER):
            return True
        if parent.name and parent not in virtual:
            virtual[parent] = (folder / parent / "pyvenv.cfg").exists()
        if virtual.get(parent):
            return True
    return False


def _walk(folder: Path, faults: list[Fault]) -> Iterator[Path]:
    stack = [folder]
    while stack:
        current = stack.pop()
        try:
            entries = sorted(os.scandir(current), key=lambda entry: entry.name)
        except OSError as error:
            faults.append(Fault(_shown(current), 0, f"the folder cannot be read: {error.strerror or error}"))
            continue
        if current != folder and any(entry.name == "pyvenv.cfg" for entry in entries):
            continue
        yield from _files(entries)
        stack += [
            Path(entry.path)
            for entry in reversed(entries)
            if entry.is_dir(follow_symlinks=False) and _worth(entry.name)
        ]


def _files(entries: Iterable[os.DirEntry[str]]) -> Iterator[Path]:
    for entry in entries:
        if entry.name.endswith(_SUFFIX) and entry.is_file(follow_symlinks=False):
            yield Path(entry.path)


def _worth(name: str) -> bool:
    return not (name.startswith(".") or name in _NEVER or name in _BUILT or name.endswith(".egg-info"))


def _hidden(folder: Path) -> bool:
    """Whether someone named a folder that a listing would leave out."""
    root = root_of(folder)
    inside = folder.relative_to(root).parts if root and folder.is_relative_to(root) else ()
    return any(part.startswith(".") for part in inside)


def _is_plain_file(place: Path) -> bool:
    return place.is_file() and not place.is_symlink()
