"""Which statements go into a thread together: what may be cut out of a coroutine, and what it needs to give back."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from typing import TYPE_CHECKING

from codemods.facts.flow import ends
from codemods.facts.order import children, walk
from codemods.facts.values import dotted

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator, Sequence

    from codemods.facts import Opened

Function = ast.AsyncFunctionDef
_GIVING_WAY = (ast.Await, ast.AsyncFor, ast.AsyncWith, ast.Yield, ast.YieldFrom)
_INSIDE = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef, ast.Lambda)
_LOOPS = (ast.For, ast.While, ast.AsyncFor)
_OWN_FRAME = frozenset({"__class__", "dir", "eval", "exec", "globals", "locals", "super", "vars"})
_MOST_RESULTS = 4
_CLOSING = frozenset({"close", "disconnect", "quit", "shutdown"})
_SIMPLE = (ast.Expr, ast.Assign, ast.AnnAssign, ast.AugAssign, ast.Return)


@dataclass(frozen=True, slots=True)
class Region:
    """Neighbouring statements of one block."""

    statements: tuple[ast.stmt, ...]
    results: tuple[str, ...] = ()
    outer: tuple[str, ...] = ()
    returns: bool = False

    def holds(self, node: ast.AST, opened: Opened) -> bool:
        """Whether a node stands in it."""
        return any(each in self.statements for each in (node, *(above for above, _ in opened.ancestors(node))))


class Surgeon:
    """One coroutine, and what may be cut out of it."""

    def __init__(self, opened: Opened, function: Function, untouchable: Collection[ast.AST]) -> None:
        self.opened = opened
        self.function = function
        self._untouchable = set(untouchable)

    def region(self, statements: Sequence[ast.stmt]) -> Region | str:
        """The statements as a region, or why they cannot be cut out."""
        block = self.opened.block_of(statements[0])
        if block is None:
            return "it shares its line with other statements; give it one of its own"
        inside = list(_own(statements))
        reason = self._stuck(inside, statements)
        if reason:
            return reason
        leaves = [node for node in inside if isinstance(node, ast.Return)]
        tail = block is self.function.body and statements[-1] is block[-1]
        if leaves:
            generator = any(isinstance(node, ast.Yield) for node in _own(self.function.body))
            if generator or not (tail or _never_falls_through(statements[-1])):
                return "it holds a `return` that would only leave the nested function"
        elif ends(statements[-1]):
            return "it ends in a `raise`, which has to stay where it is"
        valued = any(node.value is not None for node in leaves)
        return self._with_names(statements, inside, returns=valued or (bool(leaves) and not tail))

    def _stuck(self, inside: list[ast.AST], statements: Sequence[ast.stmt]) -> str:
        """What keeps statements where they are."""
        for node in inside:
            if node in self._untouchable or isinstance(node, _GIVING_WAY):
                return f"line {node.lineno} between them has to stay on the loop"  # type: ignore[attr-defined]
            if isinstance(node, ast.comprehension) and node.is_async:
                return "it holds an asynchronous comprehension"
            if isinstance(node, ast.Global | ast.Nonlocal | ast.Delete):
                return f"line {node.lineno} changes what names stand for"
            if isinstance(node, _INSIDE) and not isinstance(node, ast.Lambda):
                return f"line {node.lineno} defines something of its own"
            if isinstance(node, ast.Raise) and node.exc is None and not self._handled_inside(node, statements):
                return f"line {node.lineno} raises what is being handled outside of it"
            if isinstance(node, ast.Name) and node.id in _OWN_FRAME:
                return f"`{node.id}` of line {node.lineno} works only in the function it is in"
            if isinstance(node, ast.Break | ast.Continue) and not self._loop_inside(node, statements):
                return f"line {node.lineno} leaves a loop around it"
        return ""

    def _handled_inside(self, node: ast.AST, statements: Sequence[ast.stmt]) -> bool:
        inside = set(_own(statements))
        return any(isinstance(above, ast.ExceptHandler) and above in inside for above, _ in self.opened.ancestors(node))

    def _loop_inside(self, node: ast.AST, statements: Sequence[ast.stmt]) -> bool:
        for above, part in self.opened.ancestors(node):
            if isinstance(above, _LOOPS) and part in above.body:
                return any(each is above for each in (*statements, *_own(statements)))
        return False

    # Names

    def _with_names(self, statements: Sequence[ast.stmt], inside: list[ast.AST], *, returns: bool) -> Region | str:
        assigned = dict.fromkeys(self._assigned(inside))
        if any(
            isinstance(node, ast.Global | ast.Nonlocal) and set(node.names) & assigned.keys()
            for node in walk(self.function)
        ):
            return "it sets a name that the function declares global"
        within = set(inside)
        certain = set(_certain(statements))
        results, outer = [], []
        for name in assigned:
            elsewhere = self._bound_elsewhere(name, within)
            early = self._read_first(name, inside)
            if early and not elsewhere:
                return f"`{name}` may be read before it is set"
            if not self._needed_after(name, statements, within):
                if not elsewhere and any(self._reads(name, within)):
                    # Without its only binding it would be another one, of a function around this one or of the module.
                    return f"`{name}` is read before it is set"
                if early:
                    outer.append(name)
                continue
            # What is given back is not set where an exception comes in between.
            raised = any(self._handles(node, statements) for node in self._reads(name, within))
            if name in certain and not early and not raised:
                results.append(name)
            elif elsewhere:
                outer.append(name)
            else:
                return f"`{name}` may or may not be set by it"
        declared = {
            each.target.id for each in inside if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        }
        if not declared.isdisjoint(outer):
            return f"`{min(declared.intersection(outer))}` gets its type in it, and is used outside of it as well"
        if returns and (results or outer):
            # What is set before a `return` is of no use to anybody behind it.
            results, outer = [], [name for name in outer if self._read_first(name, inside)]
        if len(results) > _MOST_RESULTS:
            return "it sets many names that are used later"
        return Region(tuple(statements), tuple(results), tuple(outer), returns)

    def _assigned(self, inside: Iterable[ast.AST]) -> Iterator[str]:
        for node in inside:
            match node:
                case ast.Name(id=name, ctx=ast.Store()) if not self._in_comprehension(node):
                    yield name
                case ast.ExceptHandler(name=str(name)):
                    yield name
                case ast.Import(names=names) | ast.ImportFrom(names=names):
                    yield from ((alias.asname or alias.name.partition(".")[0]) for alias in names)
                case ast.MatchAs(name=str(name)) | ast.MatchStar(name=str(name)) | ast.MatchMapping(rest=str(name)):
                    yield name

    def _in_comprehension(self, node: ast.AST) -> bool:
        for above, part in self.opened.ancestors(node):
            if isinstance(above, ast.stmt | ast.NamedExpr):
                return False
            if isinstance(above, ast.comprehension):
                return part is above.target
        return False

    def _bound_elsewhere(self, name: str, within: set[ast.AST]) -> bool:
        arguments = self.function.args
        named = [*arguments.posonlyargs, *arguments.args, *arguments.kwonlyargs, arguments.vararg, arguments.kwarg]
        if any(each is not None and each.arg == name for each in named):
            return True
        others = (node for node in _own(self.function.body) if node not in within)
        return name in set(self._assigned(others))

    def _read_first(self, name: str, inside: list[ast.AST]) -> bool:
        """Whether some way through the statements may read a name before it is set, as far as the order tells."""
        for node in _evaluated(inside):
            if isinstance(node, ast.Name) and node.id == name and not self._in_comprehension(node):
                augmented = isinstance(self.opened.parent(node), ast.AugAssign)
                return isinstance(node.ctx, ast.Load) or augmented
            if isinstance(node, ast.ExceptHandler | ast.Import | ast.ImportFrom) and name in set(
                self._assigned([node])
            ):
                return False
        return False

    def _needed_after(self, name: str, statements: Sequence[ast.stmt], within: set[ast.AST]) -> bool:
        """Whether anything that may run later reads a name."""
        looped = any(isinstance(above, _LOOPS) for above, _ in self.opened.ancestors(statements[0]))
        end = statements[-1].end_lineno or statements[-1].lineno
        replaced = not looped and self._replaced_after(name, statements)
        for node in self._reads(name, within):
            if self._runs_later(node):
                return True
            if self._set_anew(node, statements):
                continue
            if self._handles(node, statements) or (not replaced and (looped or node.lineno > end)):
                return True
        return False

    def _replaced_after(self, name: str, statements: Sequence[ast.stmt]) -> bool:
        """Whether what follows in the same block sets a name again before it reads it."""
        block = self.opened.block_of(statements[0]) or []
        for following in block[block.index(statements[-1]) + 1 :]:
            if self._read_first(name, list(_own([following]))):
                return False
            if name in set(_certain([following])):
                return True
        return False

    def _reads(self, name: str, within: set[ast.AST]) -> Iterator[ast.Name]:
        """Where the coroutine reads a name outside some nodes."""
        for node in walk(self.function):
            if isinstance(node, ast.Name) and node.id == name and isinstance(node.ctx, ast.Load) and node not in within:
                yield node

    def _set_anew(self, node: ast.Name, statements: Sequence[ast.stmt]) -> bool:
        """Whether a name is set by a block that it is read in, and that some statements are not part of."""
        around = {above for above, _ in self.opened.ancestors(statements[0])}
        return any(
            node.id in set(_set_by(above))
            for above, part in self.opened.ancestors(node)
            if isinstance(above, ast.For | ast.With | ast.ExceptHandler) and part in above.body and above not in around
        )

    def bound_outside(self, name: str, regions: Sequence[Region]) -> bool:
        """Whether a name is still bound by the coroutine itself once some regions are cut out."""
        within = {node for region in regions for node in _own(region.statements)}
        return self._bound_elsewhere(name, within) or any(name in region.results for region in regions)

    def _runs_later(self, node: ast.AST) -> bool:
        for above, _ in self.opened.ancestors(node):
            if above is self.function:
                return False
            if isinstance(above, _INSIDE):
                return True
        return False

    def _handles(self, node: ast.AST, statements: Sequence[ast.stmt]) -> bool:
        """Whether a node stands in a handler, or in what comes last, of a `try` around some statements."""
        tries = [above for above, _ in self.opened.ancestors(statements[0]) if isinstance(above, ast.Try)]
        return any(above in tries and part not in above.body for above, part in self.opened.ancestors(node))


def _own(statements: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """All nodes that run with some statements; of nested functions, only that they are there."""
    stack = list(statements)[::-1]
    while stack:
        node = stack.pop()
        yield node
        if not isinstance(node, _INSIDE):
            stack.extend(reversed(children(node)))
        elif isinstance(node, ast.Lambda):
            stack.append(node.args)


def _evaluated(inside: Iterable[ast.AST]) -> Iterator[ast.AST]:
    """The nodes with the values of assignments before their targets."""
    late: list[ast.AST] = []
    held: set[ast.AST] = set()
    until: ast.AST | None = None
    for node in inside:
        if isinstance(node, ast.stmt) and late:
            yield from late
            late, held, until = [], set(), None
        if isinstance(node, ast.Assign | ast.AnnAssign) and node.value is not None:
            targets = node.targets if isinstance(node, ast.Assign) else [node.target]
            held = {each for target in targets for each in walk(target)}
            until = node
        if until is not None and node in held:
            late.append(node)
        else:
            yield node
    yield from late


def _certain(statements: Iterable[ast.stmt]) -> Iterator[str]:
    """The names that statements set whenever they come to their end."""
    for statement in statements:
        match statement:
            case ast.Assign(targets=targets):
                yield from (name for target in targets for name in _stored(target))
            case ast.AnnAssign(target=ast.Name(id=name), value=value) if value is not None:
                yield name
            case ast.With(body=body):
                yield from _set_by(statement)
                yield from _certain(body)
            case ast.Import(names=names) | ast.ImportFrom(names=names):
                yield from ((alias.asname or alias.name.partition(".")[0]) for alias in names)


def _set_by(block: ast.For | ast.With | ast.ExceptHandler) -> Iterator[str]:
    """The names that a block sets before its body runs."""
    if isinstance(block, ast.ExceptHandler):
        yield from [block.name] if block.name else []
        return
    if isinstance(block, ast.For):
        yield from _stored(block.target)
        return
    for item in block.items:
        if item.optional_vars is not None:
            yield from _stored(item.optional_vars)


def _stored(target: ast.expr) -> Iterator[str]:
    for node in ast.walk(target):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id


def _never_falls_through(statement: ast.stmt) -> bool:
    """Whether what stands behind a statement never runs; a file's `with` block lets every exception through."""
    if isinstance(statement, ast.With):
        harmless = all(
            isinstance(item.context_expr, ast.Call) and "suppress" not in dotted(item.context_expr.func)
            for item in statement.items
        )
        return harmless and _never_falls_through(statement.body[-1])
    return ends(statement)


def neighbours(
    block: Sequence[ast.stmt], marked: Collection[ast.stmt], receivers: Collection[str]
) -> Iterator[list[ast.stmt]]:
    """Simple statements that belong together: blocking ones, and those about the same receivers between them."""
    run: list[ast.stmt] = []
    for statement in [*block, None]:
        if (
            statement is not None
            and isinstance(statement, _SIMPLE)
            and (statement in marked or _about(statement, receivers))
        ):
            run.append(statement)
            continue
        while run and run[-1] not in marked and not (len(run) > 1 and run[-2] in marked and _closes(run[-1])):
            run.pop()
        if len(run) > 1:
            yield run
        run = []


def _closes(statement: ast.stmt) -> bool:
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(attr=how))):
            return how in _CLOSING
    return False


def _about(statement: ast.stmt, receivers: Collection[str]) -> bool:
    """A bare call of a method of one of some receivers."""
    match statement:
        case ast.Expr(value=ast.Call(func=ast.Attribute(value=owner))):
            return dotted(owner) in receivers
    return False
