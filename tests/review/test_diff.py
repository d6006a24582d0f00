"""Diffs, applied by real git."""

from __future__ import annotations

import os
import subprocess
from typing import TYPE_CHECKING

import pytest

from codemods.model import Change
from codemods.review.diff import coloured, unified_diff
from tests.support import git

if TYPE_CHECKING:
    from pathlib import Path

LONG = b"".join(b"line %d\n" % number for number in range(40))


def diff_of(root: Path, name: bytes, before: bytes, after: bytes) -> bytes:
    file = root / os.fsdecode(name)
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_bytes(before)
    return unified_diff(Change("shown", file, before, after, ()), root)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (b"a\n", b"b\n"),
        (LONG, LONG.replace(b"line 0\n", b"first\n").replace(b"line 39\n", b"last\n")),
        (LONG, LONG.replace(b"line 20\n", b"")),
        (LONG, b"new\n" + LONG),
        (b"a\nb", b"a\nc"),
        (b"a\nb", b"a\nb\n"),
        (b"a\nb\n", b"a\nb"),
        (b"a\r\nb\r\n", b"a\r\nc\r\n"),
        (b"a\r\nb\n", b"a\r\nc\n"),
        (b"a\x0cb\nc\rd\n\xe2\x80\xa8e\n", b"a\x0cb\nc\rD\n\xe2\x80\xa8e\n"),
        (b"caf\xe9\nx\n", b"caf\xe9\ny\n"),
        (b"", b"a\n"),
        (b"a\n\n\n", b"\n\n\n"),
    ],
)
def test_git_applies_contents(project: Path, before: bytes, after: bytes) -> None:
    git(project, "init", "-q")
    diff = diff_of(project, b"a.py", before, after)
    subprocess.run(["git", "apply", "--whitespace=nowarn"], cwd=project, input=diff, check=True)
    assert (project / "a.py").read_bytes() == after


def test_a_line_that_moves_takes_no_others_along(project: Path) -> None:
    after = LONG.replace(b"line 3\n", b"new\n") + b"line 3\n"
    marked = [line for line in diff_of(project, b"a.py", LONG, after).splitlines()[3:] if line[:1] in {b"-", b"+"}]
    assert marked == [b"-line 3", b"+new", b"+line 3"]


@pytest.mark.parametrize(
    "name",
    [
        b"a b.py",
        "naïve/é.py".encode(),
        b'quo"te.py',
        b"tab\there.py",
        b"new\nline.py",
        b"back\\slash.py",
        b"caf\xe9.py",
    ],
)
def test_git_applies_names(project: Path, name: bytes) -> None:
    git(project, "init", "-q")
    diff = diff_of(project, name, b"a\nb\n", b"a\nc\n")
    subprocess.run(["git", "apply"], cwd=project, input=diff, check=True)
    assert (project / os.fsdecode(name)).read_bytes() == b"a\nc\n"


def test_many_changes_are_quick_and_right(project: Path) -> None:
    git(project, "init", "-q")
    before = b"".join(b"def f%d():\n    s(1)\n    return\n\n" % number for number in range(3000))
    after = b"import a\n" + before.replace(b"    s(1)\n", b"    a.s(1)\n").replace(b"def f7():\n", b"")
    diff = diff_of(project, b"a.py", before, after)
    subprocess.run(["git", "apply"], cwd=project, input=diff, check=True)
    assert (project / "a.py").read_bytes() == after
    assert diff.count(b"\n-") == 3002


def test_looks_like_gits(project: Path) -> None:
    assert diff_of(project, b"pkg/a b.py", b"a\nb", b"a\nc\n").decode() == (
        "diff --git a/pkg/a b.py b/pkg/a b.py\n"
        "--- a/pkg/a b.py\t\n"
        "+++ b/pkg/a b.py\t\n"
        "@@ -1,2 +1,2 @@\n"
        " a\n"
        "-b\n"
        "\\ No newline at end of file\n"
        "+c\n"
    )


def test_colour_changes_nothing_else(project: Path) -> None:
    diff = diff_of(project, b"a.py", b"a\nb\n", b"a\nc\n")
    shown = coloured(diff)
    assert shown != diff
    for code in (b"\x1b[0m", b"\x1b[1m", b"\x1b[31m", b"\x1b[32m", b"\x1b[36m"):
        assert code in shown
        shown = shown.replace(code, b"")
    assert shown == diff


def test_colour_knows_lines_as_git_does(project: Path) -> None:
    # A lone carriage return ends no line, and a removed `-- x` is no header.
    shown = coloured(diff_of(project, b"a.py", b"-- x\r+y\nsame\n", b"z\nsame\n"))
    assert b"\x1b[31m--- x\r+y\x1b[0m\n\x1b[32m+z\x1b[0m\n same\n" in shown
