"""The promises of docs/security.md, one by one."""

from __future__ import annotations

import ast
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from codemods import mods
from codemods.cli import offloop
from codemods.review import github
from codemods.review.plain import shown_path
from tests.support import commit, git, inside, source, write
from tests.test_fixtures import CASES, named, place

if TYPE_CHECKING:
    from collections.abc import Iterator

SLEEPY = "import time\n\n\nasync def main():\n    time.sleep(1)\n"
REQUESTS = "import requests\n\n\nasync def main(url):\n    return requests.get(url).status_code\n"
TRAP = "from pathlib import Path\nwith Path(__file__).with_name('RAN').open('a') as file:\n    file.write(__name__)\n"
SCRIPT = "from codemods.cli import main\n\nif __name__ == '__main__':\n    main()\n"
CODE = Path(offloop.callback.__code__.co_filename).parent.parent if offloop.callback else Path()
posix = pytest.mark.skipif(sys.platform == "win32", reason="symlinks and such names need a right there")


# One case of every codemod, and some more.
SAMPLE = sorted({*CASES[::4], *{case.parent.name: case for case in CASES}.values()})


def call(*arguments: str) -> Result:
    return CliRunner().invoke(offloop, arguments)


# What is read is never run


def traps(way: str) -> Iterator[str]:
    """The names of modules that offloop, or a process of its own, may be about to import.

    `python -m` has Python itself look in the current folder before offloop's first line is reached.
    """
    yield from ("conftest", "setup", "sitecustomize", "usercustomize", "libcst", "pathspec", "click")
    later = {"ast", "concurrent", "difflib", "hashlib", "json", "multiprocessing", "tempfile", "tomllib"}
    for name in sys.stdlib_module_names if way == "script" else later:
        # With a file called asyncio in the way, nothing may import asyncio.
        if not name.startswith("_") and name not in {*sys.builtin_module_names, "asyncio"}:
            yield name


@pytest.mark.parametrize("way", ["script", "module"])
def test_nothing_that_is_read_is_imported(project: Path, tmp_path: Path, way: str) -> None:
    write(project, {f"{name}.py": TRAP for name in traps(way)})
    write(project, {"main.py": SLEEPY, "much.py": f"x = '{'x' * 3_000_000}'\n"})
    write(tmp_path, {"run.py": SCRIPT})
    start = [str(tmp_path / "run.py")] if way == "script" else ["-m", "codemods"]
    command = [sys.executable, *start, "apply", "--jobs", "2", "--unsafe", "--no-cache"]
    done = subprocess.run(command, capture_output=True, text=True, check=False, timeout=100)
    assert not (project / "RAN").exists(), (project / "RAN").read_text()
    assert done.returncode == 0, done.stderr
    assert "asyncio.sleep" in (project / "main.py").read_text()


def test_no_code_can_run_what_it_is_given() -> None:
    """`eval` and its like are nowhere, modules are imported by names of offloop's own, git is asked without a shell."""
    found = set()
    for file in CODE.rglob("*.py"):
        for node in ast.walk(ast.parse(file.read_bytes())):
            if isinstance(node, ast.Call):
                name = ast.unparse(node.func)
                last = name.rpartition(".")[2]
                if name in {"eval", "exec", "__import__", "compile"} or last in {
                    "Popen",
                    "import_module",
                    "literal_eval",
                    "run_path",
                    "system",
                }:
                    found.add((file.relative_to(CODE).as_posix(), name))
                assert not any(each.arg == "shell" for each in node.keywords), file
            names = [alias.name for alias in node.names] if isinstance(node, ast.Import | ast.ImportFrom) else []
            assert not {"pickle", "shelve", "runpy", "yaml"} & {*names, getattr(node, "module", "")}, file
    assert found == {
        ("cli/__init__.py", "importlib.import_module"),
        ("mods/__init__.py", "importlib.import_module"),
        ("source/programs.py", "subprocess.Popen"),
        ("verify.py", "compile"),
    }


