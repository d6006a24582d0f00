"""Engines and the factories of sessions: how they are made, and what keeps working without a loop."""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING

from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.mods.sqlalchemy_async.helpers import Helpers
from codemods.mods.sqlalchemy_async.sheet import end_of, start_of
from codemods.program.classes import is_test
from codemods.program.values import function_of

if TYPE_CHECKING:
    from codemods.mods.codemod import Project
    from codemods.mods.sqlalchemy_async.seen import Maker, Place, Seen
    from codemods.mods.sqlalchemy_async.sheet import Sheet

_POOLING = frozenset({"max_overflow", "pool_recycle", "pool_size", "pool_timeout", "poolclass"})
_URL = re.compile(r"(?P<before>[A-Za-z]*['\"]+)(?P<driver>(?P<database>\w+)(\+\w+)?)(?=:)")
_IN_MEMORY = re.compile(r"sqlite(\+\w+)?://(/?:memory:.*|/?)$")


class Engines:
    """All engines and factories of a project."""

    def __init__(self, seen: Seen, project: Project, refusals: list[str]) -> None:
        self._seen = seen
        self._project = project
        self._refusals = refusals
        self.factories = [each for each in seen.makers if each.role == "factory" and self.name_of(each)]
        for each in seen.makers:
            if each.role == "factory" and not self.name_of(each):
                self._refuse(seen.sheet(each.path), each.node, "makes a factory of sessions without giving it a name")
        self.names = self._asynchronous()
        """The names of the engines that sessions come from."""
        makers = [each for each in seen.makers if each.role == "engine"]
        self._returned = [each for each in makers if self._given_back(each)]
        self.engines = [each for each in makers if self.name_of(each) or each in self._returned]
        self.databases: set[str] = set()
        self.unknown = False
        """Whether a URL is read from elsewhere, so that its database is not known."""
        self.helpers = Helpers(seen, project, refusals, self.first, self.home)

    def name_of(self, maker: Maker) -> str:
        """The name that what is made gets."""
        match self._seen.sheet(maker.path).opened.parent(maker.node):
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return name
            case ast.Assign(targets=[ast.Attribute(attr=name)]):
                return name
        return ""

    def ours(self, maker: Maker) -> bool:
        """Whether an engine is one that sessions come from."""
        return self.name_of(maker) in self.names or maker in self._returned

    def _asynchronous(self) -> set[str]:
        found: set[str] = set()
        for places in self._seen.names.values():
            found |= {name_of(place.node) for place in places if place.role == "engine" and self.binds(place)}
        return found

    def binds(self, place: Place) -> bool:
        """Whether an engine is given to a factory of sessions, to a session, or put in another one's place."""
        call = self._seen.sheet(place.path).opened.taker(place.node)
        return call is not None and (
            self._seen.makes(call, "factory", "session") or name_of(call.func) in {"configure", "setattr"}
        )

    def _given_back(self, maker: Maker) -> bool:
        """`def make_engine(): return create_engine(…)`, and `engine = make_engine()`."""
        if not isinstance(self._seen.sheet(maker.path).opened.parent(maker.node), ast.Return):
            return False
        for module, call in self._project.calls.calls_named(self._project.name_of(maker.function)):
            if call.number < 0 or maker.function not in map(function_of, self._project.calls.callee(module, call)):
                continue
            opened = self._seen.sheet(module.path).opened
            match opened.parent(opened.calls[call.number]):
                case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                    if name in self.names:
                        return True
        return False

    @property
    def first(self) -> Maker | None:
        """The engine above which the functions stand that engines need."""
        return next((each for each in self.engines if self.ours(each) and not is_test(each.path)), None)

    @property
    def home(self) -> Maker | None:
        """The factory whose file has what others import."""
        own = [each for each in self.factories if not is_test(each.path) and not each.function.scope]
        return min(own, key=lambda each: (each.path, each.node.lineno), default=None)

    # How they are made

    def write_engine(self, maker: Maker) -> None:
        """`create_async_engine`, with an asynchronous driver."""
        sheet, node = self._seen.sheet(maker.path), maker.node
        known = self._seen.known["engine"]
        for each in node.keywords:
            if each.arg not in known["options"]:
                self._refuse(sheet, node, f"makes the engine with `{each.arg}`, which an asynchronous one may not take")
            elif each.arg == "poolclass" and name_of(each.value) not in known["pools"]:
                self._refuse(sheet, node, "names a pool that an asynchronous engine does not take")
            elif each.arg == "connect_args" and not self._taken(each.value):
                self._refuse(
                    sheet, node, "hands the driver arguments (`connect_args`) that another driver may not take"
                )
        if len(node.args) != 1:
            self._refuse(sheet, node, "makes the engine in a way that is not understood")
            return
        pooled = not _POOLING.isdisjoint(each.arg for each in node.keywords)
        if is_test(maker.path) and not pooled and not self._is_lite(sheet, node):
            # Each test has a loop of its own, and asyncpg's connections belong to one.
            add_argument(sheet, node, "poolclass=NullPool")
            sheet.add_import("sqlalchemy.pool", "NullPool")
        function = sheet.opened.nodes[maker.function.scope]
        returns = function.returns if maker in self._returned and isinstance(function, ast.FunctionDef) else None
        if returns is not None and not self._seen.outside(sheet, returns).isdisjoint(known["names"]):
            sheet.replace(start_of(returns), end_of(returns), "AsyncEngine")
            sheet.add_import("sqlalchemy.ext.asyncio", "AsyncEngine")
        sheet.replace(start_of(node.func), end_of(node.func), "create_async_engine")
        sheet.add_import("sqlalchemy.ext.asyncio", "create_async_engine")
        self._write_url(sheet, node.args[0])

    def _is_lite(self, sheet: Sheet, node: ast.Call) -> bool:
        """Whether a URL is for SQLite."""
        literal = self._literal(sheet, node.args[0])
        text = ast.get_source_segment(sheet.opened.text, literal) if literal is not None else None
        match = _URL.match(text or "")
        return match is not None and match["database"] == "sqlite"

    def _taken(self, node: ast.expr) -> bool:
        return isinstance(node, ast.Dict) and all(
            isinstance(key, ast.Constant) and key.value in self._seen.known["engine"]["connect_args"]
            for key in node.keys
        )

    def _write_url(self, sheet: Sheet, node: ast.expr) -> None:
        literal = self._literal(sheet, node)
        if literal is not None:
            match = _URL.match(ast.get_source_segment(sheet.opened.text, literal) or "")
            drivers = self._seen.known["drivers"]
            if match is not None and match["database"] in drivers:
                self.databases.add(match["database"])
                if match["driver"] in self._seen.known["plain_drivers"].values():
                    self.helpers.named_driver = match["driver"]
                line, column = start_of(literal)
                start, end = match.span("driver")
                sheet.replace((line, column + start), (line, column + end), drivers[match["database"]]["driver"])
                return
            if match is not None:
                self._refuse(sheet, node, f"the driver for {match['database']} is not one that is known")
                return
        sheet.wrap(node, f"{self.helpers.name_of(sheet, node, 'async_url')}(", ")")
        self.unknown |= not is_test(sheet.module.path)

    def _literal(self, sheet: Sheet, node: ast.expr) -> ast.expr | None:
        """The text of a URL: as it stands there, or in a constant that nothing else reads."""
        if isinstance(node, ast.Constant | ast.JoinedStr):
            return node
        if not isinstance(node, ast.Name):
            return None
        read = [each for each in walk(sheet.opened.tree) if name_of(each) == node.id and isinstance(each.ctx, ast.Load)]  # type: ignore[attr-defined]
        made = [
            each.value
            for each in sheet.opened.tree.body
            if isinstance(each, ast.Assign) and [name_of(target) for target in each.targets] == [node.id]
        ]
        alone = len(read) == len(made) == 1 and not self._read_elsewhere(sheet, node.id)
        return made[0] if alone and isinstance(made[0], ast.Constant | ast.JoinedStr) else None

    def _read_elsewhere(self, sheet: Sheet, name: str) -> bool:
        """Whether another file imports a constant."""
        program = self._project.program
        for path, _ in self._seen.mentioning({name}):
            module = program.modules.get(path)
            if module is None:
                return True
            for (scope, bound), bindings in module.names.items():
                imported = any(each.kind == "import" and each.target.endswith(f".{name}") for each in bindings)
                if imported and any(
                    each.module == sheet.module.path for each in program.resolve(module, scope, bound).meanings
                ):
                    return True
            if path != sheet.module.path and any(
                isinstance(each, ast.Attribute)
                and each.attr == name
                and any(mean.module == sheet.module.path for mean in program.resolve(module, 0, dotted(each)).meanings)
                for each in walk(self._seen.sheet(path).opened.tree)
            ):
                return True
        return False

    def write_factory(self, maker: Maker) -> None:
        """`async_sessionmaker`, whose sessions keep what they have loaded after a commit."""
        sheet, node = self._seen.sheet(maker.path), maker.node
        for each in node.keywords:
            if each.arg not in self._seen.known["factory"]["options"]:
                self._refuse(sheet, node, f"makes sessions with `{each.arg}`, which is not understood")
        sheet.replace(start_of(node.func), end_of(node.func), "async_sessionmaker")
        sheet.add_import("sqlalchemy.ext.asyncio", "async_sessionmaker")
        self.keep_loaded(sheet, node)

    def keep_loaded(self, sheet: Sheet, node: ast.Call) -> None:
        """What a commit would expire could not be loaded again without an await."""
        given = next((each for each in node.keywords if each.arg == "expire_on_commit"), None)
        if given is None:
            add_argument(sheet, node, "expire_on_commit=False")
        elif not (isinstance(given.value, ast.Constant) and given.value.value is False):
            sheet.replace(start_of(given.value), end_of(given.value), "False")

    def in_memory(self, path: str, name: str) -> bool:
        """Whether an engine that a file makes is for a database that is there for the process only."""
        for maker in self.engines:
            if maker.path != path or self.name_of(maker) != name:
                continue
            sheet = self._seen.sheet(maker.path)
            literal = self._literal(sheet, maker.node.args[0]) if maker.node.args else None
            if isinstance(literal, ast.Constant) and _IN_MEMORY.match(str(literal.value)):
                return True
        return False

    def engine_of(self, factory: str, path: str) -> str:
        """The name of the engine that a factory of a file is made with."""
        for maker in self.factories:
            if maker.path == path and self.name_of(maker) == factory:
                given = [*maker.node.args, *(each.value for each in maker.node.keywords if each.arg == "bind")]
                return name_of(given[0]) if given else ""
        return ""

    def _refuse(self, sheet: Sheet, node: ast.AST, reason: str) -> None:
        self._refusals.append(f"{sheet.where(node)} {reason}")


def add_argument(sheet: Sheet, node: ast.Call, text: str) -> None:
    """One more argument at the end of a call."""
    given = [*node.args, *(each.value for each in node.keywords)]
    if not given:
        line, column = end_of(node)
        sheet.replace((line, column - 1), (line, column - 1), text)
        return
    last = max(given, key=end_of)
    line, column = end_of(last)
    closing = re.match(r"(\s*\))*", sheet.between((line, column), end_of(node))[:-1])
    inside = closing.end() if closing is not None and "\n" not in closing.group() else 0
    head = re.match(r"\s*", sheet.opened.lines[last.lineno - 1])
    indent = head.group() if head is not None else ""
    alone = last.lineno > node.func.lineno and not any(each.lineno == last.lineno for each in given if each is not last)
    between = f",\n{indent}" if alone else ", "
    sheet.replace((line, column + inside), (line, column + inside), f"{between}{text}")
