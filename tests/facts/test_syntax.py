from __future__ import annotations

import ast
import sys

import pytest

from codemods.facts import UnparsableError, parse


def failure(text: str | bytes) -> tuple[int, str]:
    with pytest.raises(UnparsableError) as caught:
        parse(text if isinstance(text, bytes) else text.encode())
    return caught.value.line, caught.value.message


def test_parses() -> None:
    tree, text = parse(b"\xef\xbb\xbfx = '\\d'\r\n")
    assert len(tree.body) == 1
    assert text == "x = '\\d'\r\n"


@pytest.mark.parametrize(
    ("text", "line", "message"),
    [
        ("x = 1\ny = (\n", 2, "syntax error: '(' was never closed"),
        ("def f(:\n", 1, "syntax error: invalid syntax"),
        ("print 'x'\n", 1, "syntax error: Missing parentheses"),
        (b"x = '\xe9'\n", 1, "byte 0xe9 is not utf-8"),
        (b"x\x00\n", 1, "it holds a null byte"),
        ("  x = 1\n", 1, "syntax error: unexpected indent"),
    ],
)
def test_says_what_is_wrong(text: str | bytes, line: int, message: str) -> None:
    found = failure(text)
    assert found[0] == line
    assert found[1].startswith(message)


@pytest.mark.parametrize("text", ["x = " + "(" * 5000 + "1" + ")" * 5000, "x = " + "-" * 100_000 + "1"])
def test_deep_nesting_is_an_error_not_a_crash(text: str) -> None:
    line, message = failure(text)
    assert "too deeply" in message or "too many nested" in message
    assert line in {0, 1}


@pytest.mark.parametrize(
    ("text", "version", "what"),
    [
        ("\ntype X = int\n", "3.12", "a `type` statement"),
        ("\ndef f[T](x: T): ...\n", "3.12", "type parameters"),
        ("\nasync def f[T](x: T): ...\n", "3.12", "type parameters"),
        ("\nclass C[T = int]: ...\n", "3.13", "a default for a type parameter"),
        ("try: pass\nexcept A, B: pass\n", "3.14", "`except` without parentheses"),
        ("\nx = t'{name}'\n", "3.14", "a t-string"),
        ("\nlazy import os\n", "3.15", "a lazy import"),
        ("\nx = [*y for y in z]\n", "3.15", "unpacking in a comprehension"),
    ],
)
def test_names_the_python_to_use(text: str, version: str, what: str) -> None:
    if tuple(map(int, version.split("."))) <= sys.version_info[:2]:
        pytest.skip(f"this Python reads the syntax of {version}")
    line, message = failure(text)
    assert line == 2
    running = f"{sys.version_info.major}.{sys.version_info.minor}"
    assert message == (
        f"{what} (new in Python {version}), and offloop is running on {running}: run it with {version} or newer"
    )


@pytest.mark.skipif(sys.version_info >= (3, 12), reason="Python 3.12 reads these f-strings")
def test_newer_f_strings() -> None:
    for text in ("x = f'{a!x}'\n", "x = f'{a['b']}'\n", "x = f'a' f'b\n"):
        line, message = failure(text)
        assert line == 1
        assert message.startswith("syntax error: ")
        assert "its f-string needs Python 3.12" in message
    assert "Python 3.12" not in failure("x = 'f' ('\n")[1]


def test_other_value_errors(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(_text: str) -> None:
        raise ValueError("odd")

    monkeypatch.setattr(ast, "parse", refuse)
    assert failure("x") == (0, "cannot be parsed: odd")
