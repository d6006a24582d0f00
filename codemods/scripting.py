"""offloop for scripts: `codemods.check`, `codemods.rewrite`, `codemods.write` and `codemods.bulk`."""

from __future__ import annotations

import os
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

from codemods import mods
from codemods.config import Wishes, settings_of
from codemods.engine import Request, find
from codemods.engine import rewrite as rewritten
from codemods.repositories import Order, Plan, read
from codemods.repositories import bulk as carried_out
from codemods.source import write_all

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

    from codemods.model import Outcome, Result


class Asked(TypedDict, total=False):
    """What is asked for on top of a project's settings, as on the command line."""

    unsafe: bool
    select: Iterable[str]
    ignore: Iterable[str]
    codemods: Iterable[str]
    prefer: str
    impact: str
    exclude: Iterable[str]


class AskedOfMany(Asked, total=False):
    """What else a bulk run takes."""

    branch: str
    jobs: int
    scheduler: str
    resume: bool
    only: str


def check(*paths: str | os.PathLike[str], jobs: int = 0, cache: bool = True, **asked: Unpack[Asked]) -> Result:
    """Every call below some paths that can stall the event loop, with what could be done about it.

    Settings that cannot be used raise `codemods.config.ConfigError`, unknown words ValueError. Files that cannot be
    read are in the result's `faults`.
    """
    return find(_request(paths, jobs, asked, cache=cache))


def rewrite(*paths: str | os.PathLike[str], jobs: int = 0, cache: bool = True, **asked: Unpack[Asked]) -> Result:
    """The same with new contents of the files, in the result's `changes`; nothing is written."""
    return rewritten(_request(paths, jobs, asked, cache=cache))


def write(result: Result, *, allow_dirty: bool = False) -> None:
    """Write the new contents of a result: all files or none.

    Raises `codemods.source.RefusedError` where files have uncommitted changes, or have changed meanwhile.
    """
    write_all(result.changes, allow_dirty=allow_dirty)


def bulk(
    repositories: Iterable[str | os.PathLike[str]],
    out: str | os.PathLike[str],
    *,
    plan: Plan | None = None,
    told: Callable[[Outcome], None] = lambda _: None,
    **asked: Unpack[AskedOfMany],
) -> tuple[Outcome, ...]:
    """Many repositories (folders, URLs, manifests) in one run, as `offloop bulk` does it; what became of each.

    `plan` says what is done with each, `told` hears of every outcome as it comes.
    """
    order = Order(
        read((os.fspath(each) for each in repositories), mods.names()),
        Path(out),
        replace(plan or Plan(), wishes=_wishes(asked)),
        asked.get("branch", "offloop"),
        asked.get("jobs", 0),
        asked.get("scheduler", ""),
        asked.get("resume", False),
        asked.get("only", ""),
    )
    return carried_out(order, told)


def _request(paths: Iterable[str | os.PathLike[str]], jobs: int, asked: Asked, *, cache: bool) -> Request:
    wishes = _wishes(asked)
    given = tuple(os.fspath(path) for path in paths) or (".",)
    return Request(given, settings_of(given, None, wishes, mods.names()), jobs, cache)


def _wishes(asked: Asked | AskedOfMany) -> Wishes:
    wishes = Wishes(
        asked.get("unsafe", False),
        tuple(asked.get("select", ())),
        tuple(asked.get("ignore", ())),
        tuple(asked.get("codemods", ())),
        asked.get("prefer", ""),
        asked.get("impact", ""),
        tuple(asked.get("exclude", ())),
    )
    wishes.check(mods.names())
    return wishes
