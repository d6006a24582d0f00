"""Read a parsed file once, from top to bottom, into its facts.

One walk with a stack of its own: deep code cannot exhaust Python's, and nothing is visited twice. Scopes follow the
rules of `symtable` (a test compares the two over the standard library); they are read here because the walk meets
every binding anyway, and needs to know not only that a name is bound but to what.
"""

from __future__ import annotations

import ast
import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any, NamedTuple

from codemods.facts.kinds import Binding, Call, Context, Facts, Patch, Scope
from codemods.facts.order import children
from codemods.facts.positions import Positions
from codemods.facts.values import dotted, imported, patched, source_module, value_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_LONGEST_DOTTED = 200
_UNKNOWN = -1
_FUNCTIONS = frozenset({"def", "async def", "lambda"})
_NAMELESS = frozenset({"comprehension", "generator"})


class _Here(NamedTuple):
    """What surrounds a node. A named tuple, because one is made for every other node of a project."""

    scope: int
    live: bool = True
    """Runs when its scope runs; an annotation does not."""
    plain: bool = True
    last_line: int = 0
    awaited: bool = False
    argument_of: int = -1
    contexts: tuple[int, ...] = ()


def _below(here: _Here) -> _Here:
    """The surroundings of an operand: it is neither awaited nor an argument itself."""
    if here.awaited or here.argument_of != -1:
        return here._replace(awaited=False, argument_of=-1)
    return here


def extract(tree: ast.Module, text: str) -> Facts:
    """The facts of a parsed file."""
    reader = _Reader(Positions(text))
    for number, statement in enumerate(tree.body):
        reader.read(number, statement)
    return reader.facts()


