"""Functions that rewritten code calls: they stand above the first engine, and below the first factory of sessions."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.values import dotted, source_module
from codemods.mods.sqlalchemy_async.sheet import start_of

if TYPE_CHECKING:
    from codemods.mods.codemod import Project
    from codemods.mods.sqlalchemy_async.seen import Maker, Seen
    from codemods.mods.sqlalchemy_async.sheet import Sheet

_ASYNC_URL = '''\
def async_url(url: str | URL) -> URL:
    """The same database through its asynchronous driver."""
    given = make_url(url)
    drivers = {{{drivers}}}
    return given.set(drivername=drivers[given.get_backend_name()])
'''
_DATETIMES = '''\
@event.listens_for(Engine, "connect")
def take_any_datetime(connection: object, _: object) -> None:
    """As psycopg does: asyncpg refuses a datetime with a time zone for a column without one."""
    if isinstance(connection, AsyncAdapt_asyncpg_connection):
        connection.run_async(
            lambda raw: raw.set_type_codec(
                "timestamp", schema="pg_catalog", encoder=str, decoder=datetime.fromisoformat
            )
        )
'''
_SYNC_ENGINE = '''\
def sync_engine(engine: AsyncEngine) -> Engine:
    """The same database for code that runs on no event loop; it keeps no connection."""
{name}    return create_engine(engine.url.set(drivername={driver}), poolclass=NullPool)
'''
_SYNC_SESSION = '''\


def sync_session(factory: async_sessionmaker[AsyncSession]) -> Session:
    """A session for code that runs on no event loop."""
    return Session(sync_engine(factory.kw["bind"]){options})
'''


class Helpers:
    """Those of one project."""

    def __init__(
        self, seen: Seen, project: Project, refusals: list[str], first: Maker | None, home: Maker | None
    ) -> None:
        self._seen = seen
        self._project = project
        self._refusals = refusals
        self._first = first
        self._home = home
        self._asked_for: set[str] = set()
        self.named_driver = ""
        """The synchronous driver for PostgreSQL that a URL names."""

    def write(self, *, datetimes: bool) -> None:
        """All that are asked for; `datetimes` says that asyncpg may meet datetimes which it refuses."""
        drivers, home, first = self._seen.known["drivers"], self._home, self._first
        plain = self._plain_driver()
        if first is None:
            return
        if "async_url" in self._asked_for:
            rows = ", ".join(f'"{name}": "{each["driver"]}"' for name, each in drivers.items())
            self._above(first, _ASYNC_URL.format(drivers=rows), {"sqlalchemy": ("URL", "make_url")})
        if datetimes:
            names = {"sqlalchemy": ("Engine", "event"), "datetime": ("datetime",)}
            names["sqlalchemy.dialects.postgresql.asyncpg"] = ("AsyncAdapt_asyncpg_connection",)
            self._above(first, _DATETIMES, names)
        if self._asked_for - {"async_url"} and home is not None:
            name, driver = "", "engine.url.get_backend_name()"
            if plain:
                name, driver = f"    name = {driver}\n", f'{{"postgresql": "{plain}"}}.get(name, name)'
            text = _SYNC_ENGINE.format(name=name, driver=driver)
            session = "sync_session" in self._asked_for
            text += _SYNC_SESSION.format(options=self._options(home)) if session else ""
            self._below(home, text, session=session)

    def name_of(self, sheet: Sheet, node: ast.expr, name: str) -> str:
        """The name of one of the functions as it is written in a file, which imports it."""
        self._asked_for.add(name)
        home = self._first if name == "async_url" else self._home
        if home is None:
            self._refusals.append(f"{sheet.where(node)} needs `{name}`, and no file of the project has a place for it")
            return name
        if home.path == sheet.module.path:
            return name
        if isinstance(node, ast.Attribute):
            owner = dotted(node.value)
            resolved = self._project.program.resolve(sheet.module, sheet.opened.scope(node), owner)
            if any(each.module == home.path and not each.name for each in resolved.meanings):
                return f"{owner}.{name}"
        module = self._module_name(sheet, home.path)
        if module:
            sheet.add_import(module, name)
        else:
            self._refusals.append(f"{sheet.where(node)} does not see the module that `{name}` goes into")
        return name

    def _module_name(self, sheet: Sheet, path: str) -> str:
        """The name by which a file imports a module, or may."""
        program = self._project.program
        for node in sheet.opened.tree.body:
            if isinstance(node, ast.ImportFrom):
                name = source_module(node)
                found = program.find(sheet.module, f"{name}{'' if name.endswith('.') else '.'}{node.names[0].name}")
                if found is not None and found[0] == path:
                    return name
        names = program.layout.names(path)
        return next((each for each in names if (program.find(sheet.module, each) or ("",))[0] == path), "")

    def _plain_driver(self) -> str:
        home = self._home
        if self.named_driver:
            return self.named_driver
        named = self._project.named(home.path) if home is not None else frozenset()
        known = self._seen.known["plain_drivers"]
        return next((driver for name, driver in known.items() if name in named), "")

    def _options(self, maker: Maker) -> str:
        text = self._seen.sheet(maker.path).opened.text
        kept = [
            ast.get_source_segment(text, each) or ""
            for each in maker.node.keywords
            if each.arg not in {"bind", "binds"}
        ]
        return "".join(f", {each}" for each in kept)

    def _above(self, maker: Maker, text: str, names: dict[str, tuple[str, ...]]) -> None:
        sheet = self._seen.sheet(maker.path)
        number = sheet.opened.top(maker.node)
        statement = sheet.opened.tree.body[number]
        before = sheet.opened.lines[: statement.lineno - 1] if number else []
        gap = "" if not number or before[-2:] == ["", ""] else "\n" if before[-1] == "" else "\n\n"
        heads = [start_of(each) for each in getattr(statement, "decorator_list", ())]
        start = (heads[0][0], 0) if heads else start_of(statement)
        first = sheet.once("something above the engine")
        sheet.insert(start, f"{gap if first else ''}{text}\n\n")
        for module, wanted in names.items():
            for name in wanted:
                sheet.add_import(module, name)

    def _below(self, maker: Maker, text: str, *, session: bool) -> None:
        sheet = self._seen.sheet(maker.path)
        statement = sheet.opened.tree.body[sheet.opened.top(maker.node)]
        line = sheet.opened.text.encode().splitlines()[(statement.end_lineno or statement.lineno) - 1]
        place = (statement.end_lineno or statement.lineno, len(line))
        sheet.replace(place, place, f"\n\n\n{text.rstrip()}")
        for name in ("AsyncEngine", "AsyncSession", "async_sessionmaker") if session else ("AsyncEngine",):
            sheet.add_import("sqlalchemy.ext.asyncio", name)
        for name in ("Engine", "create_engine"):
            sheet.add_import("sqlalchemy", name)
        if session:
            sheet.add_import("sqlalchemy.orm", "Session")
        sheet.add_import("sqlalchemy.pool", "NullPool")
