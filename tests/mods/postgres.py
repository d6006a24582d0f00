"""A PostgreSQL of one test's own, where its programs are installed."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import tempfile
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Iterator


@contextmanager
def postgres() -> Iterator[str]:
    """The URL of an empty database."""
    programs = _programs()
    if programs is None:
        if os.environ.get("OFFLOOP_SERVERS") == "required":
            pytest.fail("the programs of PostgreSQL are not installed; .ci/run installs them")
        pytest.skip("the programs of PostgreSQL are not installed")
    folder = Path(tempfile.mkdtemp(prefix="offloop-postgres-"))
    # It refuses to run as root.
    user = "nobody" if os.getuid() == 0 else None
    if user:
        shutil.chown(folder, user)
    data = folder / "data"
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    try:
        _run(user, programs / "initdb", "-D", data, "-A", "trust", "-U", "shop", "--no-sync")
        options = f"-p {port} -k {folder} -c fsync=off -c listen_addresses=127.0.0.1"
        _run(user, programs / "pg_ctl", "-D", data, "-o", options, "-l", folder / "log", "-w", "start")
        try:
            yield f"postgresql://shop@127.0.0.1:{port}/postgres"
        finally:
            _run(user, programs / "pg_ctl", "-D", data, "-m", "immediate", "stop")
    finally:
        shutil.rmtree(folder)


def _programs() -> Path | None:
    found = [Path(path).resolve().parent for path in (shutil.which("initdb"), shutil.which("pg_ctl")) if path]
    found += sorted(Path("/usr/lib/postgresql").glob("*/bin"), reverse=True)
    return next((each for each in found if (each / "pg_ctl").exists() and (each / "initdb").exists()), None)


def _run(user: str | None, *command: object) -> None:
    subprocess.run(
        [str(each) for each in command],
        check=True,
        user=user,
        stdout=subprocess.DEVNULL,
        cwd="/",
        stderr=subprocess.PIPE,
    )
