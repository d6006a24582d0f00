"""Thirty repositories in runs that are killed in the middle, on both engines, and all as if nothing had happened."""

from __future__ import annotations

import signal
import subprocess
import sys
import time
from typing import TYPE_CHECKING, Any

import pytest

from tests.repositories.support import results
from tests.repositories.test_cluster import running
from tests.repositories.thirty import CHECK, STATUSES, make
from tests.support import git

if TYPE_CHECKING:
    from pathlib import Path

COMMAND = [sys.executable, "-m", "codemods", "bulk"]
OPTIONS = ["--commit", "--verify", CHECK, "--verify-timeout", "3"]


def finished(out: Path) -> int:
    journal = out / "journal.jsonl"
    return journal.read_bytes().count(b'"outcome"') if journal.exists() else 0


def wait_for(out: Path, number: int) -> None:
    for _ in range(1200):
        if finished(out) >= number:
            return
        time.sleep(0.05)
    pytest.fail(f"only {finished(out)} repositories were done")


def killed_and_resumed(folder: Path, manifest: Path, out: str, *options: str) -> dict[str, Any]:
    """What a run leaves that was killed with some repositories done, some at work and some to come."""
    command = [*COMMAND, str(manifest), "--out", out, "--no-cache", *OPTIONS, *options]
    with subprocess.Popen(command, cwd=folder, stdout=subprocess.DEVNULL) as process:
        wait_for(folder / out, 9)
        process.send_signal(signal.SIGKILL)
    before = (folder / out / "journal.jsonl").read_bytes()
    assert not (folder / out / "summary.json").exists()
    done = subprocess.run([*command, "--resume"], cwd=folder, check=False, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    assert "Traceback" not in done.stderr
    journal = (folder / out / "journal.jsonl").read_bytes()
    assert journal.startswith(before.rpartition(b"\n")[0])
    assert finished(folder / out) == len(STATUSES)
    assert not (folder / out / "work").exists()
    return results(folder / out)


@pytest.fixture
def manifest(project: Path) -> Path:
    return make(project)


@pytest.mark.timeout(600)
def test_killed_in_the_middle(project: Path, tmp_path: Path, manifest: Path) -> None:
    command = [*COMMAND, str(manifest), "--out", "whole", *OPTIONS]
    done = subprocess.run(command, cwd=project, check=False, capture_output=True, text=True)
    assert done.returncode == 2, done.stderr
    whole = results(project / "whole")
    assert {name: whole[name]["status"] for name in STATUSES} == STATUSES
    checks = {name: whole[name]["verified"] for name in STATUSES}
    assert (checks["hanging-check"], checks["failing-check"], checks["00"]) == ("took too long", "failed", "passed")
    assert len(whole["huge"]["changed"]) == 30
    heads = git(project / "plain" / "00", "log", "--format=%s", "offloop").splitlines()
    assert heads == ["Free the event loop: 2 fixes by sleep", "Free the event loop: 1 fix by offload", "all"]

    assert killed_and_resumed(project, manifest, "parts") == whole
    with running(tmp_path / "cluster") as cluster:
        cluster.start("one", "two")
        on_dask = ("--engine", "dask", "--scheduler", cluster.address)
        cluster.joined("one", "two")
        assert killed_and_resumed(project, manifest, "cluster", *on_dask) == whole
    for place in (project / "plain" / "00", project / "huge", project / "parent"):
        assert git(place, "worktree", "list").count("\n") == 1
        assert git(place, "status", "--porcelain") == ""

    started = time.monotonic()
    again = [*COMMAND, str(manifest), "--out", "whole", *OPTIONS, "--resume"]
    assert subprocess.run(again, cwd=project, check=False, stdout=subprocess.DEVNULL).returncode == 2
    assert time.monotonic() - started < 5
    assert results(project / "whole") == whole
