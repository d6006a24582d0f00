"""Modules made up by hypothesis: blocking calls in every place where Python's grammar takes an expression.

Templates hold `{e}` for an expression, `{v}` for a name that is bound, `{w}` for a new one, `{n}` for a number,
`{b}` for a block; whatever comes of filling them in need not work, but it has to compile and to end.
`test_grammar.py` sees to it that no place is missing.
"""

from __future__ import annotations

import re
import warnings
from pathlib import Path
from textwrap import indent

from hypothesis import assume
from hypothesis import strategies as st

BLOCKING = (
    "(time.sleep({n}) or {n})",
    "(nap({n}) or {n})",
    "subprocess.call({n})",
    "sp.call({n},)",
    "call(args={n})",
    "subprocess.call(*[{n}])",
    "fetch({n})",
    "slow.size",
    "slow.read({n})",
    "sum(numbers({n}))",
    'requests.get("http://x/{n}").status_code',
)
PLAIN = ("{n}", "a", "b", "c", "total", "plain({n})", "(await quick({n}))", "(await lazy({n}))")
EXPRESSIONS = (
    "({e} + {e})",
    "(-{e})",
    "({e} or {e})",
    "({e} and {e})",
    "({e} if {e} else {e})",
    "({e} < {e} <= {e})",
    "(not {e})",
    "plain({e}, *[{e}], k={e}, **dict(j={e}))",
    "[{e}, *[{e}]][0]",
    "({e}, {e})[1]",
    "{{{e}: {e}, **{{{e}: {e}}}}}.get({e}, 3)",
    "len({{{e}, {e}}})",
    "[1, 2, 3][{e} % 3]",
    "len([1, 2, 3, 4][{e} % 2:{e} % 3 + 1:{e} % 2 + 1])",
    "sum([{e} for i in range({e} % 3) if {e} >= 0])",
    "sum({{{e} + i for i in range({e} % 3) if {e}}})",
    "len({{{e}: {e} for i in range({e} % 3) if {e}}})",
    "sum([i + j for i in range({e} % 3) for j in range({e} % 3)])",
    "sum(i + {e} for i in range({e} % 3) if {e})",
    "sum([i async for i in ticks({e} % 3) if {e}])",
    "(lambda x, y={e}: x + y + {e})({e})",
    "len(f'''{{ {e} }} {{ {e} !r:>{{ {e} % 9 }}}} {{ {e} = }}''')",
    "({v} := {e})",
    "({e}).real",
    "(await quick({e}))",
    "(await other(\n{e},  # of\n{e}))",
    "(  # why\n{e}\n)",
    "(await asyncio.gather(quick({e}), quick({e})))[0]",
)
STATEMENTS = (
    "{e}",
    "{v} = {e}",
    "{v} = {v} = {e}",
    "{v}, *{v} = {e}, {e}, {e}",
    "table[{e}] = {e}",
    "{v}: int = {e}",
    "table[{e}]: {e} = {e}",
    "{v}: {e}",
    "{v} += {e}",
    "table[0] += {e}",
    "table[{e}] += {e}",
    "slow.count += {e}",
    "slow.count = {e}",
    "total = total + {e}",
    "{v} = {e}; {v} = {e}",
    "del table[{e}]",
    "assert {e} >= 0, {e}",
    "return {e}",
    "return",
    "raise Wrong({e}) from Wrong({e})",
    "if {e}:\n{b}",
    "if {e} > 2: {v} = {e}",
    "if {e}:\n{b}\nelif {e}:\n{b}\nelse:\n{b}",
    "{w} = [0, 1, 2]\nwhile {w}.pop() and {e}:\n{b}\nelse:\n{b}",
    "for {v} in range({e} % 3):\n{b}\nelse:\n{b}",
    "for table[{e}] in range(2):\n{b}",
    "for {v} in range(3):\n    if {e} > 4: continue\n    if {e} > 2: break\n{b}",
    "for {v} in numbers({e}):\n{b}",
    "async for {v} in ticks({e} % 3):\n{b}\nelse:\n{b}",
    "async for table[{e}] in ticks(2):\n{b}",
    "with block({e}) as {v}, block({e}) as table[{e}]:\n{b}",
    "with open(__file__) as {v}:\n    total = len({v}.read(3))\n{b}",
    "{w} = threading.Lock()\nwith {w}:\n{b}",
    "async with turn({e}) as {v}, turn({e}) as table[{e}]:\n{b}",
    "async with asyncio.Lock():\n{b}",
    "try:\n{b}\nexcept (Wrong, kind({e})) as error:\n{b}\nelse:\n{b}\nfinally:\n{b}",
    "try:\n    subprocess.call(13)\nexcept OSError:\n{b}",
    "try:\n{b}\nexcept* OSError:\n    {v} = {e}",
    "try:\n{b}\nfinally:\n    {v} = {e}",
    "match {e}:\n  case int() if {e} > 3:\n{b}\n  case [_, *_]:\n    {v} = {e}\n  case {v}:\n    {e}",
    "@keep({e})\ndef inner(x={e}, *, y: int = {e}) -> {e}:\n    return x + {e}\n{v} = inner({e})",
    "@keep({e})\nasync def later(x={e}) -> {e}:\n{b}\n{v} = await later({e})",
    "@keep({e})\nclass Inner(made({e}), metaclass=kept({e})):\n  def go(self):\n    return 1\n{v} = Inner().go()",
    "class Inner:\n    size = {e}\n    def go(self):\n        return {e}\n{v} = Inner().go()",
    "global shared\nshared = {e}",
    "import time as clock; clock.sleep({n})",
    "from time import sleep\nsleep({n})",
    "time.sleep({n})",
    "subprocess.call({n})",
    "time.sleep({n}); {v} = {e}",
    "await asyncio.sleep({n})",
    "await other({e}, {e})",
    "print({e}, file=sink)",
    "# a remark",
    "pass",
)
# What fills a function that gives values one by one.
YIELDING = ("yield {e}", "{v} = yield {e}", "for {v} in range(2):\n    yield {e}")
HOLE = re.compile(r"\{\{|\}\}|\{[envwb]\}")
_NAMES = ("a", "b", "c", "total")
_GIVES_WAY = ("await ", "async ")
_HEAD = Path(__file__).with_name("head.txt").read_text("utf-8")
_SHAPES = {
    "coroutine": ("async def fn{n}(a=1, b=2):", "out.append(await fn{n}(3))"),
    "in name only": ("async def fn{n}(a=1, b=2):", "out.append(await fn{n}(3))"),
    "route": ("@app.get('/{n}')\nasync def fn{n}(a: int = 1, b: int = 2):", "pass"),
    "method": ("class Of{n}:\n  async def fn{n}(self, a=1, b=2):", "out.append(await Of{n}().fn{n}(3))"),
    "generator": ("async def fn{n}(a=1, b=2):", "out += [each async for each in fn{n}(3)]"),
}


