"""What came of a bulk run, as a page for a browser: one file, nothing is loaded from anywhere."""

from __future__ import annotations

import base64
import hashlib
from collections import Counter
from html import escape
from typing import TYPE_CHECKING
from urllib.parse import quote

from codemods import __version__
from codemods.model import STATUSES
from codemods.review.plain import counted, visible

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from codemods.model import Outcome

_COLUMNS = (
    ("repository", "text"),
    ("status", "text"),
    ("findings", "number"),
    ("fixed", "number"),
    ("left", "number"),
    ("files changed", "number"),
    ("check", "text"),
    ("branch", "text"),
    ("seconds", "number"),
    ("files", ""),
)
_FILES = (("patch", "changes.patch"), ("report", "report.json"), ("log", "log.txt"))
_STYLE = """
:root { color-scheme: light dark; --line: #8884; --soft: #8881; --bad: #b3261e; --good: #1a7f37; --mid: #9a6700; }
@media (prefers-color-scheme: dark) { :root { --bad: #ff8a80; --good: #6fdd8b; --mid: #e3b341; } }
body { font: 15px/1.45 system-ui, sans-serif; margin: 2rem auto; max-width: 84rem; padding: 0 1rem; }
h1 { font-size: 1.3rem; }
ul.figures { display: flex; flex-wrap: wrap; gap: .6rem; list-style: none; padding: 0; }
ul.figures li { border: 1px solid var(--line); border-radius: .4rem; padding: .3rem .8rem; }
ul.figures b { font-size: 1.2rem; margin-right: .3rem; }
.scroll { overflow-x: auto; }
table { border-collapse: collapse; width: 100%; }
th, td { border-bottom: 1px solid var(--line); padding: .35rem .6rem; text-align: left; vertical-align: top; }
th.number, td.number { text-align: right; font-variant-numeric: tabular-nums; }
th button { all: unset; cursor: pointer; font-weight: 600; white-space: nowrap; }
th button:focus-visible { outline: 2px solid; outline-offset: 2px; }
th[aria-sort=ascending] button::after { content: " ▲"; }
th[aria-sort=descending] button::after { content: " ▼"; }
td.name { overflow-wrap: anywhere; min-width: 12rem; }
td small { display: block; opacity: .75; }
tr.failed .status, .trouble { color: var(--bad); }
tr.fixed .status, tr.clean .status { color: var(--good); }
tr.open .status { color: var(--mid); }
tbody tr:hover { background: var(--soft); }
"""
_SCRIPT = """
const table = document.querySelector("table"), body = table.tBodies[0];
for (const button of table.querySelectorAll("th button")) button.addEventListener("click", () => {
  const head = button.parentElement, column = head.cellIndex, numbers = head.className === "number";
  const up = head.getAttribute("aria-sort") !== (numbers ? "descending" : "ascending") === !numbers;
  for (const other of head.parentElement.children) other.removeAttribute("aria-sort");
  head.setAttribute("aria-sort", up ? "ascending" : "descending");
  const value = row => row.cells[column].dataset.value;
  const order = (a, b) => numbers ? value(a) - value(b) : value(a).localeCompare(value(b), undefined, {numeric: true});
  body.append(...[...body.rows].sort((a, b) => up ? order(a, b) : order(b, a)));
});
const words = document.querySelector("input");
words.addEventListener("input", () => {
  const wanted = words.value.toLowerCase();
  for (const row of body.rows) row.hidden = !row.textContent.toLowerCase().includes(wanted);
});
"""


def as_html(outcomes: Sequence[Outcome]) -> str:
    """The whole run as a page."""
    heads = "".join(_head(*column) for column in _COLUMNS)
    rows = "".join(map(_row, outcomes))
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src {_hash(_STYLE)}; \
script-src {_hash(_SCRIPT)}">
<title>offloop: {counted(len(outcomes), "repository", "repositories")}</title>
<style>{_STYLE}</style>
</head>
<body>
<h1>offloop {__version__}: {counted(len(outcomes), "repository", "repositories")}</h1>
<ul class="figures">{"".join(_figures(outcomes))}</ul>
<p><label>Show those with <input type="search"></label></p>
<div class="scroll">
<table>
<thead><tr>{heads}</tr></thead>
<tbody>
{rows}</tbody>
</table>
</div>
<script>{_SCRIPT}</script>
</body>
</html>
"""


def _hash(text: str) -> str:
    return f"'sha256-{base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()}'"


def _figures(outcomes: Sequence[Outcome]) -> Iterator[str]:
    statuses = Counter(outcome.status for outcome in outcomes)
    counts = [
        *((statuses[status], str(status)) for status in STATUSES if statuses[status]),
        (sum(outcome.findings for outcome in outcomes), "findings"),
        (sum(outcome.fixed for outcome in outcomes), "with a fix"),
        (sum(outcome.left for outcome in outcomes), "left over"),
    ]
    return (f"<li><b>{number:,}</b>{what}</li>" for number, what in counts)


def _head(title: str, kind: str) -> str:
    return f'<th scope="col" class="{kind}"><button>{title}</button></th>' if kind else f'<th scope="col">{title}</th>'


def _row(outcome: Outcome) -> str:
    unread = f"{counted(outcome.errors, 'file')} could not be read" if outcome.errors else ""
    check = ' class="trouble"' if outcome.verified not in {"", "passed"} else ""
    cells = [
        _cell(outcome.name, _text(outcome.name) + _small(outcome.where, *outcome.notes), ' class="name"'),
        _cell(outcome.status, f'<span class="status">{outcome.status}</span>{_small(outcome.reason, unread)}'),
        *map(_number, (outcome.findings, outcome.fixed, outcome.left, len(outcome.changed))),
        _cell(outcome.verified, _text(outcome.verified), check),
        _cell(outcome.branch, _text(outcome.branch) + _request(outcome.pull_request)),
        _number(outcome.seconds),
        f"<td>{' '.join(_links(outcome))}</td>",
    ]
    return f'<tr class="{outcome.status}">{"".join(cells)}</tr>\n'


def _cell(value: str, content: str, attributes: str = "") -> str:
    return f'<td data-value="{_text(value)}"{attributes}>{content}</td>'


def _small(*lines: str) -> str:
    return "".join(f"<small>{_text(line)}</small>" for line in lines if line)


def _text(text: str) -> str:
    return escape(visible(text))


def _number(number: float) -> str:
    return f'<td class="number" data-value="{number}">{number:,}</td>'


def _request(url: str) -> str:
    """A pull request; only what is an address on the web becomes a link."""
    if not url.startswith(("https://", "http://")):
        return _small(url)
    return f'<small><a href="{_text(url)}">{_text(url)}</a></small>'


def _links(outcome: Outcome) -> Iterator[str]:
    folder = f"repos/{quote(outcome.name)}"
    for title, file in _FILES:
        if title == "log" or (outcome.files and (title == "report" or outcome.changed)):
            yield f'<a href="{folder}/{file}">{title}</a>'
