"""Names followed to what they stand for, through scopes, imports, aliases and re-exports."""

from __future__ import annotations

import builtins
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, TypeVar

from codemods.facts import Packed, called_name, summarize
from codemods.program.layout import Layout

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence

    from codemods.facts import Binding, Call, Class, Context, Facts, Function, Summary, Touch

_LONGEST_TRAIL = 50
_DEFINITIONS = frozenset({"def", "async def", "class"})
_Part = TypeVar("_Part", "Call", "Touch", "Context")


@dataclass(frozen=True, slots=True)
class Meaning:
    """One thing that a name may stand for."""

    name: str
    """The qualified name: `time.sleep`, or within `module` where the project defines it."""
    module: str = ""
    """The path of the project's module that defines it; empty for all that comes from outside."""
    line: int = 0
    """Where the name was last bound."""


@dataclass(frozen=True, slots=True)
class Resolved:
    """All that a name may stand for. `whole` is false when some way of binding it was not understood."""

    meanings: tuple[Meaning, ...] = ()
    whole: bool = True

    @property
    def outside(self) -> frozenset[str]:
        """The qualified names among the meanings that the project does not define."""
        return frozenset(meaning.name for meaning in self.meanings if not meaning.module)

    @property
    def only(self) -> Meaning | None:
        """The one thing it stands for, where there is no doubt."""
        different = {(meaning.name, meaning.module): meaning for meaning in self.meanings}
        return next(iter(different.values())) if self.whole and len(different) == 1 else None


_UNKNOWN = Resolved(whole=False)