@st.composite
def expressions(draw: st.DrawFn, depth: int = 2) -> str:
    """An expression, most of the time with something in it that blocks."""
    choice = draw(st.integers(0, 9))
    if depth == 0 or choice < 4:
        return _filled(draw, draw(st.sampled_from(BLOCKING if choice < 5 else PLAIN)), 0, 0)
    return _filled(draw, draw(st.sampled_from(EXPRESSIONS)), depth - 1, 0)


@st.composite
def blocks(draw: st.DrawFn, depth: int = 2, yielding: bool = False) -> str:  # noqa: FBT001, FBT002 (drawn by position)
    """A few statements, indented."""
    pool = [each for each in (*STATEMENTS, *(YIELDING * 8 if yielding else ())) if depth or "{b}" not in each]
    lines = []
    for template in draw(st.lists(st.sampled_from(pool), min_size=1, max_size=2 + depth)):
        statement = _filled(draw, template, 1 + draw(st.integers(0, 1)), depth)
        beside = "\n" not in statement and draw(st.integers(0, 5)) == 0
        lines.append(f"{statement}  # beside" if beside else statement)
    return indent("\n".join([*lines, "pass"]), "    ")


def _filled(draw: st.DrawFn, template: str, expression_depth: int, depth: int) -> str:
    # A name of its own, so that no loop inside sets it anew.
    name = f"left_{draw(st.integers(0, 10**9))}" if "{w}" in template else ""

    def fill(match: re.Match[str]) -> str:
        match match.group():
            case "{e}":
                return draw(expressions(expression_depth))
            case "{n}":
                return str(draw(st.integers(1, 9)))
            case "{v}":
                return draw(st.sampled_from(_NAMES))
            case "{w}":
                return name
            case "{b}":
                return draw(blocks(depth - 1))
            case brace:
                return brace[0]

    return HOLE.sub(fill, template)


@st.composite
def functions(draw: st.DrawFn, number: int) -> tuple[str, str]:
    """A function on the loop, and the statement that runs it."""
    shape = draw(st.sampled_from(sorted(_SHAPES)))
    head, run = (text.replace("{n}", str(number)) for text in _SHAPES[shape])
    body = draw(blocks(2, shape == "generator"))
    if shape in {"in name only", "route"}:
        body = body if not any(word in body for word in _GIVES_WAY) else f"    {draw(expressions(0))}"
        assume("await" not in body)
    first = draw(st.sampled_from(["", "    c = 4\n", "    c = 4\n"]))
    first = f"    table = {{0: 1}}\n    total = 0\n{first}"
    last = "    yield total" if shape == "generator" else "    return a, b, total, table"
    return f"{head}\n{indent(f'{first}{body}', '  ' if shape == 'method' else '')}\n{last}", run


@st.composite
def modules(draw: st.DrawFn) -> bytes:
    """A whole module; its `main` runs all functions that no framework runs."""
    made = [draw(functions(number)) for number in range(draw(st.integers(1, 3)))]
    tries = "".join(
        f"    try:\n        {run}\n    except Exception as error:\n        out.append(type(error).__name__)\n"
        for _, run in made
    )
    text = "\n\n\n".join([_HEAD.strip(), *(text for text, _ in made)])
    text += f"\n\n\nasync def main():\n    out = []\n{tries}    return out\n"
    data = text.replace("\n", draw(st.sampled_from(["\n", "\n", "\n", "\r\n"]))).encode()
    assume(compiles(data))
    return data


def compiles(data: bytes) -> bool:
    """Whether Python takes it."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            compile(data, "<made up>", "exec", dont_inherit=True)
        except SyntaxError:
            return False
    return True
