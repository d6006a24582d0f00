"""A commit of a repository in a folder of its own, and what is put onto a branch there.

The repository of a path keeps the files that are checked out as they are: the commit is looked at in a worktree. That
of a URL is fetched: one commit, without the contents of others.
"""

from __future__ import annotations

import contextlib
import math
import os
import re
import shutil
import tempfile
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from codemods.source.asking import RepositoryError
from codemods.source.asking import answer as _git
from codemods.source.asking import attempt as _try
from codemods.source.asking import network as _network
from codemods.source.stage import write_bytes

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.model import Change

COMMIT_MARK = "Offloop-Codemod"
"""The trailer of a commit that offloop made."""

_WHO = re.compile(r"(?<=^http://)[^/]*@|(?<=^https://)[^/]*@", re.IGNORECASE)
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://|[^/\\\s@]+@[^/\\\s:]+:")
_PATIENCE = 120


class EmptyError(Exception):
    """A repository without anything to read."""


def is_url(where: str) -> bool:
    """Whether git fetches it, from wherever."""
    return _URL.match(where) is not None


@dataclass(frozen=True, slots=True)
class Repository:
    """A repository by its folder or its URL, and which commit of it is meant."""

    where: str
    ref: str = ""

    @property
    def folder(self) -> Path | None:
        """Its folder on this machine."""
        return None if is_url(self.where) else Path(self.where)

    @property
    def shown(self) -> str:
        """The same without anybody's password: what may be written down."""
        return _WHO.sub("", self.where)

    @property
    def access(self) -> tuple[str, ...]:
        """The settings with which git asks for `shown` as `where` does."""
        if self.shown == self.where:
            return ()
        real = self.where.replace("=", "%3D")
        return tuple(
            word for key in ("insteadOf", "pushInsteadOf") for word in ("-c", f"url.{real}.{key}={self.shown}")
        )

    def commit(self) -> str:
        """The commit that is meant; empty for a folder that is not git's."""
        if self.folder is None:
            return self._remote(self.ref or "HEAD")
        if not self.folder.is_dir():
            raise RepositoryError("no such folder" if not self.folder.exists() else "is not a folder")
        if _try(self.folder, "rev-parse", "--git-dir") is None:
            return ""
        # A branch that nobody has checked out here is only known as the remote's.
        for name in (self.ref, f"refs/remotes/origin/{self.ref}") if self.ref else ("HEAD",):
            asked = ("rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}")
            found = _try(self.folder, *asked)
            if found is not None:
                return found
        if self.ref:
            raise RepositoryError(f"has no branch, tag or commit {self.ref!r}")
        raise EmptyError("has no commits")

    def _remote(self, ref: str) -> str:
        rows = [row.split("\t") for row in _network(None, "ls-remote", self.where, seconds=_PATIENCE).splitlines()]
        refs = {name: commit for commit, name in rows}
        if not refs:
            raise EmptyError("has no commits")
        for name in (ref, f"refs/heads/{ref}", f"refs/tags/{ref}^{{}}", f"refs/tags/{ref}"):
            if name in refs:
                return refs[name]
        if re.fullmatch(r"[0-9a-f]{40,64}", ref):
            return ref
        raise RepositoryError(f"has no branch or tag {ref!r}")

    def size(self) -> float:
        """About how much there is in it; what is not known is taken for the most."""
        with contextlib.suppress(OSError):
            return (self.folder / ".git" / "index").stat().st_size if self.folder is not None else math.inf
        return 0

    def remarks(self) -> Iterator[str]:
        """What is worth knowing about the folder of a repository."""
        if self.folder is not None and not self.ref and _try(self.folder, "status", "--porcelain"):
            yield "it has uncommitted changes, which were not looked at"

    @contextmanager
    def checked_out(self, commit: str, place: Path) -> Iterator[Checkout]:
        """One commit in a folder that is there as long as it is needed."""
        self.clear(place)
        place.parent.mkdir(parents=True, exist_ok=True)
        try:
            if self.folder is not None:
                _git(self.folder, "worktree", "add", "--detach", "--force", os.fspath(place), commit)
            else:
                place.mkdir()
                _git(place, "init", "-q")
                _git(place, "remote", "add", "origin", self.shown)
                part = ("--depth=1", "--filter=blob:none", "--no-tags")
                _network(place, "fetch", "-q", *part, "origin", commit, settings=self.access)
                _network(place, "checkout", "-q", "--detach", commit, settings=self.access)
            yield Checkout(self, place, commit)
        finally:
            self.clear(place)

    def clear(self, place: Path) -> None:
        """Leave nothing of a checkout, also of one that was killed."""
        shutil.rmtree(place, ignore_errors=True)
        if self.folder is not None and self.folder.is_dir():
            _try(self.folder, "worktree", "prune")