class Module:
    """One file's facts, with its names arranged for look-up."""

    def __init__(self, path: str, shown: str, facts: Facts | Packed) -> None:
        self.path = path
        self.shown = shown
        self._facts = facts

    @cached_property
    def facts(self) -> Facts:
        """The facts; unpacked when they are first asked for."""
        return self._facts.facts if isinstance(self._facts, Packed) else self._facts

    @cached_property
    def summary(self) -> Summary:
        """The names in it by which other files find what concerns them."""
        return self._facts.summary if isinstance(self._facts, Packed) else summarize(self._facts)

    @cached_property
    def calls_by_name(self) -> Mapping[str, tuple[Call, ...]]:
        """The calls, by the last part of what they call."""
        found: dict[str, list[Call]] = {}
        for call in self.facts.calls:
            found.setdefault(called_name(call), []).append(call)
        return {name: tuple(calls) for name, calls in found.items()}

    @cached_property
    def names(self) -> Mapping[tuple[int, str], tuple[Binding, ...]]:
        """The bindings of each name of each scope."""
        found: dict[tuple[int, str], list[Binding]] = {}
        for binding in self.facts.bindings:
            found.setdefault((binding.scope, binding.name), []).append(binding)
        return {key: tuple(bindings) for key, bindings in found.items()}

    @cached_property
    def imported_names(self) -> tuple[tuple[int, str], ...]:
        """The names that nothing but imports binds, with their scopes."""
        return tuple(key for key, found in self.names.items() if all(binding.kind == "import" for binding in found))

    @cached_property
    def imported_roots(self) -> frozenset[str]:
        """The outermost names of what it imports, anywhere in it."""
        return frozenset(target.partition(".")[0] for target in self.summary.imports)

    @cached_property
    def packages(self) -> tuple[frozenset[str], frozenset[str]]:
        """The outermost names of what it imports: for certain, and anywhere in it."""
        found = [binding for binding in self.facts.bindings if binding.kind == "import"]
        anywhere = frozenset(binding.target.partition(".")[0] for binding in found)
        return frozenset(target.partition(".")[0] for target in self.at_top), anywhere

    @property
    def at_top(self) -> list[str]:
        """What is imported whenever the module is: neither in a function nor under a condition."""
        return [each.target for each in self.facts.bindings if each.kind == "import" and each.plain and each.scope == 0]

    @cached_property
    def attributes_set(self) -> Mapping[str, tuple[Binding, ...]]:
        """What each dotted attribute (`self.lock`) is set to, anywhere in the file."""
        found: dict[str, list[Binding]] = {}
        for store in self.facts.stores:
            found.setdefault(store.name, []).append(store)
        return {name: tuple(stores) for name, stores in found.items()}

    @cached_property
    def storing(self) -> frozenset[int]:
        """The functions that set an attribute or an item of anything, or change something in place."""
        return frozenset(map(self.function_of, self.facts.changing))

    @cached_property
    def definitions(self) -> Mapping[str, int]:
        """The scope of each function and class, by qualified name; the last one where several share it."""
        kinds = {"def", "async def", "class"}
        return {scope.qualname: number for number, scope in enumerate(self.facts.scopes) if scope.kind in kinds}

    @cached_property
    def calls(self) -> Mapping[int, Call]:
        """The calls that run, by number."""
        return {call.number: call for call in self.facts.calls}

    @cached_property
    def functions(self) -> Mapping[int, Function]:
        """What is known about each function, by its scope."""
        return {function.scope: function for function in self.facts.functions}

    @cached_property
    def classes(self) -> Mapping[int, Class]:
        """The head of each class, by its scope."""
        return {each.scope: each for each in self.facts.classes}

    @cached_property
    def opened_by(self) -> Mapping[tuple[int, str, int], int]:
        """The scope that a `def` or `class` opens, by the scope it stands in, its name and its line."""
        return {
            (scope.parent, scope.qualname.rpartition(".")[2], scope.line): number
            for number, scope in enumerate(self.facts.scopes)
            if scope.kind in _DEFINITIONS
        }

    @cached_property
    def calls_in(self) -> Mapping[int, tuple[Call, ...]]:
        """The calls that run when a function runs, by its scope."""
        return self._by_function(self.facts.calls)

    @cached_property
    def touches_in(self) -> Mapping[int, tuple[Touch, ...]]:
        """The reads and loops that run when a function runs."""
        return self._by_function(self.facts.touches)

    @cached_property
    def contexts_in(self) -> Mapping[int, tuple[Context, ...]]:
        """The `with` blocks that a function enters."""
        return self._by_function([context for context in self.facts.contexts if context.live])

    def _by_function(self, parts: Iterable[_Part]) -> Mapping[int, tuple[_Part, ...]]:
        found: dict[int, list[_Part]] = {}
        for part in parts:
            found.setdefault(self.function_of(part.scope), []).append(part)
        return {function: tuple(each) for function, each in found.items()}

    @cached_property
    def set_on_self(self) -> Mapping[tuple[int, str], tuple[Binding, ...]]:
        """What the methods of each class set on `self` or `cls`, by the class's scope and the attribute."""
        found: dict[tuple[int, str], list[Binding]] = {}
        for store in self.facts.stores:
            owner, _, name = store.name.partition(".")
            if owner in {"self", "cls"} and "." not in name and (scope := self.class_of(store.scope)) is not None:
                found.setdefault((scope, name), []).append(store)
        return {key: tuple(stores) for key, stores in found.items()}

    def class_of(self, scope: int) -> int | None:
        """The class that code in a scope stands in."""
        while scope >= 0 and self.facts.scopes[scope].kind != "class":
            scope = self.facts.scopes[scope].parent
        return scope if scope >= 0 else None

    def holder(self, scope: int, name: str) -> int | None:
        """The scope whose name it is, seen from another scope; nothing for builtins and unknown names."""
        facts, start = self.facts, scope
        while scope >= 0:
            here = facts.scopes[scope]
            declared = dict(here.outer).get(name)
            if declared is not None:
                return declared if (declared, name) in self.names else None
            if (scope, name) in self.names and (scope == start or here.kind != "class"):
                return scope
            scope = here.parent
        return None

    def function_of(self, scope: int) -> int:
        """The innermost function (or lambda, or the module) that code in a scope belongs to."""
        while self.facts.scopes[scope].kind in {"comprehension", "generator", "class"}:
            scope = self.facts.scopes[scope].parent
        return scope


@dataclass(frozen=True, slots=True)
class _Question:
    module: str
    scope: int
    name: str


