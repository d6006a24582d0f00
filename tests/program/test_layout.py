from __future__ import annotations

import pytest

from codemods.program import Layout


def layout(*paths: str) -> Layout:
    return Layout([f"/p/{path}" for path in paths])


def test_empty() -> None:
    assert layout().absolute("/p/a.py", "b") is None
    assert list(layout().anywhere("b")) == []


@pytest.mark.parametrize(
    ("paths", "importer", "name", "found"),
    [
        (["app/__init__.py", "app/a.py", "app/b.py"], "app/a.py", "app.b", ("app/b.py", "")),
        (["app/__init__.py", "app/a.py", "app/b.py"], "app/a.py", "app.b.f", ("app/b.py", "f")),
        (["app/__init__.py", "app/a.py", "app/b.py"], "app/a.py", "app.f", ("app/__init__.py", "f")),
        # Inside a package, its own folder is no root.
        (["app/__init__.py", "app/a.py", "app/b.py"], "app/a.py", "b", None),
        (["a.py", "b.py"], "a.py", "b", ("b.py", "")),
        (["src/app/__init__.py", "src/app/a.py", "tests/t.py"], "tests/t.py", "app.a", ("src/app/a.py", "")),
        (["tests/t.py", "app/a.py"], "tests/t.py", "app.a", ("app/a.py", "")),
        # A bare folder counts only when the name goes on to a file in it.
        (["tests/requests/t.py", "tests/t.py"], "tests/t.py", "requests.get", None),
        (["tests/requests/t.py", "tests/t.py"], "tests/t.py", "requests.t", ("tests/requests/t.py", "")),
        # A package wins over a module of its name.
        (["a.py", "b.py", "b/__init__.py"], "a.py", "b", ("b/__init__.py", "")),
        # The nearest root wins.
        (["one/a.py", "one/b.py", "b.py"], "one/a.py", "b", ("one/b.py", "")),
        (["a.py", "time.py"], "a.py", "time", None),
    ],
)
def test_absolute(paths: list[str], importer: str, name: str, found: tuple[str, str] | None) -> None:
    expected = (f"/p/{found[0]}", found[1]) if found else None
    assert layout(*paths).absolute(f"/p/{importer}", name) == expected


@pytest.mark.parametrize(
    ("importer", "name", "found"),
    [
        ("app/a.py", ".b", ("app/b.py", "")),
        ("app/a.py", ".b.f", ("app/b.py", "f")),
        ("app/a.py", ".f", ("app/__init__.py", "f")),
        ("app/a.py", ".", ("app/__init__.py", "")),
        ("app/deep/c.py", "..b", ("app/b.py", "")),
        ("app/deep/c.py", ".f", None),
        ("app/deep/c.py", ".", None),
        ("app/__init__.py", ".b", ("app/b.py", "")),
    ],
)
def test_relative(importer: str, name: str, found: tuple[str, str] | None) -> None:
    known = layout("app/__init__.py", "app/a.py", "app/b.py", "app/deep/c.py")
    assert known.relative(f"/p/{importer}", name) == ((f"/p/{found[0]}", found[1]) if found else None)


def test_shadows() -> None:
    known = layout("a.py", "queue.py", "code/__init__.py", "code/tools.py")
    assert known.shadows("/p/a.py", "queue")
    assert known.shadows("/p/a.py", "queue.Queue")
    assert not known.shadows("/p/a.py", "code.tools")
    assert not known.shadows("/p/a.py", "asyncio")
    assert not known.shadows("/p/a.py", "requests")


def test_names() -> None:
    known = layout("app/__init__.py")
    assert list(known.names("/p/app/jobs.py")) == ["jobs", "app.jobs", "p.app.jobs"]
    assert list(known.names("/p/my-app/app/__init__.py")) == ["app"]


def test_anywhere() -> None:
    known = layout("one/a.py", "two/a.py")
    assert list(known.anywhere("a.f")) == [("/p/one/a.py", "f"), ("/p/two/a.py", "f")]
