"""What a path itself reads and writes: `path.read_text()`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Argument, Recast
from codemods.facts.values import dotted
from codemods.hazards import patched, worst
from codemods.mods.codemod import Speak, Verdict

if TYPE_CHECKING:
    from codemods.hazards import Situation
    from codemods.mods.codemod import Work


def of_path(work: Work, situation: Situation, node: ast.Call, library: str) -> Verdict | None:
    """The same asked of the library's own path; nothing where it has none, or nothing like it."""
    known = catalog.files()["libraries"].get(library, {})
    method = situation.site.entry.name.rpartition(".")[2]
    names = catalog.files()["paths"].get(method)
    if names is None or "path" not in known or not isinstance(node.func, ast.Attribute) or node.func.attr != method:
        return None
    given = [each.arg for each in node.keywords]
    if any(name not in names for name in given) or any(isinstance(each, ast.Starred) for each in node.args):
        return Verdict("manual", f"{library}'s `{method}` does not take what it is given")
    text, why = _written(situation, node.func.value)
    others = {each.node for each in work.situations}
    parts = list(ast.walk(node.func.value))
    if not text or "\n" in text or any(part in others or isinstance(part, ast.Await) for part in parts):
        return Verdict("manual", "its path is put together where it is asked; give it a name first")
    hazard = worst([*work.project.of_await(situation), *patched.hazards(situation)])
    if hazard is not None and hazard.level == "manual":
        return Verdict("manual", hazard.reason)
    site = situation.site
    kept = tuple(Argument(place) for place in range(len(node.args) + len(node.keywords)))
    edit = Recast(*site.module.facts.numbers(site.call), dotted(node.func), f"{text}.{method}", kept)
    reasons = [why, *([hazard.reason] if hazard is not None else [])]
    return Verdict("unsafe", "; and ".join(reasons), Speak(library, (edit,)))


def _written(situation: Situation, path: ast.expr) -> tuple[str, str]:
    """A path as the library's own, and what a person should know about it."""
    opened = situation.opened
    text = ast.get_source_segment(opened.text, path) or ""
    name = dotted(path.func) if isinstance(path, ast.Call) else ""
    outside = situation.program.resolve(situation.site.module, opened.scope(path), name).outside if name else ()
    if "pathlib.Path" in outside and text.startswith(f"{name}("):
        return f"{LIBRARY}.Path{text.removeprefix(name)}", catalog.files()["paths_made_here"]
    return f"{LIBRARY}.Path({text})", catalog.files()["paths_made_elsewhere"]
