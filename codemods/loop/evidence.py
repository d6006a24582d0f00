"""Why the analysis takes a receiver for what it does: the annotation, assignment, import or caller that says so."""

from __future__ import annotations

from typing import TYPE_CHECKING

from codemods.loop.nominal import Nominal
from codemods.model import Remark
from codemods.program.values import Definition, File, Instance, Thing

if TYPE_CHECKING:
    from collections.abc import Iterator

    from codemods.facts import Binding, Call
    from codemods.loop.sites import Site
    from codemods.program import Module
    from codemods.program.touches import Touches
    from codemods.program.values import Value, Values


def evidence(calls: Touches, site: Site) -> tuple[Remark, ...]:
    """What was inferred about the receivers on the way from a site to the call that blocks, and from where."""
    found: dict[Remark, None] = {}
    scope = site.module.facts.scopes[site.function]
    if scope.kind == "async def" and Definition(site.module.path, site.function) in Nominal(calls):
        found[Remark(site.module.shown, scope.line, f"{scope.qualname} is async in name only: it never gives way")] = (
            None
        )
    if site.call.number >= 0:
        found |= dict.fromkeys(_of_call(calls, site.module, site.call))
    shown = {module.shown: module for module in calls.program.modules.values()}
    for step in site.chain:
        module = shown[step.path]
        for call in module.facts.calls:
            if call.place[0] == step.line:
                found |= dict.fromkeys(_of_call(calls, module, call))
    return tuple(found)


def _of_call(calls: Touches, module: Module, call: Call) -> Iterator[Remark]:
    parts = call.callee.split(".")
    for length in range(1, len(parts)):
        name = ".".join(parts[:length])
        if name in {"self", "cls"}:
            continue
        values = calls.of(module, call.scope, name, call.place[0])
        what = _described(calls, values)
        if what:
            line, reason, where = _origin(calls, module, call, name)
            yield Remark(where.shown, line, f"`{name}` is of type {what}: {reason}")


def _described(calls: Touches, values: Values) -> str:
    """What a receiver is, where it is an object: modules and classes speak for themselves."""
    return " or ".join(sorted({text for value in values if (text := _text(calls, value))}))


def _text(calls: Touches, value: Value) -> str:
    match value:
        case Thing():
            return value.type
        case Instance():
            scope = calls.program.modules[value.of.path].facts.scopes[value.of.scope]
            return scope.qualname
    return ""


def _origin(calls: Touches, module: Module, call: Call, name: str) -> tuple[int, str, Module]:
    """The line that says what a name is, in words."""
    owner, _, attribute = name.rpartition(".")
    if not owner:
        bindings = calls.bindings(module, call.scope, name, call.place[0]) or ()
        for binding in bindings:
            if calls.bound(module, binding):
                return _of_binding(calls, module, binding)
        return call.place[0], "a name from elsewhere", module
    for value in calls.of(module, call.scope, owner, call.place[0]):
        for cls in calls.line(value.of) if isinstance(value, Instance) else ():
            if isinstance(cls, Definition):
                other = calls.program.modules[cls.path]
                for store in other.set_on_self.get((cls.scope, attribute), ()):
                    return store.line, f"`{store.name}` is set there", other
                for binding in other.names.get((cls.scope, attribute), ()):
                    return binding.line, "the class defines it there", other
        if isinstance(value, File):
            other = calls.program.modules[value.path]
            for binding in other.names.get((0, attribute), ()):
                return _of_binding(calls, other, binding)
    return call.place[0], "an attribute of what stands before it", module


def _of_binding(calls: Touches, module: Module, binding: Binding) -> tuple[int, str, Module]:
    if binding.kind == "import":
        return binding.line, f"imported as {binding.target}", module
    if binding.kind != "parameter":
        return binding.line, "annotated there" if binding.annotation is not None else "assigned there", module
    function = module.functions[binding.scope]
    parameter = next(each for each in function.parameters if each.name == binding.name)
    if parameter.annotation is not None:
        return binding.line, "its annotation", module
    if parameter.default is not None:
        return binding.line, "its default", module
    for caller, call, _ in calls.callers(Definition(module.path, binding.scope)):
        return call.place[0], f"what {module.facts.scopes[binding.scope].qualname} is given there", caller
    return binding.line, "a parameter", module
