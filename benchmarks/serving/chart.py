"""The figures as a picture: an endpoint a row, a copy of the shop a dot."""

from __future__ import annotations

import math
from html import escape
from typing import TYPE_CHECKING, NamedTuple

from serving.report import figures

if TYPE_CHECKING:
    from serving.report import Measured, Row

SHOWN = {
    "before": ("#c0392b", "as found"),
    "naive": ("#e0a030", "as tutorials rewrite it"),
    "unsafe": ("#1f77b4", "migrated by offloop"),
    "expert": ("#2e8b57", "written by hand"),
}
LEFT, TOP, ROW, PANEL, GAP, BELOW = 130, 74, 20, 220, 30, 40
INK, FAINT = "#333333", "#dddddd"


class Panel(NamedTuple):
    """One measure on a logarithmic scale; what lies outside stands at the edge."""

    title: str
    what: str
    factor: float
    least: float
    most: float

    def place(self, figure: Measured) -> float:
        """How far from the left, from 0 to 1."""
        value = getattr(figure, self.what) * self.factor
        inside = min(max(value, self.least), self.most)
        return math.log(inside / self.least) / math.log(self.most / self.least)


PANELS = (
    Panel("neighbour, requests/s", "neighbour", 1, 0.1, 10_000),
    Panel("endpoint, requests/s", "rate", 1, 0.1, 10_000),
    Panel("worst lag of the loop, ms", "lag", 1000, 1, 10_000),
)


def draw(rows: list[Row]) -> str:
    """The picture, as SVG, at 64 connections, or at the most that were tried."""
    known = figures(rows)
    tried = {key[2] for key in known}
    connections = 64 if 64 in tried else max(tried)  # noqa: PLR2004 (as the docstring has it)
    endpoints = list(dict.fromkeys(row.endpoint for row in rows))
    width = LEFT + len(PANELS) * (PANEL + GAP)
    bottom = TOP + len(endpoints) * ROW
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {bottom + BELOW}" width="{width}">',
        f'<g font-family="sans-serif" font-size="12" fill="{INK}">',
        f'<rect width="{width}" height="{bottom + BELOW}" fill="white"/>',
        *legend(connections),
    ]
    for row, endpoint in enumerate(endpoints):
        y = TOP + row * ROW + ROW / 2
        parts.append(text(LEFT - 10, y + 4, endpoint, "end"))
        parts.append(f'<path d="M{LEFT} {y}H{width - GAP}" stroke="{FAINT}" stroke-dasharray="1 3"/>')
    for number, panel in enumerate(PANELS):
        left = LEFT + number * (PANEL + GAP)
        parts += axis(panel, left, bottom)
        for row, endpoint in enumerate(endpoints):
            for variant, (colour, label) in SHOWN.items():
                figure = known.get((variant, endpoint, connections))
                if figure:
                    x, y = left + panel.place(figure) * PANEL, TOP + row * ROW + ROW / 2
                    value = getattr(figure, panel.what) * panel.factor
                    told = escape(f"{endpoint}, {label}: {value:.4g}")
                    parts.append(
                        f'<circle cx="{x:.1f}" cy="{y}" r="5" fill="{colour}" fill-opacity="0.8">'
                        f"<title>{told}</title></circle>"
                    )
    return "\n".join([*parts, "</g>", "</svg>", ""])


def legend(connections: int) -> list[str]:
    """Which colour stands for what."""
    parts = [text(LEFT, 18, f"{connections} connections on one endpoint, two on its neighbour", "start", bold=True)]
    x = LEFT
    for colour, label in SHOWN.values():
        parts += [f'<circle cx="{x + 5}" cy="36" r="5" fill="{colour}"/>', text(x + 16, 40, label, "start")]
        x += 36 + 7 * len(label)
    return parts


def axis(panel: Panel, left: float, bottom: float) -> list[str]:
    """A title, and a line at each power of ten."""
    parts = [text(left, TOP - 10, panel.title, "start", bold=True)]
    first, last = (round(math.log10(value)) for value in (panel.least, panel.most))
    for power in range(first, last + 1):
        x = left + PANEL * (power - first) / (last - first)
        parts.append(f'<path d="M{x:.1f} {TOP}V{bottom}" stroke="{FAINT}"/>')
        parts.append(text(x, bottom + 16, f"{10.0**power:,.10g}", "middle"))
    return parts


def text(x: float, y: float, content: str, anchor: str, *, bold: bool = False) -> str:
    """Some words."""
    weight = ' font-weight="bold"' if bold else ""
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}"{weight}>{escape(content)}</text>'
