from __future__ import annotations

from concurrent.futures.process import BrokenProcessPool
from dataclasses import replace
from typing import TYPE_CHECKING, Self

import pytest

from codemods import engine, facts, reading, rewriting, verify
from codemods.config import Settings
from codemods.engine import Request, find, rewrite
from codemods.source import read_bytes, write_all
from tests.support import UNSAFE, commit, run, source, write

if TYPE_CHECKING:
    from pathlib import Path

SLEEPY = "import time\n\n\nasync def main():\n    time.sleep(1)\n"
AFTER = "import asyncio\n\n\nasync def main():\n    await asyncio.sleep(1)\n"


def test_nothing_to_do(project: Path) -> None:
    assert run(project) == run(project, changing=True)
    assert run(project).files == 0


def test_result(project: Path) -> None:
    write(project, {"main.py": SLEEPY, "other.py": "def f(): ...\nasync def g(): ...\n"})
    result = run(project, changing=True)
    assert (result.files, result.functions_on_loop, result.faults) == (2, 2, ())
    (finding,) = result.findings
    assert (finding.path, finding.span.line, finding.function, finding.codemod) == ("main.py", 5, "main", "sleep")
    (change,) = result.changes
    assert (change.path, change.file, change.after.decode()) == ("main.py", project / "main.py", AFTER)
    assert change.fixed == (finding,)
    assert result.left == ()


def test_ids_outlive_moved_lines(project: Path) -> None:
    write(project, {"main.py": SLEEPY + "    time.sleep(2)\n"})
    before = [finding.id for finding in run(project).findings]
    write(project, {"main.py": "# new\n\n" + source(SLEEPY) + "    time.sleep(3)\n"})
    assert [finding.id for finding in run(project).findings] == before
    assert len(set(before)) == len(before)


def test_only_the_named_paths_are_reported_but_the_project_is_read(project: Path) -> None:
    write(
        project,
        {
            "pyproject.toml": "",
            "app/a.py": SLEEPY,
            "app/b.py": SLEEPY,
            "bad.py": "def f(:\n",
            "tests/test_a.py": "import app.a\npatch('app.a.time.sleep')\n",
        },
    )
    result = run(project, "app/a.py")
    assert [(finding.path, finding.level) for finding in result.findings] == [("app/a.py", "unsafe")]
    assert (result.files, result.faults) == (1, ())
    assert len(run(project).faults) == 1


def test_settings_leave_findings_out(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    for settings in (
        Settings(select=frozenset({"http"})),
        Settings(ignore=frozenset({"sleep"})),
        Settings(not_blocking=("time.sleep",)),
    ):
        assert run(project, settings=settings).findings == ()
    low = Settings(blocking=(("builtins.print", "other"),), codemods=("sleep",))
    write(project, {"main.py": SLEEPY + "    print()\n"})
    assert [finding.codemod for finding in run(project, settings=low).findings] == ["sleep", None]


def test_a_fault_of_one_file_leaves_the_others(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {"a.py": SLEEPY, "b.py": SLEEPY, "c.py": SLEEPY})
    carry_out = rewriting.rewrite

    def fail(data: bytes, edits: object, limit: int) -> bytes:
        calls.append(data)
        if len(calls) == 1:
            raise RuntimeError("odd")
        if len(calls) == 2:
            raise rewriting.UnchangeableError("too odd")
        return carry_out(data, edits, limit)  # type: ignore[arg-type]

    calls: list[bytes] = []
    monkeypatch.setattr(rewriting, "rewrite", fail)
    result = run(project, changing=True)
    assert [change.path for change in result.changes] == ["c.py"]
    assert [(fault.path, fault.message.partition(":")[0]) for fault in result.faults] == [
        ("a.py", "internal error, left alone"),
        ("b.py", "left alone"),
    ]
    assert "RuntimeError: odd" in result.faults[0].message


@pytest.mark.parametrize(
    ("wrong", "reason"),
    [
        (AFTER.replace("await ", ""), "a coroutine would be left that nothing awaits"),
        (AFTER.replace("main", "other"), "line 4 would change, which no edit was to touch"),
        (AFTER.replace("asyncio.sleep(1)", "asyncio.sleep(1"), "line 5: syntax error"),
        (AFTER.replace("async def", "def"), "line 5: 'await' outside async function"),
        (AFTER + "\n# more\n", "a comment would go missing or change"),
        (source(SLEEPY), "1 more call of time.sleep in main than there should be; a second run would change it again"),
    ],
)
def test_a_wrong_rewrite_is_never_written(
    project: Path, monkeypatch: pytest.MonkeyPatch, wrong: str, reason: str
) -> None:
    write(project, {"main.py": SLEEPY})
    monkeypatch.setattr(rewriting, "rewrite", lambda _data, _edits, _limit: wrong.encode())
    result = run(project, changing=True)
    assert result.changes == ()
    assert len(result.faults) == 1
    assert "internal error, left alone: the rewritten file fails its check" in result.faults[0].message
    assert reason in result.faults[0].message


def test_a_file_that_does_not_compile_is_left_alone(project: Path) -> None:
    write(project, {"main.py": SLEEPY + "\nreturn 1\n"})
    result = run(project, changing=True)
    assert result.changes == ()
    assert [(fault.path, fault.message) for fault in result.faults] == [
        ("main.py", "left alone because it does not compile: line 7: 'return' outside function")
    ]


def test_a_file_that_cannot_be_read(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {"main.py": SLEEPY, "gone.py": SLEEPY})
    read = read_bytes

    def refuse(path: Path) -> bytes:
        if path.name == "gone.py":
            raise PermissionError(13, "Permission denied")
        return read(path)

    monkeypatch.setattr(reading, "read_bytes", refuse)
    result = run(project)
    assert [finding.path for finding in result.findings] == ["main.py"]
    assert [(fault.path, fault.message) for fault in result.faults] == [
        ("gone.py", "cannot be read: Permission denied")
    ]


def test_the_cache_is_used_and_changes_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {"main.py": SLEEPY, "other.py": "x = 1\n"})
    request = Request(jobs=1)
    first = find(request)
    seen: list[tuple[int, int]] = []
    with monkeypatch.context() as patch:
        patch.setattr(facts, "read", lambda data: pytest.fail(f"read again: {data!r}"))
        assert find(request) == first
    write(project, {"other.py": "x = 2\n"})
    assert find(replace(request, progress=lambda done, total: seen.append((done, total)))) == first
    assert seen == [(2, 2)]


