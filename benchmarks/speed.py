#!/usr/bin/env python3
"""How long offloop takes, as ratios from one interleaved run.

    benchmarks/speed.py [TREE] [--rounds N] [--modules N]

TREE is a folder of Python files; without one, the first N modules of the installed packages and the standard library
are copied into a temporary one. Each round runs, one after the other: `ast.parse` of every file in one process (the
floor), offloop without its cache, offloop with it after one file has changed, and ruff's ASYNC rules. Medians are
compared.
"""

from __future__ import annotations

import argparse
import ast
import gc
import os
import shutil
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from pathlib import Path

SKIPPED = {"test", "tests", "idle_test", "__pycache__"}


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("tree", nargs="?", type=Path)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--modules", type=int, default=3000)
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as temporary:
        tree = Path(temporary) / "tree"
        if args.tree:
            shutil.copytree(args.tree, tree, ignore=lambda _, names: [n for n in names if n.startswith(".")])
        else:
            gather(tree, args.modules)
        files = sorted(tree.rglob("*.py"))
        size = sum(file.stat().st_size for file in files)
        print(
            f"{len(files)} modules, {size / 1e6:.1f} MB, Python {sys.version.split()[0]}, {os.cpu_count()} processors"
        )
        measure(tree, files, Path(temporary) / "cache", args.rounds)


def gather(tree: Path, modules: int) -> None:
    """A tree of installed modules, with their packages."""
    count = 0
    for root in (Path(sysconfig.get_path("purelib")), Path(sysconfig.get_path("stdlib"))):
        for file in sorted(root.rglob("*.py")):
            inside = file.relative_to(root)
            if count < modules and not SKIPPED & set(inside.parts) and "site-packages" not in inside.parts:
                target = tree / inside
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(file, target)
                count += 1


def measure(tree: Path, files: list[Path], cache: Path, rounds: int) -> None:
    """Run everything in turn, and print the medians beside the floor."""
    offloop = [sys.executable, "-m", "codemods", "check", "--exit-zero", "--quiet", "--output", os.devnull]
    environment = {**os.environ, "XDG_CACHE_HOME": str(cache), "PYTHONSAFEPATH": "1"}
    ruff = [
        sys.executable,
        "-m",
        "ruff",
        "check",
        "--isolated",
        "--no-cache",
        "--quiet",
        "--exit-zero",
        "--select",
        "ASYNC2",
    ]
    changed = files[len(files) // 2]
    original = changed.read_bytes()

    def run(command: list[str]) -> float:
        start = time.perf_counter()
        subprocess.run([*command, "."], cwd=tree, env=environment, stdout=subprocess.DEVNULL, check=False)
        return time.perf_counter() - start

    run(offloop)
    taken: dict[str, list[float]] = {}
    for number in range(rounds):
        changed.write_bytes(original + f"\n\ndef changed_in_round_{number}(x):\n    return x.go({number})\n".encode())
        for name, seconds in (
            ("ast.parse, one process", parse(files)),
            ("offloop, no cache", run([*offloop, "--no-cache"])),
            ("offloop, one file changed", run(offloop)),
            ("ruff ASYNC2, no cache", run(ruff)),
        ):
            taken.setdefault(name, []).append(seconds)
    floor = statistics.median(taken["ast.parse, one process"])
    for name, times in taken.items():
        middle = statistics.median(times)
        print(f"{name:<28} {middle:7.2f} s  {middle / floor:6.2f} x floor")


def parse(files: list[Path]) -> float:
    """The floor: what Python's own parser takes."""
    gc.collect()
    start = time.perf_counter()
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for file in files:
            try:
                ast.parse(file.read_bytes())
            except (SyntaxError, ValueError):
                continue
    return time.perf_counter() - start


if __name__ == "__main__":
    main()
