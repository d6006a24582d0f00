from __future__ import annotations

import pytest

from codemods import facts
from codemods.facts.comments import heads_imports


@pytest.mark.parametrize(
    "text",
    ["x = 1  # nothing\n", "x = '# noqa'\n", '"""\n# offloop: ignore\n"""\n', "# offloop ignore\n", "# annoqa\n"],
)
def test_no_ignore(text: str) -> None:
    assert facts.read(text.encode()).ignores == ()


@pytest.mark.parametrize(
    ("comment", "ours", "line", "names"),
    [
        ("# offloop: ignore", True, 2, None),
        ("#offloop:ignore", True, 2, None),
        ("# offloop: ignore[http]", True, 2, ("http",)),
        ("# offloop: ignore [http, sleep]  because", True, 2, ("http", "sleep")),
        ("# offloop: ignore[]", True, 2, ()),
        ("# noqa", False, 2, None),
        ("# NOQA:ASYNC251", False, 2, ("ASYNC251",)),
        ("# type: ignore # noqa: E501, ASYNC251", False, 2, ("E501", "ASYNC251")),
        ("# ruff: noqa", False, 0, None),
        ("# flake8: noqa: ASYNC251", False, 0, ("ASYNC251",)),
    ],
)
def test_ignores(comment: str, *, ours: bool, line: int, names: tuple[str, ...] | None) -> None:
    (ignore,) = facts.read(f"\nx = 1  {comment}\n".encode()).ignores
    assert (ignore.ours, ignore.line, ignore.names) == (ours, line, names)


def test_lines_are_pythons() -> None:
    (ignore,) = facts.read(b"'''\x0c\x0b'''\r\nx = 1\ry = 1  # noqa\n").ignores
    assert ignore.line == 3


@pytest.mark.parametrize(
    ("comment", "heads"),
    [
        ("# Standard library", True),
        ("# third-party imports", True),
        ("### Local", True),
        ("# stdlib", True),
        ("# first we have to wait for the clock to tick", False),
        ("# needed by the retry", False),
    ],
)
def test_headings(comment: str, *, heads: bool) -> None:
    assert heads_imports(comment) == heads
