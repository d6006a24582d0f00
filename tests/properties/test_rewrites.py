"""What must hold of every rewrite, whatever the module: tried on modules that hypothesis makes up.

In CI the examples are always the same few; `--hypothesis-profile=long` makes up new ones for hours.
"""

from __future__ import annotations

import ast
import difflib
import io
import tempfile
import tokenize
from collections import Counter
from pathlib import Path

import pytest
from hypothesis import given, note

from codemods import mods
from codemods.config import Settings
from tests.properties.grammar import modules
from tests.properties.stage import Stage
from tests.support import run, write

EVERYTHING = frozenset(mods.names())
SETTINGS = {
    "safe": Settings(),
    "unsafe": Settings(unsafe=EVERYTHING),
    "sleep": Settings(codemods=("sleep",), unsafe=EVERYTHING),
    "offload": Settings(codemods=("offload",), unsafe=EVERYTHING),
    "to-def": Settings(codemods=("to-def",), unsafe=EVERYTHING),
    "http": Settings(codemods=("http",), unsafe=EVERYTHING),
    "async": Settings(prefer="async", unsafe=EVERYTHING),
}


@pytest.mark.parametrize("how", SETTINGS)
@given(before=modules())
def test_rewrites(how: str, before: bytes) -> None:
    settings = SETTINGS[how]
    with tempfile.TemporaryDirectory() as name, pytest.MonkeyPatch.context() as monkeypatch:
        folder = Path(name)
        write(folder, {"main.py": before, "requirements.txt": "fastapi\nhttpx\nrequests\n"})
        result = run(folder, settings=settings, changing=True)
        assert result.faults == ()
        after = next((change.after for change in result.changes if change.path == "main.py"), before)
        note("\n".join(difflib.unified_diff(before.decode().splitlines(), after.decode().splitlines(), lineterm="")))
        compile(ast.parse(after), "<after>", "exec", dont_inherit=True)
        comments, values = texts(before)
        kept, values_after = texts(after)
        assert kept == comments
        assert values <= values_after
        write(folder, {change.path: change.after for change in result.changes})
        again = run(folder, settings=settings, changing=True)
        assert again.changes == ()
        assert again.faults == ()
        assert Stage().play(after, monkeypatch) == Stage().play(before, monkeypatch)


def texts(data: bytes) -> tuple[list[str], Counter[str]]:
    """Comments in their order, and all texts and numbers.

    An f-string is one token in Python 3.11, with all that is called in it: it is left out.
    """
    found = list(tokenize.tokenize(io.BytesIO(data).readline))
    values = (each.string for each in found if each.type in {tokenize.STRING, tokenize.NUMBER})
    return (
        [each.string for each in found if each.type == tokenize.COMMENT],
        Counter(value for value in values if not value.startswith("f")),
    )
