"""The options that several commands share, and what they come to: one request."""

from __future__ import annotations

import os
from dataclasses import dataclass, fields
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from codemods.model import IMPACTS, KINDS

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Sequence

    from codemods.config import ConfigError, Settings, Wishes
    from codemods.engine import Request


class Word(click.ParamType):  # type: ignore[type-arg]  # (generic in newer releases of click only)
    """One of a few words; a wrong one is answered with the nearest."""

    def __init__(self, name: str, known: Callable[[], Iterable[str]]) -> None:
        self.name = name
        self.known = known

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:  # noqa: ARG002
        """What stands for the word in --help."""
        return self.name.upper() if self.name in {"kind", "codemod"} else f"[{'|'.join(self.known())}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:  # noqa: ANN401
        """The word, if it is known."""
        known = list(self.known())
        word = str(value)
        if word not in known:
            near = get_close_matches(word, known, n=1, cutoff=0.5)
            hint = f"did you mean {near[0]!r}?" if near else f"known are {', '.join(known)}"
            self.fail(f"unknown {self.name} {word!r}; {hint}", param, ctx)
        return word


class Words(Word):
    """Several of them, with commas between."""

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        """What stands for the words in --help."""
        one = super().get_metavar(param, ctx)
        return f"{one}[,{one}]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:  # noqa: ANN401
        """The words, if all are known."""
        if isinstance(value, tuple):
            return value
        words = [word.strip() for word in str(value).split(",") if word.strip()]
        if not words:
            self.fail(f"name at least one {self.name}", param, ctx)
        return tuple(super(Words, self).convert(word, param, ctx) for word in words)


def _codemods() -> tuple[str, ...]:
    from codemods import mods  # noqa: PLC0415 (it is not needed for --help)

    return mods.names()


KIND = Words("kind", lambda: KINDS)
CODEMOD = Words("codemod", _codemods)
IMPACT = Word("impact", lambda: IMPACTS)
PREFER = Word("preference", lambda: ("threads", "async"))

_WISHED = (
    click.option("--unsafe", is_flag=True, help="Make the fixes too that a person should look at."),
    click.option("--select", type=KIND, multiple=True, help="Only these kinds of blocking work."),
    click.option("--ignore", type=KIND, multiple=True, help="All kinds but these."),
    click.option("--codemod", type=CODEMOD, multiple=True, help="Only these rewrites; named ones come first."),
    click.option("--prefer", type=PREFER, help="Free the loop by threads (default), or by async libraries first."),
    click.option("--impact", type=IMPACT, help="The least impact to show (default: medium)."),
    click.option("--exclude", multiple=True, metavar="GLOB", help="Files to leave out, as in a .gitignore."),
)
_COMMON = (
    click.argument("paths", nargs=-1, type=click.Path()),
    *_WISHED,
    click.option("--jobs", type=click.IntRange(min=1), help="Processes that read files (default: one a processor)."),
    click.option("--no-cache", is_flag=True, help="Read every file anew."),
    click.option("--config", type=click.Path(dir_okay=False), help="Settings to use instead of pyproject.toml's."),
    click.option("--exit-zero", is_flag=True, help="Exit with 0 even when something was found."),
    click.option("-q", "--quiet", is_flag=True, help="No summary."),
    click.option("-v", "--verbose", is_flag=True, help="List the calls that could not be resolved."),
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Wished:
    """What is asked for on top of any project's settings, as it was given."""

    unsafe: bool = False
    select: tuple[tuple[str, ...], ...] = ()
    ignore: tuple[tuple[str, ...], ...] = ()
    codemod: tuple[tuple[str, ...], ...] = ()
    prefer: str | None = None
    impact: str | None = None
    exclude: tuple[str, ...] = ()

    def wishes(self) -> Wishes:
        """The same for the engine."""
        from codemods.config import Wishes  # noqa: PLC0415 (it is not needed for --help)

        select, ignore, codemods = map(_flat, (self.select, self.ignore, self.codemod))
        wishes = Wishes(self.unsafe, select, ignore, codemods, self.prefer or "", self.impact or "", self.exclude)
        try:
            wishes.check(_codemods())
        except ValueError as error:
            raise click.BadParameter(str(error), param_hint="--exclude") from None
        return wishes


@dataclass(frozen=True, slots=True, kw_only=True)
class Common(Wished):
    """The shared options as they were given."""

    paths: tuple[str, ...]
    jobs: int | None = None
    no_cache: bool = False
    config: str | None = None
    exit_zero: bool = False
    quiet: bool = False
    verbose: bool = False

    def request(self, progress: Callable[[int, int], None] | None = None) -> Request:
        """What the engine is to do."""
        from codemods.engine import Request  # noqa: PLC0415 (it is not needed for --help)

        return Request(self.paths or (".",), self.settings(), self.jobs or 0, not self.no_cache, progress=progress)

    def settings(self) -> Settings:
        """The project's settings with the command line's on top."""
        from codemods import mods  # noqa: PLC0415 (it is not needed for --help)
        from codemods.config import ConfigError, settings_of  # noqa: PLC0415

        config = Path(self.config) if self.config else None
        try:
            return settings_of(self.paths or (".",), config, self.wishes(), mods.names())
        except ConfigError as error:
            raise wrong(error) from None


def wrong(error: ConfigError) -> click.UsageError:
    """Settings that cannot be used, as the command line says it."""
    place = f"{relative(error.path)}{f':{error.line}' if error.line else ''}"
    return click.UsageError(f"{place}: {error.message}")


def _taking(
    options: Sequence[Callable[..., Any]], kind: type[Wished]
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Give a command some options, as one argument."""

    def decorated(command: Callable[..., None]) -> Callable[..., None]:
        def called(**given: Any) -> None:  # noqa: ANN401
            together = kind(**{each.name: given.pop(each.name) for each in fields(kind)})
            command(together, **given)

        called.__doc__ = command.__doc__
        wrapped = called
        # click collects options from the last decorator to the first.
        wrapped.__click_params__ = list(getattr(command, "__click_params__", []))  # type: ignore[attr-defined]
        for option in reversed(options):
            wrapped = option(wrapped)
        return wrapped

    return decorated


wished = _taking(_WISHED, Wished)
common = _taking(_COMMON, Common)


def _flat(groups: tuple[tuple[str, ...], ...]) -> tuple[str, ...]:
    return tuple(word for group in groups for word in group)


def relative(path: Path) -> str:
    """A path as it is shown."""
    from codemods.review.plain import shown_path  # noqa: PLC0415 (it is not needed for --help)

    return shown_path(Path(os.path.relpath(path)).as_posix())
