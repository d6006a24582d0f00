"""The title and the body of a pull request, from a template."""

from __future__ import annotations

import json
import shlex
from collections import Counter
from string import Template
from typing import TYPE_CHECKING, Any

from codemods import __version__, mods
from codemods.config import ConfigError, Text
from codemods.repositories.markdown import block, code, plain
from codemods.review.plain import counted, listed, shown_path, visible
from codemods.source import read_bytes

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from codemods.model import Finding, Outcome, Result
    from codemods.repositories.task import Task

DEFAULT = """\
# Free the event loop: $fixes

While one of these calls waits or computes, nothing else on its event loop goes on. $fixes in $files:

$changes

$findings

## What is left

$left

## Check

$check

## How to get the same

$command
"""
_SHORT = ("repository", "fixes", "files", "codemods", "version")
"""What may stand in the title too."""
_NAMES = (*_SHORT, "changes", "findings", "left", "check", "command")
_LONGEST = 65_000
"""GitHub takes 65,536 characters."""
_LONGEST_TITLE = 250
_FIXED = 30_000
_LEFT = 20_000


def read_template(file: Path) -> str:
    """A template that was checked: names that nobody knows are told before anything is done."""
    try:
        text = read_bytes(file).decode("utf-8-sig")
    except (OSError, UnicodeDecodeError) as error:
        raise ConfigError(file, 0, f"cannot be read: {error}") from None
    source = Text(file, text)
    template = Template(text)
    if not template.is_valid():
        wrong = next(match for match in template.pattern.finditer(text) if match["invalid"] is not None)
        line = text.count("\n", 0, wrong.start()) + 1
        raise ConfigError(file, line, "a $ without a name; write $$ for the character itself")
    for name in template.get_identifiers():
        if name not in _NAMES:
            raise source.unknown(name, "name", name, _NAMES)
    for name in Template(_split(text)[0]).get_identifiers():
        if name not in _SHORT:
            raise source.error(name, f"${name} is too long for a title; known there are {', '.join(_SHORT)}")
    return text


def written(task: Task, outcome: Outcome, whole: Result) -> tuple[str, str]:
    """Title and body for what was changed in one repository."""
    head, rest = _split(task.plan.body or DEFAULT)
    fixed = [finding for change in whole.changes for finding in change.fixed]
    names = Counter(finding.codemod or "" for finding in fixed)
    short = {
        "repository": outcome.name,
        "fixes": counted(len(fixed), "fix", "fixes"),
        "files": counted(len(whole.changes), "file"),
        "codemods": listed(sorted(names)),
        "version": __version__,
    }
    long = {
        "repository": code(outcome.name),
        "changes": "\n".join(_changes(names)),
        "findings": _folded(counted(len(fixed), "fix", "fixes"), map(_fixed, fixed), _FIXED),
        "left": _left(whole),
        "check": _check(task, outcome),
        "command": _command(task, outcome),
    }
    title = visible(Template(head or _split(DEFAULT)[0]).substitute(short))[:_LONGEST_TITLE]
    body = Template(rest).substitute(short | long)
    return title, body if len(
        body
    ) <= _LONGEST else f"{body[:_LONGEST]}\n\n(The rest is too long for a pull request.)\n"


def _split(text: str) -> tuple[str, str]:
    """The title of a template, where it has one, and the rest."""
    first, _, rest = text.lstrip().partition("\n")
    return (first.removeprefix("# ").strip(), rest.lstrip("\n")) if first.startswith("# ") else ("", text)


def _changes(names: Counter[str]) -> Iterator[str]:
    for name, number in sorted(names.items()):
        yield f"- {code(name)}, {counted(number, 'fix', 'fixes')}: {mods.load(name).summary}"


def _fixed(finding: Finding) -> str:
    return f"- {_place(finding)}: {_what(finding, 'stalled')}: {plain(finding.reason)}"


def _left(whole: Result) -> str:
    lines = [f"- {_place(finding)}: {_what(finding, 'stalls')}: {plain(finding.reason)}" for finding in whole.left]
    faults = [f"- {code(shown_path(fault.path))} could not be read: {plain(fault.message)}" for fault in whole.faults]
    if not lines and not faults:
        return "Nothing that was found is left."
    count = counted(len(lines), "finding")
    return _folded(
        f"{count} without a fix, and why" if lines else "Files that could not be read", lines + faults, _LEFT
    )


def _place(finding: Finding) -> str:
    return code(f"{shown_path(finding.path)}:{finding.span.line}")


def _what(finding: Finding, verb: str) -> str:
    if finding.what:
        return plain(finding.what)
    steps = ", then ".join(code(step.function) for step in finding.chain)
    through = f", through {steps}" if steps else ""
    return f"{code(finding.callee)} {verb} the loop in {code(finding.function)}{through}"


def _folded(title: str, lines: Iterable[str], most: int) -> str:
    """A list that opens on a click, as much of it as there is room for."""
    all_lines = list(lines)
    kept: Sequence[str] = all_lines
    room = most
    for number, line in enumerate(all_lines):
        room -= len(line) + 1
        if room < 0:
            kept = [*all_lines[:number], f"- and {counted(len(all_lines) - number, 'other')}"]
            break
    return "\n".join(["<details>", f"<summary>{title}</summary>", "", *kept, "", "</details>"])


def _check(task: Task, outcome: Outcome) -> str:
    if not outcome.verified:
        return "No check was run on these changes: the tests have the last word."
    return f"{code(task.plan.verify)}: {plain(outcome.verified)}."


def _command(task: Task, outcome: Outcome) -> str:
    """What gives the same changes, by hand."""
    wishes = task.plan.wishes
    words = ["offloop", "apply", *(["--unsafe"] if wishes.unsafe else [])]
    for option, values in (
        ("select", [",".join(wishes.select)]),
        ("ignore", [",".join(wishes.ignore)]),
        ("codemod", [",".join(wishes.codemods)]),
        ("prefer", [wishes.prefer]),
        ("impact", [wishes.impact]),
        ("exclude", wishes.exclude),
    ):
        words += [word for value in values if value for word in (f"--{option}", value)]
    command = shlex.join([*words, task.entry.folder or "."])
    parts = [f"offloop {__version__} at {code(outcome.commit)}:", block(command, "sh")]
    if task.entry.settings:
        table = "\n".join(f"{key} = {_toml(value)}" for key, value in task.entry.settings.items())
        parts += ["with these settings on top of the project's:", block(f"[tool.offloop]\n{table}", "toml")]
    return "\n\n".join(parts)


def _toml(value: Any) -> str:  # noqa: ANN401 (whatever TOML holds)
    if isinstance(value, dict):
        return f"{{ {', '.join(f'{json.dumps(key)} = {_toml(each)}' for key, each in value.items())} }}"
    if isinstance(value, list):
        return f"[{', '.join(map(_toml, value))}]"
    return json.dumps(value)
