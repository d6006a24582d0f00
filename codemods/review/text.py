"""Findings for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from codemods.review.plain import counted, listed, shown_path, visible

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

    from codemods.model import Finding, Remark, Result

_LEVELS = {"safe": "green", "unsafe": "yellow", "manual": "red"}


def no_style(text: str, _name: str) -> str:
    """Text as it is, for files and pipes."""
    return text


def report(result: Result, style: Callable[[str, str], str] = no_style) -> str:
    """One block a finding."""
    return "".join(f"{block(finding, style)}\n" for finding in result.findings)


def block(finding: Finding, style: Callable[[str, str], str] = no_style) -> str:
    """Where it is, how the call gets there, and what can be done."""
    span = finding.span
    where = style(f"{shown_path(finding.path)}:{span.line}:{span.column}", "bold")
    what = visible(finding.what or f"{finding.callee} stalls the loop in {finding.function}")
    lines = [f"{where}: {what} ({finding.kind}, {finding.impact})"]
    for depth, step in enumerate(finding.chain, 1):
        lines.append(f"{'  ' * depth}-> {visible(step.function)} at {shown_path(step.path)}:{step.line}")
    level = style(finding.level, _LEVELS[finding.level])
    fix = f"{finding.codemod}, {level}" if finding.codemod else level
    lines.append(f"  {fix}: {visible(finding.reason)}")
    return "\n".join(lines)


def summary(result: Result) -> str:
    """One line on the whole."""
    levels: Counter[str] = Counter(finding.level for finding in result.findings)
    found = counted(len(result.findings), "finding")
    if levels:
        found += f" ({listed([f'{levels[level]} {level}' for level in _LEVELS if levels[level]])})"
    seen = [f"{counted(result.functions_on_loop, 'function')} on the loop"]
    if result.unresolved:
        seen.append(f"{counted(len(result.unresolved), 'call')} not resolved")
    if result.faults:
        seen.append(counted(len(result.faults), "error"))
    return f"{found} in {counted(result.files, 'file')}; {listed(seen)}"


def hint(result: Result) -> str:
    """What to do next, where there is something."""
    levels: Counter[str] = Counter(finding.level for finding in result.findings)
    if levels["safe"]:
        return f"`offloop diff` shows {counted(levels['safe'], 'safe fix', 'safe fixes')}, `offloop apply` makes them"
    if levels["unsafe"]:
        fixes = counted(levels["unsafe"], "fix", "fixes")
        return f"`offloop diff --unsafe` shows {fixes} that a person should look at first"
    return ""


def pending(result: Result) -> str:
    """One line on what a diff shows."""
    fixed = sum(len(change.fixed) for change in result.changes)
    left = len(result.left)
    rest = f"; {counted(left, 'finding')} left" if left else ""
    if not fixed:
        return f"nothing to change in {counted(result.files, 'file')}{rest}"
    return f"{counted(fixed, 'fix', 'fixes')} in {counted(len(result.changes), 'file')}{rest}"


def applied(result: Result) -> str:
    """One line on what was written."""
    fixed = sum(len(change.fixed) for change in result.changes)
    left = len(result.left)
    done = (
        f"made {counted(fixed, 'fix', 'fixes')} in {counted(len(result.changes), 'file')}"
        if fixed
        else "nothing written"
    )
    return f"{done}; {counted(left, 'finding')} left"


def undone(files: int) -> str:
    """One line on what an earlier run left."""
    return f"an earlier `apply` was killed while it wrote: {counted(files, 'file')} put back as before it"


_MEANWHILE = "while it waits, nothing else on the loop runs"
_CERTAINTY = {
    "safe": "`offloop apply` makes this fix.",
    "unsafe": "`offloop apply --unsafe` makes this fix: look at the reason first.",
    "manual": "offloop makes no fix here.",
}


def explanation(finding: Finding) -> str:
    """Why one place stalls the loop, in sentences."""
    where = f"{shown_path(finding.path)}:{finding.span.line}"
    if finding.what:
        lines = [f"{where}: {visible(finding.what)}."]
    else:
        lines = [f"{where}: {visible(finding.function)} runs on the event loop."]
        steps = [f"{visible(step.function)} ({shown_path(step.path)}:{step.line})" for step in finding.chain]
        entered = f"enters {', then '.join(steps)}, which calls" if steps else "calls"
        lines.append(f"This line {entered} {visible(finding.callee)}.")
        lines.append(f"That is {finding.kind} work which holds the thread: {_MEANWHILE}.")
    lines += [f"  {shown_path(fact.path)}:{fact.line}: {visible(fact.text)}" for fact in finding.evidence]
    fix = f"Codemod `{finding.codemod}`, {finding.level}" if finding.codemod else "No fix"
    lines += [f"{fix}: {visible(finding.reason)}.", _CERTAINTY[finding.level]]
    others = [(name, reason) for name, reason in finding.passed_over if reason != finding.reason]
    lines += [f"Not `{name}`: {visible(reason)}." for name, reason in others]
    return "\n".join(lines)


def statistics(findings: Iterable[Finding]) -> str:
    """How often what was found."""
    rows = Counter((finding.kind, finding.callee, finding.level) for finding in findings)
    return "".join(
        f"{number:>6}  {kind:<10}  {level:<6}  {visible(callee)}\n"
        for (kind, callee, level), number in sorted(rows.items(), key=lambda row: (-row[1], row[0]))
    )


def changes(result: Result) -> Iterator[str]:
    """What was written, file by file."""
    for change in result.changes:
        names = Counter(finding.codemod for finding in change.fixed)
        fixes = listed([f"{counted(number, f'{name} fix', f'{name} fixes')}" for name, number in sorted(names.items())])
        yield f"{shown_path(change.path)}: {fixes or 'goes with the others'}"


def remark(what: Remark, text: str) -> str:
    """A line of source worth pointing at."""
    return f"{shown_path(what.path)}:{what.line}: {text}: {visible(what.text)}"
