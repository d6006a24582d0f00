"""Figures as text."""

from __future__ import annotations

import math
import os
import platform
import statistics
from importlib.metadata import version
from typing import NamedTuple

PACKAGES = ("fastapi", "starlette", "anyio", "uvicorn", "sqlalchemy", "requests", "httpx2", "offloop")


class Measured(NamedTuple):
    """What one endpoint did under one load. Times are in seconds; what went wrong is counted."""

    rate: float
    p50: float
    p99: float
    neighbour: float
    failures: float
    unanswered: float
    lag: float
    idle: float
    cpu: float


class Row(NamedTuple):
    """One measurement, and of what."""

    variant: str
    endpoint: str
    connections: int
    round: int
    rate: float
    p50: float
    p99: float
    neighbour: float
    failures: float
    unanswered: float
    lag: float
    idle: float
    cpu: float


HEAD = (
    "conn.",
    "requests/s",
    "p50 ms",
    "p99 ms",
    "neighbour/s",
    "worst lag ms",
    "idle ms",
    "cpu ms",
    "failed",
    "no answer",
)
Known = dict[tuple[str, str, int], Measured]


def machine() -> str:
    """Where, and with what."""
    packages = ", ".join(f"{name} {version(name)}" for name in PACKAGES)
    return f"{os.cpu_count()} processors, Python {platform.python_version()}, {packages}"


def figures(rows: list[Row]) -> Known:
    """Medians by variant, endpoint and connections."""
    found: dict[tuple[str, str, int], list[Row]] = {}
    for row in rows:
        found.setdefault((row.variant, row.endpoint, row.connections), []).append(row)
    return {
        key: Measured(*map(statistics.median, zip(*(row[4:] for row in same), strict=True)))
        for key, same in found.items()
    }


def table(rows: list[Row], about: str) -> str:
    """All of it, an endpoint after the other; then what it comes to."""
    known = figures(rows)
    lines = [about]
    for endpoint in dict.fromkeys(row.endpoint for row in rows):
        lines += ["", line(endpoint, *HEAD)]
        for connections in sorted({key[2] for key in known}):
            for variant in dict.fromkeys(row.variant for row in rows):
                figure = known.get((variant, endpoint, connections))
                if figure:
                    lines.append(line("  " + variant, *cells(connections, figure)))
    return "\n".join([*lines, "", *summary(known)])


def cells(connections: int, figure: Measured) -> list[str]:
    """One line's values."""
    times = [f"{seconds * 1000:.1f}" for seconds in (figure.p50, figure.p99, figure.lag, figure.idle, figure.cpu)]
    counts = [f"{figure.failures:.0f}", f"{figure.unanswered:.0f}"]
    return [str(connections), f"{figure.rate:.1f}", *times[:2], f"{figure.neighbour:.1f}", *times[2:], *counts]


def line(first: str, *others: str) -> str:
    """Values below each other."""
    return f"{first:24}" + "".join(f"{other:>14}" for other in others)


def summary(known: Known) -> list[str]:
    """The medians over all endpoints, also of each one's ratio to the shop as found, and as written by hand."""
    lines = [
        line("medians of all endpoints", "conn.", "neighbour/s", "times before", "worst lag ms", "of expert", "cpu")
    ]
    for connections in sorted({key[2] for key in known}):
        for variant in dict.fromkeys(key[0] for key in known):
            mine = {key[1]: each for key, each in known.items() if (key[0], key[2]) == (variant, connections)}
            beside = [each.neighbour for each in mine.values()]
            lags = [each.lag * 1000 for each in mine.values()]
            before = ratios(known, mine, "before", connections, "neighbour")
            expert = ratios(known, mine, "expert", connections, "rate")
            work = [each for each in ratios(known, mine, "expert", connections, "cpu") if 0 < each < math.inf]
            middle = [statistics.median(each) if each else math.nan for each in (beside, before, lags, expert, work)]
            values = [f"{value:.{places}f}" for value, places in zip(middle, (0, 1, 1, 2, 2), strict=True)]
            lines.append(line("  " + variant, str(connections), *values))
    return lines


def ratios(known: Known, mine: dict[str, Measured], other: str, connections: int, what: str) -> list[float]:
    """How many times what another variant has, an endpoint a ratio; without end where that has nothing."""
    found = []
    for endpoint, figure in mine.items():
        there = known.get((other, endpoint, connections))
        if there is not None:
            below = getattr(there, what)
            found.append(getattr(figure, what) / below if below else math.inf)
    return found
