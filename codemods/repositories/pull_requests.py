"""Pull requests, one after the other at a steady pace: new ones, and new words for those that are open."""

from __future__ import annotations

import json
import time
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from codemods.source import REQUEST, GitHubError, Repository, RepositoryError, address_of, ask, ready, without_passwords

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from codemods.model import Outcome
    from codemods.repositories.entries import Entry
    from codemods.source import RunFolder

_TRIES = 5
_MOST = 3600
"""GitHub counts by the hour: nothing is waited for longer than that."""


def check_ready(entries: Iterable[Entry]) -> None:
    """Raise GitHubError where pull requests cannot be opened: before anything is done, not after hours."""
    hosts = set()
    for entry in entries:
        try:
            address = address_of(Repository(entry.where, entry.ref))
        except (RepositoryError, OSError):
            # What is wrong with one repository is said of that one.
            continue
        hosts.add(address.host if address else "")
    ready(sorted(hosts - {""}))


@dataclass(slots=True)
class PullRequests:
    """What opens the pull requests of a run."""

    folder: RunFolder
    per_minute: float
    _next: float = 0

    def settle(self, outcome: Outcome) -> Outcome:
        """The outcome with its pull request; what goes wrong marks this repository, and no other."""
        try:
            content = json.loads(self.folder.result(outcome.name, REQUEST))
            url, note = self._patiently(content, outcome.head)
        except (GitHubError, OSError, ValueError, LookupError, TypeError, AttributeError) as error:
            reason = str(error) if isinstance(error, GitHubError) else f"something unexpected: {error!r}"
            return replace(outcome, status="failed", reason=f"has no pull request: {reason}")
        notes = (*outcome.notes, note) if note else outcome.notes
        return replace(outcome, pull_request=without_passwords(url), notes=notes)

    def _patiently(self, request: Mapping[str, Any], head: str) -> tuple[str, str]:
        """The same where the host asks for time; each time it is looked at anew what is there."""
        for attempt in range(_TRIES - 1):
            try:
                return self._settled(dict(request), head)
            except GitHubError as error:
                pause = error.later * 2**attempt
                if not 0 < pause <= _MOST:
                    raise
            time.sleep(pause)
        return self._settled(dict(request), head)

    def _settled(self, request: dict[str, Any], head: str) -> tuple[str, str]:
        """The URL of the pull request of a branch, opened or brought up to date; and what is worth knowing of it."""
        host, path = request.pop("host"), f"repos/{request.pop('repository')}/pulls"
        rows = ask(host, "GET", f"{path}?state=all&per_page=100&head={quote(request['head'], safe='')}")
        there = next((row for row in rows if row["state"] == "open"), None)
        if there is None:
            last = rows[0] if rows else None
            if last is not None and not last["merged_at"] and last["head"]["sha"] == head:
                return last["html_url"], "its pull request was closed, and nothing has changed since"
            self._wait()
            return ask(host, "POST", path, request)["html_url"], ""
        now = {"title": there["title"], "body": there["body"] or "", "base": there["base"]["ref"]}
        wanted = {name: request[name] for name in now}
        if any(_words(wanted[name]) != _words(now[name]) for name in now):
            self._wait()
            ask(host, "PATCH", f"{path}/{there['number']}", wanted)
        return there["html_url"], ""

    def _wait(self) -> None:
        """Keep the pace."""
        now = time.monotonic()
        if now < self._next:
            time.sleep(self._next - now)
        self._next = max(now, self._next) + 60 / self.per_minute


def _words(text: str) -> str:
    """Text as it comes back from the host, which has ways of its own with the ends of lines."""
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
