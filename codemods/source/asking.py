"""What git answers; where it does not, the error says why."""

from __future__ import annotations

import contextlib
import os
import re
import time
from typing import TYPE_CHECKING

from codemods.source.git import NOTHING_RUN, environment
from codemods.source.programs import StoppedError, run, without_passwords

if TYPE_CHECKING:
    from collections.abc import Sequence
    from pathlib import Path

_PASSING = re.compile(
    r"Could not resolve|timed out|Connection (?:reset|refused)|early EOF|RPC failed|hung up|HTTP (?:429|5\d\d)",
    re.IGNORECASE,
)
_COMPLAINT = re.compile(r"^(?:(?:remote: )?(?:fatal|error):| !) (.*)", re.MULTILINE)
_MOST = 3
_PAUSES = (1, 4)


class RepositoryError(Exception):
    """A repository that cannot be dealt with, and why."""


def network(folder: Path | None, *arguments: str, settings: Sequence[str] = (), seconds: float | None = None) -> str:
    """What git answers that asks others, who may be busy for the moment."""
    for pause in _PAUSES:
        try:
            return answer(folder, *arguments, settings=settings, seconds=seconds)
        except RepositoryError as error:
            if not _PASSING.search(str(error)):
                raise
            time.sleep(pause)
    return answer(folder, *arguments, settings=settings, seconds=seconds)


def answer(folder: Path | None, *arguments: str, settings: Sequence[str] = (), seconds: float | None = None) -> str:
    """What git answers."""
    command = ["git", *NOTHING_RUN, *settings, *arguments]
    try:
        # Nobody is there who could be asked for a password.
        done = run(command, folder, seconds=seconds, environment=environment() | {"GIT_TERMINAL_PROMPT": "0"})
    except StoppedError as error:
        raise RepositoryError(f"git {arguments[0]}: {error}") from None
    except OSError as error:
        raise RepositoryError(f"git cannot be run here: {error.strerror or error}") from None
    if done.code:
        said = _COMPLAINT.findall(done.errors) or done.errors.split("\n")
        words = " ".join(" ".join(said[:_MOST]).split())
        raise RepositoryError(without_passwords(f"git {arguments[0]}: {words or f'ended with {done.code}'}"))
    return os.fsdecode(done.output).removesuffix("\n")


def attempt(folder: Path, *arguments: str) -> str | None:
    """What git answers, or nothing where it does not."""
    with contextlib.suppress(RepositoryError):
        return answer(folder, *arguments)
    return None
