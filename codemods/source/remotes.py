"""Where the branches of a repository go, and how one gets there without taking anything from anybody."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from codemods.source.asking import RepositoryError, answer, attempt, network
from codemods.source.checkout import COMMIT_MARK

if TYPE_CHECKING:
    from pathlib import Path

    from codemods.source.checkout import Checkout, Repository

_ADDRESS = re.compile(
    r"(?:(?:https?|ssh|git\+ssh|git)://(?:[^/]*@)?(?P<host>[\w.-]+)(?::\d+)?/|[^/@\s]+@(?P<scp>[\w.-]+):/?)"
    r"(?P<owner>[\w-][\w.-]*)/(?P<name>(?!\.{1,2}(?:/|$))[\w.-]+?)(?:\.git)?/?",
    re.ASCII | re.IGNORECASE,
)
_HEADS = "refs/heads/"
_FETCH = ("fetch", "-q", "--no-tags", "--no-prune", "--no-auto-maintenance", "--no-recurse-submodules")
_PUSH = ("push", "-q", "--no-verify", "--no-follow-tags", "--recurse-submodules=no")


@dataclass(frozen=True, slots=True)
class Address:
    """A repository on GitHub, or on a host like it."""

    host: str
    owner: str
    name: str

    @classmethod
    def of(cls, url: str) -> Address | None:
        """The repository that a URL stands for; none where it is not on such a host."""
        match = _ADDRESS.fullmatch(url)
        if match is None:
            return None
        host = (match["host"] or match["scp"]).lower()
        # The address of GitHub's SSH server behind a firewall.
        return cls("github.com" if host == "ssh.github.com" else host, match["owner"], match["name"])


def address_of(repository: Repository) -> Address | None:
    """The repository that pull requests for another one go to."""
    if repository.folder is None:
        written = Address.of(repository.shown)
        return written or Address.of(answer(None, "ls-remote", "--get-url", repository.shown))
    return Remote(repository, repository.folder).address


class Remote:
    """Where a repository's branches are pushed to."""

    def __init__(self, repository: Repository, folder: Path) -> None:
        self.repository = repository
        self.folder = folder
        self._top = repository.folder or folder

    @cached_property
    def name(self) -> str:
        """The remote that the current branch tracks, or the one that is meant without saying so."""
        names = answer(self._top, "remote").splitlines()
        if not names:
            raise RepositoryError("has no remote to push to")
        if len(names) == 1:
            return names[0]
        for name in (self._tracking("remote"), "origin"):
            if name in names:
                return name
        raise RepositoryError(f"has several remotes ({', '.join(names)}), and its branch tracks none of them")

    @cached_property
    def address(self) -> Address | None:
        """The repository that pull requests go to."""
        # A mirror that git is told to ask in its place is not where pull requests are.
        written = Address.of(attempt(self._top, "config", "--get", f"remote.{self.name}.url") or "")
        return written or Address.of(answer(self._top, "remote", "get-url", self.name))

    @cached_property
    def pushed_to(self) -> Address | None:
        """The repository that branches are pushed to: a fork, perhaps."""
        written = attempt(self._top, "config", "--get", f"remote.{self.name}.pushurl")
        return (Address.of(written) or Address.of(self._place)) if written else self.address

    @cached_property
    def base(self) -> str:
        """The branch that changes are meant for: the one that is named, or is tracked, or is the remote's default."""
        default, heads = self._fetched
        ref = self.repository.ref.removeprefix(_HEADS)
        merge = "" if ref else self._tracking("merge").removeprefix(_HEADS)
        for name in (ref, ref.removeprefix(f"{self.name}/"), merge):
            if f"{_HEADS}{name}" in heads:
                return name
        return default

    def push(self, checkout: Checkout, branch: str, head: str) -> str:
        """Let the remote's branch hold what a commit holds; the commit that it names then.

        One that is there already is only replaced where all its own commits are offloop's, and where nobody has
        changed it meanwhile.
        """
        ref = f"{_HEADS}{branch}"
        if branch in {self.base, self._fetched[0]}:
            raise RepositoryError(f"{branch} is the branch that changes are meant for; use another --branch")
        self._check_published(checkout.base)
        there = self.head_of(branch)
        if there == head:
            return head
        if there:
            self._fetch(() if self.repository.folder else ("--depth=100",), there)
            if not self._own(checkout, there):
                raise RepositoryError(
                    f"the branch {branch} at {self.name} has commits that offloop did not make; use another --branch"
                )
            if checkout.same(there, head):
                attempt(self._top, "branch", "--force", "--no-track", branch, there)
                return there
        try:
            self._ask(*_PUSH, f"--force-with-lease={ref}:{there}", self._place, f"{head}:{ref}")
        except RepositoryError:
            # A connection that broke at the end says nothing about the branch.
            if self._list(self._place)[1].get(ref) != head:
                raise
        return head

    def head_of(self, branch: str) -> str:
        """The commit that the remote's branch names, or nothing."""
        return self._pushed[1].get(f"{_HEADS}{branch}", "")

    def _check_published(self, base: str) -> None:
        """What somebody has not published must not go out below offloop's commits."""
        if self.repository.folder is None or base in self._fetched[1].values():
            return
        if not answer(self._top, "for-each-ref", "--count=1", "--contains", base, f"refs/remotes/{self.name}/"):
            raise RepositoryError(
                f"its commit {base[:10]} is on no branch at {self.name}, and would be pushed too; "
                "push it first, or name another one (ref=)"
            )

    def _own(self, checkout: Checkout, head: str) -> bool:
        """Whether offloop has made a branch, and nobody else has added to it."""
        mark = answer(self.folder, "log", "-1", f"--format=%(trailers:key={COMMIT_MARK},valueonly)", head, "--")
        if not mark.strip():
            return False
        if checkout.others(head) and self.repository.folder is None:
            # It may stand on an older commit than the checkout: only the whole history tells.
            self._fetch(("--unshallow",), checkout.base, head)
        return not checkout.others(head)

    def _fetch(self, how: tuple[str, ...], *commits: str) -> None:
        """Get the history of some commits; of their contents only what a whole repository is to have."""
        bare = self.repository.folder is None and self._place == self.name
        self._ask(*_FETCH, *how, *(["--filter=tree:0"] if bare else []), self._place, *commits)

    @cached_property
    def _place(self) -> str:
        """The remote by its name, or by its URL where branches are pushed to another than they are fetched from."""
        how: tuple[tuple[str, ...], ...] = ((), ("--push",))
        fetched, pushed = (answer(self._top, "remote", "get-url", *each, self.name) for each in how)
        return self.name if fetched == pushed or self.repository.access else pushed

    @cached_property
    def _fetched(self) -> tuple[str, dict[str, str]]:
        return self._list(self.name)

    @cached_property
    def _pushed(self) -> tuple[str, dict[str, str]]:
        return self._fetched if self._place == self.name else self._list(self._place)

    def _list(self, place: str) -> tuple[str, dict[str, str]]:
        """The default branch of a remote, and the commits of all."""
        rows = [
            row.split("\t") for row in self._ask("ls-remote", "--symref", place, "HEAD", "refs/heads/*").splitlines()
        ]
        refs = {name: what for what, name in rows if not what.startswith("ref: ")}
        default = next((what for what, name in rows if what.startswith("ref: ") and name == "HEAD"), "")
        return default.removeprefix("ref: ").removeprefix(_HEADS), refs

    def _ask(self, *arguments: str) -> str:
        return network(self.folder, *arguments, settings=self.repository.access)

    def _tracking(self, what: str) -> str:
        """What the current branch tracks."""
        branch = attempt(self._top, "symbolic-ref", "-q", "--short", "HEAD")
        return attempt(self._top, "config", "--get", f"branch.{branch}.{what}") or "" if branch else ""


def published(repository: Repository, branch: str) -> str:
    """The commit that a branch names where a repository's branches are pushed to, or nothing."""
    if repository.folder is not None:
        return Remote(repository, repository.folder).head_of(branch)
    row = network(None, "ls-remote", repository.shown, f"{_HEADS}{branch}", settings=repository.access)
    return row.partition("\t")[0]