class _Reader:
    def __init__(self, positions: Positions) -> None:
        self.positions = positions
        self.statement = 0
        self.stack: list[tuple[ast.AST, _Here]] = []
        self.scopes = [Scope("module", -1, "", 1)]
        self.declared: list[dict[str, int]] = [{}]
        self.bindings: list[Binding] = []
        self.stores: list[Binding] = []
        self.calls: list[Call] = []
        self.call_count = 0
        self.first_calls: list[int] = []
        self.contexts: list[Context] = []
        self.patches: list[Patch] = []
        self.modules: list[str] = []
        self.stars: list[str] = []
        self.attributes: set[str] = set()
        self.strings: set[str] = set()

    def read(self, number: int, statement: ast.stmt) -> None:
        """Walk one top-level statement."""
        self.statement = number
        self.first_calls.append(self.call_count)
        self.stack.append((statement, _Here(scope=0)))
        while self.stack:
            node, here = self.stack.pop()
            visit = _VISITORS.get(type(node))
            if visit is not None:
                visit(self, node, here)
            elif isinstance(node, ast.stmt):
                simple = not hasattr(node, "body") and not hasattr(node, "cases")
                last = (node.end_lineno or 0) if simple else 0
                self.push(children(node), here._replace(plain=False, last_line=last))
            else:
                self.push(children(node), _below(here))

    def push(self, nodes: Iterable[ast.AST], here: _Here) -> None:
        """Have nodes read next, first one first."""
        self.push_pairs([(node, here) for node in nodes])

    def push_pairs(self, pairs: list[tuple[ast.AST, _Here]]) -> None:
        """The same, each with its own surroundings."""
        self.stack.extend(reversed(pairs))

    def facts(self) -> Facts:
        """All that was read, with names declared `global` or `nonlocal` given to the scopes that hold them."""
        bound = {(binding.scope, binding.name) for binding in self.bindings}
        owners = [
            {name: self.owner(number, name, bound) for name in names} for number, names in enumerate(self.declared)
        ]
        return Facts(
            scopes=tuple(
                replace(scope, outer=tuple(sorted(outer.items()))) if outer else scope
                for scope, outer in zip(self.scopes, owners, strict=True)
            ),
            bindings=tuple(
                replace(binding, scope=owners[binding.scope][binding.name], plain=False)
                if binding.name in owners[binding.scope]
                else binding
                for binding in self.bindings
            ),
            stores=tuple(self.stores),
            calls=tuple(self.calls),
            first_calls=tuple(self.first_calls),
            contexts=tuple(self.contexts),
            patches=tuple(self.patches),
            modules=tuple(self.modules),
            stars=tuple(self.stars),
            attributes=frozenset(self.attributes),
            dotted_strings=frozenset(self.strings),
        )

    def owner(self, scope: int, name: str, bound: set[tuple[int, str]]) -> int:
        """The scope that holds a name declared `global` or `nonlocal` in this one."""
        while self.declared[scope].get(name, _UNKNOWN) == _UNKNOWN:
            scope = self.scopes[scope].parent
            if scope <= 0:
                return 0
            if self.scopes[scope].kind in _FUNCTIONS and name not in self.declared[scope] and (scope, name) in bound:
                return scope
        return self.declared[scope][name]

    def bind(self, name: str, here: _Here, line: int, kind: str = "value", target: str = "") -> None:
        """Note that a name gets a value."""
        self.bindings.append(Binding(name, here.scope, kind, target, line, here.plain))

    def open_scope(self, kind: str, name: str, line: int, here: _Here) -> int:
        """A new scope inside the current one."""
        outer = self.scopes[here.scope].qualname
        inner = outer if kind in _NAMELESS else f"{outer}.{name}" if outer else name
        self.scopes.append(Scope(kind, here.scope, inner, line))
        self.declared.append({})
        return len(self.scopes) - 1

    # Scopes

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, here: _Here) -> None:
        """What stands in the head of a function runs where it is defined, its body elsewhere."""
        self.bind(node.name, here, node.lineno, "def")
        kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
        inside = _Here(self.open_scope(kind, node.name, node.lineno, here))
        head = here._replace(plain=False, last_line=0)
        idle = head._replace(live=False)
        pairs: list[tuple[ast.AST, _Here]] = [(decorator, head) for decorator in node.decorator_list]
        pairs += [(parameter, idle) for parameter in getattr(node, "type_params", ())]
        pairs += self.parameters(node.args, head, inside)
        pairs += [(node.returns, idle)] if node.returns else []
        self.push_pairs(pairs + [(statement, inside) for statement in node.body])

    def parameters(self, arguments: ast.arguments, head: _Here, inside: _Here) -> list[tuple[ast.AST, _Here]]:
        """Names for the body; defaults and annotations belong to the head."""
        pairs: list[tuple[ast.AST, _Here]] = []
        for child in children(arguments):
            if isinstance(child, ast.arg):
                self.bind(child.arg, inside, child.lineno, "parameter")
                pairs += [(child.annotation, head._replace(live=False))] if child.annotation else []
            else:
                pairs.append((child, head))
        return pairs

    def lambda_(self, node: ast.Lambda, here: _Here) -> None:
        """A function without a name."""
        inside = _Here(self.open_scope("lambda", "<lambda>", node.lineno, here), last_line=here.last_line)
        head = _below(here)
        self.push_pairs([*self.parameters(node.args, head, inside), (node.body, inside)])

    def class_(self, node: ast.ClassDef, here: _Here) -> None:
        """A class body runs where it stands, with names of its own."""
        self.bind(node.name, here, node.lineno, "class")
        inside = _Here(self.open_scope("class", node.name, node.lineno, here), live=here.live, contexts=here.contexts)
        body = {id(statement) for statement in node.body}
        head = here._replace(plain=False, last_line=0)
        idle = {id(parameter) for parameter in getattr(node, "type_params", ())}
        self.push_pairs(
            [
                (child, inside if id(child) in body else head._replace(live=False) if id(child) in idle else head)
                for child in children(node)
            ]
        )

    def comprehension(self, node: Any, here: _Here) -> None:  # noqa: ANN401 (four node types, one shape)
        """All but the first iterable runs in the comprehension's own scope."""
        kind = "generator" if isinstance(node, ast.GeneratorExp) else "comprehension"
        inside = here._replace(
            scope=self.open_scope(kind, "", node.lineno, here), plain=False, awaited=False, argument_of=-1
        )
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        pairs: list[tuple[ast.AST, _Here]] = [(result, inside) for result in results]
        for number, generator in enumerate(node.generators):
            first = inside._replace(scope=here.scope) if number == 0 else inside
            pairs += [(generator.target, inside), (generator.iter, first)]
            pairs += [(condition, inside) for condition in generator.ifs]
        self.push_pairs(pairs)

    # Names

    def import_(self, node: ast.Import | ast.ImportFrom, here: _Here) -> None:
        """An import binds names; a star import brings in names that only the other module knows."""
        for name, target in imported(node):
            self.bind(name, here, node.lineno, "import", target)
        if isinstance(node, ast.Import):
            self.modules += [alias.name for alias in node.names]
        elif node.names[0].name == "*":
            self.stars.append(source_module(node))

    def assign(self, node: ast.Assign, here: _Here) -> None:
        """A plain `name = value` is remembered with its value."""
        for target in node.targets:
            self.set(target, node.value, here)
        below = here._replace(plain=False, last_line=node.end_lineno or 0)
        self.push([*(target for target in node.targets if not isinstance(target, ast.Name)), node.value], below)

    def annotated(self, node: ast.AnnAssign, here: _Here) -> None:
        """`name: type = value`; the annotation runs only now and then, so it counts as not running."""
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.set(node.target, node.value, here)
        elif self.scopes[here.scope].kind != "module":
            self.bind(node.target.id, here, node.lineno)
        below = here._replace(plain=False, last_line=node.end_lineno or 0)
        pairs: list[tuple[ast.AST, _Here]] = [] if isinstance(node.target, ast.Name) else [(node.target, below)]
        pairs.append((node.annotation, below._replace(live=False)))
        self.push_pairs([*pairs, (node.value, below)] if node.value else pairs)

    def named(self, node: ast.NamedExpr, here: _Here) -> None:
        """A walrus binds in the nearest scope that is not a comprehension."""
        scope = here.scope
        while self.scopes[scope].kind in _NAMELESS:
            scope = self.scopes[scope].parent
        self.set(node.target, node.value, here._replace(scope=scope, plain=False))
        self.push([node.value], _below(here))

    def set(self, target: ast.expr, value: ast.expr | None, here: _Here) -> None:
        """Remember what a name or an attribute is set to; other targets are met as they are walked."""
        if isinstance(target, ast.Name):
            self.bind(target.id, here, target.lineno, *value_of(value))
        elif isinstance(target, ast.Attribute) and (name := dotted(target)):
            kind, source = value_of(value)
            self.stores.append(Binding(name, here.scope, kind, source, target.lineno, here.plain))

    def name(self, node: ast.Name, here: _Here) -> None:
        """A name that is stored to or deleted on the way, in a loop, a `with`, an unpacking."""
        if not isinstance(node.ctx, ast.Load):
            self.bind(node.id, here, node.lineno)

    def outer(self, node: ast.Global | ast.Nonlocal, here: _Here) -> None:
        """`global` names belong to the module; those of `nonlocal` are found when all bindings are known."""
        where = 0 if isinstance(node, ast.Global) else _UNKNOWN
        self.declared[here.scope].update(dict.fromkeys(node.names, where))

    def handler(self, node: ast.ExceptHandler, here: _Here) -> None:
        """`except E as name`."""
        if node.name:
            self.bind(node.name, here._replace(plain=False), node.lineno)
        self.push(children(node), here._replace(plain=False))

    def pattern(self, node: ast.MatchAs | ast.MatchStar, here: _Here) -> None:
        """`case name`."""
        if node.name:
            self.bind(node.name, here, node.lineno)
        self.push(children(node), here)

    def mapping(self, node: ast.MatchMapping, here: _Here) -> None:
        """`case {**name}`."""
        if node.rest:
            self.bind(node.rest, here, node.lineno)
        self.push(children(node), here)

    def type_alias(self, node: Any, here: _Here) -> None:  # noqa: ANN401 (ast.TypeAlias is newer than Python 3.11)
        """`type name = …` is evaluated on demand only."""
        self.bind(node.name.id, here, node.lineno)
        self.push(children(node)[1:], here._replace(live=False, plain=False))

    # Calls, and what they are surrounded by

    def await_(self, node: ast.Await, here: _Here) -> None:
        """An awaited call is handed to the loop."""
        self.push([node.value], here._replace(awaited=True, argument_of=-1))

    def with_(self, node: ast.With | ast.AsyncWith, here: _Here) -> None:
        """The body, and every later manager, stands under the managers before."""
        below = here._replace(plain=False, last_line=0)
        pairs: list[tuple[ast.AST, _Here]] = []
        for item in node.items:
            pairs.append((item.context_expr, below))
            value = item.context_expr
            called = isinstance(value, ast.Call)
            name = dotted(value.func if isinstance(value, ast.Call) else value)
            asynchronous = isinstance(node, ast.AsyncWith)
            self.contexts.append(Context(name, called, asynchronous, here.scope, value.lineno))
            below = below._replace(contexts=(*below.contexts, len(self.contexts) - 1))
            pairs += [(item.optional_vars, below)] if item.optional_vars else []
        self.push_pairs(pairs + [(statement, below) for statement in node.body])

    def call(self, node: ast.Call, here: _Here) -> None:
        """A call: numbered whether or not it can run, so that every tree counts alike."""
        number = self.call_count
        self.call_count += 1
        if here.live:
            span = self.positions.span(node)
            last = max(here.last_line, span.end_line)
            callee = dotted(node.func)
            self.calls.append(
                Call(
                    number,
                    self.statement,
                    here.scope,
                    callee,
                    span,
                    last,
                    here.awaited,
                    here.argument_of,
                    here.contexts,
                )
            )
            for owner, attribute in patched(node):
                self.patches.append(Patch(owner, attribute, here.scope, node.lineno))
        plain = _below(here)
        argument = plain._replace(argument_of=number)
        self.push_pairs([(child, plain if child is node.func else argument) for child in children(node)])

    def keyword(self, node: ast.keyword, here: _Here) -> None:
        """A keyword argument passes on whose argument it is."""
        self.push([node.value], here)

    def attribute(self, node: ast.Attribute, here: _Here) -> None:
        """The whole chain is remembered once, as read or as set."""
        name = dotted(node)
        if name and isinstance(node.ctx, ast.Load):
            self.attributes.add(name)
        elif name and not name.startswith(("self.", "cls.")):
            owner, _, attribute = name.rpartition(".")
            self.patches.append(Patch(owner, attribute, here.scope, node.lineno))
        if not name:
            self.push([node.value], _below(here))

    def constant(self, node: ast.Constant, _here: _Here) -> None:
        """A string that could be the dotted path of something may be one that a test patches."""
        if isinstance(node.value, str) and len(node.value) <= _LONGEST_DOTTED and _DOTTED.fullmatch(node.value):
            self.strings.add(node.value)


