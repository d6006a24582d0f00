"""Findings as workflow commands, which GitHub shows at the lines of a pull request."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.review.plain import visible

if TYPE_CHECKING:
    from codemods.model import Fault, Finding, Result

_COMMANDS = {"high": "warning", "medium": "warning", "low": "notice"}


def report(result: Result) -> str:
    """One command a finding, one an error."""
    return "".join(f"{line}\n" for line in (*map(_finding, result.findings), *map(_fault, result.faults)))


def _finding(finding: Finding) -> str:
    span = finding.span
    place = {"file": finding.path, "line": span.line, "endLine": span.end_line}
    if span.line == span.end_line:
        # GitHub takes columns only on a single line.
        place |= {"col": span.column, "endColumn": span.end_column - 1}
    fix = f"{finding.codemod}, {finding.level}" if finding.codemod else finding.level
    message = f"{finding.callee} stalls the loop in {finding.function}. {fix}: {finding.reason}"
    title = {"title": f"offloop: blocking {finding.kind} call"}
    return _command(_COMMANDS[finding.impact], place | title, message)


def _fault(fault: Fault) -> str:
    place: dict[str, object] = {"file": fault.path}
    if fault.line:
        place["line"] = fault.line
    return _command("error", place | {"title": "offloop"}, fault.message)


def _command(name: str, properties: dict[str, object], message: str) -> str:
    pairs = ",".join(f"{key}={_property(str(value))}" for key, value in properties.items())
    return f"::{name} {pairs}::{_data(visible(message))}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    escaped = _data(text).replace(":", "%3A").replace(",", "%2C")
    return escaped.encode("utf-8", "backslashreplace").decode()
