"""A requirement that a manifest has already, made to say that it needs a later version or an extra."""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from codemods.manifests.edit import patterns
from codemods.manifests.read import UnreadableManifestError, normal, parsed
from codemods.manifests.versions import raised

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.manifests.read import Manifest

_REST = re.compile(r"(?P<extras>\s*\[[^\]]*\])?(?P<gap>\s*)(?P<spec>[^;#@\\\[\]]*?)(?P<tail>\s*(?:[;#].*)?)", re.DOTALL)
_VALUE = re.compile(r"""(?P<head>\s*=\s*)(?P<quote>["'])(?P<spec>[^"'\n]*)(?P=quote)(?P<tail>\s*(?:#.*)?)""")
_TABLE = re.compile(r"(?P<head>\s*=\s*\{)(?P<inside>[^{}\n]*)(?P<tail>\}.*)")
_IN_TABLE = re.compile(r"""(?P<head>\bversion\s*=\s*(?P<quote>["']))(?P<spec>[^"']*)(?P<tail>(?P=quote))""")
_EXTRAS = re.compile(r"(?P<head>\bextras\s*=\s*\[)(?P<inside>[^\]]*)(?P<tail>\])")


@dataclass(frozen=True, slots=True, order=True)
class Needed:
    """What rewritten code needs of a distribution."""

    name: str
    version: str
    """The first one that will do."""
    extra: str = ""

    def __str__(self) -> str:
        """As a requirement says it."""
        return f"{self.name}{f'[{self.extra}]' if self.extra else ''}>={self.version}"


def raised_in(file: str, text: str, needed: Needed) -> tuple[str, bool]:
    """A manifest's text with a requirement that will do wherever it has one, and whether all of them do now."""
    manifest = _read(file, text)
    stuck: set[tuple[int, int]] = set()
    while manifest is not None:
        lacking = [each for each in _falling_short(manifest, needed) if each[0] not in stuck]
        if not lacking or manifest.compiled:
            return text, not lacking and not stuck
        place, extras, spec = lacking[0]
        made = (new for new in _candidates(file, text, needed, extras, spec) if _only(file, text, new, place, needed))
        new = next(made, None)
        if new is None:
            stuck.add(place)
        else:
            text, manifest = new, _read(file, new)
    return text, True


def _falling_short(manifest: Manifest, needed: Needed) -> Iterator[tuple[tuple[int, int], tuple[str, ...], str]]:
    """The requirements that let in too little: where they stand, and what they say."""
    for number, group in enumerate(manifest.groups):
        for place, (name, value) in enumerate(zip(group.needs, group.values, strict=True)):
            if name == needed.name:
                extras, spec = _said(value)
                if not _will_do(extras, spec, needed):
                    yield (number, place), extras, spec or ""


def _said(value: Any) -> tuple[tuple[str, ...], str | None]:  # noqa: ANN401 (whatever stands in the TOML)
    """The extras and the versions of a requirement; no versions where it is of another kind."""
    if isinstance(value, dict):
        extras = value.get("extras", [])
        version = value.get("version")
        return tuple(map(normal, extras)) if isinstance(extras, list) else (), version
    match = re.match(r"\s*[A-Za-z0-9][A-Za-z0-9._-]*", value) if value[:1] != "=" else re.match(r"=", value)
    rest = _REST.fullmatch(value[match.end() :]) if match else None
    if rest is None:
        return (), None
    inside = (rest["extras"] or "").strip(" \t[]")
    return tuple(normal(each.strip()) for each in inside.split(",") if each.strip()), rest["spec"].strip(" ()")


def _will_do(extras: tuple[str, ...], spec: str | None, needed: Needed) -> bool:
    enough = spec is not None and raised(spec, needed.version) == spec
    return enough and (not needed.extra or needed.extra in extras)


def _only(file: str, old: str, new: str, place: tuple[int, int], needed: Needed) -> bool:
    """Whether a text differs from another in one requirement alone, which will do."""
    before, after = _read(file, old), _read(file, new)
    if before is None or after is None or before.groups != after.groups:
        return False
    for number, (one, other) in enumerate(zip(before.groups, after.groups, strict=True)):
        for at, (was, value) in enumerate(zip(one.values, other.values, strict=True)):
            if (number, at) == place:
                if not _will_do(*_said(value), needed):
                    return False
            elif was != value:
                return False
    return True


def _read(file: str, text: str) -> Manifest | None:
    try:
        return parsed(file, text)
    except UnreadableManifestError:
        return None


def _candidates(file: str, text: str, needed: Needed, extras: tuple[str, ...], spec: str) -> Iterator[str]:
    """The text with another one of its requirements changed each time."""
    version = raised(spec, needed.version)
    if version is None:
        return
    extra = needed.extra if needed.extra not in extras else ""
    for pattern in patterns(file):
        for match in pattern.finditer(text):
            if normal(match["name"]) != needed.name or "--" in match["rest"]:
                continue
            for written in (_as_text, _as_value, _as_table):
                rest = written(match["rest"], spec, version, extra)
                if rest is not None:
                    yield f"{text[: match.start('rest')]}{rest}{text[match.end('rest') :]}"


def _as_text(rest: str, spec: str, version: str, extra: str) -> str | None:
    """`pymongo[srv]>=4 ; marker  # comment`."""
    found = _REST.fullmatch(rest)
    if found is None or found["spec"].strip(" ()") != spec:
        return None
    extras = found["extras"] or ""
    if extra:
        extras = f"{extras.rstrip().removesuffix(']')},{extra}]" if extras else f"[{extra}]"
    made = found["spec"].replace(spec, version) if spec else version
    return f"{extras}{found['gap']}{made}{found['tail']}"


def _as_value(rest: str, spec: str, version: str, extra: str) -> str | None:
    """`pymongo = "^4.3"`."""
    found = _VALUE.fullmatch(rest)
    if found is None or found["spec"].strip() != spec:
        return None
    text = f"{found['quote']}{version}{found['quote']}"
    value = f"{{ version = {text}, extras = [{found['quote']}{extra}{found['quote']}] }}" if extra else text
    return f"{found['head']}{value}{found['tail']}"


def _as_table(rest: str, spec: str, version: str, extra: str) -> str | None:
    """`pymongo = { version = "^4.3", extras = ["srv"] }`."""
    found = _TABLE.fullmatch(rest)
    said = _IN_TABLE.search(found["inside"]) if found is not None else None
    if found is None or said is None or said["spec"].strip() != spec:
        return None
    made = f"{said['head']}{version}{said['tail']}"
    inside = f"{found['inside'][: said.start()]}{made}{found['inside'][said.end() :]}"
    listed = _EXTRAS.search(inside)
    quoted = f"{said['quote']}{extra}{said['quote']}"
    if extra and listed is not None:
        between = ", " if listed["inside"].strip() else ""
        inside = f"{inside[: listed.end('inside')]}{between}{quoted}{inside[listed.end('inside') :]}"
    elif extra:
        end = len(inside.rstrip())
        inside = f"{inside[:end]}, extras = [{quoted}]{inside[end:]}"
    return f"{found['head']}{inside}{found['tail']}"
