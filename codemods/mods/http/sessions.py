"""Sessions of one function: in a `with` block, or by a name; and answers that are read part by part."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codemods.facts.values import dotted
from codemods.hazards import Hazard

if TYPE_CHECKING:
    from collections.abc import Sequence

    from codemods.edits import Edit
    from codemods.facts import Opened
    from codemods.hazards import Situation

MAKERS = frozenset({"requests.Session", "requests.session", "requests.sessions.Session"})
_ELSEWHERE = "its session is not the function's own; make one in the function"
_OF_AN_OBJECT = "an object keeps its session, where a client belongs to one event loop; make one in the function"


@dataclass(eq=False)
class Session:
    """A session with all that a function does with it."""

    block: ast.With | ast.Assign | ast.AnnAssign
    """The `with` block that it lives in, or the assignment that makes it."""
    made: ast.Call
    name: str
    calls: list[ast.Call] = field(default_factory=list)
    """Those that wait for an answer."""
    closing: list[ast.Expr] = field(default_factory=list)
    """The statements that close it."""
    dropped: list[ast.stmt] = field(default_factory=list)
    """Statements that the client needs no more."""
    inside: Sequence[ast.stmt] = ()
    """The statements after an assignment that go into the client's block; none where the function closes it."""
    told: list[str] = field(default_factory=list)
    """The attributes that are set, or changed."""
    telling: list[ast.Name] = field(default_factory=list)
    """Where a module does that with the session that it keeps."""
    options: dict[str, str] = field(default_factory=dict)
    """What the client is told when it is made."""
    edits: list[Edit] = field(default_factory=list)
    hazards: list[Hazard] = field(default_factory=list)
    kept: bool = False
    """Whether it is a variable of the module."""
    parameters: bool = False
    """Whether it adds parameters to every address."""
    refusal: str = ""

    def refuse(self, reason: str) -> None:
        """The first reason counts."""
        self.refusal = self.refusal or reason

    def unsafe(self, reason: str) -> None:
        """Something that a person should look at."""
        self.hazards.append(Hazard("unsafe", reason))


def session_of(situation: Situation, function: ast.AsyncFunctionDef) -> Session | None:
    """The session of the function whose method a call is."""
    opened = situation.opened
    node = situation.node
    owner = node.func.value if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) else None
    if not isinstance(owner, ast.Name):
        return None
    for above, part in opened.ancestors(node):
        if above is function:
            break
        if isinstance(above, ast.With) and part in above.body:
            match above.items:
                case [ast.withitem(context_expr=made, optional_vars=ast.Name(id=name))] if (
                    name == owner.id and isinstance(made, ast.Call) and _makes(made, situation)
                ):
                    return Session(above, made, name)
    return _assigned(situation, function, owner.id)


def elsewhere(node: ast.Call) -> str:
    """Why a call of a session that the function has not made stays as it is."""
    owner = node.func.value if isinstance(node.func, ast.Attribute) else None
    return _OF_AN_OBJECT if isinstance(owner, ast.Attribute) else _ELSEWHERE


def _assigned(situation: Situation, function: ast.AsyncFunctionDef, name: str) -> Session | None:
    """A session that the only assignment to a name makes."""
    opened = situation.opened
    stores = [each for each in opened.bound.get(name, ()) if opened.function(each) is function]
    statement = opened.parent(stores[0]) if len(stores) == 1 else None
    match statement:
        case ast.Assign(targets=[ast.Name()], value=made) | ast.AnnAssign(target=ast.Name(), value=made):
            pass
        case _:
            return None
    if not isinstance(made, ast.Call) or not _makes(made, situation) or _bound_otherwise(function, name):
        return None
    assert isinstance(statement, ast.Assign | ast.AnnAssign)  # noqa: S101 (the match says so)
    return Session(statement, made, name)


def _bound_otherwise(function: ast.AsyncFunctionDef, name: str) -> bool:
    for node in ast.walk(function):
        match node:
            case ast.arg(arg=given) | ast.ExceptHandler(name=given) | ast.MatchAs(name=given) if given == name:
                return True
            case ast.Global(names=names) | ast.Nonlocal(names=names) if name in names:
                return True
            case ast.alias() if name in {node.asname, node.name}:
                return True
    return False


def _makes(made: ast.Call, situation: Situation) -> bool:
    callee = dotted(made.func)
    scope = situation.opened.scope(made)
    outside = situation.program.resolve(situation.site.module, scope, callee).outside if callee else frozenset()
    return not made.args and not made.keywords and not outside.isdisjoint(MAKERS)


def mentions(function: ast.AST, session: Session) -> list[ast.Name]:
    """Where its name stands, apart from the place that gives it."""
    given = session.block.items[0].optional_vars if isinstance(session.block, ast.With) else None
    return [
        node
        for node in ast.walk(function)
        if isinstance(node, ast.Name) and node.id == session.name and node is not given
        if given is not None or not isinstance(node.ctx, ast.Store)
    ]


def place(opened: Opened, function: ast.AST, session: Session) -> None:
    """Where the client's block begins and ends, and what becomes of the statements that close the session."""
    if isinstance(session.block, ast.With) or not _assigned_block(opened, function, session.block, session):
        for closing in session.closing:
            around = opened.block_of(closing)
            if around is None or all(each in session.closing for each in around):
                session.refuse(f"line {closing.lineno} closes its session, and nothing else stands there")
        session.dropped += session.closing
    for statement in session.dropped:
        if any("#" in line for line in opened.lines[statement.lineno - 1 : statement.end_lineno]):
            session.refuse(f"a comment stands beside what would go, in line {statement.lineno}; put it above")


def _assigned_block(opened: Opened, function: ast.AST, made: ast.Assign | ast.AnnAssign, session: Session) -> bool:
    """Find the block of a session that is assigned; whether the function itself closes it in the end."""
    block = opened.block_of(made)
    if block is None:
        session.refuse("its session is made on a line that others share; give it one of its own")
        return True
    start = block.index(made)
    used = {start}
    for node in mentions(function, session):
        number = _place(opened, block, node)
        if number is None or number <= start:
            session.refuse(f"its session is used in line {node.lineno}, outside of the block that makes it")
        elif not any(part in session.closing for _, part in opened.ancestors(node)):
            used.add(number)
    guard = block[max(used)]
    # Where it closes the client at the very end, nothing is left undone when that await is cancelled.
    if isinstance(guard, ast.Try) and session.closing and session.closing == guard.finalbody[-1:]:
        return True
    session.inside = block[start + 1 : max(used) + 1]
    if any(isinstance(node, ast.Yield | ast.YieldFrom) for each in session.inside for node in ast.walk(each)):
        session.refuse("the client would stay open while the function waits at a `yield`")
    return False


def _place(opened: Opened, block: list[ast.stmt], node: ast.AST) -> int | None:
    """The place of the statement of a block that a node stands in."""
    return next((block.index(part) for _, part in opened.ancestors(node) if part in block), None)


def streamed(opened: Opened, call: ast.Call) -> ast.With | None:
    """The block whose only item is a call, with a name for it."""
    item = opened.parent(call)
    block = opened.parent(item) if item is not None else None
    if isinstance(item, ast.withitem) and isinstance(block, ast.With) and len(block.items) == 1:
        return block if isinstance(item.optional_vars, ast.Name) else None
    return None
