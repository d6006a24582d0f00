"""Small promises of the command line that are easy to break."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from codemods import engine
from codemods.cli import main, offloop
from codemods.model import Fault
from codemods.model import Result as Found
from tests.support import commit, write

if TYPE_CHECKING:
    from pathlib import Path

SLEEPY = """
    import time


    async def main(seconds):
        time.sleep(1)
        time.sleep(seconds)  # offloop: ignore[http]
"""
UNUSED = "nothing to ignore here"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(offloop, arguments)


@pytest.mark.parametrize("place", ["main.py:6", "main.py:6:5", "main.py:6:5:"])
def test_a_place_is_taken_as_check_prints_it(project: Path, place: str) -> None:
    write(project, {"main.py": SLEEPY})
    assert call("explain", place).stdout.startswith("main.py:6: main runs on the event loop.")


def test_what_apply_leaves_is_named_by_its_new_line(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    commit(project)
    left = call("apply").stdout
    assert (project / "main.py").read_text().splitlines()[6].strip().startswith("time.sleep(seconds)")
    assert "main.py:7:5: time.sleep stalls the loop" in left
    assert "main.py:6:5" not in left
    assert "made 1 fix in 1 file; 1 finding left" in left


@pytest.mark.parametrize("command", ["check", "diff"])
def test_quiet_means_findings_and_errors_only(project: Path, command: str) -> None:
    write(project, {"main.py": SLEEPY, "bad.py": "def f(:\n"})
    assert UNUSED in call(command).stderr
    quiet = call(command, "-q")
    assert quiet.stderr == "bad.py:1: error: syntax error: invalid syntax\n"
    assert quiet.stdout


@pytest.mark.parametrize("option", ["--select", "--ignore", "--codemod"])
@pytest.mark.parametrize("value", ["", " ", ",", " , "])
def test_an_empty_list_is_wrong_usage(project: Path, option: str, value: str) -> None:
    write(project, {"main.py": SLEEPY})
    result = call("check", option, value)
    assert result.exit_code == 2
    assert "name at least one" in result.stderr


def test_select_outweighs_what_the_project_ignores(project: Path) -> None:
    write(project, {"main.py": SLEEPY, "pyproject.toml": "[tool.offloop]\nignore = ['sleep', 'http']\n"})
    assert call("check").exit_code == 0
    assert call("check", "--select", "sleep,database").exit_code == 1
    assert call("check", "--select", "sleep", "--ignore", "sleep").exit_code == 0


def test_github_paths_start_at_the_top_of_the_repository(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(project, {"app/main.py": SLEEPY, "bad.py": "def f(:\n"})
    commit(project)
    monkeypatch.chdir(project / "app")
    lines = call("check", "--format", "github", ".", "../bad.py").stdout.splitlines()
    assert lines[0].startswith("::warning file=app/main.py,line=5,")
    assert lines[-1].startswith("::error file=bad.py,line=1,")


def test_a_terminal_with_few_characters(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    done = subprocess.run(
        [sys.executable, "-m", "codemods", "explain", "sleep"],
        env=os.environ | {"PYTHONIOENCODING": "latin-1"},
        capture_output=True,
        check=True,
    )
    assert b"await time.sleep(\\u2026)" in done.stdout
    assert done.stderr == b""


def test_an_internal_error_is_one_line(
    project: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    def fail(_request: engine.Request) -> Found:
        raise ValueError("first\nsecond")

    write(project, {"main.py": SLEEPY})
    monkeypatch.setattr(engine, "find", fail)
    monkeypatch.setattr(sys, "argv", ["offloop", "check"])
    with pytest.raises(SystemExit) as end:
        main()
    assert end.value.code == 2
    error = capsys.readouterr().err
    assert error.startswith("offloop: internal error: ValueError: first second; please report it")
    assert error.count("\n") == 1


@pytest.mark.parametrize("command", ["check", "diff", "apply"])
def test_faults_outweigh_exit_zero(project: Path, monkeypatch: pytest.MonkeyPatch, command: str) -> None:
    def odd(_request: engine.Request) -> Found:
        return Found(files=1, faults=(Fault("a\x1b[2J.py", 0, "two\nlines"),))

    assert project.is_dir()
    monkeypatch.setattr(engine, "find", odd)
    monkeypatch.setattr(engine, "rewrite", odd)
    result = call(command, "--exit-zero")
    assert result.exit_code == 2
    assert "a\\x1b[2J.py: error: two\\nlines\n" in result.stderr


def test_no_colour_and_no_bar_in_a_pipe(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    for command in ("check", "diff"):
        result = call(command)
        assert "\x1b" not in result.output
        assert "\r" not in result.output


def test_json_is_all_that_stdout_gets(project: Path) -> None:
    write(project, {"main.py": SLEEPY, "bad.py": "def f(:\n"})
    result = call("check", "--format", "json", "-v", "--statistics")
    assert json.loads(result.stdout)["summary"]["errors"] == 1
    assert result.exit_code == 2


@pytest.mark.skipif(sys.platform == "win32", reason="no SIGINT to another process there")
def test_interrupted(project: Path) -> None:
    write(project, {"main.py": "import time\n" * 20_000})
    script = "import os, signal; from codemods import cli, engine\n"
    script += "engine.find = lambda request: os.kill(os.getpid(), signal.SIGINT) or __import__('time').sleep(9)\n"
    script += "cli.main()"
    done = subprocess.run([sys.executable, "-c", script, "check"], capture_output=True, check=False)
    assert done.returncode == 128 + signal.SIGINT
    assert b"Traceback" not in done.stderr
    assert done.stdout == b""
