"""What GitHub, or a host like it, answers: asked through `gh`, which is logged in there and knows of proxies.

`gh api` is steadier than `gh pr edit`, which asked for more than it needed, and broke when GitHub took that away.
"""

from __future__ import annotations

import contextlib
import json
import os
import shutil
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codemods.source.programs import StoppedError, run, without_passwords

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping

_QUIET = {"GH_PROMPT_DISABLED": "1", "GH_NO_UPDATE_NOTIFIER": "1", "GH_DEBUG": "", "NO_COLOR": "1", "LC_ALL": "C"}
_SECONDS = 120
_MINUTE = 60
_SOON = 2
_NOT_LOGGED_IN = 4
_LIMITED = {"403", "429"}


class GitHubError(Exception):
    """A question that was not answered, and why; `later` says in how many seconds it may be, where that is likely."""

    def __init__(self, message: str, later: float = 0) -> None:
        super().__init__(message)
        self.later = later


def ready(hosts: Iterable[str]) -> None:
    """Raise an error where `gh` could not ask one of the hosts."""
    if shutil.which("gh") is None:
        raise GitHubError("pull requests are opened with gh (https://cli.github.com), which is not on the PATH")
    for host in hosts:
        try:
            ask(host, "GET", "meta")
        except GitHubError as error:
            hint = "" if error.later else f"; `gh auth login --hostname {host}` logs in"
            raise GitHubError(f"gh cannot ask {host}: {error}{hint}") from None


def ask(host: str, method: str, path: str, content: Mapping[str, Any] | None = None) -> Any:  # noqa: ANN401 (JSON)
    """What the host answers to one request."""
    command = ["gh", "api", "--hostname", host, "--method", method, "--include", path]
    with tempfile.TemporaryDirectory() as folder:
        if content is not None:
            file = Path(folder) / "content"
            file.write_bytes(json.dumps(content).encode())
            command += ["--input", os.fspath(file)]
        try:
            done = run(command, None, seconds=_SECONDS, environment=os.environ | _QUIET)
        except StoppedError as error:
            raise GitHubError(f"gh {error}", _SOON) from None
        except OSError as error:
            raise GitHubError(f"gh cannot be run: {error.strerror or error}") from None
    head, _, body = done.output.decode("utf-8", "replace").replace("\r\n", "\n").partition("\n\n")
    first, *lines = head.split("\n")
    headers = {name.lower(): value.strip() for name, _, value in (line.partition(":") for line in lines)}
    if done.code:
        said = [line.removeprefix("gh: ").strip() for line in done.errors.splitlines() if line.strip()]
        if done.code == _NOT_LOGGED_IN:
            said = ["it is not logged in"]
        words = " ".join([*said, *_reasons(body)]) or f"gh ended with {done.code}"
        status = first.split()[1] if first.startswith("HTTP/") else ""
        later = _later(status, headers, words, asked=done.code != _NOT_LOGGED_IN)
        raise GitHubError(without_passwords(words), later)
    try:
        return json.loads(body)
    except ValueError:
        raise GitHubError("gh answered with something that is not JSON") from None


def _reasons(body: str) -> Iterator[str]:
    """What is wrong in particular with a request, which `gh` does not say."""
    with contextlib.suppress(ValueError, AttributeError, TypeError):
        for each in json.loads(body).get("errors", ()):
            if isinstance(each, dict) and isinstance(each.get("message"), str):
                yield each["message"]


def _later(status: str, headers: Mapping[str, str], words: str, *, asked: bool) -> float:
    """In how many seconds a question that was refused may be answered; 0 where there is no hope."""
    if status in _LIMITED and ("rate limit" in words.lower() or "retry-after" in headers):
        with contextlib.suppress(KeyError, ValueError):
            return max(float(headers["retry-after"]), 1)
        with contextlib.suppress(KeyError, ValueError):
            if headers["x-ratelimit-remaining"] == "0":
                return max(float(headers["x-ratelimit-reset"]) - time.time(), 1)
        return _MINUTE
    broken = not status or status.startswith("5")
    return _SOON if broken and asked else 0
