"""Dictionaries and sets that one function goes through while another one puts something in, or takes something out.

On the loop neither comes in between the other. In a thread, or around an await, it does: Python then raises "dictionary
changed size during iteration", and a list leaves out what moves up.
"""

from __future__ import annotations

import ast
from collections import defaultdict
from dataclasses import dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING

from codemods import catalog
from codemods.facts.opened import name_of
from codemods.facts.order import walk
from codemods.facts.values import dotted
from codemods.hazards.locks import SOUNDS_LIKE_LOCK
from codemods.hazards.shared import is_row
from codemods.hazards.situation import Hazard
from codemods.loop.roots import Roots
from codemods.program.classes import is_test
from codemods.program.values import Definition, Instance, function_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from codemods.facts import Opened
    from codemods.hazards.situation import Situation
    from codemods.program import Module
    from codemods.program.touches import Touches

_CHANGING = frozenset(
    {"add", "clear", "discard", "insert", "pop", "popitem", "popleft", "remove", "setdefault", "update"}
)
_AT_ENDS = frozenset({"append", "appendleft", "extend", "extendleft"})
_VIEWS = frozenset({"items", "keys", "values"})
# What gives the next item when it is asked for it; `list(…)` and `sorted(…)` take all at once.
_ONE_BY_ONE = frozenset({"enumerate", "filter", "iter", "map", "reversed", "zip"})
_LISTS = (ast.List, ast.ListComp)

Key = tuple[str, str]
"""The file of a container, and its name there: of a variable, or of a class and its attribute."""


@dataclass(frozen=True, slots=True)
class _Use:
    """A place in a function, and the locks that it holds there."""

    scope: int
    line: int
    locks: frozenset[str]


@dataclass(frozen=True, slots=True)
class _Uses:
    """What a file does with containers that several functions can reach."""

    through: dict[Key, list[_Use]] = field(default_factory=lambda: defaultdict(list))
    changes: dict[Key, list[_Use]] = field(default_factory=lambda: defaultdict(list))


class Containers:
    """Asked about functions that are to run in threads; what is found out about a file is kept."""

    def __init__(self, calls: Touches, opener: Callable[[str], Opened]) -> None:
        self._calls = calls
        self._open = opener
        self._roots = Roots(calls)
        self._found: dict[str, _Uses] = {}
        self._serving: dict[Definition, bool] = {}

    def of(self, function: Definition, lines: tuple[int, int] | None = None) -> Iterator[Hazard]:
        """The containers that a function, or some lines of it, would go through or change at the wrong time."""
        module = self._module(function.path)
        if not _may_use(module, function.scope):
            return
        found = self._uses(module)
        for here, there, in_thread_goes in (
            (found.changes, "through", False),
            (found.through, "changes", True),
        ):
            for key, places in here.items():
                own = (use for use in places if use.scope == function.scope and _within(use.line, lines))
                found_both = ((use, self._elsewhere(key, there, use.locks)) for use in own)
                use, other = next((each for each in found_both if each[1]), (None, ""))
                if use is not None:
                    place = f"{module.shown}:{use.line}"
                    through, changed = (place, other) if in_thread_goes else (other, place)
                    yield Hazard("unsafe", f"{through} goes through `{key[1]}` {_MEANWHILE.format(changed)}")
                    break

    def _elsewhere(self, key: Key, what: str, locks: frozenset[str]) -> str:
        """The place where a function that the loop runs while it serves does something, under none of some locks."""
        for path in sorted({key[0], *self._calls.program.importers(key[0])}):
            module = self._module(path)
            if is_test(path):
                continue
            for use in getattr(self._uses(module), what).get(key, ()):
                if use.locks.isdisjoint(locks) and self._while_serving(Definition(path, use.scope)):
                    return f"{module.shown}:{use.line}"
        return ""

    def _uses(self, module: Module) -> _Uses:
        if module.path not in self._found:
            self._found[module.path] = uses(self._calls, module, self._open(module.path))
        return self._found[module.path]

    def _module(self, path: str) -> Module:
        return self._calls.program.modules[path]

    def _while_serving(self, function: Definition) -> bool:
        """Whether the loop runs a function at other times than at the start and the end of the program."""
        if function not in self._serving:
            self._serving[function] = self._find_serving(function)
        return self._serving[function]

    def _find_serving(self, function: Definition) -> bool:
        waiting, seen = [function], {function}
        while waiting:
            each = waiting.pop()
            module = self._module(each.path)
            if each.scope not in module.functions or self._roots.once(each):
                continue
            name = module.facts.scopes[each.scope].qualname.rpartition(".")[2]
            callers = {
                Definition(other.path, other.function_of(call.scope))
                for other, call in self._calls.calls_named(name)
                if not is_test(other.path) and each in map(function_of, self._calls.callee(other, call))
            }
            if not callers and self._calls.kind(each) == "async def":
                return True
            waiting += callers - seen
            seen |= callers
        return False


