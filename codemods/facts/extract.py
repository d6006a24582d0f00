"""Read a parsed file once, from top to bottom, into its facts.

One walk with a stack of its own: deep code cannot exhaust Python's, and nothing is visited twice. Scopes follow the
rules of `symtable` (a test compares the two over the standard library); they are read here because the walk meets
every binding anyway, and needs to know not only that a name is bound but to what.
"""

from __future__ import annotations

import ast
import re
from typing import TYPE_CHECKING, Any

from codemods.facts.finish import finish
from codemods.facts.flow import constant_truth, ends, missing_yet, rounds
from codemods.facts.kinds import Call, Context, Facts, Patch, Touch
from codemods.facts.notes import NAMELESS, NOTHING, UNKNOWN, Body, Here, Notes, Value, argument, operand, part
from codemods.facts.order import children
from codemods.facts.positions import Positions
from codemods.facts.values import dotted, imported, patched, source_module

if TYPE_CHECKING:
    from collections.abc import Callable

_DOTTED = re.compile(r"[A-Za-z_]\w*(\.[A-Za-z_]\w*)+")
_LONGEST_DOTTED = 200


def extract(tree: ast.Module, text: str) -> Facts:
    """The facts of a parsed file, but for its comments."""
    reader = _Reader(Positions(text))
    live = True
    for number, statement in enumerate(tree.body):
        reader.read(number, statement, live=live)
        live = live and not ends(statement)
    return finish(reader)


