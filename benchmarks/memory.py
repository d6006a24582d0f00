#!/usr/bin/env python3
"""How much memory `offloop check` takes over a large tree. Linux only: it reads /proc.

    benchmarks/memory.py [TREE] [--lines N] [--jobs N] [-- OPTION ...]

TREE is a folder of Python files; without one, N lines (a million) of the installed packages are copied into a temporary
one, those with the most coroutines first. What all of its processes hold is added up twenty times a second, without
what they share counted twice (PSS). What follows `--` is passed on: `--unsafe`, say, or a command instead of `check`.
"""

from __future__ import annotations

import argparse
import os
import subprocess
import sys
import sysconfig
import tempfile
import time
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_OFTEN = 0.05


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", nargs="?", type=Path)
    parser.add_argument("--lines", type=int, default=1_000_000)
    parser.add_argument("--jobs", type=int, default=os.cpu_count() or 1)
    parser.add_argument("options", nargs="*")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        tree = args.tree or gather(Path(temporary, "tree"), args.lines)
        files = sorted(tree.rglob("*.py"))
        lines = sum(file.read_bytes().count(b"\n") for file in files)
        coroutines = sum(file.read_bytes().count(b"async def ") for file in files)
        print(f"{len(files):,} files, {lines:,} lines, {coroutines:,} coroutine functions, {args.jobs} that read")
        command = args.options if args.options and not args.options[0].startswith("-") else ["check", *args.options]
        together, largest, seconds = measured([*command, "--no-cache", "--jobs", str(args.jobs)], tree)
    per_million = together / max(lines, 1) * 1e6
    print(
        f"all processes together {together:.0f} MB ({per_million:.0f} MB a million lines), the largest {largest:.0f} MB"
    )
    print(f"{seconds:.0f} s, Python {sys.version.split()[0]}")


def gather(tree: Path, lines: int) -> Path:
    """A tree of installed packages, up to a number of lines."""
    root = Path(sysconfig.get_path("purelib"))
    found = []
    for package in root.iterdir():
        texts = {file: file.read_bytes() for file in package.rglob("*.py")} if package.is_dir() else {}
        size = sum(text.count(b"\n") for text in texts.values())
        if size:
            found.append((-sum(text.count(b"async def ") for text in texts.values()) / size, package.name, texts, size))
    for _, _, texts, size in sorted(found, key=lambda each: each[:2]):
        for file, text in texts.items():
            target = tree / file.relative_to(root)
            target.parent.mkdir(parents=True, exist_ok=True)
            target.write_bytes(text)
        lines -= size
        if lines <= 0:
            break
    return tree


def measured(arguments: list[str], tree: Path) -> tuple[float, float, float]:
    """The most that all processes of a run held together, the most that one held, and the seconds it took."""
    command = [sys.executable, "-P", "-m", "codemods", *arguments]
    start = time.perf_counter()
    with subprocess.Popen(command, cwd=tree, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL) as process:
        together = largest = 0.0
        while process.poll() is None:
            held = [memory(each) for each in (process.pid, *below(process.pid))]
            together, largest = max(together, sum(held)), max(largest, *held)
            time.sleep(_OFTEN)
    assert process.returncode in {0, 1, 2}, process.returncode
    return together, largest, time.perf_counter() - start


def below(process: int) -> Iterator[int]:
    """The processes that one has started, and theirs."""
    try:
        children = Path(f"/proc/{process}/task/{process}/children").read_text("utf-8").split()
    except OSError:
        return
    for child in map(int, children):
        yield child
        yield from below(child)


def memory(process: int) -> float:
    """What a process holds, in MB: its part of what it shares counts."""
    try:
        text = Path(f"/proc/{process}/smaps_rollup").read_text("utf-8")
    except OSError:
        return 0.0
    return next((int(line.split()[1]) for line in text.splitlines() if line.startswith("Pss:")), 0) * 1024 / 1e6


if __name__ == "__main__":
    main()
