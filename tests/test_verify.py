from __future__ import annotations

import pytest

from codemods import verify
from codemods.edits import Lines
from codemods.verify import text_faults

BEFORE = b"""import os
import time

# what for
def f():
    time.sleep(1)
    return os
"""


def faults(after: bytes, replaced: tuple[int, ...] = (6,), dropped: tuple[int, ...] = ()) -> list[str]:
    kept, gone = (tuple((line, line) for line in lines) for lines in (replaced, dropped))
    return list(text_faults(BEFORE, after, Lines(kept, (), gone)))


def test_no_change() -> None:
    assert faults(BEFORE) == []
    assert faults(BEFORE, ()) == []


@pytest.mark.parametrize(
    ("old", "new", "dropped"),
    [
        (b"time.sleep(1)", b"await asyncio.sleep(1)", ()),
        (b"import os\n", b"import asyncio\nimport os\n", ()),
        (b"import time\n", b"", (2,)),
        (b"import os\nimport time\n\n", b"", (1, 2)),
        (b"import time\n", b"\nimport asyncio\n", (2,)),
        (b"import time\n", b"    monotonic,\n", (2,)),
    ],
)
def test_planned_changes(old: bytes, new: bytes, dropped: tuple[int, ...]) -> None:
    assert faults(BEFORE.replace(old, new), dropped=dropped) == []


@pytest.mark.parametrize(
    ("old", "new", "line"),
    [
        (b"return os", b"return  os", 7),
        (b"def f", b"def g", 5),
        (b"import time\n", b"", 2),
        (b"    return os\n", b"", 7),
        (b"    return os\n", b"    return os\nx = 1\n", 9),
        (b"import os\n", b"x = 1\nimport os\n", 1),
    ],
)
def test_other_changes(old: bytes, new: bytes, line: int) -> None:
    assert faults(BEFORE.replace(old, new)) == [f"line {line} would change, which no edit was to touch"]


def test_comments() -> None:
    assert faults(BEFORE.replace(b"sleep(1)", b"sleep(1)  # new")) == ["a comment would go missing or change"]
    assert "a comment would go missing or change" in faults(BEFORE.replace(b"# what for\n", b""))
    assert list(verify._comments(b"x = 1  # a\ny = (\n")) == ["# a"]  # noqa: SLF001 (text that breaks off)
