"""All sites of one coroutine: which of them go into a thread together, which alone, and what stands against it."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts.values import dotted, unlike
from codemods.hazards import Hazard, of_await, worst
from codemods.hazards.parts import of_lines, stops_inside
from codemods.hazards.runners import ASYNCIO, runner_for
from codemods.hazards.threads import Threads
from codemods.mods.codemod import Cut, Thread, Verdict
from codemods.mods.offload.refusals import of_call, of_site
from codemods.mods.offload.regions import Region, Surgeon, neighbours
from codemods.mods.offload.words import name_for, verb_of
from codemods.program.values import Thing

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.hazards import Situation
    from codemods.mods.codemod import Work

_LOOPS = (ast.For, ast.While)
_LONGEST_MODE = 3
# What can be evaluated a moment later and means the same.
_UNCHANGING = (ast.Attribute, ast.Constant, ast.Name, ast.Subscript, ast.expr_context)
_CALM = "the loop goes on while a thread does it"


class Function:
    """One coroutine's sites, taken together where they belong together."""

    def __init__(self, work: Work) -> None:
        self.work = work
        self.project = work.project
        self.opened = work.situations[0].opened
        self.module = work.situations[0].site.module
        node = self.opened.nodes[work.function.scope]
        assert isinstance(node, ast.AsyncFunctionDef)  # noqa: S101 (`decide` sees to it)
        self.function = node
        self.threads = work.project.once("threads", lambda: Threads(work.project.survey, work.project.glance))
        self.open_sites = [n for n, done in enumerate(work.settled) if not done]
        settled = [work.situations[n].node for n, done in enumerate(work.settled) if done]
        self.surgeon = Surgeon(self.opened, node, settled)
        self.named: set[str] = set()
        """The names given to nested functions so far."""
        self.looked_at: dict[tuple[int, int], list[Hazard]] = {}
        self.statements = {n: self.opened.statement(each.node) for n, each in enumerate(work.situations)}

    def verdicts(self) -> list[Verdict | None]:
        """One for each site."""
        found: list[Verdict | None] = [None] * len(self.work.situations)
        waiting = list(self.open_sites)
        regions = list(self.regions())
        while True:
            cut = [region for _, region in regions]
            kept = [
                (numbers, region)
                for numbers, region in regions
                if all(self.surgeon.bound_outside(name, cut) for name in region.outer)
            ]
            if len(kept) == len(regions):
                break
            regions = kept
        for numbers, region in regions:
            verdict = self.cut([self.work.situations[n] for n in numbers], region)
            # What cannot go together may still go one by one.
            apart = self.apart(numbers, region) if verdict.level == "manual" else {}
            for number in numbers:
                alone = apart.get(number, verdict)
                found[number] = alone if alone.level != "manual" else verdict
                waiting.remove(number)
        for number in waiting:
            found[number] = self.single(self.work.situations[number])
        return found

    def apart(self, numbers: Sequence[int], together: Region) -> dict[int, Verdict]:
        """A verdict for each site of a region that has to stay: a read that is no call takes its statement along."""
        found = {n: self.single(self.work.situations[n]) for n in numbers}
        for statement in dict.fromkeys(self.statements[n] for n in numbers):
            here = [n for n in numbers if self.statements[n] is statement]
            reads = any(self.work.situations[n].site.call.number < 0 for n in here)
            alone = self.surgeon.region([statement]) if reads and together.statements != (statement,) else ""
            if isinstance(alone, Region) and not alone.outer:
                verdict = self.cut([self.work.situations[n] for n in here], alone)
                found |= dict.fromkeys(here, verdict) if verdict.level != "manual" else {}
        return found

    # Statements together

    def regions(self) -> Iterator[tuple[list[int], Region]]:
        """The sites that move together, and the statements that move with them."""
        left = list(self.open_sites)
        for number in list(left):
            if number in left and (region := self.around(number)) is not None:
                inside = [n for n in left if region.holds(self.work.situations[n].node, self.opened)]
                yield inside, region
                left = [n for n in left if n not in inside]
        for region in self.groups(left):
            inside = [n for n in left if region.holds(self.work.situations[n].node, self.opened)]
            if inside:
                yield inside, region
                left = [n for n in left if n not in inside]

    def around(self, number: int) -> Region | None:
        """The widest `with` block or loop around a site that can move as a whole."""
        situation = self.work.situations[number]
        best: Region | None = None
        if situation.site.entry.kind == "lock":
            return None
        for above, part in self.opened.ancestors(situation.node):
            if above is self.function:
                break
            if not isinstance(above, ast.stmt):
                continue
            opens = isinstance(above, ast.With) and (part in above.items or self.resource(above))
            cleans = isinstance(above, ast.Try) and self.cleans_up(above)
            whole = opens or cleans or (isinstance(above, _LOOPS) and part not in above.orelse)
            found = self.surgeon.region([above]) if whole else ""
            if whole and isinstance(found, str):
                found = self.surgeon.region(self.to_the_end(above))
            best = found if isinstance(found, Region) else best
        if best is None and situation.site.call.number < 0:
            alone = self.surgeon.region([self.statements[number]])
            best = alone if isinstance(alone, Region) else None
        return best

    def to_the_end(self, statement: ast.stmt) -> list[ast.stmt]:
        """A statement with all that follows it, where the coroutine ends with them: it may return from there."""
        body = self.function.body
        return body[body.index(statement) :] if statement in body else [statement]

    def cleans_up(self, block: ast.Try) -> bool:
        """Whether a `finally` holds a site: an await there would be given up when the coroutine is cancelled."""
        inside = {node for statement in block.finalbody for node in ast.walk(statement)}
        return any(self.work.situations[n].node in inside for n in self.open_sites)

    def resource(self, block: ast.With) -> bool:
        """Whether a `with` block opens something that a site is about."""
        heads = [node for item in block.items for node in ast.walk(item.context_expr)]
        if any(self.work.situations[n].node in heads for n in self.open_sites):
            return True
        return all(self.known(item.context_expr) for item in block.items)

    def known(self, node: ast.expr) -> bool:
        """Whether a context manager is of a library that is known, and holds no lock."""
        calls, scope = self.project.calls, self.opened.scope(node)
        values = calls.of(self.module, scope, self.opened.shapes.of(node), node.lineno)
        types = [value.type for value in values if isinstance(value, Thing)]
        apart = catalog.contexts().locks | catalog.contexts().shared
        return (
            bool(types) and len(types) == len(values) and all(calls.knowledge.type(t) and t not in apart for t in types)
        )

    def groups(self, left: Sequence[int]) -> Iterator[Region]:
        """Neighbouring statements with sites, and statements with several."""
        marked = {self.statements[n] for n in left}
        receivers = {
            dotted(node.func.value)
            for n in left
            if isinstance(node := self.work.situations[n].node, ast.Call) and isinstance(node.func, ast.Attribute)
        } - {""}
        seen: set[int] = set()
        for statement in sorted(marked, key=lambda each: each.lineno):
            block = self.opened.block_of(statement)
            if block is None or id(block) in seen:
                continue
            seen.add(id(block))
            for run in neighbours(block, marked, receivers):
                region = self.widest(run)
                if region is not None:
                    yield region
        for statement in marked:
            here = [self.work.situations[n].node for n in left if self.statements[n] is statement]
            if (len(here) > 1 or any(map(_spread, here))) and isinstance(
                statement, ast.Assign | ast.AnnAssign | ast.Expr | ast.Return
            ):
                alone = self.surgeon.region([statement])
                if isinstance(alone, Region):
                    yield alone

    def widest(self, run: list[ast.stmt]) -> Region | None:
        """The longest part of a run, from its start, that can be cut out."""
        for end in range(len(run), 1, -1):
            region = self.surgeon.region(run[:end])
            if isinstance(region, Region):
                return region
        return None

    def closes(self, situation: Situation) -> bool:
        """Whether it is the end of a block that closes what was opened, and writes nothing."""
        owner, _, method = situation.site.entry.name.rpartition(".")
        return method == "__exit__" and "close" in self.project.calls.knowledge.ends(owner)

    def cut(self, situations: list[Situation], region: Region) -> Verdict:
        """Statements moved into a nested function."""
        kinds = {each.site.entry.kind for each in situations}
        runner = self.runner("cpu" if kinds == {"cpu"} else "other")
        # What takes next to no time goes along with what takes some.
        telling = [each for each in situations if each.site.entry.impact != "low"] or situations
        hazards = (hazard for each in telling for hazard in self.hazards(each, region))
        hazard = worst(hazards) if runner else _no_runner()
        if hazard is not None and hazard.level == "manual":
            return Verdict("manual", hazard.reason)
        first = region.statements[0]
        lines = (first.lineno, region.statements[-1].end_lineno or first.lineno)
        methods = ["close" if self.closes(each) else _method(each) for each in situations]
        name = name_for(methods, region.results or region.outer, self.opened.identifiers | self.named)
        self.named.add(name)
        change = Cut(
            runner,
            (self.opened.top(first), self.opened.number(first, ast.stmt)),
            self.opened.number(region.statements[-1], ast.stmt),
            lines,
            name,
            region.results,
            region.outer,
            region.returns,
            self.annotation(region),
            _given_at(region),
        )
        return Verdict("unsafe", hazard.reason, change) if hazard else Verdict("safe", _CALM, change)

    def annotation(self, region: Region) -> str:
        """What the nested function gives, where the coroutine says such things."""
        returns = self.function.returns
        if returns is None or region.results:
            return ""
        if not region.returns:
            return "None"
        text = ast.get_source_segment(self.opened.text, returns) or ""
        return "" if "\n" in text or "#" in text else text

    # One call

    def single(self, situation: Situation) -> Verdict:
        """One call made in a thread."""
        node = situation.node
        runner = self.runner(situation.site.entry.kind)
        if not isinstance(node, ast.Call) or situation.site.call.number < 0:
            forbidden = worst(of_site(situation, None, self.threads))
            if forbidden is not None and forbidden.level == "manual":
                return Verdict("manual", forbidden.reason)
            reason = self.surgeon.region([self.opened.statement(node)])
            why = reason if isinstance(reason, str) else "no call stands here that a thread could make"
            if self.closes(situation):
                why = f"{why}, and leaving the block waits as well: let its last statement call `close` in a thread, or"
                return Verdict("manual", f"{why} move all of it into a function of its own and call that in a thread")
            return Verdict("manual", f"{why}; move it into a function of its own and call that in a thread")
        name = self.hoisted(situation) if runner else ""
        situation = replace(situation, hoisted=bool(name))
        hazard = worst(self.hazards(situation, None)) if runner else _no_runner()
        if hazard is not None and hazard.level == "manual":
            return Verdict("manual", hazard.reason)
        change = Thread(runner, name)
        return Verdict("unsafe", hazard.reason, change) if hazard else Verdict("safe", _CALM, change)

    def hoisted(self, situation: Situation) -> str:
        """A name for the value of `target += value`, where the target would else be read too early."""
        statement = self.opened.statement(situation.node)
        if not isinstance(statement, ast.AugAssign) or not self.opened.has_own_lines(statement):
            return ""
        # What another codemod takes was judged with the target read first.
        if any(done and self.statements[n] is statement for n, done in enumerate(self.work.settled)):
            return ""
        if not all(isinstance(each, _UNCHANGING) for each in ast.walk(statement.target)):
            return ""
        if any(isinstance(each, ast.NamedExpr) for each in ast.walk(statement.value)):
            return ""
        before = set(of_await(situation))
        if not before - set(of_await(replace(situation, hoisted=True))):
            return ""
        name = "added" if isinstance(statement.op, ast.Add) else "value"
        return unlike(name, self.opened.identifiers | self.named)

    def hazards(self, situation: Situation, region: Region | None) -> Iterator[Hazard]:
        """What stands against a thread for a site, on its own or with the statements around it."""
        yield from of_site(situation, region, self.threads)
        site = situation.site
        if region is None:
            yield from of_call(situation, self.threads, {each.node for each in self.work.situations})
        else:
            contexts = site.module.facts.contexts
            first, last = region.statements[0].lineno, region.statements[-1].end_lineno or 0
            outside = tuple(n for n in site.call.contexts if not first <= contexts[n].line <= last)
            awaited_at = replace(site, call=site.call._replace(contexts=outside, scope=site.function, awaited=False))
            situation = replace(situation, site=awaited_at, region=region.statements[0])
            yield from self.beside(first, last)
        yield from self.project.of_await(situation)
        if site.call.number >= 0:
            entered = self.threads.entered(site.module, site.call)
            yield from self.threads.state(entered)
            if self.runner(site.entry.kind) == ASYNCIO:
                yield from stops_inside(self.threads, sorted(entered))

    def beside(self, first: int, last: int) -> list[Hazard]:
        """What stands against the other statements of a region: the same for all its sites."""
        if (first, last) not in self.looked_at:
            self.looked_at[first, last] = list(of_lines(self.threads, self.work.function, (first, last)))
        return self.looked_at[first, last]

    def runner(self, kind: str) -> str:
        """What runs work of a kind in a thread."""
        project, path = self.project, self.module.path
        return runner_for(project.program, self.module, kind, project.offload, project.always(path))


