"""What one process is told to do with one repository, and what it tells back: plain data that goes through a pipe."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, dataclass, field, replace
from typing import TYPE_CHECKING, Any

from codemods import __version__
from codemods.config import Wishes
from codemods.model import Outcome
from codemods.repositories.entries import Entry
from codemods.source import own_state, without_passwords

if TYPE_CHECKING:
    from collections.abc import Mapping

_ASIDE = frozenset({"cache", "megabytes", "per_minute", "seconds"})
"""What changes nothing in what comes out."""


class EngineError(Exception):
    """What is to carry out the tasks cannot; nothing is lost of those that are done."""


@dataclass(frozen=True, slots=True)
class Plan:
    """What is done with every repository."""

    wishes: Wishes = field(default_factory=Wishes)
    commit: bool = False
    """Whether the fixes are committed to a branch."""
    push: bool = False
    """Whether the branch is pushed; what is pushed is committed first."""
    pull_request: bool = False
    """Whether a pull request is opened for it, which has to be pushed first."""
    draft: bool = False
    body: str = ""
    """The template of its title and its body; empty for the usual one."""
    per_minute: float = 8
    """How many pull requests are opened in a minute: GitHub takes 500 an hour."""
    verify: str = ""
    """The repository's own check: a command for a shell."""
    verify_seconds: float = 600
    seconds: float = 1800
    """How long one repository may take."""
    megabytes: int | None = 0
    """How much memory one may take; 0 for any, None for its share of what there is."""
    cache: bool = True

    def complete(self) -> Plan:
        """The plan with all that comes first."""
        push = self.push or self.pull_request
        return replace(self, push=push, commit=self.commit or push)


@dataclass(frozen=True, slots=True)
class Task:
    """One repository, and what is done with it."""

    entry: Entry = field(repr=False)
    """Its URL may hold a password, which is not for anybody's log."""
    plan: Plan
    branch: str
    out: str
    """The folder of the run."""
    attempt: str = ""
    """What keeps those apart that may be at it at the same time, on several machines."""

    def pack(self) -> bytes:
        """The task as bytes."""
        return json.dumps(asdict(self)).encode()

    @classmethod
    def unpack(cls, data: bytes) -> Task:
        """The task that bytes stand for."""
        row = json.loads(data)
        plan = row["plan"] | {"wishes": Wishes(**_frozen(row["plan"]["wishes"]))}
        return cls(
            Entry(**row["entry"] | {"notes": tuple(row["entry"]["notes"])}),
            Plan(**plan),
            row["branch"],
            row["out"],
            row["attempt"],
        )

    @property
    def key(self) -> str:
        """Says what is asked for, whatever the repository holds by now."""
        row = asdict(self.entry) | {"where": without_passwords(self.entry.where)}
        plan = {name: value for name, value in asdict(self.plan).items() if name not in _ASIDE}
        return _digest(row, plan, self.branch)

    def key_of(self, commit: str) -> str:
        """Says what the answer depends on."""
        return _digest(self.key, commit, __version__, own_state().hex())

    def failed(self, reason: str, notes: tuple[str, ...] = ()) -> Outcome:
        """What is said of a repository that could not be dealt with."""
        return Outcome(self.entry.name, without_passwords(self.entry.where), "failed", reason, notes=notes)


def packed(outcome: Outcome) -> bytes:
    """An outcome as bytes."""
    return json.dumps(asdict(outcome)).encode()


def unpacked(data: bytes) -> Outcome:
    """The outcome that bytes stand for."""
    return outcome_of(json.loads(data))


def outcome_of(row: Mapping[str, Any]) -> Outcome:
    """The outcome that a row of JSON stands for."""
    return Outcome(**_frozen(row))


def _frozen(row: Mapping[str, Any]) -> dict[str, Any]:
    return {name: tuple(value) if isinstance(value, list) else value for name, value in row.items()}


def _digest(*parts: object) -> str:
    return hashlib.blake2b(json.dumps(parts, sort_keys=True).encode(), digest_size=16).hexdigest()
