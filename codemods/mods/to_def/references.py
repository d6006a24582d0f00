"""Everything in a project that refers to a coroutine function, and what each reference asks of it."""

from __future__ import annotations

import ast
import os
import re
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from codemods import catalog
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.program.classes import is_test
from codemods.program.values import Decorated, Definition, File, Instance, Method, Outside, Partial, function_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from codemods.facts import Call, Expr, Opened
    from codemods.mods.codemod import Project
    from codemods.program import Module
    from codemods.program.values import Value, Values

How = Literal["awaited", "in a test", "registered", "named", "other"]

_IDENTIFIER = re.compile(r"[A-Za-z_]\w*")
# A dotted path that is longer is none.
_LONGEST_PATH = 200
_HANDING_OUT = frozenset(
    {"as_completed", "create_task", "ensure_future", "gather", "run", "run_coroutine_threadsafe", "run_until_complete"}
    | {"shield", "spawn", "start_soon", "wait", "wait_for"}
)
_PATCHING = frozenset({"object", "patch", "setattr", "getattr", "delattr", "hasattr", "spy", "stub"})


@dataclass(frozen=True, slots=True)
class Reference:
    """One place that refers to a function."""

    how: How
    path: str
    line: int
    call: int = -1
    """The number of the call that calls it, where it is called."""
    holder: Definition | None = None
    """The function that awaits it."""
    also: frozenset[Definition] = frozenset()
    """What else the call may call."""
    reason: str = ""


