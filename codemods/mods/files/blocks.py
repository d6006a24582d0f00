"""One `with` block that opens files, and what becomes of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING, Any

from codemods import catalog
from codemods.edits import LIBRARY, Argument, Recast
from codemods.facts.values import dotted
from codemods.hazards import Hazard, patched, worst
from codemods.mods.codemod import Speak, Verdict
from codemods.mods.held import asynchronous, awaited, held, inside, of_calls, waits

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.edits import Edit
    from codemods.hazards import Situation
    from codemods.mods.codemod import Work
    from codemods.mods.held import Held

_WRITTEN_OUT = (ast.List, ast.Tuple, ast.Set, ast.ListComp, ast.Constant)


class Block:
    """All files that a block opens go together."""

    def __init__(self, work: Work, block: ast.With, library: str) -> None:
        self.work = work
        self.block = block
        self.library = library
        self.known: dict[str, Any] = catalog.files()["libraries"].get(library, {})
        self.opened = work.situations[0].opened
        self.module = work.situations[0].site.module
        self.makers = {
            each.node: each
            for each in work.situations
            if each.site.entry.name in catalog.files()["openers"] and not each.site.chain
        }

    def decide(self, found: list[Verdict | None]) -> None:
        """Put in the same verdict for all of its sites."""
        files = [self._file(item) for item in self.block.items]
        ours = [file for file in files if file is not None]
        sites = set(self._sites(ours))
        if any(self.work.settled[number] for number in sites):
            return
        refusal = self._refusal(ours)
        verdict = Verdict("manual", refusal) if refusal else self._verdict(ours, sites)
        for number in sites:
            found[number] = verdict

    def _file(self, item: ast.withitem) -> Held | None:
        made = item.context_expr
        return held(self.module, self.opened, made) if isinstance(made, ast.Call) and made in self.makers else None

    def _sites(self, files: list[Held]) -> Iterator[int]:
        nodes: set[ast.AST] = {each.context_expr for each in self.block.items if each.context_expr in self.makers}
        nodes |= {node for file in files for node in (*file.calls, *(loop.iter for loop in file.loops))}
        for number, situation in enumerate(self.work.situations):
            if situation.node in nodes and not situation.site.chain:
                yield number

    def _refusal(self, files: list[Held]) -> str:
        """What keeps the block as it is."""
        if len(files) < len(self.block.items):
            return "its block opens something else as well, or gives the file no name; nest the blocks"
        if not waits(self.opened, self.block):
            return "nothing in its block gives way to the loop: one thread does all of it at once (see `offload`)"
        if not self.known:
            return "neither anyio nor aiofiles is certain to be installed; add one to what the project needs"
        return next(filter(None, map(self._of_file, files)), "")

    def _of_file(self, file: Held) -> str:
        if file.refusal:
            return file.refusal
        for node in file.reads:
            if node.attr not in self.known["attributes"]:
                return f"files of {self.library} have no `{node.attr}` like that (line {node.lineno})"
        if not file.calls and not file.loops:
            return "nothing is asked of its file that would wait"
        for call in file.calls:
            assert isinstance(call.func, ast.Attribute)  # noqa: S101 (`held` asks for it)
            method = call.func.attr
            if method == "close" or method in self.known["direct"]:
                most = 0
            elif method in self.known["methods"]:
                most = self.known["methods"][method]
            else:
                return f"files of {self.library} have no `{method}` like that (line {call.lineno})"
            if len(call.args) > most or call.keywords or any(isinstance(each, ast.Starred) for each in call.args):
                return f"`{method}` of {self.library}'s files does not take what line {call.lineno} gives it"
            if method == "writelines" and not all(isinstance(each, _WRITTEN_OUT) for each in call.args):
                return f"what line {call.lineno} writes may be made meanwhile, in a thread; make a list of it first"
        return self._of_path(file)

    def _of_path(self, file: Held) -> str:
        """`path.open(…)` becomes `open_file(path, …)`: its path has to be written in another place."""
        path = self._path(file)
        if path is None:
            return ""
        text = ast.get_source_segment(self.opened.text, path) or ""
        sites = {situation.node for situation in self.work.situations}
        parts = list(ast.walk(path))
        plain = text and "\n" not in text and not any(part in sites or isinstance(part, ast.Await) for part in parts)
        return "" if plain else "its path is put together where it is opened; give it a name first"

    def _path(self, file: Held) -> ast.expr | None:
        named = self.makers[file.made].site.entry.name == "pathlib.Path.open"
        return file.made.func.value if named and isinstance(file.made.func, ast.Attribute) else None

    def _verdict(self, files: list[Held], sites: set[int]) -> Verdict:
        hazard = worst(self._hazards(files, [self.work.situations[number] for number in sorted(sites)]))
        if hazard is not None and hazard.level == "manual":
            return Verdict("manual", hazard.reason)
        reasons = [self.known["why"], *([hazard.reason] if hazard is not None else [])]
        edits = tuple(edit for file in files for edit in self._edits(file))
        return Verdict(
            "unsafe", "; and ".join(reasons), Speak(self.library, (asynchronous(self.opened, self.block), *edits))
        )

    def _hazards(self, files: list[Held], situations: list[Situation]) -> Iterator[Hazard]:
        project = self.work.project
        for situation in situations:
            yield from project.of_await(inside(situation, self.block))
            yield from patched.hazards(situation)
        for file in files:
            others = [call for call in file.calls if call not in {each.node for each in situations}]
            yield from of_calls(project, self.makers[file.made], self.block, others)

    def _edits(self, file: Held) -> Iterator[Edit]:
        made = file.made
        path = self._path(file)
        kept = tuple(Argument(place) for place in range(len(made.args) + len(made.keywords)))
        first = (Argument(-1, "", ast.get_source_segment(self.opened.text, path) or ""),) if path is not None else ()
        place = self.module.facts.numbers(self.module.calls[self.opened.call_numbers[made]])
        opener = f"{LIBRARY}.{self.known['opener']}"
        yield Recast(*place, dotted(made.func), opener, (*first, *kept), awaited=self.known["awaited"])
        for call in file.calls:
            assert isinstance(call.func, ast.Attribute)  # noqa: S101 (`held` asks for it)
            method = call.func.attr
            if method not in self.known["direct"]:
                yield awaited(self.module, self.opened, call, self.known["close"] if method == "close" else method)
        for loop in file.loops:
            yield asynchronous(self.opened, loop)
