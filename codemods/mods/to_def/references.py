"""Everything in a project that refers to a coroutine function, and what each reference asks of it."""

from __future__ import annotations

import ast
from typing import TYPE_CHECKING

from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.mods.to_def.objects import Objects
from codemods.mods.uses import Reference, Uses, cannot_be_read, renamed
from codemods.program.classes import is_test
from codemods.program.values import Decorated, Definition, File, Instance, Method, Outside, Partial, function_of

if TYPE_CHECKING:
    from collections.abc import Container, Iterable, Iterator, Mapping, Sequence

    from codemods.facts import Opened
    from codemods.mods.codemod import Project
    from codemods.program import Module
    from codemods.program.values import Value, Values

# A dotted path that is longer is none.
_LONGEST_PATH = 200
_HANDING_OUT = frozenset(
    {"as_completed", "create_task", "ensure_future", "gather", "run", "run_coroutine_threadsafe", "run_until_complete"}
    | {"shield", "spawn", "start_soon", "wait", "wait_for"}
)
_PATCHING = frozenset({"object", "patch", "setattr", "getattr", "delattr", "hasattr", "spy", "stub"})


class References(Uses):
    """Asked of one function at a time."""

    def __init__(self, project: Project, functions: Iterable[Definition]) -> None:
        super().__init__(project)
        self._found: dict[Definition, list[Reference]] = {function: [] for function in functions}
        by_name: dict[str, list[Definition]] = {}
        for function in sorted(self._found):
            by_name.setdefault(project.name_of(function), []).append(function)
        # One file after the other: a project has too many to keep their trees.
        for path, names in self.mentioning(by_name):
            if path in self._modules:
                self._look_through(path, {name: by_name[name] for name in names})
                continue
            for name in names:
                for function in by_name[name]:
                    self._found[function].append(cannot_be_read(path, name))
        for function in by_name.get("__call__", ()):
            self._found[function] += Objects(project).of(function)

    def of(self, function: Definition) -> Sequence[Reference]:
        """Every reference to one of the functions, in the whole project."""
        return self._found[function]

    def _look_through(self, path: str, by_name: Mapping[str, list[Definition]]) -> None:
        module, opened = self._modules[path], self._project.glance(path)
        other_names = renamed(opened, by_name)
        found = [*_mentions(opened, by_name), *(_mentions(opened, other_names) if other_names else ())]
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
                return self.other(module, node, "something else is put in its place")
            case ast.Name(ctx=ast.Load()) | ast.Attribute(ctx=ast.Load()):
                return self._read(function, module, opened, node, method=method)
        return None

    def _text(
        self, function: Definition, module: Module, opened: Opened, node: ast.Constant, text: str
    ) -> Reference | None:
        """A dotted path, or the name that something is patched or looked up by."""
        own = self._modules[function.path]
        qualname = own.facts.scopes[function.scope].qualname
        paths = {f"{name}.{qualname}" for name in self._project.program.layout.names(function.path)}
        if text.replace(":", ".") in paths:
            return self.other(module, node, f"{text!r} names it in a text")
        if "." in text:
            # `patch("app.routes.load")`, where app.routes imports it.
            ends = text.rpartition(".")[2] == qualname.rpartition(".")[2]
            return (
                self.other(module, node, f"{text!r} may name it in a text") if ends and is_test(module.path) else None
            )
        call = opened.parent(node)
        looked_up = isinstance(call, ast.Call) and node in call.args and name_of(call.func) in _PATCHING
        if looked_up and self._may_be_owner(function, module, opened, call.args[0]):  # type: ignore[union-attr]
            return self.other(module, node, f"it is looked up by its name, {text!r}")
        return None

    def _may_be_owner(self, function: Definition, module: Module, opened: Opened, node: ast.expr) -> bool:
        values = self.values(module, opened, node)
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
        values = self.values(module, opened, node.value)
        if not values:
            return is_test(module.path)
        return any(self._owns(value, function) for value in values)

    # What stands for the function

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
        values = self.values(module, opened, node) or self._by_name(function, module, opened, node)
        if values and not any(is_function(value, function) for value in values):
            return None
        if not values and not (method and isinstance(node, ast.Attribute) and self._asked_for(opened, node, module)):
            return None
        if any(isinstance(value, Partial) for value in values):
            return self.other(module, node, "some of its arguments are given in advance")
        override = self.overrides(above, node)
        if override is not None:
            return Reference(override, module.path, node.lineno)
        if self.registers(module, opened, node):
            return Reference("registered", module.path, node.lineno)
        return self.other(module, node, "it is handed on as it is")

    def _asked_for(self, opened: Opened, node: ast.Attribute, module: Module) -> bool:
        """Whether an attribute of something unknown is handed on, or may be a test's mock of the method."""
        if is_test(module.path):
            return True
        return isinstance(opened.parent(node), ast.Call | ast.keyword)

    def _called(
        self, function: Definition, module: Module, opened: Opened, node: ast.Call, *, method: bool
    ) -> Reference | None:
        number = opened.call_numbers[node]
        call = module.calls.get(number)
        if call is None:
            return None
        values = self._calls.callee(module, call) or self._by_name(function, module, opened, node.func)
        awaited = isinstance(opened.parent(node), ast.Await)
        if not any(is_function(value, function) for value in values):
            # A test may have loaded the module itself: its functions are attributes of something unknown then.
            unsure = not values and isinstance(node.func, ast.Attribute) and (method or is_test(module.path))
            if unsure and (awaited or self._handed_out(opened, node)):
                return self.other(module, node, "a call whose receiver is not known may be of it")
            return None
        if not awaited:
            return self.other(module, node, "its coroutine is not awaited where it is made")
        if any(module.facts.scopes[each].kind == "generator" for each in _scopes_up(module, call.scope)):
            return self.other(module, node, "it is awaited in a generator expression")
        holder = Definition(module.path, module.function_of(call.scope))
        if is_test(module.path):
            return Reference("in a test", module.path, node.lineno, number, holder)
        others = frozenset(each for value in values if (each := function_of(value)) is not None) - {function}
        if len(others) + 1 < len(values):
            return self.other(module, node, "the call may be of something else as well")
        return Reference("awaited", module.path, node.lineno, number, holder, others)

    def _handed_out(self, opened: Opened, node: ast.Call) -> bool:
        """Whether a call's result goes where coroutines go."""
        for above, part in opened.ancestors(node):
            if isinstance(above, ast.Call) and part is not above.func:
                return name_of(above.func) in _HANDING_OUT
            if isinstance(above, ast.Return):
                return True
            if isinstance(above, ast.stmt):
                return False
        return False


def _mentions(opened: Opened, names: Container[str]) -> Iterator[tuple[str, ast.AST]]:
    """The nodes that bring up some names."""
    for node in walk(opened.tree):
        match node:
            case ast.Name(id=name) | ast.Attribute(attr=name) if name in names:
                yield name, node
            case ast.Constant(value=str(text)) if len(text) < _LONGEST_PATH:
                name = text.replace(":", ".").rpartition(".")[2]
                if name in names:
                    yield name, node


def _scopes_up(module: Module, scope: int) -> Iterator[int]:
    while module.facts.scopes[scope].kind in {"comprehension", "generator", "class"}:
        yield scope
        scope = module.facts.scopes[scope].parent


def is_function(value: Value, function: Definition) -> bool:
    """Whether a value is a function, under whatever it was put into."""
    match value:
        case Decorated():
            return is_function(value.inside, function)
        case Partial():
            return is_function(value.function, function)
    return function_of(value) == function
