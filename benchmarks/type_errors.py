"""Type errors that a migration brings: what `ty` says about a project after it, and did not say before.

    python benchmarks/type_errors.py            # every case of fixtures/ and examples/shop; a new error ends it with 1
    python benchmarks/type_errors.py FOLDER...  # any projects: each is migrated in a copy, in every way

A message is the same wherever in its file it stands; it is new where there are more of it than before.
"""

from __future__ import annotations

import re
import shutil
import subprocess
import sys
import tempfile
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

ROOT = Path(__file__).parents[1]
sys.path.insert(0, str(ROOT))

from codemods import mods  # noqa: E402 (found beside this file)
from codemods.config import Settings  # noqa: E402
from codemods.engine import Request, rewrite  # noqa: E402

ALL = frozenset(mods.names())
WAYS = {
    "safe": Settings(),
    "unsafe": Settings(unsafe=ALL),
    "unsafe, async first": Settings(prefer="async", unsafe=ALL),
    "sqlalchemy-async": Settings(codemods=("sqlalchemy-async",), unsafe=frozenset({"sqlalchemy-async"})),
}
# file:line:column: error[rule] message
_LINE = re.compile(r"^(?P<path>[^:\n]+):\d+:\d+: error(?P<what>\[.*)$", re.MULTILINE)
# The function is another one where a call goes through a thread. What is not installed says nothing, and
# a type variable of some other function is ty's own: it does not solve generic functions that are handed on.
_FUNCTION = re.compile(r"(?<=to |of )(bound method|function|method) `[^`]*`")
# What lacks an attribute lacks it, whatever else there may be.
_UNION = re.compile(r"(?<=in union )`[^`]*`")
_OF_NO_ACCOUNT = re.compile(r"^\[import-not-found\]|\b_\w+@\w+")
# Errors that stay, by place and message: AsyncSession.execute promises a Result, of which only some have a
# rowcount; a test's own class overrides what is plain now, which is why that is unsafe; of an overloaded function
# that is handed to a thread (`open`), ty takes the first overload, or all of them; a query with conditions has a
# whereclause, and a process that has ended has a returncode; anyio calls the name of a file an object.
KNOWN = {
    ("files/blocks", "`object"),
    ("files/blocks", "`list[object]`"),
    ("offload/", "bytes"),
    ("offload/left_blocks", "found `object`"),
    ("processes/results", "found `int | None`"),
    ("sqlalchemy-async/", "found `ColumnElement[Any] | None`"),
    ("sqlalchemy-async/", "`rowcount`"),
    ("to-def/stand_ins, unsafe", "`Provider.fetch`"),
    ("offload/table_cases", "`TypedReturnsRows[Unknown]`"),
    ("shop, unsafe", "expected `Product | None`, found `object`"),
}
_LEFT_OUT = shutil.ignore_patterns(".git", ".venv", "venv", "node_modules", "__pycache__")


def errors(folder: Path) -> Counter[tuple[str, str]]:
    """The errors in a project, by file and message."""
    command = [sys.executable, "-m", "ty", "check", "--python", sys.prefix, "--output-format", "concise", "--exit-zero"]
    done = subprocess.run([*command, "."], cwd=folder, capture_output=True, text=True, check=True)
    said = (
        (found["path"], _UNION.sub("", _FUNCTION.sub("a function", found["what"])))
        for found in _LINE.finditer(done.stdout)
    )
    return Counter((path, what) for path, what in said if not _OF_NO_ACCOUNT.search(what))


def new_errors(before: Path, changed: dict[str, bytes]) -> list[str]:
    """What is said of a project with these files changed, and was not before."""
    with tempfile.TemporaryDirectory() as folder:
        after = Path(folder) / before.name
        shutil.copytree(before, after, ignore=_LEFT_OUT, symlinks=True)
        old = errors(after)
        for path, content in changed.items():
            (after / path).write_bytes(content)
        return [f"{path}: {what}" for path, what in sorted((errors(after) - old).elements())]


def migrated(project: Path, settings: Settings) -> dict[str, bytes]:
    """The files that a migration changes."""
    result = rewrite(Request((str(project),), settings, jobs=1, cache=False))
    return {str((Path.cwd() / each.path).resolve().relative_to(project)): each.after for each in result.changes}


def of_case(case: Path) -> list[str]:
    """What the files that stand in a case's `after` and `unsafe` bring."""
    found = []
    with tempfile.TemporaryDirectory() as folder:
        project = Path(folder) / "project"
        single = (case / "before.py").is_file()
        if single:
            project.mkdir()
            shutil.copy(case / "before.py", project / "main.py")
        else:
            shutil.copytree(case / "before", project)
        for name in ("after", "unsafe"):
            root = case / name
            files = [root.with_suffix(".py")] if single else [file for file in root.rglob("*") if file.is_file()]
            changed = {
                "main.py" if single else file.relative_to(root).as_posix(): file.read_bytes()
                for file in files
                if file.is_file()
            }
            if changed:
                found += [f"{case.parent.name}/{case.name}, {name}: {each}" for each in new_errors(project, changed)]
    return found


def of_project(project: Path) -> list[str]:
    """What each way of migrating a project brings."""
    found = []
    for way, settings in WAYS.items():
        changed = migrated(project, settings)
        fresh = new_errors(project, changed) if changed else []
        print(f"{project.name}, {way}: {len(changed)} files changed, {len(fresh)} new errors")
        found += [f"{project.name}, {way}: {each}" for each in fresh]
    return found


def main() -> None:
    """Print what is new, and end with 1 where there is something."""
    projects = [Path(each).resolve() for each in sys.argv[1:]] or [ROOT / "examples" / "shop"]
    cases = [] if sys.argv[1:] else sorted(case for name in ALL for case in (ROOT / "fixtures" / name).iterdir())
    with ThreadPoolExecutor(2) as pool:
        found = [line for lines in pool.map(of_case, cases) for line in lines]
    found += [line for project in projects for line in of_project(project)]
    found = [each for each in found if not any(each.startswith(place) and what in each for place, what in KNOWN)]
    print(*found, sep="\n")
    print(f"{len(cases)} cases and {len(projects)} projects, {len(found)} errors that were not there before")
    sys.exit(bool(found))


if __name__ == "__main__":
    main()
