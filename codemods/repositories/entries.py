"""Which repositories a bulk run is about: from manifests, and from folders and URLs that are named themselves."""

from __future__ import annotations

import os
import re
import shlex
import unicodedata
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import TYPE_CHECKING, Any

from codemods.config import ConfigError, Settings, Text, nearest, read_table, with_table
from codemods.source import is_url, read_bytes, root_of

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Mapping

_KEYS = ("path", "url", "ref", "folder", "name", "settings")
_WORDS = ("ref", "folder", "name")
_NOT_IN_NAMES = re.compile(r'[\\/:*?"<>|\s]+')
_LONGEST = 80


@dataclass(frozen=True, slots=True)
class Entry:
    """One repository."""

    where: str
    """Its folder, absolute, or its URL."""
    ref: str = ""
    folder: str = ""
    """The part of it that is looked at."""
    name: str = ""
    """What it is called in this run; each has a name of its own."""
    settings: dict[str, Any] = field(default_factory=dict)
    """What the manifest sets, as in `[tool.offloop]`."""
    notes: tuple[str, ...] = ()

    @property
    def target(self) -> tuple[str, str, str]:
        """What it is, whatever it is called."""
        return self.where, self.ref, self.folder


def read(arguments: Iterable[str], known_codemods: Collection[str]) -> tuple[Entry, ...]:
    """All repositories that arguments stand for, each under a name of its own."""
    found: list[Entry] = []
    for argument in arguments:
        file = Path(argument)
        if is_url(argument) or not file.is_file():
            found.append(_placed(Entry(argument), Path.cwd()))
        elif file.suffix == ".toml":
            found += _tables(file, known_codemods)
        else:
            found += _lines(file)
    return tuple(_named(found))


def _tables(file: Path, known_codemods: Collection[str]) -> Iterator[Entry]:
    """A manifest in TOML: `[[repository]]` with a path or a URL, and `[settings]` for all."""
    table, text = read_table(file)
    source = Text(file, text)
    for key in table:
        if key not in {"repository", "settings"}:
            raise source.unknown(key, "key", key, ("repository", "settings"))
    shared = _settings(table.get("settings", {}), source, known_codemods)
    rows = table.get("repository")
    if not isinstance(rows, list) or not rows or not all(isinstance(row, dict) for row in rows):
        raise ConfigError(file, 0, "names no repository; add [[repository]] with a path or a url")
    for row in rows:
        for key, value in row.items():
            if key not in _KEYS:
                raise source.unknown(key, "key", key, _KEYS)
            if key != "settings" and (not isinstance(value, str) or not value):
                raise source.error(key, f"{key!r} must be a string")
        if ("path" in row) == ("url" in row):
            raise source.error(str(row.get("name", "repository")), "a repository has either a path or a url")
        if "url" in row and not is_url(row["url"]):
            raise source.error(row["url"], f"{row['url']!r} is not a URL that git knows; is it a path?")
        own = _settings(row.get("settings", {}), source, known_codemods)
        words = {key: row[key] for key in _WORDS if key in row}
        yield _placed(Entry(row.get("path") or row["url"], **words, settings=shared | own), file.absolute().parent)


def _settings(table: object, source: Text, known_codemods: Collection[str]) -> dict[str, Any]:
    with_table(Settings(), table, source, known_codemods)
    return dict(table) if isinstance(table, dict) else {}


def _lines(file: Path) -> Iterator[Entry]:
    """A manifest of lines: a path or a URL, and `ref=`, `folder=` or `name=` after it."""
    try:
        lines = read_bytes(file).decode("utf-8-sig").splitlines()
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(file, 0, f"cannot be read: {error}") from None
    empty = True
    for number, line in enumerate(lines, 1):
        try:
            words = shlex.split(line, comments=True)
        except ValueError as error:
            raise ConfigError(file, number, f"is not a line of words: {error}") from None
        if not words:
            continue
        pairs: dict[str, Any] = dict(word.partition("=")[::2] for word in words[1:])
        for key, value in pairs.items():
            if key not in _WORDS or not value:
                near = nearest(key, _WORDS)
                hint = f"did you mean {near}=?" if near and near != key else "known are ref=, folder= and name="
                raise ConfigError(file, number, f"{key!r} says nothing here; {hint}")
        empty = False
        yield _placed(Entry(words[0], **pairs), file.absolute().parent)
    if empty:
        raise ConfigError(file, 0, "names no repository; add a line with a path or a URL")


def _placed(entry: Entry, base: Path) -> Entry:
    """An entry with the top of its repository as its place, and the rest of the path as its folder."""
    folder = "/".join(part for part in entry.folder.replace(os.sep, "/").split("/") if part not in {"", "."})
    if is_url(entry.where):
        return replace(entry, folder=folder)
    place = Path(os.path.abspath(base / Path(entry.where).expanduser()))  # noqa: PTH100 (no symlinks resolved)
    top = root_of(place) if place.is_dir() else None
    if top is not None and not top.samefile(place):
        inside = place.resolve().relative_to(top.resolve()).as_posix()
        place, folder = top, f"{inside}/{folder}".rstrip("/")
    return replace(entry, where=os.fspath(place), folder=folder)


def _named(entries: Iterable[Entry]) -> Iterator[Entry]:
    taken: set[str] = set()
    for entry in entries:
        wanted = _name(entry)
        name, number = wanted, 1
        # Some file systems take two names for one.
        while unicodedata.normalize("NFC", name).casefold() in taken:
            number += 1
            name = f"{wanted}-{number}"
        taken.add(unicodedata.normalize("NFC", name).casefold())
        more = (f"another repository is called {wanted}, so this one is called {name}",) if name != wanted else ()
        yield replace(entry, name=name, notes=(*entry.notes, *more))


def _name(entry: Entry) -> str:
    """What an entry is called, as far as that can be the name of a folder."""
    last = re.split(r"[/:\\]", entry.where.rstrip("/").removesuffix(".git"))[-1]
    wanted = entry.name or "-".join(filter(None, [last, entry.folder.replace("/", "-")]))
    printable = "".join(char if char.isprintable() else "-" for char in wanted)
    short = _NOT_IN_NAMES.sub("-", printable).strip(". -").encode("utf-8", "replace")[:_LONGEST]
    return short.decode("utf-8", "ignore") or "repository"


def branches(entries: Iterable[Entry], branch: str) -> Mapping[str, str]:
    """The branch of each entry: those of one repository cannot have the same."""
    by_place: dict[str, list[Entry]] = {}
    for entry in entries:
        by_place.setdefault(entry.where, []).append(entry)
    return {
        entry.name: branch if len(group) == 1 or not branch else f"{branch}-{entry.name}"
        for group in by_place.values()
        for entry in group
    }
