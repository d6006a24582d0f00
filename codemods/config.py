"""`[tool.offloop]` as frozen settings, with errors that name the line and the nearest known word."""

from __future__ import annotations

import difflib
import os
import re
import tomllib
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codemods.model import IMPACTS, KINDS
from codemods.source import Exclude, read_bytes, root_of

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable

__all__ = [
    "ConfigError",
    "Exclude",
    "Settings",
    "Text",
    "Wishes",
    "load",
    "nearest",
    "read_table",
    "settings_of",
    "unknown",
    "with_table",
]

_CHOICES = {
    "impact": IMPACTS,
    "offload": ("auto", "asyncio", "anyio", "starlette"),
    "http-client": ("auto", "httpx", "httpx2"),
    "prefer": ("threads", "async"),
}
_NAME = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)*")


@dataclass(frozen=True, slots=True)
class Settings:
    """What a project, or the command line, asks for."""

    exclude: tuple[Exclude, ...] = ()
    select: frozenset[str] = frozenset(KINDS)
    ignore: frozenset[str] = frozenset()
    impact: str = "medium"
    unsafe: frozenset[str] = frozenset()
    """The codemods whose unsafe fixes are made too."""
    codemods: tuple[str, ...] = ()
    """The only codemods to use, first ones first; empty for all."""
    offload: str = "auto"
    http_client: str = "auto"
    prefer: str = "threads"
    per_file_ignores: tuple[tuple[Exclude, frozenset[str]], ...] = ()
    blocking: tuple[tuple[str, str], ...] = ()
    not_blocking: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Wishes:
    """What the command line, or a script, asks for on top of a project's settings."""

    unsafe: bool = False
    """Whether the unsafe fixes of all codemods are made."""
    select: tuple[str, ...] = ()
    ignore: tuple[str, ...] = ()
    codemods: tuple[str, ...] = ()
    prefer: str = ""
    impact: str = ""
    exclude: tuple[str, ...] = ()
    """Gitignore patterns."""

    def check(self, known_codemods: Collection[str]) -> None:
        """A word that nobody knows, or a pattern that is none, raises ValueError."""
        given = (
            ("kind", (*self.select, *self.ignore), KINDS),
            ("codemod", self.codemods, known_codemods),
            ("preference", filter(None, [self.prefer]), _CHOICES["prefer"]),
            ("impact", filter(None, [self.impact]), _CHOICES["impact"]),
        )
        for what, words, known in given:
            for word in words:
                if word not in known:
                    raise ValueError(unknown(what, word, known))
        Exclude(self.exclude, Path.cwd()).matches(Path.cwd() / "any")

    def over(self, settings: Settings, base: Path, known_codemods: Collection[str]) -> Settings:
        """The settings with these on top; patterns are relative to a folder."""
        if self.select:
            # Asking for a kind by name outweighs a project that ignores it.
            select = frozenset(self.select)
            settings = replace(settings, select=select, ignore=settings.ignore - select)
        if self.exclude:
            settings = replace(settings, exclude=(*settings.exclude, Exclude(self.exclude, base)))
        return replace(
            settings,
            ignore=settings.ignore | set(self.ignore),
            codemods=tuple(dict.fromkeys(self.codemods)) or settings.codemods,
            prefer=self.prefer or settings.prefer,
            impact=self.impact or settings.impact,
            unsafe=frozenset(known_codemods) if self.unsafe else settings.unsafe,
        )


class ConfigError(Exception):
    """Settings that cannot be used; `line` is 0 where no line is to blame."""

    def __init__(self, path: Path, line: int, message: str) -> None:
        super().__init__(f"{path}:{line}: {message}" if line else f"{path}: {message}")
        self.path = path
        self.line = line
        self.message = message


