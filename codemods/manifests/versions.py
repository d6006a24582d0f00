"""Which versions a requirement lets in, as far as it takes to see that none of them is too old."""

from __future__ import annotations

import re
from itertools import zip_longest

_PART = re.compile(
    r"(?P<before>\s*)(?P<sign>===|==|~=|!=|<=|>=|<|>|\^|~|=|)(?P<gap>\s*)(?P<version>[^\s,]*)(?P<after>\s*)"
)
_RELEASE = re.compile(r"v?\d+(\.\d+)*")

Version = tuple[int, ...]


def raised(spec: str, bound: str) -> str | None:
    """A version specifier that lets in nothing below a version; nothing where that takes more than another number."""
    if spec.strip() in {"", "*"}:
        return f">={bound}"
    parts = [_PART.fullmatch(part) for part in spec.split(",")]
    wanted = _version(bound)
    made: list[str] = []
    low = False
    for part in parts:
        version = _version(part["version"]) if part is not None else None
        if part is None or version is None or wanted is None:
            return None
        text = _low_enough(part, version, wanted, bound)
        if text is None:
            return None
        low |= part["sign"] not in {"<", "<=", "!="}
        made.append(text)
    return ",".join(made) if low else f">={bound},{spec.strip()}"


def _low_enough(part: re.Match[str], version: Version, wanted: Version, bound: str) -> str | None:
    """One condition of a specifier, with another number where it lets in what is too old."""
    enough = _compared(version, wanted) >= 0
    match part["sign"]:
        case "!=":
            return part[0]
        case "<" | "<=":
            over = _compared(version, wanted)
            return part[0] if over > 0 or (over == 0 and part["sign"] == "<=") else None
        case ">=" | ">":
            return part[0] if enough else f"{part['before']}>={part['gap']}{bound}{part['after']}"
        case "^" if not enough:
            # Up to the next version of the first number that is not 0.
            fits = version[0] == wanted[0] > 0
            return f"{part['before']}^{part['gap']}{bound}{part['after']}" if fits else None
        case "~=" if not enough:
            # Up to the next version of all numbers but the last.
            fits = len(version) == len(wanted) > 1 and version[:-1] == wanted[:-1]
            return f"{part['before']}~={part['gap']}{bound}{part['after']}" if fits else None
    return part[0] if enough else None


def _version(text: str) -> Version | None:
    return tuple(map(int, text.removeprefix("v").split("."))) if _RELEASE.fullmatch(text) else None


def _compared(one: Version, other: Version) -> int:
    for left, right in zip_longest(one, other, fillvalue=0):
        if left != right:
            return 1 if left > right else -1
    return 0
