#!/usr/bin/env python3
"""What `apply` would do to code that nobody wrote for it: nothing may crash, or be broken, or change twice.

    benchmarks/corpus.py [FOLDER ...] [--coroutines] [--unsafe] [--prefer async] [--codemod NAME]
        [--impact low] [--json FILE]

FOLDER is a tree of Python files; without one, the standard library and every installed package, each a tree of its
own. A tree is copied, rewritten in memory, and the new contents are put into the copy for the second pass, which must
find nothing to change. Everything runs in this process. With `--coroutines` every function of the copy that its own
file does not call becomes a coroutine function first: there is much more to rewrite then than in code that works.

Listed are files that offloop's own verification held back, and what it should have: new contents that do not compile,
or use names that nothing binds. It ends with 1 when there is any of these, a crash, or a change in the second pass.
"""

from __future__ import annotations

import argparse
import ast
import builtins
import gc
import json
import os
import resource
import shutil
import symtable
import sys
import sysconfig
import tempfile
import time
import traceback
import warnings
from collections import Counter
from dataclasses import asdict, dataclass, field
from importlib.util import decode_source
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from codemods import mods
from codemods.config import Settings
from codemods.engine import Request, rewrite
from codemods.model import IMPACTS

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.model import Result

MANIFESTS = ("pyproject.toml", "setup.py", "setup.cfg", "Pipfile")
_Node = TypeVar("_Node", bound=ast.AST)

NEVER = {".git", "__pycache__", "node_modules", "site-packages"}


@dataclass
class Outcome:
    """What came of one tree."""

    tree: str
    files: int = 0
    on_loop: int = 0
    findings: int = 0
    fixes: int = 0
    changed: int = 0
    seconds: float = 0.0
    held_back: list[str] = field(default_factory=list)
    """Files whose new contents failed offloop's own verification."""
    left_alone: list[str] = field(default_factory=list)
    wrong: list[str] = field(default_factory=list)
    """What must not be: crashes, files that no longer compile, second passes that change something."""