def settings_of(paths: Iterable[str], config: Path | None, wishes: Wishes, known_codemods: Collection[str]) -> Settings:
    """The settings of the project that some paths are in, with wishes on top."""
    # No symlinks are resolved: it is the nearest folder that holds all paths as they are named.
    common = Path(os.path.commonpath([os.path.abspath(path) for path in paths]))  # noqa: PTH100
    settings = load(common if common.is_dir() else common.parent, config, known_codemods)
    return wishes.over(settings, Path.cwd(), known_codemods)


def load(start: Path, config: Path | None, known_codemods: Collection[str]) -> Settings:
    """The settings for a folder: from the file given, or the nearest pyproject.toml above with a table for offloop."""
    if config is not None:
        table, text = read_table(config)
        inside = table.get("tool", {}).get("offloop") if isinstance(table.get("tool"), dict) else None
        return with_table(Settings(), table if inside is None else inside, Text(config, text), known_codemods)
    top = root_of(start)
    for folder in (start, *start.parents):
        file = folder / "pyproject.toml"
        if file.is_file():
            table, text = read_table(file)
            tool = table.get("tool")
            if isinstance(tool, dict) and "offloop" in tool:
                return with_table(Settings(), tool["offloop"], Text(file, text), known_codemods)
        if folder == top:
            break
    return Settings()


def with_table(settings: Settings, table: object, text: Text, known_codemods: Collection[str]) -> Settings:
    """Settings with those of a table on top, which some text gives."""
    return _Reader(text, known_codemods).settings(settings, table)


def unknown(what: str, word: str, known: Iterable[str]) -> str:
    """What is said of a word that nobody knows: the nearest known one."""
    known = list(known)
    near = nearest(word, known)
    hint = f"did you mean {near!r}?" if near else f"known are {', '.join(known)}"
    return f"unknown {what} {word!r}; {hint}"


def nearest(word: str, known: Iterable[str]) -> str | None:
    """The known word that someone most likely meant."""
    return next(iter(difflib.get_close_matches(word, list(known), n=1, cutoff=0.5)), None)


def read_table(file: Path) -> tuple[dict[str, Any], str]:
    """What a TOML file holds, and its text."""
    try:
        text = read_bytes(file).decode("utf-8-sig")
        return tomllib.loads(text), text
    except OSError as error:
        raise ConfigError(file, 0, f"cannot be read: {error.strerror or error}") from error
    except UnicodeDecodeError as error:
        raise ConfigError(file, 0, "is not UTF-8, as TOML must be") from error
    except tomllib.TOMLDecodeError as error:
        place = re.search(r"\(at line (\d+)", str(error))
        raise ConfigError(file, int(place.group(1)) if place else 0, f"is not valid TOML: {error}") from error


@dataclass(frozen=True, slots=True)
class Text:
    """A file of settings; its patterns are relative to its folder, or to another one."""

    file: Path
    text: str
    base: Path | None = None

    def error(self, word: str, message: str) -> ConfigError:
        """An error at the line that a word stands in."""
        match = re.search(rf"^.*(?<![\w-]){re.escape(word)}(?![\w-]).*$", self.text, re.MULTILINE)
        return ConfigError(self.file, self.text[: match.start()].count("\n") + 1 if match else 0, message)

    def unknown(self, key: str, what: str, word: str, known: Iterable[str]) -> ConfigError:
        """An error that suggests the nearest known word."""
        return self.error(word if word in self.text else key, unknown(what, word, known))