class _Reader(Notes):
    def read(self, number: int, statement: ast.stmt, *, live: bool) -> None:
        """Walk one top-level statement."""
        self.statement = number
        self.first_calls.append(self.call_count)
        self.stack.append((statement, Here(scope=0, live=live)))
        while self.stack:
            node, here = self.stack.pop()
            visit = _VISITORS.get(type(node))
            if visit is not None:
                visit(self, node, here)
            elif isinstance(node, ast.stmt):
                simple = not hasattr(node, "body") and not hasattr(node, "cases")
                last = (node.end_lineno or 0) if simple else 0
                self.push(children(node), part(here, last))
            else:
                self.push(children(node), operand(here))

    def function(self, node: ast.FunctionDef | ast.AsyncFunctionDef, here: Here) -> None:
        """What stands in the head of a function runs where it is defined, its body elsewhere."""
        self.bind(node.name, here, node.lineno, ("def", ""))
        kind = "async def" if isinstance(node, ast.AsyncFunctionDef) else "def"
        inside = Here(self.open_scope(node, kind, node.name, node.lineno, here), live=here.live)
        self.bodies[inside.scope] = Body(node)
        head = part(here)
        idle = head._replace(live=False)
        pairs: list[tuple[ast.AST, Here]] = [(decorator, head) for decorator in node.decorator_list]
        pairs += [(parameter, idle) for parameter in getattr(node, "type_params", ())]
        pairs += self.parameters(node.args, head, inside)
        pairs += [(node.returns, idle)] if node.returns else []
        self.push_pairs(pairs + self.block(node.body, inside))

    def parameters(self, arguments: ast.arguments, head: Here, inside: Here) -> list[tuple[ast.AST, Here]]:
        """Names for the body; defaults and annotations belong to the head."""
        pairs: list[tuple[ast.AST, Here]] = []
        for child in children(arguments):
            if isinstance(child, ast.arg):
                self.bind(child.arg, inside, child.lineno, ("parameter", ""))
                pairs += [(child.annotation, head._replace(live=False))] if child.annotation else []
            else:
                pairs.append((child, head))
        return pairs

    def lambda_(self, node: ast.Lambda, here: Here) -> None:
        """A function without a name."""
        scope = self.open_scope(node, "lambda", "<lambda>", node.lineno, here)
        inside = Here(scope, live=here.live, last_line=here.last_line)
        self.bodies[scope] = Body(node)
        head = operand(here)
        self.push_pairs([*self.parameters(node.args, head, inside), (node.body, inside)])

    def class_(self, node: ast.ClassDef, here: Here) -> None:
        """A class body runs where it stands, with names of its own."""
        self.bind(node.name, here, node.lineno, ("class", ""))
        scope = self.open_scope(node, "class", node.name, node.lineno, here)
        inside = Here(scope, live=here.live, contexts=here.contexts)
        self.classes.append((scope, node))
        body = {id(statement) for statement in node.body}
        head = part(here)
        idle = {id(parameter) for parameter in getattr(node, "type_params", ())}
        self.push_pairs(
            [
                (child, inside if id(child) in body else head._replace(live=False) if id(child) in idle else head)
                for child in children(node)
            ]
        )

    def comprehension(self, node: Any, here: Here) -> None:  # noqa: ANN401 (four node types, one shape)
        """All but the first iterable runs in the comprehension's own scope."""
        kind = "generator" if isinstance(node, ast.GeneratorExp) else "comprehension"
        inside = here._replace(
            scope=self.open_scope(node, kind, "", node.lineno, here), plain=False, awaited=False, argument_of=-1
        )
        results = [node.key, node.value] if isinstance(node, ast.DictComp) else [node.elt]
        pairs: list[tuple[ast.AST, Here]] = [(result, inside) for result in results]
        for number, generator in enumerate(node.generators):
            first = inside._replace(scope=here.scope) if number == 0 else inside
            self.target(generator.target, Value(generator.iter).by("aiter" if generator.is_async else "iter"))
            pairs += [(generator.target, inside), (generator.iter, first)]
            if generator.is_async:
                self.suspend(here.scope)
            else:
                self.iterate(generator.iter, first, 0)
            pairs += [(condition, inside) for condition in generator.ifs]
        self.push_pairs(pairs)

    # Names

    def import_(self, node: ast.Import | ast.ImportFrom, here: Here) -> None:
        """An import binds names; a star import brings in names that only the other module knows."""
        for name, target in imported(node):
            self.bind(name, here, node.lineno, ("import", target))
        if isinstance(node, ast.Import):
            self.modules += [alias.name for alias in node.names]
        elif node.names[0].name == "*":
            self.stars.append(source_module(node))

    def assign(self, node: ast.Assign, here: Here) -> None:
        """A plain `name = value` is remembered with its value."""
        for target in node.targets:
            self.set(target, Value(node.value), here)
        below = part(here, node.end_lineno or 0)
        self.push([*(target for target in node.targets if not isinstance(target, ast.Name)), node.value], below)

    def changed(self, node: ast.AugAssign | ast.Delete, here: Here) -> None:
        """`a.b += 1`, `del a[0]`: the function changes something that was there before."""
        self.changing.add(here.scope)
        self.push(children(node), part(here, node.end_lineno or 0))

    def annotated(self, node: ast.AnnAssign, here: Here) -> None:
        """`name: type = value`; the annotation runs only now and then, so it counts as not running."""
        if node.value is not None or not isinstance(node.target, ast.Name):
            self.set(node.target, Value(node.value, annotation=node.annotation), here)
        elif self.scopes[here.scope].kind != "module":
            self.bind(node.target.id, here, node.lineno, value=Value(None, annotation=node.annotation))
        below = part(here, node.end_lineno or 0)
        pairs: list[tuple[ast.AST, Here]] = [] if isinstance(node.target, ast.Name) else [(node.target, below)]
        pairs.append((node.annotation, below._replace(live=False)))
        self.push_pairs([*pairs, (node.value, below)] if node.value else pairs)

    def named(self, node: ast.NamedExpr, here: Here) -> None:
        """A walrus binds in the nearest scope that is not a comprehension."""
        scope = here.scope
        while self.scopes[scope].kind in NAMELESS:
            scope = self.scopes[scope].parent
        self.set(node.target, Value(node.value), here._replace(scope=scope, plain=False))
        self.push([node.value], operand(here))

    def name(self, node: ast.Name, here: Here) -> None:
        """A name that is stored to or deleted on the way, in a loop, a `with`, an unpacking."""
        if not isinstance(node.ctx, ast.Load):
            self.bind(node.id, here, node.lineno, value=self.targets.get(id(node), NOTHING))

    def outer(self, node: ast.Global | ast.Nonlocal, here: Here) -> None:
        """`global` names belong to the module; those of `nonlocal` are found when all bindings are known."""
        where = 0 if isinstance(node, ast.Global) else UNKNOWN
        self.declared[here.scope].update(dict.fromkeys(node.names, where))

    def handler(self, node: ast.ExceptHandler, here: Here) -> None:
        """`except E as name`."""
        if node.name:
            self.bind(node.name, here._replace(plain=False), node.lineno)
        self.push(children(node), here._replace(plain=False))

    def pattern(self, node: ast.MatchAs | ast.MatchStar, here: Here) -> None:
        """`case name`."""
        if node.name:
            self.bind(node.name, here, node.lineno)
        self.push(children(node), here)

    def mapping(self, node: ast.MatchMapping, here: Here) -> None:
        """`case {**name}`."""
        if node.rest:
            self.bind(node.rest, here, node.lineno)
        self.push(children(node), here)

    def type_alias(self, node: Any, here: Here) -> None:  # noqa: ANN401 (ast.TypeAlias is newer than Python 3.11)
        """`type name = …` is evaluated on demand only."""
        self.bind(node.name.id, here, node.lineno)
        self.push(children(node)[1:], here._replace(live=False, plain=False))

    # Calls, and what they are surrounded by

    def await_(self, node: ast.Await, here: Here) -> None:
        """An awaited call is handed to the loop; whether the function gives way with it depends on what is called.

        One that never runs is not followed, and still has no place in a plain function.
        """
        if not isinstance(node.value, ast.Call) or not here.live:
            self.suspend(here.scope)
        self.push([node.value], here._replace(awaited=True, argument_of=-1))

    def with_(self, node: ast.With | ast.AsyncWith, here: Here) -> None:
        """The body, and every later manager, stands under the managers before."""
        below = part(here)
        asynchronous = isinstance(node, ast.AsyncWith)
        if asynchronous:
            self.suspend(here.scope)
        pairs: list[tuple[ast.AST, Here]] = []
        for item in node.items:
            pairs.append((item.context_expr, below))
            value = item.context_expr
            called = isinstance(value, ast.Call)
            name = dotted(value.func if isinstance(value, ast.Call) else value)
            place = self.positions.place(value)
            context = Context(
                name,
                called,
                asynchronous,
                here.scope,
                value.lineno,
                None,
                place,
                here.live,
                here.once,
                below.contexts,
            )
            self.contexts.append((context, value))
            below = below._replace(contexts=(*below.contexts, len(self.contexts) - 1))
            if item.optional_vars:
                self.target(item.optional_vars, Value(value).by("aenter" if asynchronous else "enter"))
                pairs.append((item.optional_vars, below))
        self.push_pairs(pairs + self.block(node.body, below))

    # Branches and loops

    def if_(self, node: ast.If, here: Here) -> None:
        """A branch that a constant rules out never runs."""
        below = part(here)
        truth = constant_truth(node.test)
        dead = below._replace(live=False)
        pairs: list[tuple[ast.AST, Here]] = [(node.test, below)]
        body = dead if truth is False else below
        if here.scope and not here.once and (name := missing_yet(node.test)):
            body = body._replace(once=self.sets_global(name, node.body, here.scope))
        pairs += self.block(node.body, body)
        pairs += self.block(node.orelse, dead if truth is True else below)
        self.push_pairs(pairs)

    def while_(self, node: ast.While, here: Here) -> None:
        """The same for a loop that is never entered."""
        below = part(here)
        body = below._replace(live=False) if constant_truth(node.test) is False else below
        self.push_pairs([(node.test, below), *self.block(node.body, body), *self.block(node.orelse, below)])

    def for_(self, node: ast.For | ast.AsyncFor, here: Here) -> None:
        """Going round runs what is iterated over."""
        below = part(here)
        if isinstance(node, ast.AsyncFor):
            self.suspend(here.scope)
            self.target(node.target, Value(node.iter).by("aiter"))
        else:
            self.target(node.target, Value(node.iter).by("iter"))
            self.iterate(node.iter, below, rounds(node))
        head: list[tuple[ast.AST, Here]] = [(node.target, below), (node.iter, below)]
        self.push_pairs([*head, *self.block(node.body, below), *self.block(node.orelse, below)])

    def try_(self, node: Any, here: Here) -> None:  # noqa: ANN401 (ast.Try and ast.TryStar)
        """Each part is a block of its own."""
        below = part(here)
        pairs = self.block(node.body, below)
        pairs += [(handler, below) for handler in node.handlers]
        self.push_pairs(pairs + self.block(node.orelse, below) + self.block(node.finalbody, below))

    def return_(self, node: ast.Return, here: Here) -> None:
        """The result of a function."""
        body = self.body_of(here.scope)
        if body is not None and node.value is not None and here.live:
            body.results.append(node.value)
        self.push(children(node), part(here, node.end_lineno or 0))

    def yield_(self, node: ast.Yield | ast.YieldFrom, here: Here) -> None:
        """A function with a `yield` in it is a generator, even where it never gets there."""
        body = self.body_of(here.scope)
        if body is not None:
            body.generator = True
            if isinstance(node, ast.Yield):
                body.yields.append(node.value)
        if isinstance(node, ast.YieldFrom):
            self.iterate(node.value, here, 0)
        self.push(children(node), operand(here))

    def call(self, node: ast.Call, here: Here) -> None:
        """A call: numbered whether or not it can run, so that every tree counts alike."""
        number = self.call_count
        self.call_count += 1
        if here.live:
            self.call_numbers[id(node)] = number
            place = self.positions.place(node)
            last = max(here.last_line, place[2])
            callee = dotted(node.func)
            call = Call(
                number,
                self.statement,
                here.scope,
                callee,
                place,
                last,
                here.awaited,
                here.argument_of,
                here.contexts,
                once=here.once,
            )
            self.calls.append((call, node))
            for owner, attribute in patched(node):
                self.patches.append(Patch(owner, attribute, here.scope, node.lineno))
        plain = operand(here)
        first, *rest = children(node)
        if rest:
            self.push(rest, argument(plain, number))
        self.push([first], plain)

    def keyword(self, node: ast.keyword, here: Here) -> None:
        """A keyword argument passes on whose argument it is."""
        self.push([node.value], here)

    def attribute(self, node: ast.Attribute, here: Here) -> None:
        """The whole chain is remembered once, as read or as set."""
        name = dotted(node)
        if isinstance(node.ctx, ast.Load):
            if name:
                self.attributes.add(name)
            if here.live and here.scope and (not name or (here.scope, name) not in self.reads):
                self.has_read(here.scope, name)
                place = self.positions.place(node)
                touch = Touch("read", here.scope, None, place, here.last_line, 0, here.once, here.contexts)
                self.touches.append((touch, node))
        else:
            self.changing.add(here.scope)
            if id(node) in self.targets and name:
                self.store(name, here, node.lineno, ("value", ""), self.targets[id(node)])
            if name and not name.startswith(("self.", "cls.")):
                owner, _, attribute = name.rpartition(".")
                self.patches.append(Patch(owner, attribute, here.scope, node.lineno))
        if not name:
            self.push([node.value], operand(here))

    def has_read(self, scope: int, name: str) -> None:
        """What a nested function has read, the one around it finds loaded."""
        self.reads.add((scope, name))
        while self.scopes[scope].kind == "def":
            scope = self.scopes[scope].parent
            self.reads.add((scope, name))

    def constant(self, node: ast.Constant, _here: Here) -> None:
        """A string that could be the dotted path of something may be one that a test patches."""
        if isinstance(node.value, str) and len(node.value) <= _LONGEST_DOTTED and _DOTTED.fullmatch(node.value):
            self.strings.add(node.value)


