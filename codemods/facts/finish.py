"""From what a walk noted to a file's facts: names given to their scopes, expressions to their shapes."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.flow import idle
from codemods.facts.kinds import Binding, Call, Class, Facts, Function, Parameter, Touch
from codemods.facts.notes import NOTHING, UNKNOWN
from codemods.facts.shapes import Shapes

if TYPE_CHECKING:
    from codemods.facts.kinds import Expr
    from codemods.facts.notes import Body, Notes, Value

_FUNCTIONS = frozenset({"def", "async def", "lambda"})


def finish(notes: Notes) -> Facts:
    """All that was read, with names declared `global` or `nonlocal` given to the scopes that hold them."""
    bound = {(binding.scope, binding.name) for binding, _ in notes.bindings}
    owners = [
        {name: _owner(notes, number, name, bound) for name in names} if names else {}
        for number, names in enumerate(notes.declared)
    ]
    shapes = Shapes(notes.call_numbers, notes.scope_numbers)
    return Facts(
        (
            tuple(
                scope._replace(outer=tuple(sorted(outer.items()))) if outer else scope
                for scope, outer in zip(notes.scopes, owners, strict=True)
            ),
            tuple(_function(number, body, shapes) for number, body in notes.bodies.items()),
            tuple(
                Class(number, tuple(map(shapes.of, node.bases)), tuple(map(shapes.of, node.decorator_list)))
                for number, node in notes.classes
            ),
            tuple(_finished(each, shapes, owners) for each in notes.bindings),
            tuple(_finished(each, shapes, None) for each in notes.stores),
            tuple(_finished_call(call, node, shapes) for call, node in notes.calls),
            tuple(
                Touch(t.how, t.scope, shapes.of(node), t.place, t.last_line, t.rounds, t.once, t.contexts)
                for t, node in notes.touches
            ),
            tuple(context._replace(value=shapes.of(node)) for context, node in notes.contexts),
            tuple(notes.patches),
            (),
            tuple(notes.first_calls),
            tuple(notes.modules),
            tuple(notes.stars),
            tuple(notes.attributes),
            tuple(notes.strings),
            tuple(sorted(notes.changing)),
        )
    )


def _finished(noted: tuple[Binding, Value], shapes: Shapes, owners: list[dict[str, int]] | None) -> Binding:
    """A binding with the shape of its value, in the scope that holds its name."""
    binding, value = noted
    owner = owners[binding.scope].get(binding.name) if owners else None
    if value is not NOTHING:
        name, scope, kind, target, line, plain, _, _, within = binding
        note = shapes.of_annotation(value.annotation) if value.annotation is not None else None
        binding = Binding(name, scope, kind, target, line, plain, value.shape(shapes), note, within)
    return binding if owner is None else binding._replace(scope=owner, plain=False)


def _owner(notes: Notes, scope: int, name: str, bound: set[tuple[int, str]]) -> int:
    """The scope that holds a name declared `global` or `nonlocal` in this one."""
    while notes.declared[scope].get(name, UNKNOWN) == UNKNOWN:
        scope = notes.scopes[scope].parent
        if scope <= 0:
            return 0
        if notes.scopes[scope].kind in _FUNCTIONS and name not in notes.declared[scope] and (scope, name) in bound:
            return scope
    return notes.declared[scope][name]


def _function(scope: int, body: Body, shapes: Shapes) -> Function:
    node = body.node
    parameters = tuple(_parameters(node.args, shapes))
    if isinstance(node, ast.Lambda):
        results: tuple[Expr, ...] = (shapes.of(node.body),)
        return Function(scope, (), parameters, None, results, (), body.generator, body.suspends, abstract=False)
    return Function(
        scope,
        tuple(map(shapes.of, node.decorator_list)),
        parameters,
        shapes.of_annotation(node.returns),
        tuple(map(shapes.of, body.results)),
        tuple(map(shapes.of, body.yields)),
        body.generator,
        body.suspends,
        idle(node.body),
    )


def _parameters(arguments: ast.arguments, shapes: Shapes) -> list[Parameter]:
    positional = [*arguments.posonlyargs, *arguments.args]
    defaults = [None] * (len(positional) - len(arguments.defaults)) + list(arguments.defaults)
    rows: list[tuple[ast.arg, str, ast.expr | None]] = [
        (each, "positional", default) for each, default in zip(positional, defaults, strict=True)
    ]
    rows += [(arguments.vararg, "*", None)] if arguments.vararg else []
    rows += [(each, "named", given) for each, given in zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)]
    rows += [(arguments.kwarg, "**", None)] if arguments.kwarg else []
    return [Parameter(a.arg, kind, shapes.of_annotation(a.annotation), shapes.of(default)) for a, kind, default in rows]


def _finished_call(call: Call, node: ast.Call, shapes: Shapes) -> Call:
    if not (node.args or node.keywords) and call.callee:
        return call
    number, statement, scope, callee, place, last, awaited, argument_of, contexts, _, _, _, once = call
    function = None if callee else shapes.of(node.func)
    arguments = tuple([shapes.of(each) for each in node.args])
    named = tuple([(word.arg or "", shapes.of(word.value)) for word in node.keywords]) if node.keywords else ()
    return Call(
        number, statement, scope, callee, place, last, awaited, argument_of, contexts, function, arguments, named, once
    )
