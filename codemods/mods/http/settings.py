"""What a function tells a session before and between its calls, as an async client has it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, Argument, Recast, Reword
from codemods.facts.opened import name_of
from codemods.facts.values import dotted
from codemods.mods.http.calls import beyond_ascii
from codemods.mods.http.sessions import mentions, place
from codemods.mods.kinds import DICT, NUMBER, TEXT, UNKNOWN, Kinds, literal_items

if TYPE_CHECKING:
    from codemods.hazards import Situation
    from codemods.mods.http.sessions import Session

_OWN_HEADERS = "its headers take the place of requests' own, and httpx sends its own besides"


class Settings:
    """Asked of one session."""

    def __init__(self, situation: Situation, function: ast.AST, session: Session) -> None:
        self.opened = situation.opened
        self.module = situation.site.module
        self._function = function
        self.session = session
        self._kinds = Kinds(situation)

    def read(self) -> Session:
        """All that the function does with it."""
        session = self.session
        for node in mentions(self._function, session):
            above = self.opened.parent(node)
            inside = not isinstance(session.block, ast.With) or self._within(session.block, node)
            if not isinstance(above, ast.Attribute) or not inside or self.opened.function(node) is not self._function:
                session.refuse(f"its session is handed on in line {node.lineno}")
            else:
                self.attribute(above)
        self.annotated()
        place(self.opened, self._function, session)
        return session

    def _within(self, block: ast.With, node: ast.AST) -> bool:
        return any(above is block and part in block.body for above, part in self.opened.ancestors(node))

    def annotated(self) -> None:
        """`session: requests.Session` is one of httpx's clients from now on."""
        note = self.session.block.annotation if isinstance(self.session.block, ast.AnnAssign) else None
        if note is None:
            return
        if isinstance(note, ast.Name | ast.Attribute) and name_of(note) == "Session":
            self.session.edits.append(Reword(*self.opened.mention(note), f"{LIBRARY}.AsyncClient"))
        else:
            self.session.refuse(f"the annotation of line {note.lineno} says what the session is")

    def attribute(self, node: ast.Attribute) -> None:
        """What is done with an attribute of the session."""
        known = catalog.http()["session"]
        above = self.opened.parent(node)
        called = isinstance(above, ast.Call) and above.func is node
        statement = self.opened.parent(above) if above is not None else None
        match above:
            case ast.Call() if called and node.attr in known["methods"]:
                self.session.calls.append(above)
            case ast.Call(args=[], keywords=[]) if called and node.attr == "close" and isinstance(statement, ast.Expr):
                self.session.closing.append(statement)
            case ast.Assign(targets=[target], value=value) if target is node and node.attr in known["options"]:
                self._option(node.attr, above, value)
            case ast.Assign(targets=[target], value=value) if target is node and node.attr in known["attributes"]:
                self.session.told.append(node.attr)
                self._set(node.attr, value)
            case _ if not called and node.attr in known["attributes"] and isinstance(node.ctx, ast.Load):
                self.session.told.append(node.attr)
                self._changed(node)
            case _:
                self.session.refuse(f"an async client has no `{node.attr}` like that of a session ({_line(node)})")

    def _option(self, name: str, statement: ast.Assign, value: ast.expr) -> None:
        """`session.verify = False` before the first call is for the client, when it is made."""
        asked = [node.lineno for node in ast.walk(self._function) if isinstance(node, ast.Call) and self._asks(node)]
        block = self.session.block
        beside = block.body if isinstance(block, ast.With) else self.opened.block_of(block)
        early = beside is not None and statement in beside and statement.lineno < min(asked, default=0)
        rest = [each for each in beside or () if each is not statement]
        if not early or not rest or not isinstance(value, ast.Constant) or not isinstance(value.value, bool):
            self.session.refuse(f"an async client is told its `{name}` only when it is made ({_line(statement)})")
            return
        self.session.dropped.append(statement)
        if value.value is False:
            self.session.options[name] = "False"

    def _asks(self, node: ast.Call) -> bool:
        match node.func:
            case ast.Attribute(value=ast.Name(id=name)):
                return name == self.session.name
        return False

    def _set(self, name: str, value: ast.expr) -> None:
        """`session.auth = …`."""
        match name:
            case "headers":
                self.session.unsafe(_OWN_HEADERS)
                self._texts(value, "header")
            case "cookies":
                self._texts(value, "cookie")
            case "auth":
                self._login(value)
            case "params":
                self._parameters(value)
            case _:
                if self._kinds.of(value) != NUMBER:
                    self.session.unsafe(f"it is not certain that `{name}` is a number")

    def _changed(self, node: ast.Attribute) -> None:
        """`session.headers.update(…)`, `session.headers[…] = …`."""
        above = self.opened.parent(node)
        beyond = self.opened.parent(above) if above is not None else None
        match above, beyond:
            case ast.Subscript(ctx=ast.Store()), ast.Assign(targets=[_], value=value) if node.attr in _MAPPINGS:
                self._one(node.attr, value)
            case ast.Attribute(attr="update"), ast.Call(args=[value], keywords=[]) if node.attr in _MAPPINGS:
                _MAPPINGS[node.attr](self, value)
            case ast.Attribute(attr="set"), ast.Call(args=[_, value], keywords=[]) if node.attr == "cookies":
                self._one(node.attr, value)
            case (ast.Attribute(attr="get"), ast.Call()) | (ast.Subscript(ctx=ast.Load()), _) if node.attr in _MAPPINGS:
                pass
            case _:
                self.session.refuse(f"{_line(node)} uses `{node.attr}` of its session in another way than httpx has it")

    def _one(self, name: str, value: ast.expr) -> None:
        what = name.removesuffix("s")
        kinds = self._kinds.of(value)
        if kinds.isdisjoint(TEXT | UNKNOWN):
            self.session.refuse(f"the {what} of {_line(value)} is no text")
        elif kinds != TEXT:
            self.session.unsafe(f"a {what}'s value may be None, which requests leaves out and httpx refuses")
        elif what == "header":
            self._ascii(value, "a header of its session")

    def _ascii(self, value: ast.expr, what: str) -> None:
        signs = beyond_ascii(self._kinds, value, what)
        if signs is not None and signs.level == "manual":
            self.session.refuse(signs.reason)
        elif signs is not None:
            self.session.unsafe(signs.reason)

    def _texts(self, value: ast.expr, what: str) -> None:
        """A dict of texts."""
        found = self._kinds.literal(value)
        if not isinstance(found, ast.Dict):
            if self._kinds.of(value) != DICT:
                self.session.unsafe(f"it is not certain that what gives the {what}s is a dict")
            self.session.unsafe(f"a {what}'s value may be None, which requests leaves out and httpx refuses")
        for key, each in literal_items(found):
            if key is None:
                self.session.unsafe(f"a {what}'s value may be None, which requests leaves out and httpx refuses")
            else:
                self._one(f"{what}s", each)

    def _headers(self, value: ast.expr) -> None:
        self._texts(value, "header")

    def _cookies(self, value: ast.expr) -> None:
        self._texts(value, "cookie")

    def _parameters(self, value: ast.expr) -> None:
        self.session.parameters = True
        found = self._kinds.literal(value)
        known = [key is not None and self._kinds.of(each) <= TEXT | NUMBER for key, each in literal_items(found)]
        if not isinstance(found, ast.Dict) or not all(known):
            self.session.unsafe("a parameter may be None or a bool, which httpx sends and writes otherwise")

    def _login(self, value: ast.expr) -> None:
        match value:
            case ast.Constant(value=None):
                return
            case ast.Tuple(elts=[user, password]):
                if not all(self._kinds.of(each) <= TEXT for each in (user, password)):
                    self.session.unsafe("it is not certain that name and password are text")
                for each in (user, password):
                    self._ascii(each, "the login of its session")
                return
            case ast.Call(args=[_, _], keywords=[]):
                name = dotted(value.func)
                last = name.rpartition(".")[2]
                if last in catalog.http()["logins"]:
                    call = self.module.calls[self.opened.call_numbers[value]]
                    kept = tuple(Argument(number) for number in range(2))
                    twin = f"{LIBRARY}.{catalog.http()['logins'][last]}"
                    place = self.module.facts.numbers(call)
                    self.session.edits.append(Recast(*place, name, twin, kept, awaited=False))
                    self.session.unsafe("the login is written anew")
                    return
        self.session.refuse(f"its login ({_line(value)}) is an object that httpx may not take")


def _line(node: ast.expr | ast.stmt) -> str:
    return f"line {node.lineno}"


_MAPPINGS = {
    "cookies": Settings._cookies,  # noqa: SLF001 (they are this module's own)
    "headers": Settings._headers,  # noqa: SLF001
}
