"""The commands as a user calls them, in a process of their own where that matters."""

from __future__ import annotations

import json
import re
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from codemods import __version__, cli, engine, mods
from codemods.cli import offloop
from codemods.cli import output as cli_output
from tests.support import commit, git, source, write

if TYPE_CHECKING:
    from pathlib import Path

SLEEPY = """
    import time


    async def main(seconds):
        time.sleep(1)
        time.sleep(seconds)
"""
UNCERTAIN = (
    "the number of seconds is not certain to be zero or more: time.sleep raises for a negative number, "
    "the twin does not"
)
LATIN = (
    "latin.py:1: error: byte 0xe9 is not utf-8; save the file as UTF-8, or name its encoding in the first line "
    "(`# -*- coding: … -*-`)"
)
CLEAN = "import asyncio\n\n\nasync def main():\n    await asyncio.sleep(1)\n"


def call(*arguments: str) -> Result:
    return CliRunner().invoke(offloop, arguments)


def process(*arguments: str, cwd: Path | None = None) -> subprocess.CompletedProcess[bytes]:
    command = [sys.executable, "-m", "codemods", *arguments]
    return subprocess.run(command, check=False, capture_output=True, cwd=cwd)


@pytest.mark.parametrize("command", ["check", "diff", "apply"])
def test_nothing_found(project: Path, command: str) -> None:
    write(project, {"main.py": CLEAN})
    result = call(command)
    assert result.exit_code == 0
    assert "0 findings" in result.output or "nothing to change" in result.output
    assert (project / "main.py").read_text() == CLEAN


@pytest.mark.parametrize("command", ["check", "diff", "apply"])
def test_empty_folder(project: Path, command: str) -> None:
    assert call(command).exit_code == 0
    assert list(project.iterdir()) == []