@dataclass(frozen=True, slots=True)
class Checkout:
    """A commit in a folder."""

    repository: Repository
    folder: Path
    base: str

    def submodules(self) -> list[str]:
        """The folders of other repositories in it."""
        answer = _try(self.folder, "config", "-z", "-f", ".gitmodules", "--get-regexp", r"\.path$") or ""
        return sorted(row.partition("\n")[2] for row in answer.split("\0") if row)

    def write(self, changes: Sequence[Change]) -> None:
        """Put new contents into the folder."""
        for change in changes:
            write_bytes(change.file, change.after)

    def commit(self, changes: Sequence[Change], message: str) -> str:
        """Commit new contents; the new commit."""
        self.write(changes)
        names = [os.path.relpath(change.file, self.folder) for change in changes]
        with tempfile.TemporaryDirectory() as folder:
            listed = Path(folder) / "names"
            listed.write_bytes(b"\0".join(map(os.fsencode, names)))
            _git(self.folder, "--literal-pathspecs", "add", "--pathspec-file-nul", f"--pathspec-from-file={listed}")
        _git(self.folder, "commit", "-q", "--no-verify", "-m", message)
        return _git(self.folder, "rev-parse", "HEAD")

    def branch(self, name: str, head: str) -> str:
        """Let a branch of the repository name a commit; the commit that it names.

        One that is there already keeps its commits where they come to the same, and is never taken from anybody else.
        """
        where = self.repository.folder or self.folder
        if _try(where, "check-ref-format", "--branch", name) is None:
            raise RepositoryError(f"{name!r} cannot be the name of a branch")
        now = _try(where, "rev-parse", "--verify", "--quiet", f"refs/heads/{name}")
        if now is not None:
            if self.same(now, head):
                return now
            if self.others(now):
                raise RepositoryError(f"the branch {name} has commits that offloop did not make; use another --branch")
        _git(where, "branch", "--force", "--no-track", name, head)
        return head

    def same(self, one: str, other: str) -> bool:
        """Whether two commits hold the same, and stand on the same base."""
        trees = {_try(self.folder, "log", "-1", "--format=%T", each, "--") for each in (one, other)}
        return len(trees) == 1 and None not in trees and self._stands(one) and self._stands(other)

    def _stands(self, commit: str) -> bool:
        return _try(self.folder, "merge-base", "--is-ancestor", self.base, commit) is not None

    def others(self, head: str) -> bool:
        """Whether somebody else has made a commit that is on a branch, and not below this checkout."""
        answer = _git(
            self.folder, "log", "-z", f"--format=%(trailers:key={COMMIT_MARK},valueonly)", head, f"^{self.base}", "--"
        )
        return any(not trailer.strip() for trailer in answer.split("\0")[:-1] if answer)


def head_of(folder: Path, branch: str) -> str:
    """The commit that a branch names, or nothing."""
    return _try(folder, "rev-parse", "--verify", "--quiet", f"refs/heads/{branch}") or ""
