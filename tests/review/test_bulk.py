"""Repositories in a terminal."""

from __future__ import annotations

import pytest

from codemods.model import Outcome
from codemods.review.bulk import line, summary


@pytest.mark.parametrize(
    ("outcome", "text"),
    [
        (Outcome("a", "/a", "clean"), "a: clean"),
        (Outcome("a\x1b[1m", "/a", "failed", "no \x07such folder"), "a\\x1b[1m: failed: no \\x07such folder"),
        (
            Outcome("a", "/a", "open", findings=5, fixed=3, left=2, changed=("x",), errors=1, verified="failed"),
            "a: open; 3 fixes in 1 file; 2 findings left; 1 file could not be read; its check failed",
        ),
        (
            Outcome("a", "/a", "fixed", branch="b", pull_request="https://x/1", notes=("one", "two")),
            "a: fixed; on the branch b; https://x/1\n  one\n  two",
        ),
    ],
)
def test_lines(outcome: Outcome, text: str) -> None:
    assert line(outcome) == text


def test_summary() -> None:
    found = [Outcome("a", "/a", "clean"), Outcome("b", "/b", "failed"), Outcome("c", "/c", "clean")]
    assert summary(found) == "3 repositories: 2 clean and 1 failed"
    assert summary([]) == "0 repositories: nothing to do"
