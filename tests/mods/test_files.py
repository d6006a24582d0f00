"""Blocks that open files, before and after: the same is given, raised and left in the folder."""

from __future__ import annotations

import asyncio
from typing import TYPE_CHECKING, Any

import pytest

from codemods.config import Settings
from tests.support import run, source, write

if TYPE_CHECKING:
    from pathlib import Path

ASKED = Settings(codemods=("files",), unsafe=frozenset({"files"}))
HEAD = """\
import asyncio
import io
import os
from pathlib import Path

import {library}


async def call(folder: Path):
"""
CASES = {
    "pieces": """
        with open(folder / "new", "wb") as file:
            for piece in (b"one", b"", b"two"):
                await asyncio.sleep(0)
                print(file.write(piece))
            file.flush()
            return [file.tell(), file.seek(1), file.closed, file.mode, os.path.basename(file.name), file.fileno() > 2]
    """,
    "lines": """
        found = []
        with open(folder / "old", encoding="latin-1") as file:
            for line in file:
                await asyncio.sleep(0)
                if line == "b\\n":
                    continue
                if line.startswith("d"):
                    break
                found.append(line)
            else:
                found.append("all")
            found.append(file.readline())
            found += file.readlines()
        return found
    """,
    "universal newlines": """
        found = []
        with open(folder / "old", newline="") as file, io.open(folder / "new", "w", newline="\\r\\n") as copy:
            while line := file.readline():
                await asyncio.sleep(0)
                found.append(copy.write(line))
            copy.writelines(["x\\n", "y\\n"])
        return found
    """,
    "both ways": """
        path = folder / "old"
        with path.open("r+b", 0) as file:
            await asyncio.sleep(0)
            first = file.read(2)
            file.seek(-3, os.SEEK_END)
            file.write(b"!")
            file.truncate(9)
            file.seek(0)
            return [first, file.read(), file.tell()]
    """,
    "not there": """
        try:
            with open(folder / "none") as file:
                await asyncio.sleep(0)
                return file.read()
        except FileNotFoundError as error:
            return [error.errno, error.strerror]
    """,
    "not allowed": """
        try:
            with open(folder / "old") as file:
                await asyncio.sleep(0)
                file.write("a")
        except io.UnsupportedOperation as error:
            return str(error)
    """,
    "cannot be decoded": """
        with open(folder / "bytes", encoding="utf-8") as file:
            await asyncio.sleep(0)
            file.read()
    """,
    "closed by hand": """
        with open(folder / "new", "a") as file:
            await asyncio.sleep(0)
            file.write("a")
            file.close()
            file.write("b")
    """,
    "raised inside": """
        with open(folder / "new", "x") as file:
            file.write("kept")
            await asyncio.sleep(0)
            raise KeyError("a")
    """,
    "a generator": """
        async def pieces():
            with open(folder / "old", "rb") as file:
                while piece := file.read(4):
                    yield piece

        found = [piece async for piece in pieces()]
        async for piece in pieces():
            found.append(piece)
            break
        # A generator that is left early closes its file a moment later.
        await asyncio.sleep(0.1)
        return found
    """,
    "several tasks": """
        async def put(name):
            with open(folder / name, "w") as file:
                for number in range(20):
                    file.write(f"{name}{number} ")
                    await asyncio.sleep(0)

        await asyncio.gather(*map(put, "abc"))
    """,
}
PATHS = """
    path = folder / "old"
    await asyncio.sleep(0)
    found = [path.read_text(), Path(folder, "old").read_bytes(), Path(folder / "new").write_text("a", newline="\\n")]
    found.append((folder / "more").write_bytes(b"ab"))
    try:
        Path(folder, "bytes").read_text("utf-8", errors="strict")
    except UnicodeDecodeError as error:
        found.append(error.reason)
    return found
"""


def outcome(code: str, folder: Path) -> list[Any]:
    """What the function gives or raises, and what is in its folder afterwards."""
    folder.mkdir()
    (folder / "old").write_bytes(b"a\nb\nc\r\nd\ne\n")
    (folder / "bytes").write_bytes(b"\xff\xfe\xfd")
    names: dict[str, Any] = {}
    exec(compile(code, "<code>", "exec"), names)  # noqa: S102 (it is what is tested)
    try:
        given: Any = asyncio.run(names["call"](folder))
    except (KeyError, OSError, ValueError) as error:
        given = [type(error).__name__, str(error)]
    return [given, *((file.name, file.read_bytes()) for file in sorted(folder.iterdir()))]


def code_of(body: str, library: str) -> str:
    lines = "\n".join(f"    {line}" for line in source(body).splitlines())
    return f"{HEAD.replace('{library}', library)}{lines}\n"


def after(before: str, folder: Path) -> str:
    write(folder, {"main.py": before.encode()})
    result = run(folder, settings=ASKED, changing=True)
    assert result.faults == ()
    assert {(each.codemod, each.level) for each in result.findings if each.kind == "file"} == {("files", "unsafe")}
    changed = result.changes[0].after.decode()
    write(folder, {"main.py": changed.encode()})
    assert run(folder, settings=ASKED, changing=True).changes == ()
    return changed


@pytest.mark.parametrize("library", ["anyio", "aiofiles"])
@pytest.mark.parametrize("case", CASES)
def test_the_same_is_done_with_files(case: str, library: str, tmp_path: Path) -> None:
    pytest.importorskip(library)
    before = code_of(CASES[case], library)
    changed = after(before, tmp_path / "project")
    assert changed.count("async with ") > before.count("async with ")
    assert outcome(changed, tmp_path / "second") == outcome(before, tmp_path / "first")


def test_the_same_is_asked_of_paths(tmp_path: Path) -> None:
    pytest.importorskip("anyio")
    before = code_of(PATHS, "anyio")
    changed = after(before, tmp_path / "project")
    assert changed.count("await anyio.Path(") == 5
    assert outcome(changed, tmp_path / "second") == outcome(before, tmp_path / "first")