_MEANWHILE = "item by item, and {} could change it meanwhile, which is an error"


def around_await(situation: Situation) -> Iterator[Hazard]:
    """An await inside a loop over such a container, which gave way to nobody before."""
    module, opened = situation.site.module, situation.opened
    function = opened.function(situation.node)
    for above, part in opened.ancestors(situation.node):
        if above is function:
            return
        if not isinstance(above, ast.For) or part not in above.body or any(map(_gives_way, _inside(above.body))):
            continue
        look = _Look(situation.calls, module, opened)
        for key in look.gone_through(above.iter):
            for use in uses(situation.calls, module, opened).changes.get(key, ()):
                name = module.facts.scopes[use.scope].qualname
                if name and not name.endswith("__init__"):
                    place = f"{module.shown}:{above.lineno}"
                    changed = f"{module.shown}:{use.line}"
                    yield Hazard("unsafe", f"{place} goes through `{key[1]}` {_MEANWHILE.format(changed)}")
                    return


def uses(calls: Touches, module: Module, opened: Opened) -> _Uses:
    """All that a file does with containers."""
    found, look = _Uses(), _Look(calls, module, opened)
    for node in walk(opened.tree):
        for key in look.through(node):
            found.through[key].append(look.use(node))
        changed = look.changed(node)
        if changed is not None:
            found.changes[changed].append(look.use(node))
    return found