def main() -> None:
    """Run over all trees and print what came of them."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("folders", nargs="*", type=Path)
    parser.add_argument("--coroutines", action="store_true")
    parser.add_argument("--unsafe", action="store_true")
    parser.add_argument("--prefer", choices=["threads", "async"], default="threads")
    parser.add_argument("--codemod", action="append", choices=mods.names(), default=[])
    parser.add_argument("--impact", choices=IMPACTS, default="medium")
    parser.add_argument("--json", type=Path)
    args = parser.parse_args()
    gc.disable()
    settings = Settings(
        unsafe=frozenset(mods.names() if args.unsafe else ()),
        prefer=args.prefer,
        codemods=tuple(args.codemod),
        impact=args.impact,
    )
    outcomes = []
    for tree in args.folders or installed():
        outcome = tried(tree, settings, coroutines=args.coroutines)
        outcomes.append(outcome)
        gc.collect()
        show(outcome)
    print(total(outcomes))
    if args.json:
        args.json.write_text(f"{json.dumps([asdict(each) for each in outcomes], indent=1)}\n", "utf-8")
    sys.exit(1 if any(each.wrong or each.held_back for each in outcomes) else 0)


def installed() -> Iterator[Path]:
    """The standard library, and all that is installed beside it."""
    yield Path(sysconfig.get_path("stdlib"))
    for entry in sorted(Path(sysconfig.get_path("purelib")).iterdir()):
        if entry.name not in NEVER and (entry.suffix == ".py" or (entry.is_dir() and any(entry.rglob("*.py")))):
            yield entry


def tried(tree: Path, settings: Settings, *, coroutines: bool) -> Outcome:
    """Two passes over a copy of a tree."""
    outcome = Outcome(tree.name)
    start = time.perf_counter()
    with tempfile.TemporaryDirectory() as temporary:
        # The name stays, so that absolute imports of the package find it.
        copy = Path(temporary, tree.name if tree.suffix != ".py" else "")
        gather(tree, copy, coroutines=coroutines)
        before = Path.cwd()
        os.chdir(temporary)
        try:
            passes(copy, settings, outcome)
        except Exception:  # noqa: BLE001 (finding these is what it is for)
            outcome.wrong.append(f"crash: {traceback.format_exc()}")
        finally:
            os.chdir(before)
    outcome.seconds = round(time.perf_counter() - start, 1)
    return outcome


def gather(tree: Path, copy: Path, *, coroutines: bool) -> None:
    """Copy what offloop reads of a tree."""
    for file in [tree] if tree.is_file() else list(wanted(tree)):
        target = copy / (file.name if file == tree else file.relative_to(tree))
        target.parent.mkdir(parents=True, exist_ok=True)
        if coroutines and file.suffix == ".py":
            target.write_bytes(as_coroutines(file.read_bytes()))
        else:
            shutil.copyfile(file, target)


def wanted(folder: Path) -> Iterator[Path]:
    """Python files and manifests below a folder, symlinks left out."""
    for place, folders, names in os.walk(folder):
        folders[:] = [name for name in folders if name not in NEVER]
        for name in names:
            file = Path(place, name)
            if (name.endswith(".py") or name in MANIFESTS or "requirements" in name) and not file.is_symlink():
                yield file


def as_coroutines(data: bytes) -> bytes:
    """A file with `async` in front of every function that it does not call itself, where it still compiles then."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            tree = ast.parse(data)
            lines = data.decode("utf-8").split("\n")
            called = {getattr(node.func, "attr", getattr(node.func, "id", "")) for node in nodes(tree, ast.Call)}
            for node in nodes(tree, ast.FunctionDef):
                line, column = lines[node.lineno - 1], node.col_offset
                fit = node.name not in called and not node.name.startswith("__")
                if fit and line.isascii() and line[column:].startswith("def "):
                    lines[node.lineno - 1] = f"{line[:column]}async {line[column:]}"
            changed = "\n".join(lines).encode()
            compile(changed, "<corpus>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError, RecursionError):
            return data
    return changed


def nodes(tree: ast.AST, kind: type[_Node]) -> Iterator[_Node]:
    """The nodes of one kind."""
    return (node for node in ast.walk(tree) if isinstance(node, kind))


def passes(copy: Path, settings: Settings, outcome: Outcome) -> None:
    """Rewrite a tree twice, and look at what the first pass made."""
    request = Request((str(copy),), settings, jobs=1, cache=False)
    first = rewrite(request)
    note(first, outcome)
    for change in first.changes:
        change.file.write_bytes(change.after)
        if change.path.endswith(".py"):
            outcome.wrong += [f"{change.path}: {reason}" for reason in broken(change.before, change.after)]
    if first.changes:
        second = rewrite(request)
        outcome.wrong += [f"{change.path}: the second pass changes it again" for change in second.changes]


def note(result: Result, outcome: Outcome) -> None:
    """The figures of the first pass."""
    outcome.files = result.files
    outcome.on_loop = result.functions_on_loop
    outcome.findings = len(result.findings)
    outcome.fixes = sum(len(change.fixed) for change in result.changes)
    outcome.changed = len(result.changes)
    for fault in result.faults:
        line = f"{fault.path}:{fault.line}: {fault.message}"
        (outcome.held_back if "internal error" in fault.message else outcome.left_alone).append(line)


def broken(before: bytes, after: bytes) -> Iterator[str]:
    """What is wrong with new contents, found without offloop."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(after, "<after>", "exec", dont_inherit=True)
        except (SyntaxError, ValueError) as error:
            yield f"no longer compiles: {error}"
            return
        lost = unbound(after) - unbound(before)
    if lost:
        yield f"uses names that nothing binds: {', '.join(sorted(lost))}"


def unbound(data: bytes) -> set[str]:
    """The names that a module looks up in itself without ever binding them."""
    stack = [symtable.symtable(decode_source(data), "<corpus>", "exec")]
    top = {symbol.get_name() for symbol in stack[0].get_symbols() if symbol.is_assigned() or symbol.is_imported()}
    used: set[str] = set()
    while stack:
        table = stack.pop()
        stack += table.get_children()
        for symbol in table.get_symbols():
            if symbol.is_declared_global() and symbol.is_assigned():
                top.add(symbol.get_name())
            if symbol.is_referenced() and (symbol.is_global() or table.get_type() == "module"):
                used.add(symbol.get_name())
    return used - top - set(dir(builtins))


def show(outcome: Outcome) -> None:
    """One line for a tree, and one for each file that something is to be said about."""
    print(
        f"{outcome.tree}: {outcome.files:,} files, {outcome.findings:,} findings, {outcome.fixes:,} fixes in "
        f"{outcome.changed:,} files, {outcome.seconds:.1f} s, peak so far {peak():.0f} MB",
        flush=True,
    )
    for label, lines in (("WRONG", outcome.wrong), ("held back", outcome.held_back)):
        for line in lines:
            print(f"  {label}: {line}", flush=True)


def total(outcomes: Sequence[Outcome]) -> str:
    """All trees together."""
    sums = Counter[str]()
    for each in outcomes:
        sums.update(trees=1, files=each.files, findings=each.findings, fixes=each.fixes, changed=each.changed)
        sums.update(wrong=len(each.wrong), held=len(each.held_back), left=len(each.left_alone))
    seconds = sum(each.seconds for each in outcomes)
    return (
        f"{sums['trees']:,} trees, {sums['files']:,} files, {sums['findings']:,} findings, {sums['fixes']:,} fixes in "
        f"{sums['changed']:,} files; {sums['wrong']} wrong, {sums['held']} held back by verification, "
        f"{sums['left']} that cannot be read or rewritten; {seconds:.0f} s, peak {peak():.0f} MB, "
        f"Python {sys.version.split()[0]}"
    )


def peak() -> float:
    """The most memory that this process has held, in MB."""
    unit = 1 if sys.platform == "darwin" else 1024
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss * unit / 1e6


if __name__ == "__main__":
    main()
