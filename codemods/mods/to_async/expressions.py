"""What evaluating an expression takes, and what it gives: whatever is not known to be quick is an error."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from codemods.mods.to_async.attributes import Attributes
from codemods.mods.to_async.kinds import NUMBER, SCALAR, SMALL_LIST, UNKNOWN, HeldError, Kind, joined, shown
from codemods.mods.to_async.models import constant

if TYPE_CHECKING:
    from collections.abc import Callable

    from codemods.mods.to_async.attributes import Frame
    from codemods.program.values import Definition


# A text that a request brought in may be copied so often: about what it has taken to read it.
_MOST_ROUNDS = 100
_LONGEST_POWER = 4
_ONE_BY_ONE = (ast.Add, ast.Sub, ast.Div, ast.FloorDiv, ast.Mod)
_Comprehension = ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp


class Expressions(Attributes):
    """Expressions."""

    def value(self, frame: Frame, node: ast.expr) -> Kind:
        """What an expression gives."""
        make = _MAKERS.get(type(node))
        if make is None:
            raise HeldError(node, f"has `{shown(node)}`, which is not looked into")
        return make(self, frame, node)

    def _constant(self, _frame: Frame, node: ast.Constant) -> Kind:
        return constant(node.value)

    def _text(self, frame: Frame, node: ast.JoinedStr) -> Kind:
        for part in node.values:
            self._formatted(frame, part)
        return SCALAR

    def _several(self, frame: Frame, node: ast.List | ast.Tuple | ast.Set) -> Kind:
        for each in node.elts if isinstance(node, ast.Set) else ():
            self.plain(frame, each)
        return self._listed(frame, node.elts)

    def _dict(self, frame: Frame, node: ast.Dict) -> Kind:
        for key, value in zip(node.keys, node.values, strict=True):
            _ = self.plain(frame, key) if key is not None else self._taken_apart(value, self.value(frame, value))
        return replace(self._listed(frame, node.values), sort="dict")

    def _either(self, frame: Frame, node: ast.BoolOp) -> Kind:
        *first, last = node.values
        return _all_joined([*(self.plain(frame, part) for part in first), self.value(frame, last)])

    def _choice(self, frame: Frame, node: ast.IfExp) -> Kind:
        self.truth(frame, node.test)
        return joined(self.value(frame, node.body), self.value(frame, node.orelse))

    def _unary(self, frame: Frame, node: ast.UnaryOp) -> Kind:
        if isinstance(node.op, ast.Not):
            self.truth(frame, node.operand)
        else:
            self.number(frame, node.operand)
        return NUMBER

    def _binary(self, frame: Frame, node: ast.BinOp) -> Kind:
        return self.binary(frame, node, self.value(frame, node.left), node.op, node.right)

    def _starred(self, frame: Frame, node: ast.Starred) -> Kind:
        return self._taken_apart(node, self.value(frame, node.value))

    def _taken_apart(self, node: ast.expr, kind: Kind) -> Kind:
        """Something of which the parts are taken."""
        if kind.known:
            return kind
        raise HeldError(node, f"takes `{shown(node)}` apart, and it is not known what that is")

    def plain(self, frame: Frame, node: ast.expr) -> Kind:
        """A value whose operators and truth are known."""
        kind = self.value(frame, node)
        if kind.known or (kind.sort == "object" and kind.small):
            return kind
        raise HeldError(node, f"works with `{shown(node)}`, and it is not known what that is")

    def small(self, frame: Frame, node: ast.expr) -> Kind:
        """A value of bounded size."""
        kind = self.value(frame, node)
        if kind.small:
            return kind
        raise HeldError(node, f"uses `{shown(node)}`, whose size is not known")

    def number(self, frame: Frame, node: ast.expr) -> Kind:
        """A number."""
        kind = self.value(frame, node)
        if kind.sort == "number":
            return kind
        raise HeldError(node, f"calculates with `{shown(node)}`, which is not known to be a number")

    def truth(self, frame: Frame, node: ast.expr) -> Kind:
        """A condition."""
        kind = self.value(frame, node)
        if not kind.known and kind.sort != "thing" and not kind.small:
            raise HeldError(node, f"asks whether `{shown(node)}` is true, and it is not known what that is")
        return kind

    def _formatted(self, frame: Frame, part: ast.expr) -> None:
        if isinstance(part, ast.FormattedValue):
            kind = self.small(frame, part.value)
            if not (kind.known or kind.sort == "thing") or not isinstance(part.format_spec, ast.JoinedStr | None):
                raise HeldError(part, f"formats `{shown(part.value)}`, and it is not known what that is")
            if part.format_spec and not all(isinstance(each, ast.Constant) for each in part.format_spec.values):
                raise HeldError(part, f"formats `{shown(part.value)}` to a width that is not written there")

    def _listed(self, frame: Frame, parts: list[ast.expr]) -> Kind:
        kinds = [self.value(frame, part) for part in parts]
        starred = any(isinstance(part, ast.Starred) for part in parts)
        item = _all_joined(kinds) if kinds and not starred else None
        return Kind("list", all(kind.small for kind in kinds), item=item)

    def _compared(self, frame: Frame, node: ast.Compare) -> Kind:
        sides, operators = [node.left, *node.comparators], node.ops
        if all(isinstance(each, ast.Is | ast.IsNot) for each in operators):
            for side in sides:
                self.value(frame, side)
            return NUMBER
        self.plain(frame, sides[0])
        for operator, side in zip(operators, sides[1:], strict=True):
            if isinstance(operator, ast.In | ast.NotIn):
                kind = self.value(frame, side)
                if kind.sort == "thing":
                    self.method(side, kind, "__contains__")
                elif kind.sort != "dict" and not (kind.small and kind.known):
                    raise HeldError(side, f"looks through `{shown(side)}`, whose size is not known")
                continue
            self.plain(frame, side)
        return NUMBER

    def binary(self, frame: Frame, node: ast.AST, left: Kind, operator: ast.operator, right: ast.expr) -> Kind:
        """An operator between two values."""
        if isinstance(operator, ast.Pow):
            powers = right.value if isinstance(right, ast.Constant) else None
            if left.sort == "number" and isinstance(powers, int) and powers <= _LONGEST_POWER and not frame.looping:
                return NUMBER
            raise HeldError(node, "raises to a power that may be large")
        other = self.small(frame, right)
        numbers = left.sort == other.sort == "number"
        steady = isinstance(operator, ast.Mult) and frame.changing.isdisjoint(names_in(node))
        if numbers and (isinstance(operator, _ONE_BY_ONE) or steady):
            return NUMBER
        if numbers and isinstance(operator, ast.BitAnd | ast.BitOr | ast.BitXor):
            return NUMBER
        texts = left.known and other.known and left.small
        if texts and isinstance(operator, ast.Add) and not frame.looping:
            return joined(left, other)
        raise HeldError(node, f"has `{shown(node)}`, which may take long")

    def _item(self, frame: Frame, node: ast.Subscript) -> Kind:
        owner, key = self.value(frame, node.value), node.slice
        if isinstance(key, ast.Slice):
            for part in (key.lower, key.upper, key.step):
                if part is not None:
                    self.small(frame, part)
            if owner.small and owner.known:
                return owner
            raise HeldError(node, f"copies a part of `{shown(node.value)}`, whose size is not known")
        self.plain(frame, key)
        if owner.sort == "thing":
            return self.method(node, owner, "__getitem__")
        if owner.sort in {"number", "scalar"}:
            return SCALAR
        if owner.known:
            return owner.item or (Kind("several", small=True) if owner.small else UNKNOWN)
        raise HeldError(node, f"reads `{shown(node)}`, and it is not known what that does")

    # Loops

    def rounds(self, frame: Frame, node: ast.expr) -> Kind:
        """What a loop goes over: only what is small, and no loop in a loop."""
        if frame.looping:
            raise HeldError(node, "has a loop in a loop")
        match node:
            case ast.Call(func=ast.Name(id="range"), args=args) if args and self._is(frame, "range", "builtins.range"):
                ends = [each.value for each in args if isinstance(each, ast.Constant) and isinstance(each.value, int)]
                if len(ends) == len(args) and len(range(*ends)) <= _MOST_ROUNDS:
                    return NUMBER
                raise HeldError(node, f"goes over `{shown(node)}`, which may be many rounds")
            case ast.Call(func=ast.Name(id="enumerate"), args=[inner]) if self._is(
                frame, "enumerate", "builtins.enumerate"
            ):
                self.rounds(frame, inner)
                return SMALL_LIST
        kind = self.value(frame, node)
        if not kind.small or kind.sort not in {"list", "dict", "several"}:
            raise HeldError(node, f"goes over `{shown(node)}`, whose size is not known")
        if kind.sort == "dict":
            return SCALAR
        return kind.item or Kind("several", small=True)

    def _is(self, frame: Frame, name: str, outside: str) -> bool:
        return name not in frame.names and self.outside(frame.module, frame.scope, name) == outside

    def bind(self, frame: Frame, target: ast.expr, kind: Kind) -> None:
        """Give a value to a name, or to several."""
        match target:
            case ast.Name(id=name):
                frame.names[name] = joined(frame.names[name], kind) if name in frame.names else kind
            case ast.Tuple(elts=parts) | ast.List(elts=parts):
                self._taken_apart(target, kind)
                for part in parts:
                    known = kind.item or (Kind("several", small=True) if kind.small and kind.known else UNKNOWN)
                    self.bind(frame, part, known)
            case ast.Subscript(value=owner, slice=key):
                self.plain(frame, key)
                into = self.value(frame, owner)
                if into.sort == "thing":
                    self.method(target, into, "__setitem__")
                else:
                    self.put(frame, owner, into, kind)
            case ast.Attribute(value=ast.Name(id="self"), attr=name) if frame.of is not None:
                self.settable(frame.of, target, name)
            case ast.Attribute(value=owner, attr=name):
                into = self.value(frame, owner)
                if into.sort != "thing" or name not in self.known["types"][into.type].get("attributes", ()):
                    raise HeldError(target, f"sets `{shown(target)}`, and it is not known what that does")
            case _:
                raise HeldError(target, f"sets `{shown(target)}`, which is not looked into")

    def put(self, frame: Frame, owner: ast.expr, into: Kind, kind: Kind, *values: ast.expr) -> None:
        """Put something into a container."""
        if any(not frame.filled.isdisjoint(names_in(value)) for value in values):
            raise HeldError(owner, f"puts into `{shown(owner)}` what the loop has filled")
        if into.sort not in {"dict", "list"}:
            raise HeldError(owner, f"puts something into `{shown(owner)}`, and it is not known what that is")
        if (into.small or into.item is not None) and not kind.small:
            # It may go by several names: what is known of it has to stay true.
            raise HeldError(owner, f"puts something into `{shown(owner)}`, and its size is not known")
        if isinstance(owner, ast.Name) and owner.id in frame.names:
            frame.names[owner.id] = Kind(into.sort, into.small)

    def settable(self, cls: Definition, node: ast.AST, name: str) -> None:
        """Setting an attribute of an object that is being made must run no code."""
        for each in self.family(cls):
            module = self.modules[each.path]
            if any((each.scope, special) in module.names for special in (name, "__setattr__", "__slots__")):
                raise HeldError(node, f"sets `self.{name}`, for which its class has code of its own")

    def _comprehension(self, frame: Frame, node: _Comprehension) -> Kind:
        if len(node.generators) != 1:
            raise HeldError(node, "has a loop in a loop")
        (generator,) = node.generators
        item = self.rounds(frame, generator.iter)
        inner = replace(frame, names={**frame.names}, looping=True, scope=self._scope_of(frame, node))
        for name in names_in(generator.target):
            inner.names.pop(name, None)
        self.bind(inner, generator.target, item)
        for test in generator.ifs:
            self.truth(inner, test)
        if isinstance(node, ast.DictComp):
            self.plain(inner, node.key)
            return Kind("dict", self.value(inner, node.value).small)
        made = self.value(inner, node.elt)
        return Kind("list", made.small, item=made)

    def _scope_of(self, frame: Frame, node: ast.AST) -> int:
        return self.project.open(frame.module.path).scopes[node]

    # What the floors above know

    def _called(self, frame: Frame, node: ast.Call) -> Kind:
        return self.call(frame, node)

    def call(self, frame: Frame, node: ast.Call) -> Kind:
        """What a call gives."""
        raise NotImplementedError


_MAKERS: dict[type[ast.expr], Callable[[Expressions, Frame, Any], Kind]] = {
    ast.Attribute: Expressions.read,
    ast.BinOp: Expressions._binary,  # noqa: SLF001
    ast.BoolOp: Expressions._either,  # noqa: SLF001
    ast.Call: Expressions._called,  # noqa: SLF001
    ast.Compare: Expressions._compared,  # noqa: SLF001
    ast.Constant: Expressions._constant,  # noqa: SLF001
    ast.Dict: Expressions._dict,  # noqa: SLF001
    ast.DictComp: Expressions._comprehension,  # noqa: SLF001
    ast.GeneratorExp: Expressions._comprehension,  # noqa: SLF001
    ast.IfExp: Expressions._choice,  # noqa: SLF001
    ast.JoinedStr: Expressions._text,  # noqa: SLF001
    ast.List: Expressions._several,  # noqa: SLF001
    ast.ListComp: Expressions._comprehension,  # noqa: SLF001
    ast.Name: Expressions.read,
    ast.Set: Expressions._several,  # noqa: SLF001
    ast.SetComp: Expressions._comprehension,  # noqa: SLF001
    ast.Starred: Expressions._starred,  # noqa: SLF001
    ast.Subscript: Expressions._item,  # noqa: SLF001
    ast.Tuple: Expressions._several,  # noqa: SLF001
    ast.UnaryOp: Expressions._unary,  # noqa: SLF001
}


def _all_joined(kinds: list[Kind]) -> Kind:
    found = kinds[0]
    for kind in kinds[1:]:
        found = joined(found, kind)
    return found


def names_in(node: ast.AST) -> set[str]:
    """All names that a piece of code mentions."""
    return {each.id for each in ast.walk(node) if isinstance(each, ast.Name)}


def set_in(loop: ast.For) -> tuple[set[str], set[str]]:
    """The names that the body of a loop sets, and those that it puts something into."""
    bound: set[str] = set()
    filled: set[str] = set()
    for part in loop.body:
        for each in ast.walk(part):
            match each:
                case ast.Name(id=name, ctx=ast.Store()):
                    bound.add(name)
                case ast.Subscript(value=ast.Name(id=name), ctx=ast.Store()):
                    filled.add(name)
                case ast.Call(func=ast.Attribute(value=ast.Name(id=name))):
                    filled.add(name)
    return bound | filled, filled
