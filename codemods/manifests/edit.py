"""A name put into a manifest beside the one that it replaces, and one taken out; every other byte stays.

The text is edited as text, and then read again: where it does not say what it is to say, nothing is changed.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from codemods.manifests.read import Manifest, UnreadableManifestError, normal, parsed

if TYPE_CHECKING:
    from collections.abc import Iterator

_QUOTED = re.compile(
    r"""(?P<quote>["'])(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<rest>(?:(?!(?P=quote))[^\n])*)(?P=quote)"""
)
_KEY = re.compile(r"""^(?P<quote>["']?)(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P=quote)(?P<rest>\s*=.*)$""", re.MULTILINE)
_LINE = re.compile(r"^(?P<quote>[ \t]*)(?P<name>[A-Za-z0-9][A-Za-z0-9._-]*)(?P<rest>[^\n]*)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Replacing:
    """A library that rewritten files need in place of another one, or beside it."""

    old: str
    new: str
    bound: str
    """The versions that will do, as a requirement says it."""


def added(file: str, text: str, beside: str, name: str, bound: str) -> str | None:
    """The text with a new requirement in every group of those who run the project that has another one."""
    before = parsed(file, text)
    if before is None or before.compiled:
        return None
    missing = [group.name for group in before.groups if _lacks(before, group.name, beside, name)]
    for group in missing:
        made = next(
            (new for new in _insertions(file, text, beside, name, bound) if _only(file, text, new, group, name)), None
        )
        if made is None:
            return None
        text = made
    return text if missing else None


def removed(file: str, text: str, name: str) -> str | None:
    """The text without a requirement."""
    before = parsed(file, text)
    if before is None or before.compiled or name not in before.all():
        return None
    while True:
        manifest = parsed(file, text)
        if manifest is None or name not in manifest.all():
            return text
        made = next((new for new in _removals(file, text, name) if _gone(file, text, new, name)), None)
        if made is None:
            return None
        text = made


def _lacks(manifest: Manifest, group: str, beside: str, name: str) -> bool:
    found = next(each for each in manifest.groups if each.name == group)
    return found.runtime and beside in found.needs and name not in found.needs


def _only(file: str, old: str, new: str, group: str, name: str) -> bool:
    """Whether a text differs from another in one name of one group."""
    before, after = _read(file, old), _read(file, new)
    if before is None or after is None or len(before.groups) != len(after.groups):
        return False
    for one, other in zip(before.groups, after.groups, strict=True):
        extra = [name] if one.name == group else []
        if sorted([*one.needs, *extra]) != sorted(other.needs):
            return False
    return True


def _gone(file: str, old: str, new: str, name: str) -> bool:
    before, after = _read(file, old), _read(file, new)
    if before is None or after is None:
        return False
    left = [replace(group, needs=tuple(each for each in group.needs if each != name)) for group in before.groups]
    others = [replace(group, needs=tuple(each for each in group.needs if each != name)) for group in after.groups]
    count = sum(group.needs.count(name) for group in before.groups)
    return left == others and sum(group.needs.count(name) for group in after.groups) < count


def _read(file: str, text: str) -> Manifest | None:
    try:
        return parsed(file, text)
    except UnreadableManifestError:
        return None


def patterns(file: str) -> tuple[re.Pattern[str], ...]:
    """How requirements stand in a manifest."""
    if file == "pyproject.toml":
        return _QUOTED, _KEY
    return (_KEY,) if file in {"Pipfile", "pixi.toml"} else (_LINE,)


def _insertions(file: str, text: str, beside: str, name: str, bound: str) -> Iterator[str]:
    """Ways to put a requirement in: above the first of those around it that comes later, where they are in order."""
    for pattern in patterns(file):
        found = list(pattern.finditer(text))
        for place, match in enumerate(found):
            if normal(match["name"]) != beside:
                continue
            anchor = match
            for earlier in reversed(found[:place]):
                between = text[earlier.end() : anchor.start()]
                if normal(earlier["name"]) < name or not _neighbours(between):
                    break
                anchor = earlier
            ordered = _in_order(found[:place], match, text)
            yield _inserted(text, anchor if ordered else match, (name, bound))


def _neighbours(between: str) -> bool:
    """Whether nothing but commas, blanks and line ends stands between two requirements."""
    return not between.strip(" \t\r\n,")


def _in_order(earlier: list[re.Match[str]], match: re.Match[str], text: str) -> bool:
    names = [normal(match["name"])]
    following = match
    for each in reversed(earlier):
        if not _neighbours(text[each.end() : following.start()]):
            break
        names.insert(0, normal(each["name"]))
        following = each
    return names == sorted(names)


def _inserted(text: str, anchor: re.Match[str], requirement: tuple[str, str]) -> str:
    """The text with a requirement above another one, or before it in its line."""
    pattern, whole = anchor.re, "".join(requirement)
    start = text.rfind("\n", 0, anchor.start()) + 1
    before = text[start : anchor.start()]
    newline = "\r\n" if "\r\n" in text else "\n"
    if pattern is _KEY:
        return f'{text[:start]}{requirement[0]} = "{requirement[1]}"{newline}{text[start:]}'
    if pattern is _LINE:
        return f"{text[:start]}{anchor['quote']}{whole}{newline}{text[start:]}"
    quoted = f"{anchor['quote']}{whole}{anchor['quote']},"
    if not before.strip():
        return f"{text[:start]}{before}{quoted}{newline}{text[start:]}"
    return f"{text[: anchor.start()]}{quoted} {text[anchor.start() :]}"


def _removals(file: str, text: str, name: str) -> Iterator[str]:
    """Ways to take a requirement out: its line, or itself with the comma after it."""
    for pattern in patterns(file):
        for match in pattern.finditer(text):
            if normal(match["name"]) != name:
                continue
            start = text.rfind("\n", 0, match.start()) + 1
            end = text.find("\n", match.end())
            end = len(text) if end < 0 else end + 1
            alone = not text[start : match.start()].strip() and not text[match.end() : end].strip(" \t\r\n,")
            if alone and "#" not in text[start:end]:
                yield text[:start] + text[end:]
            elif not alone:
                comma = re.compile(r"\s*,[ \t]*").match(text, match.end())
                if comma:
                    yield text[: match.start()] + text[comma.end() :]
                before = re.compile(r",\s*$").search(text[: match.start()])
                if before:
                    yield text[: before.start()] + text[match.end() :]
