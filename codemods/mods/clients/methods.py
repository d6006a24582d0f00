"""Objects that have a method for either world: `chain.invoke` and `chain.ainvoke`."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import AwaitTwin
from codemods.facts.values import dotted
from codemods.hazards import patched, worst
from codemods.mods.codemod import Retool, Verdict

if TYPE_CHECKING:
    from codemods.hazards import Situation
    from codemods.mods.codemod import Project


def by_method(project: Project, situation: Situation) -> Verdict | None:
    """A call of the other method, awaited; nothing where the object has none."""
    site, node = situation.site, situation.node
    owner, _, name = site.entry.name.rpartition(".")
    known = next(
        (each for each in catalog.clients()["methods"].values() if owner.partition(".")[0] in each["packages"]), None
    )
    if known is None or name not in known["names"] or not isinstance(node, ast.Call) or site.chain:
        return None
    if site.module.facts.scopes[site.function].kind != "async def" or not isinstance(node.func, ast.Attribute):
        return None
    function = ast.get_source_segment(situation.opened.text, node.func) or ""
    if node.func.attr != name or "\n" in function or not function:
        return Verdict("manual", "what it calls is spread over several lines; put it on one")
    hazard = worst([*project.of_await(situation), *patched.hazards(situation)])
    if hazard is not None and hazard.level == "manual":
        return Verdict("manual", hazard.reason)
    text = f"{function.removesuffix(name)}{known['names'][name]}"
    edit = AwaitTwin(*site.module.facts.numbers(site.call), dotted(node.func), text)
    reasons = [known["why"], *([hazard.reason] if hazard is not None else [])]
    return Verdict("unsafe", "; and ".join(reasons), Retool(((site.module.path, (edit,)),)))