_VISITORS: dict[type[ast.AST], Callable[[_Reader, Any, _Here], None]] = {
    ast.AnnAssign: _Reader.annotated,
    ast.Assign: _Reader.assign,
    ast.AsyncFunctionDef: _Reader.function,
    ast.AsyncWith: _Reader.with_,
    ast.Attribute: _Reader.attribute,
    ast.Await: _Reader.await_,
    ast.Call: _Reader.call,
    ast.ClassDef: _Reader.class_,
    ast.Constant: _Reader.constant,
    ast.DictComp: _Reader.comprehension,
    ast.ExceptHandler: _Reader.handler,
    ast.FunctionDef: _Reader.function,
    ast.GeneratorExp: _Reader.comprehension,
    ast.Global: _Reader.outer,
    ast.Import: _Reader.import_,
    ast.ImportFrom: _Reader.import_,
    ast.Lambda: _Reader.lambda_,
    ast.ListComp: _Reader.comprehension,
    ast.MatchAs: _Reader.pattern,
    ast.MatchMapping: _Reader.mapping,
    ast.MatchStar: _Reader.pattern,
    ast.Name: _Reader.name,
    ast.NamedExpr: _Reader.named,
    ast.Nonlocal: _Reader.outer,
    ast.SetComp: _Reader.comprehension,
    ast.With: _Reader.with_,
    ast.keyword: _Reader.keyword,
}
if hasattr(ast, "TypeAlias"):
    _VISITORS[ast.TypeAlias] = _Reader.type_alias