class _Look:
    """Asked about the nodes of one file."""

    def __init__(self, calls: Touches, module: Module, opened: Opened) -> None:
        self._calls = calls
        self._module = module
        self._opened = opened

    def use(self, node: ast.AST) -> _Use:
        """Where a node stands."""
        function = self._opened.function(node)
        names: set[str] = set()
        for above, part in self._opened.ancestors(node):
            if above is function:
                break
            if isinstance(above, ast.With) and part in above.body:
                names |= {dotted(item.context_expr).rpartition(".")[2] for item in above.items}
        locks = frozenset(name for name in names if SOUNDS_LIKE_LOCK.search(name.lower()))
        return _Use(self._opened.scopes[function], getattr(node, "lineno", 0), locks)

    def through(self, node: ast.AST) -> list[Key]:
        """The containers that a loop or a comprehension goes through."""
        match node:
            case ast.For(iter=source):
                return self.gone_through(source)
            case ast.ListComp() | ast.SetComp() | ast.DictComp() | ast.GeneratorExp():
                return [key for each in node.generators for key in self.gone_through(each.iter)]
            case ast.Return(value=ast.expr() as value) if self._answers(node):
                given = value.values if isinstance(value, ast.Dict) else [value]
                return [key for each in given if (key := self._key(each)) is not None]
        return []

    def _answers(self, node: ast.AST) -> bool:
        """Whether a framework gets what is returned, and writes it out item by item."""
        methods = catalog.threads().takes_both["fastapi.APIRouter"]
        decorators = getattr(self._opened.function(node), "decorator_list", ())
        return any(isinstance(each, ast.Call) and name_of(each.func) in methods for each in decorators)

    def gone_through(self, source: ast.expr) -> list[Key]:
        """The containers that going round takes its items from, one by one."""
        match source:
            case ast.Call(func=ast.Attribute(value=owner, attr=view), args=[]) if view in _VIEWS:
                key = self._key(owner)
            case ast.Call(func=ast.Name(id=name), args=args) if name in _ONE_BY_ONE:
                return [key for each in args for key in self.gone_through(each)]
            case _:
                key = self._key(source)
        return [key] if key is not None else []

    def changed(self, node: ast.AST) -> Key | None:
        """The container that something is put into, or taken out of."""
        match node:
            case ast.Assign(targets=[ast.Subscript(value=owner)]) if not self._is(owner, "list"):
                return self._key(owner)
            case ast.Delete(targets=[ast.Subscript(value=owner)]):
                return self._key(owner)
            case ast.Call(func=ast.Attribute(value=owner, attr=how)) if how in _CHANGING:
                return self._key(owner)
            case ast.Call(func=ast.Attribute(value=owner, attr=how)) if how in _AT_ENDS:
                # A list does not mind while it is gone through.
                return self._key(owner) if self._is(owner, "deque") else None
        return None

    def _is(self, owner: ast.expr, kind: str) -> bool:
        """Whether a name is bound to a list, or to a deque, somewhere in the file."""
        return kind in self._made.get(dotted(owner), ())

    @cached_property
    def _made(self) -> Mapping[str, set[str]]:
        """What kinds of containers each name of the file is bound to, as far as they are written there."""
        found: dict[str, set[str]] = defaultdict(set)
        for node in walk(self._opened.tree):
            match node:
                case ast.Assign(targets=[target], value=value) | ast.AnnAssign(target=target, value=value):
                    maker = name_of(value.func) if isinstance(value, ast.Call) else ""
                    found[dotted(target)].add("list" if isinstance(value, _LISTS) else maker)
        return found

    def _key(self, node: ast.expr) -> Key | None:
        """What a container is known by: a variable of a module, or an attribute of a class's objects."""
        end = ""
        if isinstance(node, ast.Subscript):
            node, end = node.value, "[]"
        name = dotted(node)
        if not name:
            return None
        owner, dot, last = name.rpartition(".")
        scope = self._opened.scope(node)
        root = name.partition(".")[0]
        if owner in {"self", "cls"}:
            cls = self._class_around(node)
            return self._of_class(cls, f"{last}{end}") if cls is not None else None
        if self._module.holder(scope, root) == 0 and not (dot and self._is_object(scope, owner, node.lineno)):
            return self._of_module(name, end)
        for value in self._calls.of(self._module, scope, owner, node.lineno) if dot else ():
            if isinstance(value, Instance):
                return None if value.loaded else self._of_class(value.of, f"{last}{end}")
        return None

    def _of_class(self, cls: Definition, name: str) -> Key | None:
        """An attribute of a class's objects; other requests have rows of their own."""
        return None if is_row(self._calls, cls) else (cls.path, f"{self._qualname(cls)}.{name}")

    def _is_object(self, scope: int, owner: str, line: int) -> bool:
        return any(isinstance(value, Instance) for value in self._calls.of(self._module, scope, owner, line))

    def _of_module(self, name: str, end: str) -> Key | None:
        """A variable of this module or, where its name is imported, of another one."""
        root, _, rest = name.partition(".")
        for binding in self._module.names.get((0, root), ()):
            if binding.kind != "import":
                return self._module.path, f"{name}{end}"
            found = self._calls.program.find(self._module, binding.target)
            if found is not None:
                path, inside = found
                whole = ".".join(filter(None, (inside, rest)))
                return path, f"{whole}{end}"
        return None

    def _class_around(self, node: ast.AST) -> Definition | None:
        for above, _ in self._opened.ancestors(node):
            if isinstance(above, ast.ClassDef):
                return Definition(self._module.path, self._opened.scopes[above])
        return None

    def _qualname(self, cls: Definition) -> str:
        return self._calls.program.modules[cls.path].facts.scopes[cls.scope].qualname


def _may_use(module: Module, scope: int) -> bool:
    """Whether a function goes round anything or changes anything, by its facts: most are not read again."""
    goes = any(touch.how == "iterate" for touch in module.touches_in.get(scope, ()))
    calls = module.calls_in.get(scope, ())
    return (
        goes or scope in module.storing or any(call.callee.rpartition(".")[2] in _CHANGING | _AT_ENDS for call in calls)
    )


def _within(line: int, lines: tuple[int, int] | None) -> bool:
    return lines is None or lines[0] <= line <= lines[1]


def _gives_way(node: ast.AST) -> bool:
    return isinstance(node, ast.Await | ast.AsyncFor | ast.AsyncWith)


def _inside(statements: list[ast.stmt]) -> Iterator[ast.AST]:
    for statement in statements:
        yield from walk(statement)
