"""What a function does with an answer: httpx's has other names for some of it, and is always true."""

from __future__ import annotations

import ast
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.edits import LIBRARY, AsyncBlock, Recast, Reword
from codemods.facts.opened import name_of
from codemods.facts.values import dotted
from codemods.hazards import Hazard
from codemods.mods.http.sessions import streamed

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator

    from codemods.facts import Opened
    from codemods.mods.http.calls import Asked
    from codemods.program import Module

_TESTING = (ast.If, ast.While, ast.IfExp, ast.Assert)
_LINES = (
    "lines of its answer: without a charset httpx takes UTF-8, requests guesses; "
    "and requests gives an empty line more where `\\r\\n` comes in two parts"
)
# Reading them leaves no trace of what an answer is.
_ITEMS = frozenset({"cookies", "headers"})


@dataclass
class Uses:
    """All that a function does with one answer, or with those that share a name."""

    edits: list[Reword | AsyncBlock | Recast] = field(default_factory=list)
    hazards: list[Hazard] = field(default_factory=list)
    refusal: str = ""
    name: str = ""
    redirects: bool = False
    """The answer may be a redirect that is not followed."""
    covered: list[ast.AST] = field(default_factory=list)
    """Calls of the answer's methods that are settled with it."""


class Answers:
    """Asked of the calls of one function; `raised` are answers that its exceptions are told of."""

    def __init__(
        self, opened: Opened, module: Module, function: ast.AsyncFunctionDef, raised: Collection[ast.AST] = ()
    ) -> None:
        self._opened = opened
        self._module = module
        self._function = function
        self._raised = raised

    def name_of(self, call: ast.Call) -> str:
        """The name that a call's answer is bound to straight away."""
        match self._opened.parent(call):
            case ast.Assign(targets=[ast.Name(id=name)]) | ast.AnnAssign(target=ast.Name(id=name)):
                return name
            case ast.NamedExpr(target=ast.Name(id=name)):
                return name
        return ""

    def of(self, call: ast.Call, members: set[ast.AST], asked: Asked) -> Uses:
        """What becomes of a call's answer; `members` are the calls that change with it."""
        uses = Uses(name=self.name_of(call), redirects=not asked.follows)
        if asked.streams:
            self._in_parts(call, uses)
            return uses
        above = self._opened.parent(call)
        if isinstance(above, ast.Expr):
            return uses
        if isinstance(above, ast.AnnAssign):
            self._annotated(above.annotation, uses)
        if not uses.name or isinstance(above, ast.NamedExpr):
            self._one(above if isinstance(above, ast.NamedExpr) else call, uses)
        if uses.name and not uses.refusal:
            self._named(uses, members)
        return uses

    def _in_parts(self, call: ast.Call, uses: Uses) -> None:
        """An answer that is read part by part in its own `with` block."""
        block = streamed(self._opened, call)
        if block is None:
            uses.refusal = "its answer is read part by part; do that in a `with` block of its own"
            return
        uses.edits.append(self._asynchronous(block))
        uses.hazards.append(Hazard("unsafe", "its answer is read part by part, by httpx's own measure"))
        name = block.items[0].optional_vars.id  # type: ignore[union-attr]  # (`streamed` asks for one)
        inside = {id(node) for statement in block.body for node in ast.walk(statement)}
        for node in ast.walk(self._function):
            if not isinstance(node, ast.Name) or node.id != name or node is block.items[0].optional_vars:
                continue
            above = self._opened.parent(node)
            if self._opened.function(node) is not self._function:
                uses.refusal = f"a function inside uses `{name}` (line {node.lineno})"
            elif id(node) not in inside or not isinstance(above, ast.Attribute):
                uses.refusal = f"its answer is handed on in line {node.lineno}, where requests' own may be wanted"
            elif above.attr == "iter_content":
                self._loop(above, uses)
            elif above.attr == "iter_lines":
                self._lines(above, uses, asynchronous=True)
            elif above.attr in catalog.http()["streams"]["attributes"]:
                self._attribute(above, above.attr, uses)
            else:
                uses.refusal = (
                    f"`{above.attr}` in line {node.lineno} needs the whole of an answer that is read part by part"
                )

    def _loop(self, node: ast.Attribute, uses: Uses) -> None:
        """`for part in reply.iter_content(size)`."""
        call = self._opened.parent(node)
        loop = self._opened.parent(call) if call is not None else None
        sized = isinstance(call, ast.Call) and _sized(call) and bool(call.args or call.keywords)
        if not (isinstance(loop, ast.For) and loop.iter is call and sized) or loop.orelse:
            uses.refusal = (
                f"line {node.lineno} takes the parts of its answer in another way than by a loop of some size"
            )
            return
        assert isinstance(call, ast.Call)  # noqa: S101 (`sized` says so)
        uses.covered.append(call)
        uses.edits += [Reword(*self._opened.mention(node), "{}.aiter_bytes"), self._asynchronous(loop)]

    def _lines(self, node: ast.Attribute, uses: Uses, *, asynchronous: bool) -> None:
        """`for line in reply.iter_lines(decode_unicode=True)`: of bytes, httpx has no lines."""
        call = self._opened.parent(node)
        loop = self._opened.parent(call) if call is not None else None
        function = dotted(node)
        known = catalog.http()["streams"]["lines"]
        if not isinstance(call, ast.Call) or call.func is not node or not function or len(call.args) > len(known):
            uses.refusal = f"line {node.lineno} takes the lines of its answer in a way that is not understood"
            return
        given = dict(zip(known, call.args, strict=False)) | {each.arg or "": each.value for each in call.keywords}
        decoded = given.get("decode_unicode")
        if not isinstance(decoded, ast.Constant) or decoded.value is not True or not given.keys() <= known.keys():
            uses.refusal = (
                f"line {node.lineno} reads lines of bytes, where httpx has lines of text, which end at more signs"
            )
        elif any(not known[name] for name in given):
            uses.refusal = f"line {node.lineno} says where lines end, and httpx has its own signs for that"
        elif asynchronous and (not isinstance(loop, ast.For) or loop.iter is not call or loop.orelse):
            uses.refusal = f"line {node.lineno} takes the lines of its answer in another way than by a loop"
        else:
            place = self._module.facts.numbers(self._module.calls[self._opened.call_numbers[call]])
            owner = function.removesuffix("iter_lines")
            twin = f"{owner}{'a' if asynchronous else ''}iter_lines"
            uses.edits.append(Recast(*place, function, twin, awaited=False))
            uses.edits += [self._asynchronous(loop)] if asynchronous and isinstance(loop, ast.For) else []
            uses.covered.append(call)
            uses.hazards.append(Hazard("unsafe", _LINES))

    def _asynchronous(self, block: ast.With | ast.For) -> AsyncBlock:
        return AsyncBlock(self._opened.top(block), self._opened.number(block, ast.stmt), block.lineno)

    def _annotated(self, note: ast.expr, uses: Uses) -> None:
        """`reply: requests.Response` is one of httpx's from now on."""
        if isinstance(note, ast.Name | ast.Attribute) and name_of(note) == "Response":
            uses.edits.append(Reword(*self._opened.mention(note), f"{LIBRARY}.Response"))
        else:
            uses.refusal = f"the annotation of line {note.lineno} says what the answer is"

    def _named(self, uses: Uses, members: set[ast.AST]) -> None:
        may_be_none = False
        for node in ast.walk(self._function):
            if isinstance(node, ast.arg) and node.arg == uses.name:
                uses.refusal = f"`{uses.name}` may be something else as well"
            if not isinstance(node, ast.Name) or node.id != uses.name:
                continue
            if self._opened.function(node) is not self._function:
                uses.refusal = f"a function inside uses `{node.id}` (line {node.lineno})"
            elif isinstance(node.ctx, ast.Store):
                none, fits = self._bound(node, members)
                may_be_none |= none
                if not fits:
                    uses.refusal = f"`{node.id}` may be something else as well (line {node.lineno})"
        if any(isinstance(n, ast.Global | ast.Nonlocal) and uses.name in n.names for n in ast.walk(self._function)):
            uses.refusal = f"`{uses.name}` is not the function's own"
        for node in ast.walk(self._function):
            if isinstance(node, ast.Name) and node.id == uses.name and isinstance(node.ctx, ast.Load):
                self._one(node, uses, may_be_none=may_be_none)

    def _bound(self, node: ast.Name, members: set[ast.AST]) -> tuple[bool, bool]:
        """Whether a name is set to None there, and whether it is to nothing but that or the answer of a member."""
        match self._opened.parent(node):
            case ast.Assign(targets=[_], value=value) | ast.AnnAssign(value=value) | ast.NamedExpr(value=value):
                none = isinstance(value, ast.Constant) and value.value is None
                return none, none or value is None or value in members
        return False, False

    def _one(self, node: ast.expr, uses: Uses, *, may_be_none: bool = False) -> None:
        """One place where an answer is used."""
        above = self._opened.parent(node)
        if node in self._raised and not may_be_none:
            return
        match above:
            case ast.Attribute(attr=name, ctx=ast.Load()):
                self._attribute(above, name, uses)
            case ast.Attribute(attr="encoding"):
                uses.hazards.append(Hazard("unsafe", "httpx refuses another encoding once the text was read"))
            case ast.Compare(ops=[ast.Is() | ast.IsNot()], comparators=[ast.Constant(value=None)]):
                pass
            case ast.UnaryOp(op=ast.Not()) | ast.BoolOp():
                self._truth(node, above, uses, may_be_none=may_be_none)
            case ast.If(test=test) | ast.While(test=test) | ast.IfExp(test=test) | ast.Assert(test=test) if (
                test is node
            ):
                self._truth(node, above, uses, may_be_none=may_be_none)
            case ast.FormattedValue():
                uses.hazards.append(Hazard("unsafe", "an answer of httpx is shown in another way"))
            case ast.Expr():
                pass
            case _:
                uses.refusal = f"its answer is handed on in line {node.lineno}, where requests' own may be wanted"

    def _attribute(self, node: ast.Attribute, name: str, uses: Uses) -> None:
        if name == "iter_lines":
            self._lines(node, uses, asynchronous=False)
            return
        known = catalog.http()["answers"].get(name)
        if known is None:
            uses.refusal = f"httpx's answers have no `{name}` like that of requests (line {node.lineno})"
            return
        if name == "raise_for_status" and uses.redirects:
            uses.refusal = (
                f"line {node.lineno} raises for errors alone, and httpx's for redirects that are not followed"
            )
            return
        above = self._opened.parent(node)
        call = above if isinstance(above, ast.Call) and above.func is node else None
        if name == "raise_for_status" and (call is None or not isinstance(self._opened.parent(call), ast.Expr)):
            uses.refusal = f"line {node.lineno} takes what `raise_for_status` gives, which is None in requests"
            return
        if name == "iter_content" and (call is None or not _sized(call)):
            uses.refusal = f"line {node.lineno} takes the parts of its answer in another way than httpx has them"
            return
        if name == "cookies" and not self._reads_cookies(node):
            uses.refusal = f"line {node.lineno} takes the cookies of its answer in another way than httpx has them"
            return
        if known["level"] == "unsafe":
            uses.hazards.append(Hazard("unsafe", f"`{name}` of its answer: {known['why']}"))
        if name in _ITEMS and not self._reads_one(node):
            uses.hazards.append(Hazard("unsafe", f"httpx writes the names in `{name}` in small letters"))
        uses.covered += [call] if call is not None else []
        if "as" in known:
            uses.edits += self._reworded(node, known["as"])

    def _reads_one(self, node: ast.Attribute) -> bool:
        """`headers["a"]`, `headers.get("a")`, `"a" in headers`: letters do not matter there."""
        match self._opened.parent(node):
            case ast.Subscript(value=value) if value is node:
                return True
            case ast.Attribute(attr="get"):
                return True
            case ast.Compare(ops=[ast.In() | ast.NotIn()], comparators=[container]) if container is node:
                return True
        return False

    def _reads_cookies(self, node: ast.Attribute) -> bool:
        """Whether cookies are read as a mapping: a jar has more methods, and gives more than names."""
        above = self._opened.parent(node)
        mapping = isinstance(above, ast.Attribute) and above.attr in {"get", "items", "keys", "values"}
        return (
            mapping or self._reads_one(node) or (isinstance(above, ast.Call) and dotted(above.func) in {"dict", "len"})
        )

    def _truth(self, node: ast.expr, above: ast.AST, uses: Uses, *, may_be_none: bool) -> None:
        """An answer as a condition: in requests it is whether it went well."""
        if isinstance(above, ast.BoolOp):
            tested = any(isinstance(each, _TESTING) for each in self._around(above))
            if not tested and node is above.values[-1]:
                uses.refusal = f"its answer is handed on in line {node.lineno}, where requests' own may be wanted"
                return
            if not tested:
                uses.refusal = f"line {node.lineno} takes its answer only if it went well; write that out"
                return
        if not isinstance(node, ast.Name):
            uses.refusal = "whether its answer went well is asked of the call itself; give it a name"
            return
        fine = "{} is not None and not {}.is_error" if may_be_none else "not {}.is_error"
        uses.edits += self._reworded(node, fine)

    def _around(self, node: ast.AST) -> Iterator[ast.AST]:
        for above, part in self._opened.ancestors(node):
            if isinstance(above, _TESTING) and above.test is part:
                yield above
                return
            if not isinstance(above, ast.BoolOp | ast.UnaryOp):
                return

    def _reworded(self, node: ast.Attribute | ast.Name, text: str) -> Iterator[Reword]:
        above = self._opened.parent(node)
        place = self._opened.mention(node)
        if isinstance(above, ast.UnaryOp) and isinstance(above.op, ast.Not) and text.startswith("not "):
            yield Reword(*place, text.removeprefix("not "), without_not=True)
        elif _stands_alone(above, node) or not text.startswith(("not ", "{} is")):
            yield Reword(*place, text)
        else:
            yield Reword(*place, f"({text})")


def _sized(call: ast.Call) -> bool:
    """Whether a call says nothing but how large the parts of an answer are to be."""
    return len([*call.args, *call.keywords]) <= 1 and all(each.arg == "chunk_size" for each in call.keywords)


def _stands_alone(above: ast.AST | None, node: ast.AST) -> bool:
    """Whether `not x` may stand there without parentheses."""
    match above:
        case ast.If(test=test) | ast.While(test=test) | ast.Assert(test=test) if test is node:
            return True
        case ast.Return() | ast.Assign() | ast.AnnAssign() | ast.keyword():
            return True
        case ast.BoolOp(op=ast.And()):
            return True
        case ast.Call() if above.func is not node:
            return True
    return False
