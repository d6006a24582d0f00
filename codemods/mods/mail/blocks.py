"""One `with` block that talks to a mail server, and what becomes of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Argument, Recast
from codemods.facts.values import dotted
from codemods.hazards import Hazard, patched, worst
from codemods.hazards.loops import library_of
from codemods.mods.catching import Catching, Raised, registered
from codemods.mods.codemod import Speak, Verdict
from codemods.mods.held import asynchronous, held, inside, of_calls
from codemods.mods.mail.arguments import asked, made

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.edits import Edit
    from codemods.mods.codemod import Work


class Block:
    """One connection, from its start to its end."""

    def __init__(self, work: Work, number: int, node: ast.Call) -> None:
        self.work = work
        self.situation = work.situations[number]
        self.node = node
        self.opened = self.situation.opened
        self.module = self.situation.site.module
        self.held = held(self.module, self.opened, node)
        self.commands: dict[ast.Call, tuple[Argument, ...]] = {}
        self.arguments: tuple[Argument, ...] = ()

    def decide(self, found: list[Verdict | None]) -> None:
        """Put in the same verdict for the connection and all commands."""
        nodes = {self.node, *(self.held.calls if self.held is not None else ())}
        sites = [n for n, each in enumerate(self.work.situations) if each.node in nodes and not each.site.chain]
        if any(self.work.settled[number] for number in sites):
            return
        refusal = self._refusal()
        verdict = Verdict("manual", refusal) if refusal else self._verdict(sites)
        for number in sites:
            found[number] = verdict

    def _refusal(self) -> str:
        """What keeps the block as it is."""
        if self.held is None or len(self.held.block.items) > 1:
            return "its connection is not opened by a `with` block of its own; write one"
        package = catalog.mail()["package"]
        if package not in self.work.project.runtime(self.module.path) | self.module.packages[0]:
            return f"{package} is not among what the project declares that it needs to run"
        if library_of(self.module, self.work.project.program) != "asyncio":
            return f"this module may run on another loop than asyncio's, which {package} needs"
        return self.held.refusal or self._commands() or self._caught()

    def _commands(self) -> str:
        assert self.held is not None  # noqa: S101 (`_refusal` asks first)
        others = [*(node.lineno for node in self.held.reads), *(node.lineno for node in self.held.loops)]
        if others:
            return f"aiosmtplib has nothing like what line {others[0]} reads of the connection"
        arguments = made(self.situation, self.node)
        if isinstance(arguments, str):
            return arguments
        self.arguments = arguments
        for call in self.held.calls:
            method = call.func.attr if isinstance(call.func, ast.Attribute) else ""
            if method not in catalog.mail()["methods"]:
                return f"aiosmtplib has no `{method}` like that (line {call.lineno})"
            if not isinstance(self.opened.parent(call), ast.Expr):
                return f"what `{method}` of line {call.lineno} gives has another form in aiosmtplib"
            given = asked(self.situation, call, method)
            if isinstance(given, str):
                return f"{given} (line {call.lineno})"
            self.commands[call] = given
        return ""

    def _caught(self) -> str:
        """Who waits for exceptions of smtplib."""
        errors = catalog.mail()["errors"]
        raised = Raised("smtplib", errors["names"], errors["above"])
        catching = Catching(self.work, raised)
        for node in (self.node, *self.commands):
            line = catching.caught(self.module, self.opened, node)
            if line:
                return f"line {line} catches what smtplib raises, and aiosmtplib has exceptions of its own"
        if catching.above:
            return f"{catching.above} catches what smtplib raises, and would not catch aiosmtplib's exceptions"
        hazard = worst(registered(self.work.project, raised))
        return hazard.reason if hazard is not None else ""

    def _verdict(self, sites: list[int]) -> Verdict:
        hazard = worst(self._hazards(sites))
        if hazard is not None and hazard.level == "manual":
            return Verdict("manual", hazard.reason)
        reasons = [catalog.mail()["why"], *([hazard.reason] if hazard is not None else [])]
        return Verdict("unsafe", "; and ".join(reasons), Speak(catalog.mail()["package"], tuple(self._edits())))

    def _hazards(self, sites: list[int]) -> Iterator[Hazard]:
        assert self.held is not None  # noqa: S101 (`_refusal` asks first)
        block = self.held.block
        for number in sites:
            yield from self.work.project.of_await(inside(self.work.situations[number], block))
            yield from patched.hazards(self.work.situations[number])
        known = {self.work.situations[number].node for number in sites}
        others = [call for call in self.commands if call not in known]
        yield from of_calls(self.work.project, self.situation, block, others)

    def _edits(self) -> Iterator[Edit]:
        assert self.held is not None  # noqa: S101 (`_refusal` asks first)
        yield asynchronous(self.opened, self.held.block)
        yield Recast(*self._place(self.node), dotted(self.node.func), f"{LIBRARY}.SMTP", self.arguments, awaited=False)
        for call, arguments in self.commands.items():
            name = dotted(call.func)
            yield Recast(*self._place(call), name, name, arguments)

    def _place(self, node: ast.Call) -> tuple[int, int]:
        return self.module.facts.numbers(self.module.calls[self.opened.call_numbers[node]])
