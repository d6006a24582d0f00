"""What came of a bulk run, for scripts."""

from __future__ import annotations

import json
from collections import Counter
from dataclasses import asdict
from typing import TYPE_CHECKING

from codemods import __version__
from codemods.model import STATUSES

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codemods.model import Outcome

SCHEMA = 1


def as_json(outcomes: Sequence[Outcome]) -> str:
    """The whole run as JSON; ASCII, so that any output can carry it."""
    statuses = Counter(outcome.status for outcome in outcomes)
    counts: dict[str, int] = {status: statuses[status] for status in STATUSES}
    whole = {
        "schema": SCHEMA,
        "tool": {"name": "offloop", "version": __version__},
        "summary": {
            "repositories": len(outcomes),
            **counts,
            "findings": sum(outcome.findings for outcome in outcomes),
            "fixes": sum(outcome.fixed for outcome in outcomes),
            "findings_left": sum(outcome.left for outcome in outcomes),
        },
        "repositories": [asdict(outcome) for outcome in outcomes],
    }
    return f"{json.dumps(whole, indent=1)}\n"