@dataclass(slots=True, eq=False)
class Program:
    """A project's modules, and the answers found so far."""

    modules: dict[str, Module]
    layout: Layout
    _answers: dict[_Question, Resolved] = field(default_factory=dict)
    _provisional: dict[_Question, Resolved] = field(default_factory=dict)
    _lowest: int = _LONGEST_TRAIL + 1
    _onward: dict[str, set[str]] = field(default_factory=dict)
    _importers: dict[str, list[str]] = field(default_factory=dict)
    _around: dict[str, tuple[set[str], set[str]]] = field(default_factory=dict)
    _needing: dict[str, frozenset[str]] = field(default_factory=dict)

    @classmethod
    def link(cls, modules: Iterable[Module], also: Iterable[str] = (), installed: Iterable[str] = ()) -> Program:
        """A program of these modules; `also` are files that are there but could not be read.

        `installed` are the folders that the repository's distributions put on the import path.
        """
        found = {module.path: module for module in modules}
        return cls(found, Layout([*found, *also], list(installed)))

    def resolve(self, module: Module, scope: int, dotted: str) -> Resolved:
        """What a dotted name, read in a scope, stands for."""
        return self._resolve(_Question(module.path, scope, dotted), ())

    def imports(self, module: Module) -> list[str]:
        """The paths of the project's modules that a module imports, anywhere in it."""
        targets = [binding.target for binding in module.facts.bindings if binding.kind == "import"]
        found = [self.find(module, target) for target in (*targets, *module.facts.modules)]
        return [each[0] for each in found if each is not None] + self.stars(module)

    def around(self, module: Module) -> tuple[set[str], set[str]]:
        """The paths of all that a module imports, and of all that import it, at any distance, with its own."""
        if module.path in self._around:
            return self._around[module.path]
        imported, importing = {module.path}, {module.path}
        waiting = [module.path]
        self.importers(module.path)
        while waiting:
            more = self._onward.get(waiting.pop(), set()) - imported
            imported |= more
            waiting += more
        waiting = [module.path]
        while waiting:
            more = set(self.importers(waiting.pop())) - importing
            importing |= more
            waiting += more
        self._around[module.path] = imported, importing
        return imported, importing

    def importers(self, path: str) -> Sequence[str]:
        """The paths of the modules that import one."""
        if not self._onward:
            for other, each in self.modules.items():
                self._onward[other] = self._imports(each)
                for imported in self._onward[other]:
                    self._importers.setdefault(imported, []).append(other)
        return self._importers.get(path, ())

    def needing(self, package: str) -> frozenset[str]:
        """The paths of the modules that cannot be imported without a package."""
        if package not in self._needing:
            importers: dict[str, list[str]] = {}
            waiting = []
            for path, module in self.modules.items():
                for target in module.at_top:
                    found = self.find(module, target)
                    if found is not None:
                        importers.setdefault(found[0], []).append(path)
                    elif target.partition(".")[0] == package:
                        waiting.append(path)
            needing = set(waiting)
            while waiting:
                more = set(importers.get(waiting.pop(), ())) - needing
                needing |= more
                waiting += more
            self._needing[package] = frozenset(needing)
        return self._needing[package]

    def _imports(self, module: Module) -> set[str]:
        found = (self.find(module, target) for target in module.summary.imports)
        return {each[0] for each in found if each is not None}

    def stars(self, module: Module) -> list[str]:
        """The paths of the project's modules that a module imports all names from."""
        found = [self.find(module, star) for star in module.facts.stars]
        return [each[0] for each in found if each is not None]

    def find(self, module: Module, target: str) -> tuple[str, str] | None:
        """The project's module that an imported name starts with, and the rest of it."""
        relative = target.startswith(".")
        return self.layout.relative(module.path, target) if relative else self.layout.absolute(module.path, target)

    def _resolve(self, question: _Question, trail: tuple[_Question, ...]) -> Resolved:
        known = self._answers.get(question) or self._provisional.get(question)
        if known is not None:
            return known
        depth = len(trail)
        if question in trail or depth > _LONGEST_TRAIL:
            self._lowest = min(self._lowest, trail.index(question) if question in trail else 0)
            return _UNKNOWN
        before, self._lowest = self._lowest, _LONGEST_TRAIL + 1
        answer = self._look_up(question, (*trail, question))
        if self._lowest >= depth:
            self._answers[question] = answer
            self._lowest = before
        else:
            # Cut short by a circle: good until the question that it started with is answered.
            self._provisional[question] = answer
            self._lowest = min(self._lowest, before)
        if not trail:
            self._provisional.clear()
            self._lowest = _LONGEST_TRAIL + 1
        return answer

    def _look_up(self, question: _Question, trail: tuple[_Question, ...]) -> Resolved:
        module = self.modules[question.module]
        first, _, rest = question.name.partition(".")
        holder = module.holder(question.scope, first)
        if holder is None:
            return self._unbound(module, question.name, trail)
        answers = [
            self._follow(module, binding, rest, trail)
            for binding in module.names[holder, first]
            if binding.kind != "none" or len(module.names[holder, first]) == 1
        ]
        return _union(answers)

    def _follow(self, module: Module, binding: Binding, rest: str, trail: tuple[_Question, ...]) -> Resolved:
        target = ".".join(filter(None, (binding.target, rest)))
        if binding.kind == "import":
            return self._imported(module, target, binding.line, trail)
        if binding.kind == "alias":
            return self._resolve(_Question(module.path, binding.scope, target), trail)
        if binding.kind in {"def", "class"}:
            outer = module.facts.scopes[binding.scope].qualname
            return self._member(module, f"{outer}.{binding.name}" if outer else binding.name, binding, rest)
        if binding.kind == "parameter" and binding.name in {"self", "cls"} and rest:
            owner = module.facts.scopes[module.facts.scopes[binding.scope].parent]
            if owner.kind == "class":
                return self._member(module, owner.qualname, binding._replace(kind="class"), rest)
        return _UNKNOWN

    def _member(self, module: Module, qualname: str, binding: Binding, rest: str) -> Resolved:
        """A function or class of the project, or one straight inside it."""
        if not rest:
            return Resolved((Meaning(qualname, module.path, binding.line),))
        inner = module.definitions.get(qualname) if binding.kind == "class" else None
        found = module.names.get((inner, rest), ()) if inner is not None else ()
        if found and all(each.kind in {"def", "class"} for each in found):
            return Resolved((Meaning(f"{qualname}.{rest}", module.path, found[-1].line),))
        return _UNKNOWN

    def _imported(self, module: Module, target: str, line: int, trail: tuple[_Question, ...]) -> Resolved:
        relative = target.startswith(".")
        if not relative and self.layout.shadows(module.path, target):
            return _UNKNOWN
        found = self.find(module, target)
        if found is None:
            return _UNKNOWN if relative else Resolved((Meaning(target, line=line),))
        path, rest = found
        if path not in self.modules:
            return _UNKNOWN
        if not rest:
            return Resolved((Meaning("", path, line),))
        return self._resolve(_Question(path, 0, rest), trail)

    def _unbound(self, module: Module, name: str, trail: tuple[_Question, ...]) -> Resolved:
        """A name that nothing in the file binds: from a star import, a builtin, or unknown."""
        answers = list(self._from_stars(module, name, trail))
        if answers:
            return _union(answers)
        if hasattr(builtins, name.partition(".")[0]) and not module.facts.stars:
            return Resolved((Meaning(f"builtins.{name}"),))
        return _UNKNOWN

    def _from_stars(self, module: Module, name: str, trail: tuple[_Question, ...]) -> Iterator[Resolved]:
        first = name.partition(".")[0]
        for star in module.facts.stars:
            found = self.find(module, star)
            if found is None:
                yield (
                    _UNKNOWN
                    if star.startswith(".") or hasattr(builtins, first)
                    else Resolved((Meaning(f"{star}.{name}"),))
                )
            elif found[0] not in self.modules:
                yield _UNKNOWN
            elif not first.startswith("_") and (0, first) in self.modules[found[0]].names:
                yield self._resolve(_Question(found[0], 0, name), trail)


def _union(answers: list[Resolved]) -> Resolved:
    meanings = dict.fromkeys(meaning for answer in answers for meaning in answer.meanings)
    return Resolved(tuple(meanings), all(answer.whole for answer in answers) and bool(answers))