def test_check(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    result = call("check")
    assert result.exit_code == 1
    assert result.stdout.splitlines() == [
        "main.py:5:5: time.sleep stalls the loop in main (sleep, high)",
        "  sleep, safe: asyncio.sleep waits as long and lets the loop go on",
        "main.py:6:5: time.sleep stalls the loop in main (sleep, high)",
        f"  sleep, unsafe: {UNCERTAIN}",
        "2 findings (1 safe and 1 unsafe) in 1 file; 1 function on the loop",
        "`offloop diff` shows 1 safe fix, `offloop apply` makes them",
    ]
    assert call("check", "--exit-zero").exit_code == 0
    assert call("check", "-q").stdout.count("\n") == 4
    assert "     1  sleep       safe    time.sleep\n" in call("check", "--statistics").stdout
    assert (project / "main.py").read_text() == source(SLEEPY)


def test_check_json_and_github(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    result = call("check", "--format", "json")
    assert result.exit_code == 1
    assert [row["level"] for row in json.loads(result.stdout)["findings"]] == ["safe", "unsafe"]
    assert call("check", "--format", "github").stdout.startswith("::warning file=main.py,line=5,")


def test_check_writes_a_report(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    result = call("check", "--format", "json", "--output", "report.json")
    assert result.exit_code == 1
    assert result.stdout == ""
    assert "2 findings" in result.stderr
    assert len(json.loads((project / "report.json").read_text())["findings"]) == 2
    missing = call("check", "--output", "no/where.txt")
    assert missing.exit_code == 2
    assert "no/where.txt cannot be written: No such file or directory" in missing.stderr


def test_findings_can_be_chosen(project: Path) -> None:
    write(project, {"main.py": SLEEPY, "tests/test_a.py": SLEEPY})
    for quiet in (
        ["--select", "http,database"],
        ["--ignore", "sleep"],
        ["--exclude", "*.py"],
        ["--exclude", "main.py", "--exclude", "tests/"],
    ):
        assert call("check", *quiet).exit_code == 0
    assert "2 findings" in call("check", "--select", "sleep", "--impact", "high", "main.py").output
    write(project, {"own.toml": "[per-file-ignores]\n'tests/**' = ['sleep']\n"})
    assert "2 findings" in call("check", "--config", "own.toml").output
    write(project, {"own.toml": "not-blocking = ['time.*']\n"})
    assert call("check", "--config", "own.toml").exit_code == 0


def test_settings_teach_the_catalogue(project: Path) -> None:
    write(
        project,
        {
            "pyproject.toml": "[tool.offloop.blocking]\n'app.nlp.run_model' = 'cpu'\n",
            "app/__init__.py": "",
            "app/nlp.py": "def run_model(text):\n    return text\n",
            "app/api.py": "from .nlp import run_model\n\n\nasync def main():\n    return run_model('x')\n",
        },
    )
    result = call("check", "--format", "json")
    (finding,) = json.loads(result.stdout)["findings"]
    assert (finding["path"], finding["callee"], finding["kind"], finding["level"], finding["codemod"]) == (
        "app/api.py",
        "app.nlp.run_model",
        "cpu",
        "safe",
        "offload",
    )


def test_diff_is_all_that_stdout_gets(project: Path) -> None:
    write(project, {"b c.py": SLEEPY, "a.py": SLEEPY})
    commit(project)
    done = process("diff", cwd=project)
    assert done.returncode == 1
    assert done.stderr == b"2 fixes in 2 files; 2 findings left\n"
    assert done.stdout.index(b"a/a.py") < done.stdout.index(b"a/b c.py")
    subprocess.run(["git", "apply"], cwd=project, input=done.stdout, check=True)
    assert "await asyncio.sleep(1)" in (project / "b c.py").read_text()
    assert process("diff", "-q", cwd=project).stdout == b""
    assert process("diff", "--exit-zero", "--unsafe", cwd=project).returncode == 0


def test_diff_from_a_folder_below_names_files_from_the_top(project: Path) -> None:
    write(project, {"app/main.py": SLEEPY})
    commit(project)
    done = process("diff", cwd=project / "app")
    assert b"--- a/app/main.py\n" in done.stdout
    subprocess.run(["git", "apply", "--check"], cwd=project, input=done.stdout, check=True)


def test_apply(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    commit(project)
    result = call("apply")
    assert result.exit_code == 1
    assert result.stdout.splitlines()[0] == "main.py: 1 sleep fix"
    assert result.stdout.splitlines()[-1] == "made 1 fix in 1 file; 1 finding left"
    assert "await asyncio.sleep(1)\n    time.sleep(seconds)" in (project / "main.py").read_text()
    git(project, "commit", "-qam", "safe")
    assert call("apply", "--unsafe").exit_code == 0
    assert "import time" not in (project / "main.py").read_text()
    git(project, "commit", "-qam", "unsafe")
    assert call("apply", "--unsafe").stdout == "nothing written; 0 findings left\n"
    assert git(project, "status", "--porcelain") == ""


def test_apply_refuses_dirty_files(project: Path) -> None:
    write(project, {"main.py": CLEAN, "other.py": SLEEPY})
    commit(project)
    write(project, {"main.py": SLEEPY})
    result = call("apply")
    assert result.exit_code == 2
    assert "main.py: error: has uncommitted changes" in result.stderr
    assert "nothing was written" in result.stderr
    assert (project / "other.py").read_text() == source(SLEEPY)
    assert call("check").exit_code == 1
    assert call("apply", "--allow-dirty", "--exit-zero", "-q").exit_code == 0
    assert "asyncio" in (project / "main.py").read_text()


def test_unsafe_from_the_settings(project: Path) -> None:
    write(project, {"pyproject.toml": "[tool.offloop]\nunsafe = ['sleep']\n", "main.py": SLEEPY})
    assert call("apply").exit_code == 0


def test_bad_files_do_not_stop_the_others(project: Path) -> None:
    write(project, {"main.py": SLEEPY, "bad.py": "x = 1\nasync def f(:\n", "latin.py": b"'\xe9'\n"})
    for command in ("check", "diff", "apply"):
        result = call(command, ".", "missing.py")
        assert result.exit_code == 2
        assert result.stderr.splitlines()[-3:] == [
            "bad.py:2: error: syntax error: invalid syntax",
            LATIN,
            "missing.py: error: no such file or folder",
        ]
    assert "await asyncio.sleep(1)" in (project / "main.py").read_text()


def test_unused_ignores_and_unresolved_calls(project: Path) -> None:
    write(project, {"main.py": "async def main(client):\n    client.get()  # offloop: ignore\n"})
    result = call("check")
    assert result.exit_code == 0
    assert result.stderr == "main.py:2: nothing to ignore here: # offloop: ignore\n"
    assert "main.py:2: not resolved: client.get\n" in call("check", "-v").stderr
    assert json.loads(call("check", "--format", "json").stdout)["unused_ignores"] == [
        {"path": "main.py", "line": 2, "text": "# offloop: ignore"}
    ]


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["chekc"], "no such command 'chekc'; did you mean 'check'?"),
        (["qqq"], "commands are apply, bulk, check"),
        (["check", "--jbos", "2"], "No such option '--jbos'"),
        (["check", "--jobs", "0"], "--jobs"),
        (["check", "--select", "slep"], "unknown kind 'slep'; did you mean 'sleep'?"),
        (["check", "--ignore", "sleep,qqq"], "unknown kind 'qqq'; known are sleep, http"),
        (["check", "--codemod", "slep"], "unknown codemod 'slep'; did you mean 'sleep'?"),
        (["check", "--impact", "hihg"], "unknown impact 'hihg'; did you mean 'high'?"),
        (["check", "--format", "jsn"], "unknown format 'jsn'; did you mean 'json'?"),
        (["check", "--exclude", "!"], "--exclude"),
        (["check", "--config", "missing.toml"], "missing.toml: cannot be read"),
        (["explain", "slep"], "nothing is called 'slep'; did you mean 'sleep'?"),
        (["explain", "missing.py:3"], "no such file 'missing.py'"),
        (["explain", "qqqqqq"], "give a codemod, a kind, or PATH:LINE"),
    ],
)
def test_wrong_usage(project: Path, arguments: list[str], message: str) -> None:
    assert project.is_dir()
    result = call(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr
    assert "Traceback" not in result.stderr


def test_wrong_settings(project: Path) -> None:
    write(project, {"pyproject.toml": "[tool.offloop]\n\nimpct = 'low'\n"})
    result = call("check")
    assert result.exit_code == 2
    assert "pyproject.toml:3: unknown key 'impct'; did you mean 'impact'?" in result.stderr


def test_codemods(project: Path) -> None:
    assert project.is_dir()
    lines = call("codemods").stdout.splitlines()
    assert [line.split()[0] for line in lines] == list(mods.names())
    assert any(re.match("offload +all kinds +Have a thread do it", line) for line in lines)


def test_explain(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    page = call("explain", "sleep")
    assert page.exit_code == 0
    assert "## When it holds back" in page.stdout
    assert "Known: psutil.cpu_percent, sched.scheduler.run, time.sleep" in page.stdout
    assert "smtplib.SMTP.send_message" in call("explain", "mail").stdout
    here = call("explain", "main.py:6")
    assert here.exit_code == 0
    assert here.stdout.startswith("main.py:6: main runs on the event loop")
    assert "nothing here is known to block" in call("explain", "main.py:1").stdout
    write(project, {"main.py": "async def f(:\n"})
    assert call("explain", "main.py:1").exit_code == 2


@pytest.mark.parametrize("command", [[], ["check"], ["diff"], ["apply"], ["explain"], ["codemods"]])
def test_help_imports_nothing_heavy(command: list[str]) -> None:
    script = f"""
import sys
from codemods.cli import main
sys.argv = ["offloop", *{[*command, "--help"]}]
try:
    main()
except SystemExit as end:
    assert end.code == 0
heavy = {{"libcst", "codemods.engine", "codemods.facts", "pathspec", "multiprocessing", "concurrent", "tomllib"}}
print(sorted(heavy & sys.modules.keys()))
"""
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "[]"
    for coming in ("sarif", "html", "interactive", "changed-since"):
        assert coming not in done.stdout


def test_version() -> None:
    assert process("--version").stdout.decode() == f"offloop, version {__version__}\n"


def test_check_does_not_import_libcst(project: Path) -> None:
    write(project, {"main.py": SLEEPY})
    script = (
        "import sys\nfrom codemods.cli import main\nsys.argv[1:] = ['check']\ntry: main()\nexcept SystemExit: pass\n"
    )
    script += "print('libcst' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", script], check=True, capture_output=True, text=True)
    assert done.stdout.splitlines()[-1] == "False"


def test_a_reader_that_has_enough(project: Path) -> None:
    write(project, {f"m{number}.py": SLEEPY for number in range(300)})
    with subprocess.Popen(
        [sys.executable, "-m", "codemods", "check"], stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as running:
        assert running.stdout is not None
        assert running.stderr is not None
        running.stdout.read(10)
        running.stdout.close()
        assert b"Traceback" not in running.stderr.read()


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (RuntimeError("odd"), 2, "internal error: RuntimeError: odd; please report it"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_no_traceback(  # noqa: PLR0913, PLR0917 (three fixtures and three parameters)
    project: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    error: BaseException,
    code: int,
    message: str,
) -> None:
    assert project.is_dir()

    def fail(_request: object) -> None:
        raise error

    monkeypatch.setattr(engine, "find", fail)
    monkeypatch.setattr(sys, "argv", ["offloop", "check"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == code
    stderr = capsys.readouterr().err
    assert message in stderr
    assert "Traceback" not in stderr
    monkeypatch.setenv("OFFLOOP_TRACEBACK", "1")
    with pytest.raises(SystemExit):
        cli.main()
    assert ("Traceback" in capsys.readouterr().err) == (code == 2)


def test_main_reports_wrong_usage(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    monkeypatch.setattr(sys, "argv", ["offloop", "chek"])
    with pytest.raises(SystemExit) as end:
        cli.main()
    assert end.value.code == 2
    assert "did you mean 'check'" in capsys.readouterr().err


def test_progress(monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]) -> None:
    quick = cli_output.Progress()
    quick(1, 2)
    quick.clear()
    assert capsys.readouterr().err == ""
    monkeypatch.setattr(cli_output, "_PATIENCE", -1)
    monkeypatch.setattr(sys.stderr, "isatty", lambda: True)
    bar = cli_output.Progress()
    bar(15, 30)
    bar.clear()
    shown = capsys.readouterr().err
    assert "#" * 15 + "." * 15 + " 15/30 files" in shown
    assert shown.endswith("\r")


def test_colour_is_for_terminals(monkeypatch: pytest.MonkeyPatch) -> None:
    class Terminal:
        def isatty(self) -> bool:
            return True

    assert cli_output.colourful(Terminal())
    assert not cli_output.colourful(sys.__stdin__ and object())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not cli_output.colourful(Terminal())
    assert cli_output.styled("x", "bold") == "\x1b[1mx\x1b[0m"
    assert cli_output.styled("x", "red") == "\x1b[31mx\x1b[0m"
