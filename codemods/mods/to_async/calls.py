"""What calling something takes, and what it gives."""

from __future__ import annotations

import ast
from dataclasses import replace
from typing import TYPE_CHECKING

from codemods.facts.values import dotted
from codemods.mods.to_async.expressions import Expressions
from codemods.mods.to_async.kinds import LETTERS, NUMBER, SCALAR, UNKNOWN, HeldError, Kind, given, joined, shown
from codemods.mods.uses import registers_handler

if TYPE_CHECKING:
    from codemods.facts import Call, Expr
    from codemods.mods.codemod import Project
    from codemods.mods.to_async.attributes import Frame
    from codemods.program import Module
    from codemods.program.values import Definition

_LOUD = {
    "builtins.print": "prints, and whoever reads the output may be slow",
}
_LOGGING = frozenset({"critical", "debug", "error", "exception", "info", "log", "warning"})
# What is handed to these runs after the answer.
_LATER = frozenset({"add_task", "BackgroundTask"})
_RUNNERS = frozenset({"asyncio", "anyio", "trio", "threading", "concurrent", "asgiref"})


class Calls(Expressions):
    """Calls."""

    def call(self, frame: Frame, node: ast.Call) -> Kind:
        """What a call gives, where it is known to be quick."""
        self._not_blocking(frame, node)
        name = dotted(node.func)
        first = name.partition(".")[0]
        if name and first not in frame.names and frame.module.holder(frame.scope, first) in {0, None}:
            outside = self.outside(frame.module, frame.scope, name)
            if outside:
                return self._outside(frame, node, outside)
            found = self.definition(frame.module, frame.scope, name)
            if found is not None and found.scope in self.modules[found.path].classes:
                return self._constructed(frame, node, found)
            if found is not None:
                return self._entered(frame, node, found, ())
        match node.func:
            case ast.Attribute(value=ast.Call(func=ast.Name(id="super"), args=[]), attr="__init__"):
                return self._above(frame, node)
            case ast.Attribute(value=owner, attr=attribute):
                return self._method(frame, node, owner, attribute)
        raise HeldError(node, f"calls `{shown(node.func)}`, and it is not known what that is")

    def _not_blocking(self, frame: Frame, node: ast.Call) -> None:
        """Nothing is proven against what the catalogue or the settings say."""
        call = frame.module.calls.get(self.project.open(frame.module.path).call_numbers[node])
        for target in self.project.calls.of_call(frame.module, call) if call is not None else ():
            if target.entry is not None:
                raise HeldError(node, f"calls {target.entry.name.removeprefix('builtins.')}, which blocks")

    def _arguments(self, frame: Frame, node: ast.Call) -> list[Kind]:
        return [self.value(frame, each) for each in (*node.args, *(word.value for word in node.keywords))]

    def _small_arguments(self, frame: Frame, node: ast.Call) -> None:
        for each in (*node.args, *(word.value for word in node.keywords)):
            self.small(frame, each)

    def _outside(self, frame: Frame, node: ast.Call, outside: str) -> Kind:
        if outside in self.known["any"]:
            # The classes that it is compared with are read, and nothing more; an unknown object may stand for another.
            for each in node.args[:1]:
                if self.value(frame, each).sort == "unknown":
                    raise HeldError(node, f"asks what `{shown(each)}` is, and that is not known")
            return given(self.known["any"][outside])
        if outside in {*self.known["models"]["exceptions"], *self.known["functions"]}:
            self._small_arguments(frame, node)
            found = given(self.known["functions"].get(outside, "scalar"))
            if outside in self.known["first_only"]["names"] and any(map(_is_no_constant, node.args[1:])):
                raise HeldError(node, f"has `{shown(node)}`, which may take long")
            # A text falls apart into as many pieces as it has letters.
            split = any(self.value(frame, each).sort in {"scalar", "several"} for each in node.args)
            return LETTERS if found.sort == "several" and split else found
        if outside == "builtins.len":
            kind = self.value(frame, node.args[0]) if len(node.args) == 1 else UNKNOWN
            if kind.known:
                return NUMBER
        reason = _LOUD.get(outside)
        package = outside.partition(".")[0]
        if package in _RUNNERS:
            reason = f"calls {outside}, which is about threads or a loop of its own"
        elif package == "logging":
            reason = "logs, and where the records go may be a file or a service"
        raise HeldError(node, reason or f"calls {outside.removeprefix('builtins.')}, which is not known to be quick")

    def _method(self, frame: Frame, node: ast.Call, owner: ast.expr, name: str) -> Kind:
        kind = self._receiver(frame, node, owner, name)
        containers, scalar = self.known["containers"], self.known["scalar"]
        if kind.sort in {"number", "scalar"}:
            fixed = isinstance(owner, ast.Constant) or all(isinstance(each, ast.Constant) for each in node.args)
            if name in scalar["methods"] or (name in scalar["constant"] and fixed):
                self._small_arguments(frame, node)
                return LETTERS if name in scalar["lists"] else SCALAR
        if kind.sort in {"dict", "list"} and name in containers["quick"]:
            slow = frame.looping if name in {"extend", "update"} else name == "pop" and kind.sort == "list"
            if not (slow and node.args):
                return self._of_container(frame, node, owner, kind, name)
        if kind.sort in {"dict", "list"} and kind.small and name in containers["all"]:
            self._small_arguments(frame, node)
            return Kind("list", small=True)
        if kind.sort == "thing":
            self._arguments(frame, node)
            return self.method(node, kind, name)
        if kind.sort == "object" and kind.cls is not None:
            return self._of_project(frame, node, kind, name)
        raise HeldError(node, f"calls `{shown(node.func)}`, which is not known to be quick")

    def _of_container(self, frame: Frame, node: ast.Call, owner: ast.expr, kind: Kind, name: str) -> Kind:
        """A method that takes the same time whatever the size of the container."""
        if name in {"extend", "update"}:
            self._small_arguments(frame, node)
        elif name != "append" and node.args:
            self.plain(frame, node.args[0])
        arguments = self._arguments(frame, node)
        if name in {"add", "append", "extend", "setdefault", "update"}:
            self.put(frame, owner, kind, arguments[-1] if arguments else SCALAR, *node.args)
        found = kind.item or (Kind("several", small=True) if kind.small else UNKNOWN)
        return joined(found, arguments[1] if len(arguments) > 1 else SCALAR)

    def _receiver(self, frame: Frame, node: ast.Call, owner: ast.expr, name: str) -> Kind:
        kind = self.value(frame, owner)
        if kind.sort == "unknown":
            if name in _LOGGING and "log" in dotted(owner).lower():
                raise HeldError(node, "logs, and where the records go may be a file or a service")
            raise HeldError(node, f"calls `{shown(node.func)}`, and it is not known what that is")
        return kind

    def _of_project(self, frame: Frame, node: ast.Call, owner: Kind, name: str) -> Kind:
        """A method of an object of the project's."""
        cls = owner.cls
        assert cls is not None  # noqa: S101 (the caller has looked)
        function = self.method_of(cls, name)
        if function is None:
            if owner.small and self.is_model(cls) and name in self.known["models"]["methods"]:
                self._small_arguments(frame, node)
                return Kind("dict", small=True)
            raise HeldError(node, f"calls `{shown(node.func)}`, which is not known to be quick")
        if any(self.method_of(each, name) != function for each in self.project.calls.subclasses(cls)):
            raise HeldError(node, f"calls `{shown(node.func)}`, which a subclass may do in another way")
        return self._entered(frame, node, function, (owner,))

    def _above(self, frame: Frame, node: ast.Call) -> Kind:
        """`super().__init__(...)` of an exception."""
        cls = frame.of
        if cls is None or not self.is_exception(cls) or len(self.family(cls)) > 1:
            raise HeldError(node, f"calls `{shown(node.func)}`, and it is not known what that is")
        self._small_arguments(frame, node)
        return SCALAR

    def _constructed(self, frame: Frame, node: ast.Call, cls: Definition) -> Kind:
        """An object of one of the project's classes."""
        qualname = self.modules[cls.path].facts.scopes[cls.scope].qualname
        if self.is_exception(cls):
            function = self.method_of(cls, "__init__")
            if any(self.method_of(cls, special) for special in ("__new__", "__init_subclass__")):
                raise HeldError(node, f"makes a {qualname}, which is not known to be quick")
            if function is None:
                self._small_arguments(frame, node)
            else:
                self._entered(frame, node, function, (UNKNOWN,))
            return SCALAR
        if self.of_class(cls) == SCALAR or self.fields(cls) is not None:
            self._small_arguments(frame, node)
            return replace(self.of_class(cls), small=True)
        raise HeldError(node, f"makes a {qualname}, and what that runs is not known")

    def _entered(self, frame: Frame, node: ast.Call, function: Definition, first: tuple[Kind, ...]) -> Kind:
        """A call of one of the project's functions, with what its parameters are."""
        module = self.modules[function.path]
        about = module.functions[function.scope]
        qualname = module.facts.scopes[function.scope].qualname
        bare = all(self.registers(module, each) for each in about.decorators)
        if module.facts.scopes[function.scope].kind != "def" or about.generator or not bare:
            raise HeldError(node, f"calls {qualname}, which is no plain function")
        if any(isinstance(each, ast.Starred) for each in node.args) or any(word.arg is None for word in node.keywords):
            raise HeldError(node, f"calls {qualname} with arguments that are not written out")
        given_kinds = [*first, *(self.value(frame, each) for each in node.args)]
        named = {str(word.arg): self.value(frame, word.value) for word in node.keywords}
        inner = self.project.open(function.path).nodes[function.scope]
        assert isinstance(inner, ast.FunctionDef)  # noqa: S101 (it was looked at above)
        if inner.args.vararg or inner.args.kwarg:
            raise HeldError(node, f"calls {qualname}, which takes any arguments")
        names = self.defaults(function)
        positional = [each.arg for each in (*inner.args.posonlyargs, *inner.args.args)]
        names |= dict(zip(positional, given_kinds, strict=False)) | named
        return self.entered(frame, node, function, names)

    def registers(self, module: Module, shape: Expr) -> bool:
        """Whether a decorator registers a function, and leaves it as it is."""
        call = module.calls.get(shape) if isinstance(shape, int) else None
        return call is not None and is_route(self.project, module, call)

    def defaults(self, function: Definition) -> dict[str, Kind]:
        """What the parameters of a function are that nothing is given for."""
        node = self.project.open(function.path).nodes[function.scope]
        assert isinstance(node, ast.FunctionDef)  # noqa: S101 (only those are asked for)
        arguments = node.args
        positional = [*arguments.posonlyargs, *arguments.args]
        names = {each.arg: UNKNOWN for each in (*positional, *arguments.kwonlyargs)}
        pairs = [
            *zip(reversed(positional), reversed(arguments.defaults), strict=False),
            *zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True),
        ]
        for parameter, default in pairs:
            if isinstance(default, ast.Constant):
                names[parameter.arg] = NUMBER if isinstance(default.value, bool | int | float) else SCALAR
        return names


def _is_no_constant(node: ast.expr) -> bool:
    return not isinstance(node, ast.Constant)


def is_route(project: Project, module: Module, call: Call) -> bool:
    """Whether a call makes what it is given a route, or a handler of exceptions."""
    return call.callee.rpartition(".")[2] not in _LATER and registers_handler(project, module, call)
