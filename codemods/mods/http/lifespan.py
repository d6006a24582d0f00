"""The lifespan of a project's one application, as the place where what belongs to its event loop is opened."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import AddImport, Argument, Insert, Recast, Within
from codemods.facts.order import walk
from codemods.facts.values import dotted, unlike
from codemods.mods.http.imported import imported
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.edits import Edit
    from codemods.mods.codemod import Project
    from codemods.program import Module

_MANAGER = "contextlib.asynccontextmanager"


class Lifespan:
    """Looked for once in a project."""

    def __init__(self, project: Project) -> None:
        self._project = project
        known = catalog.http()["apps"]
        apps = list(self._calls_of(known["makers"]))
        self.refusal = ""
        if len(apps) != 1:
            self.refusal = f"the project makes {len(apps)} applications, where the client could belong to one"
            return
        self._module, self._number = apps[0]
        self._opened = project.open(self._module.path)
        self._call = self._opened.calls[self._number]
        self._yield: ast.stmt | None = None
        given = next((each.value for each in self._call.keywords if each.arg == "lifespan"), None)
        others = [each for each in self._calls_of(known["loops"]) if self._runs_beside(*each)]
        if others:
            module, number = others[0]
            line = project.open(module.path).calls[number].lineno
            self.refusal = f"{module.shown}:{line} runs another event loop"
        elif any(each.arg is None for each in self._call.keywords):
            self.refusal = f"{self._shown} makes the application of arguments that are put together while it runs"
        elif given is not None:
            self._existing(given)
        elif self._module.path not in project.within:
            self.refusal = f"{self._module.shown}, which makes the application, is not among the paths given"
        else:
            self.refusal = self._handlers(known["handlers"])

    @property
    def _shown(self) -> str:
        return f"{self._module.shown}:{self._call.lineno}"

    def _calls_of(self, names: Sequence[str]) -> Iterator[tuple[Module, int]]:
        for last in sorted({name.rpartition(".")[2] for name in names}):
            for module, call in self._project.calls.calls_named(last):
                outside = (
                    self._project.program.resolve(module, call.scope, call.callee).outside
                    if call.callee
                    else frozenset()
                )
                if call.number >= 0 and not is_test(module.path) and not outside.isdisjoint(names):
                    yield module, call.number

    def _runs_beside(self, module: Module, number: int) -> bool:
        """Whether a call that runs a loop stands in a function: at the top, or in `main`, it is the process's own."""
        function = self._project.open(module.path).function(self._project.open(module.path).calls[number])
        return isinstance(function, ast.FunctionDef | ast.AsyncFunctionDef) and function.name != "main"

    def _handlers(self, names: Sequence[str]) -> str:
        """What an application no longer runs once it has a lifespan."""
        for path, text in self._project.texts():
            module = self._project.program.modules.get(path)
            if module is None or is_test(path) or not any(name in text for name in names):
                continue
            for node in walk(self._project.open(path).tree):
                name = node.attr if isinstance(node, ast.Attribute) else getattr(node, "arg", "")
                if name in names:
                    return (
                        f"{module.shown}:{node.lineno} starts or ends the application in a way that a lifespan replaces"  # type: ignore[attr-defined]
                    )
        return ""

    def _existing(self, given: ast.expr) -> None:
        """The function that the application gets as its lifespan."""
        program = self._project.program
        meaning = (
            program.resolve(self._module, self._opened.scope(self._call), dotted(given)).only if dotted(given) else None
        )
        home = program.modules.get(meaning.module) if meaning is not None else None
        number = home.definitions.get(meaning.name) if home is not None and meaning is not None else None
        if home is None or number is None:
            self.refusal = f"the lifespan of {self._shown} is not a function of the project"
            return
        self._module, self._opened = home, self._project.open(home.path)
        node = self._opened.nodes[number]
        found = [each for each in ast.walk(node) if isinstance(each, ast.Yield | ast.YieldFrom)]
        above = self._opened.parent(found[0]) if len(found) == 1 else None
        managed = [
            each
            for each in getattr(node, "decorator_list", ())
            if _MANAGER in program.resolve(home, self._opened.scope(node), dotted(each)).outside
        ]
        fits = isinstance(node, ast.AsyncFunctionDef) and len(managed) == len(node.decorator_list) == 1
        if not fits or not isinstance(above, ast.Expr) or self._opened.block_of(above) is None:
            line = getattr(node, "lineno", 0)
            self.refusal = f"the lifespan of {home.shown}:{line} does not yield in one place"
        elif home.path not in self._project.within:
            self.refusal = f"{home.shown}, which has the lifespan, is not among the paths given"
        else:
            self._yield = above

    def around(self, managers: Sequence[tuple[Module, str]]) -> list[tuple[str, Edit]] | str:
        """What has to change for some context managers to be entered while the application runs; or why it cannot."""
        path = self._module.path
        edits: list[Edit] = []
        names: list[str] = []
        for home, name in managers:
            source = "" if home is self._module else self._source(home)
            if source is None:
                return f"{self._module.shown} would have to import {home.shown}, which it does not do"
            taken = self._opened.identifiers | {each.removesuffix("()") for each in names}
            alias = unlike(name, taken) if source else name
            ours = (source.partition(".")[0],) if source and not source.startswith(".") else ()
            edits += [AddImport(source, "" if alias == name else alias, name, ours)] if source else []
            names.append(f"{alias}()")
        head = f"async with {', '.join(names)}"
        edits += self._in_place(self._yield, head) if self._yield is not None else self._anew(head)
        return [(path, edit) for edit in edits]

    def _in_place(self, waiting: ast.stmt, head: str) -> Iterator[Edit]:
        number = self._opened.number(waiting, ast.stmt)
        lines = waiting.lineno, waiting.end_lineno or waiting.lineno
        yield Within(self._opened.top(waiting), number, number, head, lines)

    def _anew(self, head: str) -> Iterator[Edit]:
        name = unlike("lifespan", self._opened.identifiers)
        manager, managing = imported(self._opened, "contextlib", "asynccontextmanager")
        iterator, iterating = imported(self._opened, "collections.abc", "AsyncIterator")
        callee = dotted(self._call.func)
        call = self._module.calls[self._number]
        place = self._module.facts.numbers(call)
        arguments = [Argument(number) for number in range(len(self._call.args) + len(self._call.keywords))]
        yield Recast(*place, callee, callee, (*arguments, Argument(-1, "lifespan", name)), awaited=False)
        text = f"@{manager}\nasync def {name}(_: {callee}) -> {iterator}[None]:\n    {head}:\n        yield\n"
        yield Insert(place[0], text)
        yield from filter(None, (managing, iterating))

    def _source(self, home: Module) -> str | None:
        """The module's name as an import has it that the application's file could have as well."""
        program = self._project.program
        if self._module.path in program.around(home)[0]:
            # Each would import the other.
            return None
        for node in self._opened.tree.body:
            if isinstance(node, ast.ImportFrom):
                source = f"{'.' * node.level}{node.module or ''}"
                if program.find(self._module, source) == (home.path, ""):
                    return source
        for module in program.modules.values():
            for target in sorted(module.summary.imports):
                parts = target.split(".")
                for end in range(len(parts), 0, -1):
                    name = ".".join(parts[:end])
                    if name and not target.startswith(".") and program.find(self._module, name) == (home.path, ""):
                        return name
        return None