class References:
    """Asked of one function at a time."""

    def __init__(self, project: Project, functions: Iterable[Definition]) -> None:
        self._project = project
        self._calls = project.calls
        self._modules = project.program.modules
        self._found: dict[Definition, list[Reference]] = {function: [] for function in functions}
        by_name: dict[str, list[Definition]] = {}
        for function in sorted(self._found):
            by_name.setdefault(project.name_of(function), []).append(function)
        # One file after the other: a project has too many to keep their trees.
        for path, text in project.texts():
            names = by_name.keys() & _IDENTIFIER.findall(text)
            if names and path in self._modules:
                self._look_through(path, {name: by_name[name] for name in names})
            elif names:
                shown = os.path.relpath(path)
                for function in (each for name in names for each in by_name[name]):
                    reason = f"{shown} cannot be read, and its text mentions {project.name_of(function)}; mend it first"
                    self._found[function].append(Reference("other", path, 0, reason=reason))

    def of(self, function: Definition) -> Sequence[Reference]:
        """Every reference to one of the functions, in the whole project."""
        return self._found[function]

    def _look_through(self, path: str, by_name: Mapping[str, list[Definition]]) -> None:
        module, opened = self._modules[path], self._project.open(path)
        other_names: dict[str, str] = {}
        found = list(_mentions(opened, by_name, other_names))
        if other_names:
            found += list(_mentions(opened, other_names, {}))
        for name, node in found:
            for function in by_name[other_names.get(name, name)]:
                scope = self._modules[function.path].facts.scopes[function.scope]
                method = scope.parent in self._modules[function.path].classes
                reference = self._classified(function, module, opened, node, method=method)
                if reference is not None:
                    self._found[function].append(reference)

    def _classified(
        self, function: Definition, module: Module, opened: Opened, node: ast.AST, *, method: bool
    ) -> Reference | None:
        """What a mention of the name asks of the function; nothing where it is about something else."""
        match node:
            case ast.Constant(value=str(text)):
                return self._text(function, module, opened, node, text)
            case ast.Attribute(ctx=ast.Store()) if method and self._may_be_its_object(function, module, opened, node):
                return self._other(module, node, "something else is put in its place")
            case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
                return self._read(function, module, opened, node, method=method)
        return None

    def _other(self, module: Module, node: ast.AST, reason: str) -> Reference:
        line = getattr(node, "lineno", 0)
        return Reference("other", module.path, line, reason=f"{reason} ({module.shown}:{line})")

    def _text(
        self, function: Definition, module: Module, opened: Opened, node: ast.Constant, text: str
    ) -> Reference | None:
        """A dotted path, or the name that something is patched or looked up by."""
        own = self._modules[function.path]
        qualname = own.facts.scopes[function.scope].qualname
        paths = {f"{name}.{qualname}" for name in self._project.program.layout.names(function.path)}
        if text.replace(":", ".") in paths:
            return self._other(module, node, f"{text!r} names it in a text")
        if "." in text:
            # `patch("app.routes.load")`, where app.routes imports it.
            ends = text.rpartition(".")[2] == qualname.rpartition(".")[2]
            return (
                self._other(module, node, f"{text!r} may name it in a text") if ends and is_test(module.path) else None
            )
        call = opened.parent(node)
        looked_up = isinstance(call, ast.Call) and node in call.args and _called_name(call) in _PATCHING
        if looked_up and self._may_be_owner(function, module, opened, call.args[0]):  # type: ignore[union-attr]
            return self._other(module, node, f"it is looked up by its name, {text!r}")
        return None

    def _may_be_owner(self, function: Definition, module: Module, opened: Opened, node: ast.expr) -> bool:
        values = self._values(module, opened, node)
        return not values or any(self._owns(value, function) for value in values)

    def _owns(self, value: Value, function: Definition) -> bool:
        own = self._modules[function.path]
        parent = Definition(function.path, own.facts.scopes[function.scope].parent)
        if parent.scope not in own.classes:
            return isinstance(value, File) and value.path == function.path
        match value:
            case Instance():
                return parent in self._calls.line(value.of) or value.of in self._calls.line(parent)
            case Definition():
                return value == parent or (self._calls.is_class(value) and parent in self._calls.line(value))
            case Outside() | Method():
                return False
        return True

    def _may_be_its_object(self, function: Definition, module: Module, opened: Opened, node: ast.Attribute) -> bool:
        values = self._values(module, opened, node.value)
        if not values:
            return is_test(module.path)
        return any(self._owns(value, function) for value in values)

    # What stands for the function

    def _values(self, module: Module, opened: Opened, node: ast.expr) -> Values:
        shape = opened.shapes.of(node)
        if not _known(shape, module):
            return frozenset()
        return self._calls.of(module, opened.scope(node), shape, node.lineno)

    def _by_name(self, function: Definition, module: Module, opened: Opened, node: ast.expr) -> Values:
        """The function, where a name leads to it although a decorator hides what it stands for."""
        name = dotted(node)
        if not name:
            return frozenset()
        qualname = self._modules[function.path].facts.scopes[function.scope].qualname
        meanings = self._project.program.resolve(module, opened.scope(node), name).meanings
        same = any(each.module == function.path and each.name == qualname for each in meanings)
        return frozenset({function}) if same else frozenset()

    def _read(
        self, function: Definition, module: Module, opened: Opened, node: ast.expr, *, method: bool
    ) -> Reference | None:
        above = opened.parent(node)
        if isinstance(above, ast.Call) and above.func is node:
            return self._called(function, module, opened, above, method=method)
        if isinstance(above, ast.Attribute) and isinstance(node, ast.Attribute) and not method:
            return None
        values = self._values(module, opened, node) or self._by_name(function, module, opened, node)
        if values and not any(_is(value, function) for value in values):
            return None
        if not values and not (method and isinstance(node, ast.Attribute) and self._asked_for(opened, node, module)):
            return None
        if any(isinstance(value, Partial) for value in values):
            return self._other(module, node, "some of its arguments are given in advance")
        override = self._overrides(above, node)
        if override is not None:
            return Reference(override, module.path, node.lineno)
        if self._registers(module, opened, node):
            return Reference("registered", module.path, node.lineno)
        return self._other(module, node, "it is handed on as it is")

    def _asked_for(self, opened: Opened, node: ast.Attribute, module: Module) -> bool:
        """Whether an attribute of something unknown is handed on, or may be a test's mock of the method."""
        if is_test(module.path):
            return True
        return isinstance(opened.parent(node), ast.Call | ast.keyword)

    def _overrides(self, above: ast.AST | None, node: ast.AST) -> How | None:
        """`app.dependency_overrides[f] = g` takes either kind on both sides."""
        match above:
            case ast.Subscript(value=ast.Attribute(attr="dependency_overrides")):
                return "named"
            case ast.Assign(targets=[ast.Subscript(value=ast.Attribute(attr="dependency_overrides"))], value=value):
                return "registered" if value is node else None
        return None

    def _registers(self, module: Module, opened: Opened, node: ast.expr) -> bool:
        """Whether it is handed to something that takes a function of either kind."""
        above = opened.parent(node)
        if isinstance(above, ast.keyword):
            above = opened.parent(above)
        if not isinstance(above, ast.Call):
            return False
        call = module.calls.get(opened.call_numbers[above])
        if call is not None:
            return takes_both(self._project, module, call)
        # Annotations do not run, but FastAPI reads `Annotated[User, Depends(f)]` there.
        return _called_name(above) in catalog.frameworks().depends

    def _called(
        self, function: Definition, module: Module, opened: Opened, node: ast.Call, *, method: bool
    ) -> Reference | None:
        number = opened.call_numbers[node]
        call = module.calls.get(number)
        if call is None:
            return None
        values = self._calls.callee(module, call) or self._by_name(function, module, opened, node.func)
        awaited = isinstance(opened.parent(node), ast.Await)
        if not any(_is(value, function) for value in values):
            unsure = not values and method and isinstance(node.func, ast.Attribute)
            if unsure and (awaited or self._handed_out(opened, node)):
                return self._other(module, node, "a call whose receiver is not known may be of it")
            return None
        if not awaited:
            return self._other(module, node, "its coroutine is not awaited where it is made")
        if any(module.facts.scopes[each].kind == "generator" for each in _scopes_up(module, call.scope)):
            return self._other(module, node, "it is awaited in a generator expression")
        holder = Definition(module.path, module.function_of(call.scope))
        if is_test(module.path):
            return Reference("in a test", module.path, node.lineno, number, holder)
        others = frozenset(each for value in values if (each := function_of(value)) is not None) - {function}
        if len(others) + 1 < len(values):
            return self._other(module, node, "the call may be of something else as well")
        return Reference("awaited", module.path, node.lineno, number, holder, others)

    def _handed_out(self, opened: Opened, node: ast.Call) -> bool:
        """Whether a call's result goes where coroutines go."""
        for above, part in opened.ancestors(node):
            if isinstance(above, ast.Call) and part is not above.func:
                return _called_name(above) in _HANDING_OUT
            if isinstance(above, ast.Return):
                return True
            if isinstance(above, ast.stmt):
                return False
        return False


