"""One call that waits for a process: what `create_subprocess_exec` is to get, and why it cannot."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Argument
from codemods.facts.values import dotted
from codemods.mods.kinds import BYTES, MANY, NONE, Kinds

if TYPE_CHECKING:
    from codemods.hazards import Situation

_PIPE = f"{LIBRARY}.subprocess.PIPE"
_PLAIN = (ast.Constant, ast.Name)


@dataclass
class Started:
    """A process as asyncio is to start it."""

    arguments: list[Argument] = field(default_factory=list)
    connected: bool = False
    """Whether anything of it goes to or comes from the program: waiting alone might never end then."""
    fed: str = ""
    """What it is to read."""
    refusal: str = ""


def read(situation: Situation, node: ast.Call, others: frozenset[ast.AST]) -> Started:
    """A call of `subprocess.run`; `others` are the function's other sites."""
    made = Started()
    given = {each.arg: each.value for each in node.keywords}
    command = node.args[0] if node.args else given.pop("args", None)
    if command is None or len(node.args) > 1 or None in given:
        made.refusal = "its arguments are put together while it runs, or stand in an order that asyncio does not know"
        return made
    _command(made, situation, command, others)
    for place, keyword in enumerate(node.keywords):
        if keyword.arg not in {None, "args"} and not made.refusal:
            _option(made, situation, keyword, len(node.args) + place)
    return made


def _command(made: Started, situation: Situation, command: ast.expr, others: frozenset[ast.AST]) -> None:
    """The program and its arguments one by one."""
    parts = command.elts if isinstance(command, ast.List | ast.Tuple) else [ast.Starred(command)]
    if not parts or (isinstance(parts[0], ast.Starred) and isinstance(command, ast.List | ast.Tuple)):
        made.refusal = "which program it starts does not stand there"
    elif not isinstance(command, ast.List | ast.Tuple) and not MANY <= Kinds(situation).of(command) <= MANY | NONE:
        made.refusal = "its command is not known to be a list: `subprocess` takes a text for a program's name"
    for each in parts:
        value = each.value if isinstance(each, ast.Starred) else each
        text = ast.get_source_segment(situation.opened.text, value) or ""
        if not text or "\n" in text or any(part in others or isinstance(part, ast.Await) for part in ast.walk(value)):
            made.refusal = made.refusal or "its command is put together where it is called; give it a name first"
        made.arguments.append(Argument(-1, "", text, "*" if isinstance(each, ast.Starred) else ""))


def _option(made: Started, situation: Situation, keyword: ast.keyword, place: int) -> None:
    known = catalog.processes()
    name, value = str(keyword.arg), keyword.value
    constant = value.value if isinstance(value, ast.Constant) else value
    if name == "capture_output" and isinstance(constant, bool):
        made.connected |= constant
        made.arguments += [Argument(-1, part, _PIPE) for part in known["parts"]] if constant else []
    elif name == "input":
        text = ast.get_source_segment(situation.opened.text, value) or ""
        if Kinds(situation).of(value) != BYTES or not isinstance(value, _PLAIN) or "\n" in text:
            made.refusal = "its `input` is not known to be bytes that are there already; give them a name first"
        made.connected, made.fed = True, text
        made.arguments.append(Argument(-1, "stdin", _PIPE))
    elif name == "stdin":
        if _name(situation, value) != known["nothing"] and constant is not None:
            made.refusal = "a process of asyncio's may wait for its `stdin` for ever"
        made.arguments.append(Argument(place))
    elif name in known["same"]:
        elsewhere = constant is None or _name(situation, value) in known["no_pipes"]
        made.connected |= name in known["parts"] and not elsewhere
        made.arguments.append(Argument(place))
    elif name in known["empty"] and not constant:
        pass
    else:
        made.refusal = f"`{name}` {known['refused'].get(name, 'is nothing that asyncio does in the same way')}"


def _name(situation: Situation, value: ast.expr) -> str:
    name = dotted(value)
    scope = situation.opened.scope(value)
    resolved = situation.program.resolve(situation.site.module, scope, name) if name else None
    return resolved.only.name if resolved is not None and resolved.only is not None else ""