def _given_at(region: Region) -> int:
    """The line of a last assignment to the only result."""
    match region.statements[-1]:
        case ast.Assign(targets=[ast.Name(id=name)], lineno=line) if region.results == (name,):
            return line
    return 0


def _spread(node: ast.expr) -> bool:
    """Whether what is called takes several lines, which would read badly as an argument."""
    return isinstance(node, ast.Call) and node.func.lineno != node.func.end_lineno


def _no_runner() -> Hazard:
    return Hazard("manual", "this module runs on a loop for which no runner of threads is known; call it in a thread")


def _method(situation: Situation) -> str:
    """What a site does, in a word."""
    node, last = situation.node, situation.site.entry.name.rpartition(".")[2]
    helper = situation.site.call.callee.rpartition(".")[2] if situation.site.chain else ""
    if helper and verb_of(helper):
        return helper
    if last == "__exit__":
        # What a block has gathered is written at its end.
        return "commit" if situation.site.entry.kind == "database" else "write"
    if isinstance(node, ast.Call) and last == "open":
        texts = [
            each.value for each in ast.walk(node) if isinstance(each, ast.Constant) and isinstance(each.value, str)
        ]
        if any(
            0 < len(text) <= _LONGEST_MODE and set(text) <= set("wabtx+") and set(text) & set("wax") for text in texts
        ):
            return "write"
    return last
