"""What a commit of some fixes says about them."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.review.plain import counted, shown_path, visible
from codemods.source import COMMIT_MARK

if TYPE_CHECKING:
    from codemods.model import Finding, Result

_MOST = 200


def message(codemods: str, result: Result, before: Result | None) -> str:
    """The functions that a step changes, and why each change is right."""
    earlier = {finding.id for change in before.changes for finding in change.fixed} if before else set()
    fixed = [finding for change in result.changes for finding in change.fixed if finding.id not in earlier]
    lines = [_line(finding) for finding in fixed[:_MOST]]
    if len(fixed) > _MOST:
        lines.append(f"- and {counted(len(fixed) - _MOST, 'other')}")
    title = f"Free the event loop: {counted(len(fixed), 'fix', 'fixes')} by {codemods}"
    return "\n".join([title, "", *lines, "", f"{COMMIT_MARK}: {codemods}"])


def _line(finding: Finding) -> str:
    what = finding.what or f"{finding.callee} stalled the loop in {finding.function}"
    return f"- {shown_path(finding.path)}:{finding.span.line}: {visible(what)}: {visible(finding.reason)}"
