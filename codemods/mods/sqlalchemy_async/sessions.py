"""What becomes of each use of a session, a factory of sessions or an engine, file by file."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import unlike
from codemods.mods.sqlalchemy_async.awaiting import against, awaited
from codemods.mods.sqlalchemy_async.dependencies import Dependencies
from codemods.mods.sqlalchemy_async.queries import Queries
from codemods.mods.sqlalchemy_async.sheet import end_of, start_of
from codemods.program.classes import is_test
from codemods.program.values import Bound, Decorated, Definition, Instance

if TYPE_CHECKING:
    from codemods.mods.codemod import Project
    from codemods.mods.sqlalchemy_async.engines import Engines
    from codemods.mods.sqlalchemy_async.queries import Chain
    from codemods.mods.sqlalchemy_async.seen import Place, Seen
    from codemods.mods.sqlalchemy_async.sheet import Sheet
    from codemods.mods.sqlalchemy_async.worlds import Worlds

_TABLES = frozenset({"create_all", "drop_all"})


class Sessions:
    """All uses in a project."""

    def __init__(self, seen: Seen, project: Project, engines: Engines, worlds: Worlds) -> None:
        self._seen = seen
        self._project = project
        self._engines = engines
        self._worlds = worlds
        self.refusals: list[str] = []
        self.hazards: list[str] = []

    def write(self, path: str) -> None:
        """The edits of one file."""
        sheet = self._seen.sheet(path)
        queries = Queries(self._seen, self._project, sheet, self.refusals)
        dependencies = Dependencies(self._seen, sheet, self.refusals)
        for function in sorted(self._worlds.on_loop):
            if function.path == path:
                dependencies.write(function)
        for function, factory in sorted(self._worlds.lenders.items()):
            if function.path == path:
                self._lent(sheet, dependencies, function, factory)
        for block in walk(sheet.opened.tree):
            if isinstance(block, ast.With) and self._worlds.runs(self._seen.function_at(path, block)):
                self._block(sheet, block)
        for place in self._seen.places[path]:
            if place.role in {"session", "connection"} and self._worlds.runs(place.function):
                self._method(sheet, queries, place)
        for place in self._seen.names[path]:
            self._mention(sheet, queries, place)
        for node in self._seen.notes[path]:
            self._annotate(sheet, node)
        for maker in self._seen.makers:
            if maker.path == path and maker.role == "session" and self._worlds.runs(maker.function):
                sheet.replace(start_of(maker.node.func), end_of(maker.node.func), "AsyncSession")
                sheet.add_import("sqlalchemy.ext.asyncio", "AsyncSession")
                self._engines.keep_loaded(sheet, maker.node)

    def wait(self, sheet: Sheet, node: ast.Call, function: Definition) -> None:
        """Await a call, where nothing stands against it."""
        if not sheet.dropped(node):
            self._check(sheet, node, function)
            awaited(sheet, node)

    def _check(self, sheet: Sheet, node: ast.Call, function: Definition) -> None:
        for level, reason in against(self._project, sheet, node, function):
            (self.refusals if level == "manual" else self.hazards).append(reason)

    # Sessions and connections

    def _method(self, sheet: Sheet, queries: Queries, place: Place) -> None:
        known = self._seen.known[place.role]
        attr, call = name_of(place.node), sheet.opened.parent(place.node)
        if attr in known["plain"]:
            return
        if not isinstance(call, ast.Call) or call.func is not place.node:
            self._refuse(sheet, place.node, f"takes `{attr}` from a session without calling it")
        elif attr in known["awaited"]:
            self.wait(sheet, call, place.function)
        elif attr == "query" and place.role == "session":
            self._chain(sheet, queries, queries.starting(call), place.function)
        elif attr not in known["blocks"] or not isinstance(sheet.opened.parent(call), ast.withitem):
            self._refuse(sheet, place.node, f"an AsyncSession has no `{attr}` that does the same")

    def _chain(self, sheet: Sheet, queries: Queries, chain: Chain | None, function: Definition) -> None:
        if chain is None:
            return
        node = chain.call or chain.end
        if chain.verb != "built" and isinstance(node, ast.Call):
            self._check(sheet, node, function)
        queries.write(chain)

    def _mention(self, sheet: Sheet, queries: Queries, place: Place) -> None:
        node = place.node
        if place.role == "factory":
            self._factory(sheet, place)
        elif place.role == "engine" and name_of(node) in self._engines.names:
            self._engine(sheet, place)
        elif not self._worlds.runs(place.function):
            return
        elif place.role == "query" and isinstance(node, ast.Name):
            self._chain(sheet, queries, queries.going_on(node, place.function), place.function)
        elif place.role in {"session", "connection"}:
            self._handed(sheet, node)

    def _handed(self, sheet: Sheet, node: ast.expr) -> None:
        """A session that is given to somebody: to the project's own functions, who know what to do with it."""
        call = sheet.opened.taker(node)
        if call is None:
            return
        fact = sheet.module.calls.get(sheet.opened.call_numbers[call])
        values = self._project.calls.callee(sheet.module, fact) if fact is not None else frozenset()
        if not values or not all(isinstance(each, Bound | Decorated | Definition | Instance) for each in values):
            taker = name_of(call.func)
            self._refuse(sheet, node, f"hands a session to `{taker}`, which is not known to take an AsyncSession")

    def _annotate(self, sheet: Sheet, node: ast.expr) -> None:
        path = sheet.module.path
        heads = (
            Definition(path, sheet.opened.scopes[above])
            for above, _ in sheet.opened.ancestors(node)
            if isinstance(above, ast.FunctionDef | ast.AsyncFunctionDef)
        )
        owner = next(heads, Definition(path, 0))
        if self._worlds.runs(owner) or not (owner in self._worlds.waiting or is_test(path)):
            sheet.replace(start_of(node), end_of(node), "AsyncSession")
            sheet.add_import("sqlalchemy.ext.asyncio", "AsyncSession")

    def _lent(self, sheet: Sheet, dependencies: Dependencies, function: Definition, factory: str) -> None:
        if self._engines.in_memory(function.path, self._engines.engine_of(factory, function.path)):
            node = sheet.opened.nodes[function.scope]
            self._refuse(sheet, node, "lends a session of a database in memory that tests use as well")
        dependencies.lend_own(function, factory)

    # Blocks

    def _block(self, sheet: Sheet, node: ast.With) -> None:
        found = [self._opens(sheet, each.context_expr) for each in node.items]
        if all(found):
            sheet.insert(start_of(node), "async ")
            sheet.blocks |= {node.lineno, *(each.context_expr.lineno for each in node.items)}
        elif any(found):
            self._refuse(sheet, node, "enters a session beside something else; give each a `with` of its own")

    def _opens(self, sheet: Sheet, node: ast.expr) -> bool:
        """Whether it is a session, a transaction or a connection."""
        path = sheet.module.path
        if not isinstance(node, ast.Call):
            return self._seen.role_of(path, node) in {"session", "connection"}
        if self._seen.makes(node, "session") or self._seen.role_of(path, node.func) == "factory":
            return True
        if not isinstance(node.func, ast.Attribute):
            return False
        owner = node.func.value
        role = self._seen.role_of(path, owner)
        known = self._seen.known.get(role, {}).get("blocks", ())
        return node.func.attr in known and (role != "engine" or name_of(owner) in self._engines.names)

    # Factories

    def _factory(self, sheet: Sheet, place: Place) -> None:
        opened, node = sheet.opened, place.node
        above = opened.parent(node)
        if isinstance(above, ast.Call) and above.func is node:
            if not self._worlds.runs(place.function):
                self._open_off_loop(sheet, place, above)
        elif isinstance(above, ast.Attribute):
            entered = above.attr == "begin" and isinstance(opened.parent(opened.parent(above) or above), ast.withitem)
            if above.attr not in {"configure", "kw"} and not (entered and self._worlds.runs(place.function)):
                self._refuse(sheet, node, f"takes `{above.attr}` from a factory of sessions")
        elif not (isinstance(above, ast.Call) and name_of(above.func) == "setattr"):
            self._refuse(sheet, node, "hands a factory of sessions on")

    def _open_off_loop(self, sheet: Sheet, place: Place, call: ast.Call) -> None:
        """A synchronous session for code that is not on the loop."""
        node = place.node
        if call.args or call.keywords:
            self._refuse(sheet, node, "makes a session off the loop with arguments")
        elif self._engines.in_memory(place.path, self._engines.engine_of(name_of(node), place.path)):
            self._refuse(sheet, node, "opens a session off the loop, on a database in memory that only the loop has")
        else:
            text = ast.get_source_segment(sheet.opened.text, node) or ""
            helper = self._engines.helpers.name_of(sheet, node, "sync_session")
            sheet.replace(start_of(node), end_of(call), f"{helper}({text})")

    # Engines

    def _engine(self, sheet: Sheet, place: Place) -> None:
        opened, node = sheet.opened, place.node
        above = opened.parent(node)
        call = opened.taker(node)
        on_loop = self._worlds.runs(place.function)
        own = call is not None and self._seen.makes(call, "session") and not on_loop
        if self._engines.binds(place) and not own:
            return
        if isinstance(above, ast.Attribute):
            self._of_engine(sheet, above, place, on_loop=on_loop)
        elif call is not None:
            self._taken_engine(sheet, call, place, on_loop=on_loop)
        elif not isinstance(above, ast.Return | ast.Yield):
            self._refuse(sheet, node, "hands the engine on")

    def _taken_engine(self, sheet: Sheet, call: ast.Call, place: Place, *, on_loop: bool) -> None:
        """An engine that something is given."""
        node, tables = place.node, name_of(call.func) in _TABLES
        if any(each.startswith("sqlalchemy.event.") for each in self._seen.outside(sheet, call.func)):
            sheet.wrap(node, "", ".sync_engine")
        elif on_loop and not tables:
            self._refuse(sheet, node, "hands the engine on")
        elif on_loop:
            self._tables(sheet, call, node, run=False)
        elif not self._engines.in_memory(place.path, name_of(node)):
            self._off_loop(sheet, node)
        elif tables:
            self._tables(sheet, call, node, run=True)
        else:
            self._refuse(sheet, node, "hands on the engine of a database in memory")

    def _of_engine(self, sheet: Sheet, above: ast.Attribute, place: Place, *, on_loop: bool) -> None:
        """What is read from an engine, or asked of it."""
        call, known = sheet.opened.parent(above), self._seen.known["engine"]
        if above.attr in known["plain"]:
            return
        if not isinstance(call, ast.Call) or call.func is not above:
            self._refuse(sheet, place.node, f"takes `{above.attr}` from the engine")
        elif above.attr == "dispose" and on_loop:
            self.wait(sheet, call, place.function)
        elif above.attr == "dispose":
            line, column = end_of(call)
            sheet.wrap(place.node, "", ".sync_engine")
            # Its connections belong to a loop that is gone.
            sheet.insert((line, column - 1), "" if call.args or call.keywords else "close=False")
        elif above.attr in known["blocks"] and not on_loop:
            self._off_loop(sheet, place.node)
        elif above.attr not in known["blocks"] or not isinstance(sheet.opened.parent(call), ast.withitem):
            self._refuse(sheet, place.node, f"an AsyncEngine has no `{above.attr}` that does the same")

    def _off_loop(self, sheet: Sheet, node: ast.expr) -> None:
        """An engine of its own for code that is not on the loop."""
        sheet.wrap(node, f"{self._engines.helpers.name_of(sheet, node, 'sync_engine')}(", ")")

    def _tables(self, sheet: Sheet, call: ast.Call, engine: ast.expr, *, run: bool) -> None:
        """`create_all(engine)` on the loop, or on one of its own (`run`)."""
        opened = sheet.opened
        statement = opened.parent(call)
        others = [each for each in (*call.args, *call.keywords) if engine not in {each, getattr(each, "value", None)}]
        texts = [ast.get_source_segment(opened.text, each) or "" for each in (call.func, engine, *others)]
        if not isinstance(statement, ast.Expr) or any("\n" in each for each in texts):
            self._refuse(sheet, call, "makes the tables in an expression")
            return
        function, name, *rest = texts
        indent = opened.lines[statement.lineno - 1][: statement.col_offset]
        connection = unlike("connection", opened.identifiers)
        body = f"await {connection}.run_sync({', '.join([function, *rest])})"
        text = f"async with {name}.begin() as {connection}:\n{indent}    {body}"
        if run:
            maker = unlike(f"{name_of(call.func).removesuffix('_all')}_tables", opened.identifiers)
            inner, gap = text.replace("\n", "\n    "), "\n\n" if indent else "\n\n\n"
            text = f"async def {maker}() -> None:\n{indent}    {inner}{gap}{indent}asyncio.run({maker}())"
            sheet.add_import("", "asyncio")
        sheet.replace(start_of(statement), end_of(statement), text)

    def _refuse(self, sheet: Sheet, node: ast.AST, reason: str) -> None:
        self.refusals.append(f"{sheet.where(node)} {reason}")