def _mentions(opened: Opened, names: Container[str], other_names: dict[str, str]) -> Iterator[tuple[str, ast.AST]]:
    """The nodes that bring up some names; what they are imported as is noted."""
    for node in walk(opened.tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in names:
                yield name, node
            case ast.Constant(value=str(text)) if len(text) < _LONGEST_PATH:
                name = text.replace(":", ".").rpartition(".")[2]
                if name in names:
                    yield name, node
            case ast.ImportFrom():
                other_names |= {
                    alias.asname: alias.name
                    for alias in node.names
                    if alias.asname and alias.asname != alias.name and alias.name in names
                }


def _called_name(node: ast.Call) -> str:
    return node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")


def _known(shape: Expr, module: Module) -> bool:
    """Whether all calls in a shape are ones that run: others have no result."""
    if isinstance(shape, int):
        return shape in module.calls
    if isinstance(shape, tuple) and shape[0] == "=":
        return True
    return not isinstance(shape, tuple) or all(_known(part, module) for part in shape if isinstance(part, tuple | int))


def _scopes_up(module: Module, scope: int) -> Iterator[int]:
    while module.facts.scopes[scope].kind in {"comprehension", "generator", "class"}:
        yield scope
        scope = module.facts.scopes[scope].parent


def takes_both(project: Project, module: Module, call: Call) -> bool:
    """Whether a call takes plain functions as well as coroutine functions, and runs the plain ones in a thread."""
    known = catalog.threads()
    for value in project.calls.callee(module, call):
        match value:
            case Outside(name):
                owner, _, last = name.rpartition(".")
                if last in catalog.frameworks().depends or name in known.takes_both[""]:
                    return True
                if known.registers(owner, last):
                    return True
            case Method(_, kind, name):
                if known.registers(kind, name):
                    return True
    return False


def _is(value: Value, function: Definition) -> bool:
    match value:
        case Decorated():
            return _is(value.inside, function)
        case Partial():
            return _is(value.function, function)
    return function_of(value) == function
