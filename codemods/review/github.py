"""Findings as workflow commands, which GitHub shows at the lines of a pull request."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

from codemods.review.plain import shown_path, visible

if TYPE_CHECKING:
    from codemods.model import Fault, Finding, Result

_COMMANDS = {"high": "warning", "medium": "warning", "low": "notice"}


def report(result: Result, base: Path = Path()) -> str:
    """One command a finding, one an error; GitHub takes paths from the top of the repository, which is `base`."""
    findings = (_finding(finding, base) for finding in result.findings)
    faults = (_fault(fault, base) for fault in result.faults)
    return "".join(f"{line}\n" for line in (*findings, *faults))


def _finding(finding: Finding, base: Path) -> str:
    span = finding.span
    place = {"file": _from(base, finding.path), "line": span.line, "endLine": span.end_line}
    if span.line == span.end_line:
        # GitHub takes columns only on a single line.
        place |= {"col": span.column, "endColumn": span.end_column - 1}
    fix = f"{finding.codemod}, {finding.level}" if finding.codemod else finding.level
    what = finding.what or f"{finding.callee} stalls the loop in {finding.function}"
    message = f"{what}. {fix}: {finding.reason}"
    title = {"title": "offloop" if finding.what else f"offloop: blocking {finding.kind} call"}
    return _command(_COMMANDS[finding.impact], place | title, message)


def _fault(fault: Fault, base: Path) -> str:
    place: dict[str, object] = {"file": _from(base, fault.path)}
    if fault.line:
        place["line"] = fault.line
    return _command("error", place | {"title": "offloop"}, fault.message)


def _from(base: Path, path: str) -> str:
    return Path(os.path.relpath(path, base)).as_posix()


def _command(name: str, properties: dict[str, object], message: str) -> str:
    pairs = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {pairs}::{_data(visible(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return shown_path(_data(text).replace(":", "%3A").replace(",", "%2C"))
