"""The direction of the house: a floor imports only floors below it, and the heavy libraries stay where they belong."""

from __future__ import annotations

import ast
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "codemods"

# From the top down. Those of one line do not import each other, but for what is named in BESIDE.
FLOORS = (
    ("__main__",),
    ("cli", "scripting"),
    ("repositories",),
    ("review", "engine", "testing"),
    ("remembering",),
    ("reading", "verify", "dependencies"),
    ("plan", "rewriting"),
    ("mods",),
    ("hazards",),
    ("loop",),
    ("program",),
    ("facts",),
    ("config",),
    ("source", "manifests"),
    ("edits", "catalog", "model"),
)
LEVEL = {name: number for number, names in enumerate(FLOORS) for name in names}
MODULES = sorted(PACKAGE.rglob("*.py"))


def floor_of(file: Path) -> str:
    return file.relative_to(PACKAGE).parts[0].removesuffix(".py")


def imports(file: Path) -> list[str]:
    """Everything that a module imports, wherever it does."""
    found = []
    for node in ast.walk(ast.parse(file.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            found += [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and node.module == "codemods":
            found += [f"codemods.{alias.name}" for alias in node.names]
        elif isinstance(node, ast.ImportFrom):
            assert node.level == 0, f"{file}: imports are absolute here"
            found.append(node.module or "")
    return found


@pytest.mark.parametrize("file", MODULES, ids=lambda file: file.relative_to(PACKAGE).as_posix())
def test_floors(file: Path) -> None:
    floor = floor_of(file)
    for name in imports(file):
        if not name.startswith("codemods.") or name == "codemods.__version__":
            continue
        other = name.split(".")[1]
        if floor not in {other, "__init__"}:
            assert LEVEL[floor] < LEVEL[other], f"{floor} imports {other}"


def test_every_floor_is_known() -> None:
    assert {floor_of(file) for file in MODULES} - {"__init__"} == set(LEVEL)


@pytest.mark.parametrize(
    ("library", "floors"),
    [
        ("libcst", {"rewriting"}),
        ("click", {"cli"}),
        ("distributed", {"repositories"}),
        ("pathspec", {"source"}),
        ("subprocess", {"source"}),
        ("tomllib", {"config", "catalog", "manifests", "source"}),
    ],
)
def test_heavy_libraries_stay_where_they_belong(library: str, floors: set[str]) -> None:
    using = {floor_of(file) for file in MODULES if any(name.split(".")[0] == library for name in imports(file))}
    assert using == floors


def calls(file: Path) -> set[str]:
    """Everything that a module calls: bare names, and methods with a dot before them."""
    functions = [node.func for node in ast.walk(ast.parse(file.read_text("utf-8"))) if isinstance(node, ast.Call)]
    return {node.id if isinstance(node, ast.Name) else f".{getattr(node, 'attr', '')}" for node in functions}


def test_only_the_command_line_prints_or_exits() -> None:
    for file in MODULES:
        if floor_of(file) != "cli":
            assert not calls(file) & {"print", "exit", ".exit", ".echo"}, file


def test_only_source_touches_files() -> None:
    for file in MODULES:
        # The catalogue reads the data that lies beside it.
        if floor_of(file) not in {"source", "catalog"}:
            assert not calls(file) & {"open", ".read_text", ".read_bytes", ".write_text", ".write_bytes", ".unlink"}, (
                file
            )


def test_no_circles_inside_a_floor() -> None:
    graph = {
        ".".join(("codemods", *file.relative_to(PACKAGE).with_suffix("").parts)).removesuffix(".__init__"): imports(
            file
        )
        for file in MODULES
    }

    seen: set[str] = set()

    def visit(name: str, trail: tuple[str, ...]) -> None:
        assert name not in trail, " -> ".join((*trail, name))
        for other in () if name in seen else graph.get(name, ()):
            if other in graph and other != name:
                visit(other, (*trail, name))
        seen.add(name)

    for name in graph:
        if name.count(".") > 1:
            visit(name, ())
