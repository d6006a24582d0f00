"""`offloop bulk` as a user calls it."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest
from click.testing import CliRunner, Result

from codemods import repositories
from codemods.cli import INTERRUPTED, offloop
from tests.repositories.support import CLEAN, SLEEPY, SLOW, repository
from tests.support import write

if TYPE_CHECKING:
    from pathlib import Path

    from codemods.repositories import Order


def call(*arguments: str) -> Result:
    return CliRunner().invoke(offloop, ["bulk", *arguments, "--out", "out"])


@pytest.mark.parametrize(
    ("files", "options", "code"),
    [
        (CLEAN, [], 0),
        (SLEEPY, [], 0),
        (SLOW, [], 1),
        (SLOW, ["--unsafe"], 0),
        (SLOW, ["--exit-zero"], 0),
        (SLEEPY, ["--verify", "exit 1"], 1),
        (SLEEPY, ["--verify", "exit 1", "--exit-zero"], 0),
        (None, [], 2),
        (None, ["--exit-zero"], 2),
    ],
)
def test_exit_codes(project: Path, files: str | None, options: list[str], code: int) -> None:
    if files is not None:
        repository(project / "shop", {"main.py": files})
    assert call("shop", *options).exit_code == code


def test_what_is_said(project: Path) -> None:
    repository(project / "shop", {"main.py": SLEEPY})
    repository(project / "calm", {"main.py": CLEAN})
    result = call("shop", "calm", "gone", "--branch", "free", "--verify", "true")
    assert sorted(result.stdout.splitlines()) == [
        "calm: clean",
        "gone: failed: no such folder",
        "shop: fixed; 1 fix in 1 file; 0 findings left; its check passed; on the branch free",
    ]
    assert result.stderr == "3 repositories: 1 clean, 1 fixed and 1 failed\n"
    assert call("shop", "gone", "--quiet").output == "gone: failed: no such folder\n"


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ([], "Missing argument 'MANIFEST|PATH|URL...'"),
        (["empty.txt"], "empty.txt: names no repository"),
        (["wrong.toml"], "wrong.toml:1: unknown key 'x'"),
        (["shop", "--only", "faild"], "unknown choice 'faild'; did you mean 'failed'?"),
        (["shop", "--only", "failed"], "out holds no earlier run to choose from"),
        (["shop", "--exclude", "!"], "--exclude"),
        (["shop", "--timeout", "0"], "--timeout"),
        (["shop", "--select", "htp"], "unknown kind 'htp'"),
    ],
)
def test_wrong_usage(project: Path, arguments: list[str], message: str) -> None:
    write(project, {"empty.txt": "\n", "wrong.toml": "x = 1\n"})
    result = call(*arguments)
    assert result.exit_code == 2
    assert message in result.stderr


def test_a_folder_that_is_somebody_elses(project: Path) -> None:
    write(project, {"out/x": ""})
    result = call("shop")
    assert result.exit_code == 2
    assert "Error: out is not empty, and no bulk run made it; name a new folder\n" in result.stderr


def test_interrupted(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def interrupted(_order: Order, *_told: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(repositories, "bulk", interrupted)
    result = call(str(project))
    assert result.exit_code == INTERRUPTED
    assert result.stderr == "interrupted; `--resume` goes on from here\n"


def test_resume(project: Path) -> None:
    repository(project / "shop", {"main.py": SLEEPY})
    call("shop")
    (project / "shop" / "main.py").unlink()
    result = call("shop", "--resume")
    assert (result.exit_code, result.stdout) == (0, "")
    assert json.loads((project / "out" / "summary.json").read_text())["summary"]["fixed"] == 1
