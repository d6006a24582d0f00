"""What became of many repositories, for a person at a terminal."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

from codemods.model import STATUSES
from codemods.review.plain import counted, listed, visible

if TYPE_CHECKING:
    from collections.abc import Iterable

    from codemods.model import Outcome


def line(outcome: Outcome) -> str:
    """One repository."""
    words = [f"{outcome.status}{f': {visible(outcome.reason)}' if outcome.reason else ''}"]
    if outcome.findings:
        words.append(f"{counted(outcome.fixed, 'fix', 'fixes')} in {counted(len(outcome.changed), 'file')}")
        words.append(f"{counted(outcome.left, 'finding')} left")
    if outcome.errors:
        words.append(f"{counted(outcome.errors, 'file')} could not be read")
    if outcome.verified:
        words.append(f"its check {outcome.verified}")
    if outcome.branch:
        pushed = ", which is pushed" if outcome.pushed and not outcome.pull_request else ""
        words.append(f"on the branch {visible(outcome.branch)}{pushed}")
    if outcome.pull_request:
        words.append(visible(outcome.pull_request))
    return "\n".join(
        [f"{visible(outcome.name)}: {'; '.join(words)}", *(f"  {visible(note)}" for note in outcome.notes)]
    )


def summary(outcomes: Iterable[Outcome]) -> str:
    """One line on the whole."""
    statuses = Counter(outcome.status for outcome in outcomes)
    parts = [f"{statuses[status]} {status}" for status in STATUSES if statuses[status]]
    return f"{counted(statuses.total(), 'repository', 'repositories')}: {listed(parts) or 'nothing to do'}"
