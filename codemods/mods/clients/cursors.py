"""What a client gives part by part: `for order in orders.find(…)`, `list(orders.aggregate(…))`."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from codemods.edits import Argument, AwaitTwin, Recast, Reword
from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.mods.held import asynchronous

if TYPE_CHECKING:
    from codemods.edits import Edit
    from codemods.facts import Opened
    from codemods.program import Module


@dataclass
class Cursor:
    """All that is done with what one call gives."""

    known: dict[str, Any]
    module: Module
    opened: Opened
    call: ast.Call
    edits: list[Edit] = field(default_factory=list)
    calls: list[ast.Call] = field(default_factory=list)
    """The calls that wait."""
    loops: list[ast.expr] = field(default_factory=list)
    """What is iterated over."""
    refusal: str = ""

    @property
    def waits(self) -> bool:
        """Whether the call itself asks the server: then its result is a cursor, once it was awaited."""
        return bool(self.known["cursors"][name_of(self.call.func)])

    def follow(self) -> None:
        """From the call to whatever reads what it gives."""
        if self.waits:
            self.calls.append(self.call)
        self._used(self.call if self.waits else self._refined(self.call))

    def _refined(self, node: ast.expr) -> ast.expr:
        """The last of the calls that say more about a cursor: `.sort(…).limit(…)`."""
        above = self.opened.parent(node)
        call = self.opened.parent(above) if above is not None else None
        refines = isinstance(above, ast.Attribute) and above.attr in self.known["refines"]
        return self._refined(call) if refines and isinstance(call, ast.Call) and call.func is above else node

    def _used(self, node: ast.expr) -> None:
        """One place where a cursor is read, or gets a name."""
        above = self.opened.parent(node)
        match above:
            case ast.For(iter=each) if each is node:
                self.loops.append(node)
                self.edits.append(asynchronous(self.opened, above))
                self._awaited(node)
            case ast.comprehension(iter=each) if each is node and self._is_first(above):
                self.loops.append(node)
                self._all_at_once(node)
            case ast.Call(func=ast.Name(id="list"), args=[each], keywords=[]) if each is node and self._builtin(above):
                self.calls.append(above)
                self.edits.append(Recast(*self._place(above), "list", "to_list", method=True))
                self._awaited(node)
            case ast.Call(func=ast.Name(id=name), args=[each, *_]) if (
                each is node and name in self.known["takes_all"] and self._builtin(above)
            ):
                self.calls.append(above)
                self._all_at_once(node)
            case ast.Attribute(attr=method) if method in self.known["reads"] and not self._is_given(node):
                self._method(above)
            case ast.Assign(targets=[ast.Name() as target]) if node is above.value:
                self._named(target)
            case ast.Expr() if not self._is_given(node) and node is not self.call:
                pass
            case _:
                self.refusal = f"{self.module.shown}:{node.lineno} takes a cursor in a way that is not understood"

    def _is_given(self, node: ast.expr) -> bool:
        """Whether it is the call whose result has to be awaited first."""
        return self.waits and node is self.call

    def _is_first(self, part: ast.comprehension) -> bool:
        """What the first `for` of a comprehension goes over is made outside of it."""
        above = self.opened.parent(part)
        return not part.is_async and getattr(above, "generators", [None])[0] is part

    def _builtin(self, node: ast.Call) -> bool:
        return self.module.holder(self.opened.scope(node), name_of(node.func)) is None

    def _place(self, node: ast.Call) -> tuple[int, int]:
        return self.module.facts.numbers(self.module.calls[self.opened.call_numbers[node]])

    def _awaited(self, node: ast.expr) -> None:
        """The call itself, where it is one that waits."""
        if self._is_given(node):
            self.edits.append(AwaitTwin(*self._place(self.call), dotted(self.call.func), self._text(self.call.func)))

    def _text(self, node: ast.expr) -> str:
        text = ast.get_source_segment(self.opened.text, node) or ""
        if "\n" in text or not text or any(isinstance(each, ast.Call) for each in ast.walk(node)):
            self.refusal = f"{self.module.shown}:{node.lineno} asks what is put together on the way; give it a name"
        return text

    def _all_at_once(self, node: ast.expr) -> None:
        """A cursor in whose place a list of all that it gives will do."""
        if isinstance(node, ast.Call):
            around = "(await {}).to_list()" if self._is_given(node) else "{}.to_list()"
            kept = tuple(Argument(place) for place in range(len(node.args) + len(node.keywords)))
            self.edits.append(Recast(*self._place(node), dotted(node.func), "", kept, around=around))
        else:
            self.edits.append(Reword(*self.opened.mention(node), "await {}.to_list()"))

    def _method(self, node: ast.Attribute) -> None:
        """`cursor.next()`."""
        call = self.opened.parent(node)
        if not isinstance(call, ast.Call) or call.func is not node:
            self.refusal = f"{self.module.shown}:{node.lineno} takes a cursor in a way that is not understood"
            return
        self.calls.append(call)
        kept = tuple(Argument(place) for place in range(len(call.args) + len(call.keywords)))
        self.edits.append(Recast(*self._place(call), dotted(call.func), "", kept))

    def _named(self, target: ast.Name) -> None:
        """A cursor with a name of its own in the function."""
        function = self.opened.function(target)
        own = self.module.holder(self.opened.scope(target), target.id)
        self._awaited(self.call)
        if own != self.opened.scope(target):
            self.refusal = f"{self.module.shown}:{target.lineno} keeps a cursor outside of the function"
        for node in walk(function):
            if isinstance(node, ast.arg) and node.arg == target.id:
                self.refusal = f"{self.module.shown}:{node.lineno} may be something else than a cursor"
            if not isinstance(node, ast.Name) or node.id != target.id or node is target:
                continue
            if self.opened.function(node) is not function:
                self.refusal = f"{self.module.shown}:{node.lineno} uses a cursor in a function of its own"
            elif isinstance(node.ctx, ast.Load):
                self._read_by_name(node, target.id)
            elif not self._refines_itself(node):
                self.refusal = f"{self.module.shown}:{node.lineno} puts something else in a cursor's place"

    def _read_by_name(self, node: ast.Name, name: str) -> None:
        last = self._refined(node)
        above = self.opened.parent(last)
        again = isinstance(above, ast.Assign) and [name_of(each) for each in above.targets] == [name]
        if not (again and last is not node):
            self._used(last)

    def _refines_itself(self, node: ast.Name) -> bool:
        """`cursor = cursor.sort(…)`."""
        above = self.opened.parent(node)
        value = getattr(above, "value", None)
        while isinstance(value, ast.Call) and isinstance(value.func, ast.Attribute):
            if value.func.attr not in self.known["refines"]:
                return False
            value = value.func.value
        return isinstance(above, ast.Assign) and isinstance(value, ast.Name) and value.id == node.id