_VISITORS: dict[type[ast.AST], Callable[[_Reader, Any, Here], None]] = {
    ast.AnnAssign: _Reader.annotated,
    ast.Assign: _Reader.assign,
    ast.AsyncFor: _Reader.for_,
    ast.AugAssign: _Reader.changed,
    ast.AsyncFunctionDef: _Reader.function,
    ast.AsyncWith: _Reader.with_,
    ast.Attribute: _Reader.attribute,
    ast.Await: _Reader.await_,
    ast.Call: _Reader.call,
    ast.ClassDef: _Reader.class_,
    ast.Constant: _Reader.constant,
    ast.Delete: _Reader.changed,
    ast.DictComp: _Reader.comprehension,
    ast.ExceptHandler: _Reader.handler,
    ast.For: _Reader.for_,
    ast.FunctionDef: _Reader.function,
    ast.GeneratorExp: _Reader.comprehension,
    ast.Global: _Reader.outer,
    ast.If: _Reader.if_,
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
    ast.Return: _Reader.return_,
    ast.SetComp: _Reader.comprehension,
    ast.Try: _Reader.try_,
    ast.TryStar: _Reader.try_,
    ast.While: _Reader.while_,
    ast.With: _Reader.with_,
    ast.Yield: _Reader.yield_,
    ast.YieldFrom: _Reader.yield_,
    ast.keyword: _Reader.keyword,
}
if hasattr(ast, "TypeAlias"):
    _VISITORS[ast.TypeAlias] = _Reader.type_alias
