"""All processes that one coroutine waits for, and what it reads of them."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Below, Recast, Reword
from codemods.facts.order import walk
from codemods.facts.values import dotted, unlike
from codemods.hazards import patched, worst
from codemods.mods.codemod import Speak, Verdict
from codemods.mods.processes.calls import read

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.edits import Edit
    from codemods.mods.codemod import Work

_PARTS = ("stdout", "stderr")


class Function:
    """One coroutine's calls: those whose results share a name go together."""

    def __init__(self, work: Work, numbers: Sequence[int]) -> None:
        self.work = work
        self.opened = work.situations[0].opened
        self.module = work.situations[0].site.module
        self.nodes = {n: node for n in numbers if isinstance(node := work.situations[n].node, ast.Call)}
        others = frozenset(each.node for each in work.situations)
        self.started = {n: read(work.situations[n], node, others) for n, node in self.nodes.items()}
        self.taken = set(self.opened.identifiers)

    def decide(self, found: list[Verdict | None]) -> None:
        """Put in a verdict for each call."""
        named: dict[str, list[int]] = defaultdict(list)
        for number, node in self.nodes.items():
            match self.opened.parent(node):
                case ast.Assign(targets=[ast.Name(id=name)]) if not self._gives_number(number):
                    named[name].append(number)
                case _:
                    found[number] = self._verdict([number], self._alone(number))
        for name, numbers in named.items():
            verdict = self._verdict(numbers, self._together(name, numbers))
            for number in numbers:
                found[number] = verdict

    def _verdict(self, numbers: list[int], edits: list[Edit] | str) -> Verdict:
        refused = next((self.started[n].refusal for n in numbers if self.started[n].refusal), "")
        if refused or isinstance(edits, str):
            return Verdict("manual", refused or str(edits))
        situations = [self.work.situations[n] for n in numbers]
        project = self.work.project
        hazard = worst(h for each in situations for h in (*project.of_await(each), *patched.hazards(each)))
        if hazard is not None and hazard.level == "manual":
            return Verdict("manual", hazard.reason)
        reasons = [catalog.processes()["why"], *([hazard.reason] if hazard is not None else [])]
        return Verdict("unsafe", "; and ".join(reasons), Speak("asyncio", tuple(edits)))

    def _gives_number(self, number: int) -> bool:
        """Whether it is `subprocess.call`."""
        return self.work.situations[number].site.entry.name.endswith(".call")

    def _start(self, number: int, around: str = "") -> Recast:
        node, started = self.nodes[number], self.started[number]
        place = self.module.facts.numbers(self.work.situations[number].site.call)
        function = f"{LIBRARY}.create_subprocess_exec"
        return Recast(*place, dotted(node.func), function, tuple(started.arguments), around=around)

    # A result without a name

    def _alone(self, number: int) -> list[Edit] | str:
        started = self.started[number]
        above = self.opened.parent(self.nodes[number])
        communicated = f"(await {{}}).communicate({started.fed})"
        if self._gives_number(number):
            return (
                [self._start(number, "(await {}).wait()")] if not started.connected else "nothing reads what it writes"
            )
        match above:
            case ast.Expr():
                return [self._start(number, communicated if started.connected else "(await {}).wait()")]
            case ast.Attribute(attr="returncode", ctx=ast.Load()) if not started.connected:
                return [self._start(number, "(await {}).wait()"), Reword(*self.opened.mention(above), "{}")]
            case ast.Attribute(attr=part, ctx=ast.Load()) if part in _PARTS:
                return [
                    self._start(number, communicated),
                    Reword(*self.opened.mention(above), f"{{}}[{_PARTS.index(part)}]"),
                ]
        return "its result is handed on; give it a name, and read its `returncode`, `stdout` and `stderr`"

    # A result with a name

    def _together(self, name: str, numbers: list[int]) -> list[Edit] | str:
        """The calls whose results get one name, with all that is read of it."""
        statements = [self.opened.statement(self.nodes[n]) for n in numbers]
        if any(self.opened.block_of(each) is None for each in statements):
            return "it shares its line with other statements; give it one of its own"
        targets = [each.targets[0] for each in statements if isinstance(each, ast.Assign)]
        own = self.module.holder(self.opened.scope(targets[0]), name)
        if own != self.work.function.scope:
            return f"`{name}` is not the function's own"
        reads: list[ast.Attribute] = []
        for node in walk(self.opened.nodes[self.work.function.scope]):
            if isinstance(node, ast.arg) and node.arg == name:
                return f"`{name}` may be something else as well (line {node.lineno})"
            if not isinstance(node, ast.Name) or node.id != name:
                continue
            above = self.opened.parent(node)
            if isinstance(above, ast.Attribute) and isinstance(above.ctx, ast.Load) and self._plain(above):
                reads.append(above)
            elif node not in targets:
                return f"more is done with its result than to read it in the same function (line {node.lineno})"
        return list(self._named(name, numbers, reads))

    def _plain(self, node: ast.Attribute) -> bool:
        return (
            node.attr in {"returncode", *_PARTS}
            and self.opened.function(node) is self.opened.nodes[self.work.function.scope]
        )

    def _named(self, name: str, numbers: list[int], reads: list[ast.Attribute]) -> Iterator[Edit]:
        written = {part: unlike(part, self.taken) for part in _PARTS}
        taking = any(node.attr in _PARTS for node in reads)
        self.taken |= set(written.values()) if taking else set()
        for number in numbers:
            started = self.started[number]
            statement = self.opened.statement(self.nodes[number])
            yield self._start(number)
            waiting = (
                f"await {name}.communicate({started.fed})" if started.connected or taking else f"await {name}.wait()"
            )
            text = f"{', '.join(written.values())} = {waiting}" if taking else waiting
            yield Below(self.opened.top(statement), self.opened.number(statement, ast.stmt), text)
        for node in reads:
            if node.attr in _PARTS:
                yield Reword(*self.opened.mention(node), written[node.attr])