def test_processes_give_the_same_as_one(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {f"m{number}.py": SLEEPY for number in range(100)} | {"bad.py": "def f(:\n"})
    alone = find(Request(jobs=1, cache=False))
    monkeypatch.setattr(reading, "_MUCH", 0)
    assert find(Request(jobs=2, cache=False)) == alone
    assert len(alone.findings) == 100


def test_a_process_that_dies_costs_nothing(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {f"m{number}.py": SLEEPY for number in range(100)})

    class Broken:
        def __init__(self, *_: object, **__: object) -> None:
            pass

        def __enter__(self) -> Self:
            return self

        def __exit__(self, *_: object) -> None:
            pass

        def map(self, function: object, chunks: list[list[tuple[str, bytes]]]) -> object:
            assert callable(function)
            yield function(chunks[0])
            raise BrokenProcessPool

    monkeypatch.setattr(reading, "_MUCH", 0)
    monkeypatch.setattr(reading, "ProcessPoolExecutor", Broken)
    assert len(find(Request(jobs=2, cache=False)).findings) == 100


def test_written_and_run_again(project: Path) -> None:
    write(project, {"main.py": SLEEPY + "    time.sleep(main)\n"})
    commit(project)
    write_all(run(project, changing=True).changes, allow_dirty=False)
    write_all(run(project, settings=UNSAFE, changing=True).changes, allow_dirty=True)
    assert run(project, settings=UNSAFE, changing=True).changes == ()


def test_a_large_file_is_quick(project: Path) -> None:
    calls = ["time.sleep(1)" if number % 100 == 0 else f"await f{number}()" for number in range(5000)]
    body = "".join(f"async def f{number}():\n    {call}\n\n\n" for number, call in enumerate(calls))
    write(project, {"main.py": "import time\n\n\n" + body})
    result = run(project, changing=True)
    assert len(result.findings) == 50
    assert result.changes[0].after.count(b"\n    await asyncio.sleep(1)\n") == 50


@pytest.mark.parametrize(
    "expression",
    ["+".join(["time.sleep(1)"] * 300), "[" * 90 + "time.sleep(1)" + "]" * 90, "f(" * 80 + "time.sleep(1)" + ")" * 80],
    ids=["sum", "lists", "calls"],
)
def test_deep_code(project: Path, expression: str) -> None:
    write(project, {"main.py": f"import time\n\n\nasync def main():\n    return {expression}\n"})
    result = run(project, changing=True)
    assert result.faults == ()
    assert b"time.sleep" not in result.changes[0].after


def test_compiles_says_why_not(monkeypatch: pytest.MonkeyPatch) -> None:
    assert verify.compiles(b"x = 1\n") == ""
    assert verify.compiles(b"x = (\n") == "line 1: syntax error: '(' was never closed"
    assert verify.compiles(b"await x\n") == "line 1: 'await' outside function"

    def refuse(_data: bytes) -> None:
        raise RecursionError("deep")

    monkeypatch.setattr(verify, "parse", refuse)
    assert verify.compiles(b"") == "it cannot be compiled: deep"


def test_engine_is_importable_without_click() -> None:
    assert engine.find is find
    assert engine.rewrite is rewrite


def test_a_total_is_read_where_another_codemod_judged_it(project: Path) -> None:
    text = """
        import asyncio, requests, time
        class Shop:
            total = 0
        shop = Shop()
        async def add(u):
            await asyncio.sleep(0)
            shop.total += (time.sleep(1) or 1) + len(requests.get(u).text)
        """
    write(project, {"main.py": text})
    result = run(project, changing=True)
    assert result.faults == ()
    assert {(finding.callee, finding.level) for finding in result.findings} == {
        ("time.sleep", "unsafe"),
        ("requests.get", "unsafe"),
    }
