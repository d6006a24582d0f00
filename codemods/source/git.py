"""What git knows of files: where its work tree starts, which files are in it, which have uncommitted changes."""

from __future__ import annotations

import os
import subprocess
from collections import defaultdict
from functools import lru_cache
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_CHUNK = 200
# Set inside git hooks; they would tie every question to one repository, seen from one folder.
_TIES = ("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_PREFIX", "GIT_OBJECT_DIRECTORY", "GIT_COMMON_DIR")
# A repository's own configuration may name programs that git is to run while it looks at files.
NOTHING_RUN = ("-c", "core.fsmonitor=false", "-c", f"core.hooksPath={os.devnull}")
_QUIET = {"LC_ALL": "C", "GIT_OPTIONAL_LOCKS": "0"}


@lru_cache(maxsize=4096)
def root_of(folder: Path) -> Path | None:
    """The top of the git work tree that a folder is in."""
    answer = _git(folder, "rev-parse", "--show-toplevel")
    if answer is None:
        return None
    return Path(os.fsdecode(answer.removesuffix(b"\n")))


def base_of(file: Path) -> Path:
    """The folder that a file's path is given from in a diff: its git root, or the current directory."""
    return root_of(file.parent) or Path.cwd()


def listed(folder: Path) -> tuple[tuple[str, ...], tuple[str, ...]] | None:
    """Tracked files, and untracked ones that are not ignored, relative to a folder; nothing where git does not say."""
    tracked = _git(folder, "ls-files", "-z", "--cached")
    untracked = _git(folder, "ls-files", "-z", "--others", "--exclude-standard")
    if tracked is None or untracked is None:
        return None
    return tuple(_names(tracked)), tuple(_names(untracked))


def ignores(folder: Path) -> bool:
    """Whether a folder is ignored as a whole."""
    return _git(folder.parent, "check-ignore", "-q", "--", folder.name) is not None


def dirty(files: Iterable[Path]) -> tuple[Path, ...]:
    """The files with uncommitted changes, untracked ones among them; outside git nothing is dirty."""
    by_root: dict[Path, list[Path]] = defaultdict(list)
    for file in files:
        root = root_of(file.parent)
        if root is not None:
            by_root[root].append(file)
    found = []
    for root, members in by_root.items():
        names = [os.path.relpath(member, root) for member in members]
        changed = set(_changed(root, names))
        found += [member for member, name in zip(members, names, strict=True) if name in changed]
    return tuple(sorted(found))


def _changed(root: Path, names: Sequence[str]) -> Iterator[str]:
    for start in range(0, len(names), _CHUNK):
        part = names[start : start + _CHUNK]
        answer = _git(
            root,
            "--literal-pathspecs",
            "status",
            "--porcelain",
            "-z",
            "--untracked-files=all",
            "--no-renames",
            "--",
            *part,
        )
        yield from (entry[3:] for entry in _names(answer or b""))


def _names(answer: bytes) -> Iterator[str]:
    return (os.fsdecode(name) for name in answer.split(b"\0") if name)


def environment() -> dict[str, str]:
    """What git is to know of its surroundings."""
    return {name: value for name, value in os.environ.items() if name not in _TIES} | _QUIET


def _git(folder: Path, *arguments: str) -> bytes | None:
    """What git prints, or nothing where it is missing or refuses."""
    try:
        done = subprocess.run(
            ["git", *NOTHING_RUN, *arguments],
            cwd=folder,
            env=environment(),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            check=False,
        )
    except OSError:
        return None
    return done.stdout if done.returncode == 0 else None