@posix
def test_git_runs_no_programs_of_the_repository(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    commit(project)
    trap = project / "trap"
    trap.write_text(f"#!/bin/sh\ntouch '{project}/RAN'\n")
    trap.chmod(0o755)
    git(project, "config", "core.fsmonitor", str(trap))
    (project / ".git/hooks").mkdir(exist_ok=True)
    for hook in ("post-index-change", "post-checkout", "fsmonitor-watchman"):
        (project / ".git/hooks" / hook).write_bytes(trap.read_bytes())
        (project / ".git/hooks" / hook).chmod(0o755)
    (project / "main.py").touch()
    (project / "RAN").unlink(missing_ok=True)
    assert call("apply").exit_code == 0
    assert not (project / "RAN").exists()


@pytest.mark.parametrize(
    "setting",
    [
        'exclude = ["__import__(\\"os\\").mkdir(\\"ran\\")"]',
        "impact = \"__import__('os').mkdir('ran')\"",
        "not-blocking = [\"__import__('os').mkdir('ran')\"]",
        'blocking = {"os.mkdir(\'ran\')" = "cpu"}',
        'offload = "$(mkdir ran)"',
    ],
)
def test_settings_are_data(project: Path, setting: str) -> None:
    write(project, {"main.py": SLEEPY, "pyproject.toml": f"[tool.offloop]\n{setting}\n", "setup.py": TRAP})
    result = call("apply", "--unsafe")
    assert result.exit_code in {0, 2}
    assert not (project / "ran").exists()
    assert not (project / "RAN").exists()


# Nothing is written elsewhere


@posix
@pytest.mark.parametrize("tracked", [False, True], ids=["no git", "git"])
def test_symlinks_lead_nowhere(project: Path, tmp_path: Path, *, tracked: bool) -> None:
    outside = tmp_path / "outside"
    write(outside, {"a.py": SLEEPY, "base.txt": "requests\nhttpx\n"})
    write(project, {"main.py": REQUESTS, "pkg/a.py": SLEEPY, "requirements/base.txt": "requests\nhttpx\n"})
    if tracked:
        commit(project)
    for folder in ("pkg", "requirements"):
        for file in (project / folder).iterdir():
            file.unlink()
        (project / folder).rmdir()
        (project / folder).symlink_to(outside, target_is_directory=True)
    (project / "link.py").symlink_to(outside / "a.py")
    (project / "pyproject.toml").symlink_to(outside / "pyproject.toml")
    write(outside, {"pyproject.toml": "[project]\nname = 'x'\ndependencies = ['requests']\n"})
    before = {file: file.read_bytes() for file in outside.iterdir()}
    call("apply", "--codemod", "http,sleep", "--unsafe", "--allow-dirty")
    assert {file: file.read_bytes() for file in outside.iterdir()} == before
    assert "httpx" in (project / "main.py").read_text()


# Names are data

EVIL = "\x1b[31m\u202e\x9b2J::error::\r%,:"


@posix
@pytest.mark.parametrize(
    "arguments",
    [["check"], ["check", "--format", "github"], ["check", "--format", "json"], ["diff"], ["apply"], ["check", "-v"]],
    ids=" ".join,
)
def test_file_names_do_nothing_to_a_terminal(project: Path, arguments: list[str]) -> None:
    write(project, {f"{EVIL}.py": source(SLEEPY) + "    unknown.go()\n", f"{EVIL}2.py": "def f(:\n"})
    write(project, {f"{EVIL}3.py": REQUESTS + "\n# offloop: ignore\n"})
    result = call(*arguments)
    shown = result.stdout + result.stderr
    assert "sleep" in shown
    assert [char for char in shown if not char.isprintable() and char != "\n"] == []
    assert not any(line.startswith("::error::") for line in shown.splitlines())


def test_settings_in_a_folder_with_such_a_name(project: Path) -> None:
    write(project, {"\x1b[31m/pyproject.toml": "[tool.offloop]\nimpact = 1\n", "\x1b[31m/main.py": SLEEPY})
    result = call("check", "\x1b[31m")
    assert result.exit_code == 2
    assert "\x1b" not in result.output


def test_names_in_github_commands() -> None:
    command = github._command("error", {"file": "a,b:c\r\n::error::%.py"}, "x\n::set-output::")  # noqa: SLF001
    assert command == "::error file=a%2Cb%3Ac%0D%0A%3A%3Aerror%3A%3A%25.py::x\\n::set-output::"
    assert shown_path("a\x1b.py") == "a\\x1b.py"


# Reports hold no more than they show


@pytest.mark.parametrize("case", SAMPLE, ids=named)
def test_reports_name_no_absolute_path(case: Path, tmp_path: Path) -> None:
    place(case, tmp_path)
    write(tmp_path, {"not_python.py": "def f(:\n", "null.py": b"\0"})
    unsafe = ["--unsafe", "--codemod", case.parent.name]
    with inside(tmp_path):
        for arguments in (
            ["check", "-v", *unsafe],
            ["check", "--format", "json", *unsafe],
            ["diff", *unsafe],
        ):
            result = call(*arguments)
            assert str(tmp_path) not in result.stdout + result.stderr
            assert os.path.expanduser("~") not in result.stdout + result.stderr  # noqa: PTH111


@pytest.mark.parametrize("form", ["text", "json", "github"])
def test_reports_hold_no_source(project: Path, form: str) -> None:
    secret = "hunter2"  # noqa: S105 (nobody's)
    write(
        project,
        {
            "main.py": f"""
                import requests
                PASSWORD = "{secret}"
                async def main(url):
                    requests.get(url, auth=("{secret}", "{secret}"), json={{"{secret}": 1}})
                    open("{secret}").read()
                """,
            "bad.py": f"x = ('{secret}'\n",
            "latin.py": f"x = '{secret} ".encode() + b"\xe9'\n",
            "pyproject.toml": f'[tool.offloop]\nexclude = ["{secret}.py"]\n[tool.other]\ntoken = "{secret}"\n',
        },
    )
    result = call("check", "--format", form, "-v", "--statistics")
    assert result.exit_code == 2
    assert "requests.get" in result.stdout
    assert secret not in result.stdout + result.stderr
    if form == "json":
        assert json.loads(result.stdout)["summary"]["errors"] == 2


def test_every_codemod_is_looked_at() -> None:
    assert {case.parent.name for case in SAMPLE} == set(mods.names())