class _Reader:
    def __init__(self, text: Text, codemods: Collection[str]) -> None:
        self.codemods = codemods
        self.base = text.base or text.file.absolute().parent
        self.error = text.error
        self.unknown = text.unknown

    def settings(self, settings: Settings, table: object) -> Settings:
        """The whole table."""
        if not isinstance(table, dict):
            raise self.error("offloop", "[tool.offloop] must be a table")
        for key, value in table.items():
            reader = _KEYS.get(key)
            if reader is None:
                raise self.unknown(key, "key", key, _KEYS)
            settings = reader(self, settings, key, value)
        return settings

    def strings(self, key: str, value: object) -> list[str]:
        """A list of strings."""
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            raise self.error(key, f"{key!r} must be a list of strings")
        return list(value)

    def members(self, key: str, value: object, what: str, known: Collection[str]) -> frozenset[str]:
        """A list of known words."""
        words = self.strings(key, value)
        for word in words:
            if word not in known:
                raise self.unknown(key, what, word, known)
        return frozenset(words)

    def table(self, key: str, value: object) -> dict[str, Any]:
        """A table."""
        if not isinstance(value, dict):
            raise self.error(key, f"{key!r} must be a table")
        return value

    def patterns(self, key: str, patterns: Iterable[str]) -> Exclude:
        """Gitignore patterns relative to this file."""
        found = Exclude(tuple(patterns), self.base)
        try:
            found.matches(self.base / "any")
        except ValueError as error:
            raise self.error(key, f"{key!r} holds a pattern that is not valid: {error}") from error
        return found

    def exclude(self, settings: Settings, key: str, value: object) -> Settings:
        """`exclude`."""
        return replace(settings, exclude=(self.patterns(key, self.strings(key, value)),))

    def select(self, settings: Settings, key: str, value: object) -> Settings:
        """`select`."""
        return replace(settings, select=self.members(key, value, "kind", KINDS))

    def ignore(self, settings: Settings, key: str, value: object) -> Settings:
        """`ignore`."""
        return replace(settings, ignore=self.members(key, value, "kind", KINDS))

    def unsafe(self, settings: Settings, key: str, value: object) -> Settings:
        """`unsafe`."""
        return replace(settings, unsafe=self.members(key, value, "codemod", self.codemods))

    def choice(self, settings: Settings, key: str, value: object) -> Settings:
        """A key with a few possible words."""
        if not isinstance(value, str):
            raise self.error(key, f"{key!r} must be one of {', '.join(_CHOICES[key])}")
        if value not in _CHOICES[key]:
            raise self.unknown(key, key, value, _CHOICES[key])
        match key:
            case "impact":
                return replace(settings, impact=value)
            case "offload":
                return replace(settings, offload=value)
            case "prefer":
                return replace(settings, prefer=value)
        return replace(settings, http_client=value)

    def per_file(self, settings: Settings, key: str, value: object) -> Settings:
        """`per-file-ignores`."""
        pairs = [
            (self.patterns(key, [pattern]), self.members(key, kinds, "kind", KINDS))
            for pattern, kinds in self.table(key, value).items()
        ]
        return replace(settings, per_file_ignores=tuple(pairs))

    def blocking(self, settings: Settings, key: str, value: object) -> Settings:
        """`blocking`."""
        pairs = []
        for name, kind in self.table(key, value).items():
            self.qualified(key, name)
            if not isinstance(kind, str):
                raise self.error(name, f"{name!r} must be given a kind: one of {', '.join(KINDS)}")
            if kind not in KINDS:
                raise self.unknown(key, "kind", kind, KINDS)
            pairs.append((name, kind))
        return replace(settings, blocking=tuple(pairs))

    def not_blocking(self, settings: Settings, key: str, value: object) -> Settings:
        """`not-blocking`."""
        names = self.strings(key, value)
        for name in names:
            self.qualified(key, name.removesuffix("*").removesuffix("."))
        return replace(settings, not_blocking=tuple(names))

    def qualified(self, key: str, name: str) -> None:
        """Check that a name is a dotted one."""
        if not _NAME.fullmatch(name):
            raise self.error(key, f"{name!r} is not a qualified name such as 'app.nlp.run_model'")


_KEYS: dict[str, Callable[[_Reader, Settings, str, object], Settings]] = {
    "blocking": _Reader.blocking,
    "exclude": _Reader.exclude,
    "http-client": _Reader.choice,
    "ignore": _Reader.ignore,
    "impact": _Reader.choice,
    "not-blocking": _Reader.not_blocking,
    "offload": _Reader.choice,
    "per-file-ignores": _Reader.per_file,
    "prefer": _Reader.choice,
    "select": _Reader.select,
    "unsafe": _Reader.unsafe,
}
