"""Take SQLAlchemy over to asyncio: `Session` becomes `AsyncSession`, with the engine, the queries and their callers.

## What it does

The whole of a project's database work changes at once, or none of it:

- the engine gets an asynchronous driver (asyncpg, aiosqlite), `sessionmaker` becomes `async_sessionmaker` with
  `expire_on_commit=False`; a URL that is read from elsewhere goes through a small function `async_url`, so that what
  is deployed, and what else reads it (Alembic), stays as it is;
- sessions no longer forget with each commit what they have loaded (they could not load it again without an await), so
  `update` and `delete` of a query always keep the session's objects in step (no `synchronize_session=False`);
- `session.query(…)` becomes `select(…)`, given to the session; `execute`, `scalars`, `get`, `commit`, `refresh` and so
  on are awaited; sessions, transactions and connections are entered with `async with`;
- the dependency that lends the session is an asynchronous generator, and closes it with `async with`;
- plain functions that use the session become coroutine functions, up to the routes and to scripts that start under
  `if __name__ == "__main__"`, and their calls are awaited; what else blocks in them is called in a thread;
- relationships that some code reads are loaded with their objects (`lazy="selectin"`): a coroutine cannot wait for one
  where it is read. Each of them is named in a note. Where the database works out a column when a row changes, its
  class gets `eager_defaults`;
- code that is not on the loop (tests, `create_all` when a module is imported) goes on with a synchronous engine or
  session of its own: `sync_engine`, `sync_session`;
- the manifests get the drivers, and SQLAlchemy 2 with its extra `asyncio`.

## Why

A synchronous session holds a thread of the pool for as long as the database takes. On the loop it stops everything.
`to-def` and `offload` mend that without a redesign; this is for those who want one.

## Example

```python
from sqlalchemy import create_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column, sessionmaker

engine = create_engine("sqlite:///shop.db")
Sessions = sessionmaker(bind=engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"

    title: Mapped[str] = mapped_column(primary_key=True)


async def titles() -> list[str]:
    with Sessions() as session:
        return [book.title for book in session.query(Book).order_by(Book.title).all()]
```

becomes

```python
from sqlalchemy import select
from sqlalchemy.ext.asyncio import async_sessionmaker, create_async_engine
from sqlalchemy.orm import DeclarativeBase, Mapped, mapped_column

engine = create_async_engine("sqlite+aiosqlite:///shop.db")
Sessions = async_sessionmaker(bind=engine, expire_on_commit=False)


class Base(DeclarativeBase):
    pass


class Book(Base):
    __tablename__ = "books"

    title: Mapped[str] = mapped_column(primary_key=True)


async def titles() -> list[str]:
    async with Sessions() as session:
        return [book.title for book in await session.scalars(select(Book).order_by(Book.title))]
```

It comes into play with `--codemod sqlalchemy-async` only, and always at the level unsafe: what is loaded when it is
read fails in a coroutine (`MissingGreenlet`), and asyncpg is stricter about types than psycopg. Read the diff, and run
the tests on the database that is deployed.

## When it holds back

For the whole project, with the places:

- a session, an engine or a factory is handed to something that is not known to take the asynchronous one
  (`scoped_session`, an admin, a paginator), or lent by something that tests put in a dependency's place;
- one function is used by code on the loop and by code that cannot await: a test that calls it, a thread;
- a query, a session's method or an option that the asynchronous classes do not have in the same form (bulk methods,
  `Query.union`, dynamic relationships, another pool);
- an await would stand in a lambda or a generator expression, under a lock, or in a function that Python or a decorator
  calls;
- a function that would become a coroutine function does other work that blocks, and that is no plain call;
- a manifest that insists on SQLAlchemy 1;
- a session that nobody closes, a database in memory that code off the loop reads, a database that is neither SQLite
  nor PostgreSQL.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.catalog import Entry
from codemods.loop import Site
from codemods.model import Remark
from codemods.mods.codemod import Found, Retool, Verdict
from codemods.mods.sqlalchemy_async.migration import NEEDED, Migration
from codemods.program.classes import is_test

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.mods.codemod import Project, Work

KINDS = ("database",)
OPT_IN = True
NEVER_SAFE = True

_WHY = (
    "what is loaded only when it is read fails in a coroutine, and the asynchronous drivers are stricter about types; "
    "read the notes, and run the tests on the database that is deployed"
)


def find(project: Project) -> Iterator[Found]:
    """The engines that sessions come from."""
    migration, verdict = _decided(project)
    for path, node in migration.engines:
        module = project.program.modules[path]
        call = module.calls.get(project.open(path).call_numbers[node])
        if call is not None and verdict is not None:
            scope = module.function_of(call.scope)
            site = Site(module, call, scope, Entry("sqlalchemy.create_engine", "database", "high"), "high", ())
            yield Found(site, "the sessions of this engine are synchronous", verdict)


def decide(work: Work) -> list[Verdict | None]:
    """The same answer for all database work on the loop."""
    _, verdict = _decided(work.project)
    return [
        verdict if each.site.entry.name.startswith("sqlalchemy.") and not is_test(each.site.module.path) else None
        for each in work.situations
    ]


def _decided(project: Project) -> tuple[Migration, Verdict | None]:
    migration = project.once("sqlalchemy-async", lambda: Migration(project))
    return migration, project.once("sqlalchemy-async verdict", lambda: _verdict(migration))


def _verdict(migration: Migration) -> Verdict | None:
    if not migration.engines:
        reason = "no engine that sessions come from is made where it gets a name"
        return Verdict("manual", reason) if migration.synchronous else None
    if migration.refusals:
        return Verdict("manual", migration.refusal())
    reasons = "; and ".join(dict.fromkeys([_WHY, *migration.hazards]))
    remarks = tuple(Remark(*each) for each in migration.notes)
    return Verdict("unsafe", reasons, Retool(migration.files, remarks, (NEEDED,), migration.drivers))
