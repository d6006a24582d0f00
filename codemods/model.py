"""The words offloop speaks: frozen plain data that every floor shares.

Lines and columns count from 1, columns in characters; the end of a span is the position after its last character.
Paths shown to people are relative to the current directory and POSIX.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pathlib import Path

Level = Literal["safe", "unsafe", "manual"]

KINDS = (
    "sleep",
    "http",
    "database",
    "cache",
    "cloud",
    "file",
    "path",
    "subprocess",
    "socket",
    "mail",
    "lock",
    "cpu",
    "input",
    "other",
)
IMPACTS = ("low", "medium", "high")
LEVELS = ("safe", "unsafe", "manual")


@dataclass(frozen=True, slots=True, order=True)
class Span:
    """A stretch of source text."""

    line: int
    column: int
    end_line: int
    end_column: int


@dataclass(frozen=True, slots=True, order=True)
class Step:
    """One call on the way from a function on the loop to the call that blocks."""

    path: str
    line: int
    function: str


@dataclass(frozen=True, slots=True)
class Finding:
    """One place where the loop may stall, and what can be done about it."""

    id: str
    path: str
    span: Span
    function: str
    kind: str
    impact: str
    callee: str
    chain: tuple[Step, ...]
    codemod: str | None
    level: Level
    reason: str
    evidence: tuple[Remark, ...] = ()
    """What was inferred about the receivers on the way, and from where; only made when it is asked for."""
    what: str = ""
    """What it is about, where that is no call that stalls the loop."""
    passed_over: tuple[tuple[str, str], ...] = ()
    """The codemods that would come first and hold back, with their reasons; only made when it is asked for."""


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """A file that could not be dealt with, and why; `line` is 0 where no line is to blame."""

    path: str
    line: int
    message: str


@dataclass(frozen=True, slots=True, order=True)
class Remark:
    """A line of source worth pointing at: an ignore comment without use, a call that was not resolved."""

    path: str
    line: int
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """The new bytes of one file, and the findings that they settle."""

    path: str
    file: Path
    before: bytes
    after: bytes
    fixed: tuple[Finding, ...]


@dataclass(frozen=True, slots=True)
class Result:
    """What one run over a project came to. `findings` holds all, also those that `changes` would settle."""

    files: int = 0
    functions_on_loop: int = 0
    findings: tuple[Finding, ...] = ()
    unresolved: tuple[Remark, ...] = ()
    stopped: tuple[str, ...] = ()
    """Files in which the analysis went too deep, and took what is left for unknown."""
    unused_ignores: tuple[Remark, ...] = ()
    notes: tuple[Remark, ...] = ()
    """What is worth knowing about the fixes."""
    faults: tuple[Fault, ...] = ()
    changes: tuple[Change, ...] = ()

    @property
    def left(self) -> tuple[Finding, ...]:
        """The findings that no change settles."""
        settled = {finding.id for change in self.changes for finding in change.fixed}
        return tuple(finding for finding in self.findings if finding.id not in settled)


Status = Literal["clean", "fixed", "open", "empty", "failed"]
STATUSES: tuple[Status, ...] = ("clean", "fixed", "open", "empty", "failed")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one repository of a bulk run."""

    name: str
    where: str
    """Its folder or its URL, without anybody's password."""
    status: Status
    """Nothing was found; all that was found is settled; some is left; nothing is there to read; it did not work."""
    reason: str = ""
    """Why it did not work, or what there is not to read."""
    commit: str = ""
    files: int = 0
    errors: int = 0
    """Files that could not be read."""
    findings: int = 0
    fixed: int = 0
    left: int = 0
    changed: tuple[str, ...] = ()
    """The files in the patch."""
    branch: str = ""
    head: str = ""
    """The last commit on the branch."""
    verified: str = ""
    """What the repository's own check said of the changes: passed, failed, took too long, or the same as before."""
    pushed: bool = False
    pull_request: str = ""
    """Its URL."""
    notes: tuple[str, ...] = ()
    seconds: float = 0

    @property
    def trouble(self) -> bool:
        """Whether a person has to look into it: it did not work, or its own check did not pass."""
        return self.status == "failed" or self.verified not in {"", "passed"}
