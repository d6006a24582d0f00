"""Which functions work with sessions on the loop, which of them become coroutine functions, and who calls them."""

from __future__ import annotations

import ast
from collections import defaultdict
from typing import TYPE_CHECKING

from codemods.facts import called_name
from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.mods.to_def import clusters
from codemods.mods.uses import takes_both
from codemods.program.classes import decorator_names, is_test
from codemods.program.values import Definition, function_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from codemods.mods.codemod import Project
    from codemods.mods.sqlalchemy_async.seen import Seen
    from codemods.program import Module

_IN_A_CLASS = frozenset({"abstractmethod", "classmethod", "override", "staticmethod"})


class Worlds:
    """The functions that wait for the database, those that call them, and where each of them runs."""

    def __init__(self, seen: Seen, project: Project, waiting: Iterable[Definition]) -> None:
        self._seen = seen
        self._project = project
        self._calls = project.calls
        self._modules = project.program.modules
        self.refusals: list[str] = []
        self.lenders: dict[Definition, str] = {}
        """What tests put in place of a dependency to lend a fixture's session, with the factory of that session."""
        self.calls: dict[Definition, list[tuple[Module, ast.Call, Definition]]] = defaultdict(list)
        """The calls of each function that waits, with the functions they stand in."""
        self.waiting = self._closed(waiting)
        self.registered = frozenset(each for each in self.waiting if each.scope and self._is_registered(each))
        self.on_loop = self._on_loop()
        """Those that run, or will run, on the loop."""
        self.converted = frozenset(each for each in self.on_loop if self._calls.kind(each) != "async def")
        for function in sorted(self.converted):
            self.refusals += self._against(function)
            self.refusals += self._called_by_others(function)
        for function in sorted(self.registered):
            self.refusals += self._overridden(function)

    def runs(self, function: Definition) -> bool:
        """Whether a function's code runs on the loop, or is no code that runs elsewhere."""
        return function in self.on_loop or self._calls.kind(function) == "async def" if function.scope else False

    def _closed(self, waiting: Iterable[Definition]) -> frozenset[Definition]:
        found: set[Definition] = set()
        left = list(waiting)
        while left:
            function = left.pop()
            if function in found:
                continue
            found.add(function)
            if not function.scope:
                continue
            left += clusters(self._project).relatives(function)
            for module, call, holder in self._callers(function):
                self.calls[function].append((module, call, holder))
                left.append(holder)
        return frozenset(found)

    def _callers(self, function: Definition) -> Iterator[tuple[Module, ast.Call, Definition]]:
        for module, call in self._calls.calls_named(self._project.name_of(function)):
            if call.number >= 0 and function in map(function_of, self._calls.callee(module, call)):
                node = self._seen.sheet(module.path).opened.calls[call.number]
                yield module, node, Definition(module.path, module.function_of(call.scope))

    def _on_loop(self) -> frozenset[Definition]:
        found = {
            each
            for each in self.waiting
            if each in self.registered or self._calls.kind(each) == "async def" or self._is_offered(each)
        }
        while True:
            more = {
                each
                for each in self.waiting - found
                if each.scope and any(holder in found for _, _, holder in self.calls[each])
            }
            # A script that uses what others await becomes a coroutine itself.
            more |= {
                holder
                for each in found | more
                if self._calls.kind(each) != "async def"
                for _, _, holder in self.calls[each]
                if holder.scope and not is_test(holder.path)
            } - found
            relatives = {other for each in found | more for other in clusters(self._project).relatives(each)} - found
            if not more | relatives:
                return frozenset(found)
            found |= more | relatives

    def _is_offered(self, function: Definition) -> bool:
        """Whether nobody calls it yet, and it takes its session from whoever will."""
        if not function.scope or is_test(function.path) or self.calls[function]:
            return False
        made = {each.function for each in self._seen.makers}
        opened = {place.function for place in self._seen.names[function.path] if place.role == "factory"}
        return function not in made | opened and next(self._mentions(function), None) is None

    def _is_registered(self, function: Definition) -> bool:
        """Whether a framework takes it, which takes coroutine functions as well."""
        return bool(self._taking(function)) or any(how == "registered" for how, _ in self._mentions(function))

    def _taking(self, function: Definition) -> set[str]:
        """The decorators of a function that take either kind, by the last part of their names."""
        module = self._modules[function.path]
        shapes = module.functions[function.scope].decorators
        calls = (module.calls.get(shape) for shape in shapes if isinstance(shape, int))
        return {called_name(call) for call in calls if call is not None and takes_both(self._project, module, call)}

    def _mentions(self, function: Definition) -> Iterator[tuple[str, str]]:
        """How each mention that is no call takes the function, and where that is."""
        for path, node in self._seen.mentions(self._project.name_of(function)):
            module, opened = self._modules[path], self._seen.sheet(path).opened
            if function not in map(function_of, self._seen.values(module, opened, node)):
                continue
            place = f"{module.shown}:{node.lineno}"
            override = self._seen.overrides(opened.parent(node), node)
            if override is not None or self._seen.registers(module, opened, node):
                yield "registered", place
            else:
                yield "other", place

    def _against(self, function: Definition) -> Iterator[str]:
        """What stands against making a plain function a coroutine function."""
        module = self._modules[function.path]
        scope = module.facts.scopes[function.scope]
        where = f"{module.shown}:{scope.line}"
        name = self._project.name_of(function)
        if scope.kind != "def":
            yield f"{where}: a {scope.kind} waits for the database, and cannot await"
            return
        strange = decorator_names(module.functions[function.scope]) - _IN_A_CLASS - self._taking(function)
        if strange:
            yield f"{where}: `{name}` waits for the database, and its decorator `{min(strange)}` wants a plain function"
        if name.startswith("__") and name.endswith("__"):
            yield f"{where}: `{name}` waits for the database, and Python does not await it"
        for how, place in self._mentions(function):
            if how == "other":
                yield f"{place} hands `{name}` on, which waits for the database"
        for other, call in self._calls.calls_named(name):
            unknown = not self._calls.callee(other, call) and "." in call.callee
            if unknown and name not in self._seen.known["common"]["methods"] and scope.parent in module.classes:
                yield f"{other.shown}:{call.place[0]} may call `{name}`, on something that is not known"

    def _called_by_others(self, function: Definition) -> Iterator[str]:
        """Calls of a function in code that cannot await it: a test, or a module as it is imported."""
        for module, node, holder in self.calls[function]:
            if not self.runs(holder) and not self.starts(module, node):
                what = "a test" if is_test(module.path) else "code that is not on the loop"
                name = self._project.name_of(function)
                yield f"{module.shown}:{node.lineno} calls `{name}` in {what}, which cannot await it"

    def _overridden(self, function: Definition) -> Iterator[str]:
        """What tests put in place of a dependency has to lend an asynchronous session as well."""
        name = self._project.name_of(function)
        for path, _ in self._seen.mentioning({"dependency_overrides"}) if self.generator(function) else ():
            if path not in self._modules:
                continue
            sheet = self._seen.sheet(path)
            for node in walk(sheet.opened.tree):
                match node:
                    case ast.Assign(
                        targets=[ast.Subscript(value=ast.Attribute(attr="dependency_overrides"), slice=key)],
                        value=value,
                    ) if name_of(key) == name:
                        values = list(map(function_of, self._seen.values(sheet.module, sheet.opened, value)))
                        given = {each for each in values if each is not None} - self.on_loop
                        self.lenders |= {each: made for each in given if (made := self._lends(each))}
                        if not values or None in values or not given <= self.lenders.keys():
                            yield f"{sheet.where(node)} puts what lends another session in place of `{name}`"

    def _lends(self, function: Definition) -> str:
        """The factory of a fixture's session that a test lends to the application; empty where it is none."""
        opened = self._seen.sheet(function.path).opened
        node = opened.nodes[function.scope]
        match node:
            case ast.FunctionDef(
                body=[ast.Expr(value=ast.Yield(value=ast.Name(id=name)))]
                | [ast.Try(body=[ast.Expr(value=ast.Yield(value=ast.Name(id=name)))], handlers=[], orelse=[])]
            ):
                pass
            case _:
                return ""
        around = opened.function(node)
        given = {each.arg for each in around.args.args} if isinstance(around, ast.FunctionDef) else set()
        made = {
            name_of(value.func)
            for fixture in walk(opened.tree)
            if isinstance(fixture, ast.FunctionDef) and fixture.name == name in given
            for each in walk(fixture)
            if isinstance(value := getattr(each, "value", None), ast.Call)
            and isinstance(each, ast.Assign)
            and self._seen.role_of(function.path, value.func) == "factory"
        }
        return made.pop() if len(made) == 1 else ""

    def starts(self, module: Module, node: ast.Call) -> bool:
        """Whether a call stands under `if __name__ == "__main__"`: `asyncio.run` can start it there."""
        opened = self._seen.sheet(module.path).opened
        if not isinstance(opened.parent(node), ast.Expr) or is_test(module.path):
            return False
        return (
            any(
                isinstance(above, ast.If)
                and isinstance(above.test, ast.Compare)
                and dotted(above.test.left) == "__name__"
                for above, _ in opened.ancestors(node)
            )
            and opened.function(node) is opened.tree
        )

    def generator(self, function: Definition) -> bool:
        """Whether it yields."""
        node = self._seen.sheet(function.path).opened.nodes[function.scope]
        return any(isinstance(each, ast.Yield | ast.YieldFrom) for each in _own(node))


def _own(node: ast.AST) -> Iterator[ast.AST]:
    """The nodes of a function, without those of functions inside it."""
    for child in ast.iter_child_nodes(node):
        if not isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda):
            yield child
            yield from _own(child)
