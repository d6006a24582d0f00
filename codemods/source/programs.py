"""Other programs run to their end, within limits."""

from __future__ import annotations

import contextlib
import os
import re
import signal
import subprocess
import sys
import tempfile
import threading
import time
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

_PASSWORD = re.compile(r"(?<=://)[^/@\s'\"]+(?=@)")
_TICK = 0.1
_LOOK = 0.5
_GRACE = 2
_LENGTH = 8
_MEGABYTE = 1024 * 1024


class StoppedError(Exception):
    """A program was stopped: it took too long, or too much memory."""


@dataclass(frozen=True, slots=True)
class Done:
    """A program that has ended."""

    code: int
    output: bytes
    errors: str


@dataclass(frozen=True, slots=True)
class Limits:
    """What a process may take, together with all that it starts; 0 is no limit."""

    seconds: float
    megabytes: int


def without_passwords(text: str) -> str:
    """Text in which no URL says who asks for it."""
    return _PASSWORD.sub("***", text)


_running: set[int] = set()


def run(
    command: Sequence[str],
    folder: Path | None,
    *,
    seconds: float | None = None,
    environment: Mapping[str, str] | None = None,
) -> Done:
    """Run a program; when its time is up it is stopped, with all that it has started."""
    with subprocess.Popen(
        command,
        cwd=folder,
        env=environment,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        process_group=0,
    ) as process:
        _running.add(process.pid)
        try:
            output, errors = process.communicate(timeout=seconds)
        except subprocess.TimeoutExpired:
            raise StoppedError(f"took longer than {seconds:,.0f} seconds") from None
        finally:
            _kill_group(process.pid)
            _running.discard(process.pid)
    return Done(process.returncode, output, errors.decode("utf-8", "replace"))


def guarded(command: Sequence[str], given: bytes, limits: Limits, stop: threading.Event) -> Done:
    """Run one of offloop's own processes, and stop it where it goes beyond its limits, or when all is to stop.

    Its standard input stays open: when that closes, whoever waited for it is gone, and it ends by itself.
    """
    environment = os.environ | {"PYTHONSAFEPATH": "1"}
    with (
        tempfile.TemporaryFile() as output,
        tempfile.TemporaryFile() as errors,
        subprocess.Popen(
            command,
            env=environment,
            stdin=subprocess.PIPE,
            stdout=output,
            stderr=errors,
            start_new_session=True,
        ) as process,
    ):
        try:
            if process.stdin:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.write(len(given).to_bytes(_LENGTH, "big") + given)
                    process.stdin.flush()
                _watch(process, limits, stop)
        finally:
            if process.poll() is None and process.stdin:
                with contextlib.suppress(BrokenPipeError):
                    process.stdin.close()
                with contextlib.suppress(subprocess.TimeoutExpired):
                    process.wait(_GRACE)
            for each in _session(process.pid):
                with contextlib.suppress(ProcessLookupError):
                    os.kill(each, signal.SIGKILL)
            if process.poll() is None:
                process.kill()
        output.seek(0)
        errors.seek(0)
        return Done(process.wait(), output.read(), errors.read().decode("utf-8", "replace"))


def given() -> bytes:
    """What the process that started this one hands to it; from now on, this one ends when that one is gone."""
    content = sys.stdin.buffer.read(int.from_bytes(sys.stdin.buffer.read(_LENGTH), "big"))
    threading.Thread(target=_end_with_parent, daemon=True).start()
    return content


def _end_with_parent() -> None:
    # Python cannot end while a thread waits inside of sys.stdin.
    os.read(sys.stdin.fileno(), 1)
    for each in tuple(_running):
        _kill_group(each)
    os._exit(1)


def _watch(process: subprocess.Popen[bytes], limits: Limits, stop: threading.Event) -> None:
    """Wait for the end of a process."""
    started = looked = time.monotonic()
    while True:
        try:
            process.wait(_TICK)
        except subprocess.TimeoutExpired:
            now = time.monotonic()
        else:
            return
        if stop.is_set():
            raise StoppedError("was stopped")
        if limits.seconds and now - started > limits.seconds:
            raise StoppedError(f"took longer than {limits.seconds:,.0f} seconds")
        if limits.megabytes and now - looked > _LOOK:
            looked = now
            if sum(_session(process.pid).values()) > limits.megabytes * _MEGABYTE:
                raise StoppedError(f"needed more than {limits.megabytes:,} MB of memory")


def _session(leader: int) -> dict[int, int]:
    """The processes of a session with the bytes that they hold; none where the system has no /proc."""
    found = {}
    page = os.sysconf("SC_PAGE_SIZE")
    for entry in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            # The name before the last bracket may hold anything.
            fields = entry.read_text("utf-8", "replace").rpartition(")")[2].split()
            if int(fields[3]) == leader:
                found[int(entry.parent.name)] = int(fields[21]) * page
    return found


def _kill_group(leader: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(leader, signal.SIGKILL)
