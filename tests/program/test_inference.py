"""Receivers, through all the ways that code makes them known. Every program has its blocking lines marked `#B`.

The call to look for is `requests.Session.get` (or `requests.get`): the library matters little, the way to it a lot.
"""

# ruff: noqa: E501 (a small program is easier to compare with the next one when it stays on its line)

from __future__ import annotations

import pytest

from codemods.catalog import Knowledge
from codemods.loop import survey
from tests.support import program_of, source

HEAD = "import requests\nfrom requests import Session\n"

CASES = {
    # How a receiver is made known
    "parameter": "async def f(s: Session):\n    s.get('')  #B",
    "optional": "from typing import Optional\nasync def f(s: Optional[Session] = None):\n    s.get('')  #B",
    "union": "async def f(s: Session | None):\n    s.get('')  #B",
    "text": "async def f(s: 'Session'):\n    s.get('')  #B",
    "text in brackets": "async def f(s: 'Session | None'):\n    s.get('')  #B",
    "annotated": "from typing import Annotated\nasync def f(s: Annotated[Session, 1]):\n    s.get('')  #B",
    "annotated alias": "from typing import Annotated\nS = Annotated[Session, 1]\nasync def f(s: S):\n    s.get('')  #B",
    "alias": "S = Session\nasync def f(s: S):\n    s.get('')  #B",
    "new type": "from typing import NewType\nS = NewType('S', Session)\nasync def f(s: S):\n    s.get('')  #B",
    "type variable": (
        "from typing import TypeVar\nT = TypeVar('T', bound=Session)\nasync def f(s: T):\n    s.get('')  #B"
    ),
    "constrained variable": (
        "from typing import TypeVar\nT = TypeVar('T', Session, int)\nasync def f(s: T):\n    s.get('')  #B"
    ),
    "class as argument": "async def f(cls: type[Session]):\n    cls().get('')  #B",
    "callable": "from typing import Callable\nasync def f(make: Callable[[], Session]):\n    make().get('')  #B",
    "list": "async def f(all: list[Session]):\n    for s in all:\n        s.get('')  #B",
    "item": "async def f(all: list[Session]):\n    all[0].get('')  #B",
    "dict": "async def f(all: dict[str, Session]):\n    all['a'].get('')  #B\n    all.get('a').get('')  #B",
    "values": "async def f(all: dict[str, Session]):\n    for s in all.values():\n        s.get('')  #B",
    "items": "async def f(all: dict[str, Session]):\n    for k, s in all.items():\n        s.get('')  #B",
    "tuple": "async def f(pair: tuple[int, Session]):\n    pair[1].get('')  #B\n    pair[0].get('')",
    "unpacking": "async def f(pair: tuple[int, Session]):\n    n, s = pair\n    s.get('')  #B",
    "pairwise": "async def f():\n    n, s = 1, Session()\n    s.get('')  #B\n    n.get('')",
    "constructor": "async def f():\n    Session().get('')  #B",
    "local": "async def f():\n    s = Session()\n    s.get('')  #B",
    "walrus": "async def f():\n    if s := Session():\n        s.get('')  #B",
    "with": "async def f():\n    with Session() as s:\n        s.get('')  #B",
    "closing": "import contextlib\nasync def f():\n    with contextlib.closing(Session()) as s:\n        s.get('')  #B",
    "module": "s = Session()\nasync def f():\n    s.get('')  #B",
    "set later": "s = None\ndef start():\n    global s\n    s = Session()\nasync def f():\n    s.get('')  #B",
    "either": "async def f(x):\n    s = Session() if x else None\n    s.get('')  #B",
    "or": "async def f(s=None):\n    s = s or Session()\n    s.get('')  #B",
    "returned": "def make():\n    return Session()\nasync def f():\n    make().get('')  #B",
    "return annotation": "def make() -> Session:\n    return anything()\nasync def f():\n    make().get('')  #B",
    "awaited": "async def make():\n    return Session()\nasync def f():\n    (await make()).get('')  #B",
    "yielded": "def make():\n    yield Session()\nasync def f():\n    for s in make():\n        s.get('')  #B",
    "context manager": (
        "from contextlib import contextmanager\n@contextmanager\ndef opened():\n    yield Session()\n"
        "async def f():\n    with opened() as s:\n        s.get('')  #B"
    ),
    "async context manager": (
        "from contextlib import asynccontextmanager\n@asynccontextmanager\nasync def opened():\n    yield Session()\n"
        "async def f():\n    async with opened() as s:\n        s.get('')  #B"
    ),
    "enter": (
        "class M:\n    def __enter__(self):\n        return Session()\n    def __exit__(self, *a): ...\n"
        "async def f():\n    with M() as s:\n        s.get('')  #B"
    ),
    "cached": (
        "from functools import lru_cache\n@lru_cache\ndef make():\n    return Session()\n"
        "async def f():\n    make().get('')  #B"
    ),
    "depends": (
        "from fastapi import Depends\ndef make():\n    yield Session()\n"
        "async def f(s=Depends(make)):\n    s.get('')  #B"
    ),
    "annotated depends": (
        "from typing import Annotated, Any\nfrom fastapi import Depends\nasync def make():\n    return Session()\n"
        "async def f(s: Annotated[Any, Depends(make)]):\n    s.get('')  #B"
    ),
    "default": "async def f(s=Session()):\n    s.get('')  #B",
    "caller": "def h(s):\n    s.get('')\nasync def f():\n    h(Session())  #B",
    "caller by name": "def h(n, *, s):\n    s.get('')\nasync def f():\n    h(1, s=Session())  #B",
    "cast": "from typing import cast\nasync def f(x):\n    cast(Session, x).get('')  #B\n    cast('Session', x).get('')  #B",
    "copied": "import copy\nasync def f(s: Session):\n    copy.copy(s).get('')  #B",
    "next": "async def f(s: list[Session]):\n    next(iter(s)).get('')  #B",
    "enumerate": "async def f(all: list[Session]):\n    for n, s in enumerate(all):\n        s.get('')  #B",
    "zip": "async def f(all: list[Session]):\n    for s, n in zip(all, range(3)):\n        s.get('')  #B",
    "comprehension": "async def f(all: list[Session]):\n    [s.get('') for s in all]  #B",
    "state": (
        "from fastapi import FastAPI, Request\napp = FastAPI()\napp.state.s = Session()\n"
        "async def f(request: Request):\n    request.app.state.s.get('')  #B"
    ),
    "application item": "def start(app):\n    app['s'] = Session()\nasync def f(request):\n    request.app['s'].get('')  #B",
    # Classes
    "attribute": "class C:\n    def __init__(self):\n        self.s = Session()\n    async def f(self):\n        self.s.get('')  #B",
    "attribute from a parameter": (
        "class C:\n    def __init__(self, s: Session):\n        self.s = s\n    async def f(self):\n        self.s.get('')  #B"
    ),
    "untyped constructor": (
        "class C:\n    def __init__(self, s):\n        self.s = s\n    async def f(self):\n        self.s.get('')  #B\nC(Session())"
    ),
    "constructor through a subclass": (
        "class B:\n    def __init__(self, s):\n        self.s = s\nclass C(B):\n    async def f(self):\n"
        "        self.s.get('')  #B\nC(Session())"
    ),
    "super": (
        "class B:\n    def __init__(self, s):\n        self.s = s\nclass C(B):\n    def __init__(self):\n"
        "        super().__init__(Session())\n    async def f(self):\n        self.s.get('')  #B"
    ),
    "set elsewhere": (
        "class C:\n    s = None\n    def start(self):\n        self.s = Session()\n    async def f(self):\n        self.s.get('')  #B"
    ),
    "class body": "class C:\n    s: Session\n    async def f(self):\n        self.s.get('')  #B",
    "inherited attribute": "class B:\n    s = Session()\nclass C(B):\n    async def f(self):\n        self.s.get('')  #B",
    "only subclasses have it": (
        "class B:\n    async def f(self):\n        self.s.get('')  #B\nclass C(B):\n    def __init__(self):\n        self.s = Session()"
    ),
    "subclass of a library's class": "class C(Session):\n    pass\nasync def f():\n    C().get('')  #B",
    "method": "class C:\n    def g(self):\n        requests.get('')\n    async def f(self):\n        self.g()  #B",
    "inherited method": (
        "class B:\n    def g(self):\n        requests.get('')\nclass C(B):\n    async def f(self):\n        self.g()  #B"
    ),
    "super method": (
        "class B:\n    def g(self):\n        requests.get('')\nclass C(B):\n    def g(self): ...\n"
        "    async def f(self):\n        super().g()  #B\n        self.g()"
    ),
    "class method": (
        "class C:\n    @classmethod\n    def g(cls):\n        requests.get('')\nasync def f():\n    C.g()  #B\n    C().g()  #B"
    ),
    "static method": "class C:\n    @staticmethod\n    def g(x):\n        requests.get('')\nasync def f():\n    C.g(1)  #B\n    C().g(1)  #B",
    "property": "class C:\n    @property\n    def p(self):\n        return requests.get('')\nasync def f(c: C):\n    c.p  #B",
    "property's value": "class C:\n    @property\n    def s(self):\n        return Session()\nasync def f(c: C):\n    c.s.get('')  #B",
    "constructor that blocks": "class C:\n    def __init__(self):\n        requests.get('')\nasync def f():\n    C()  #B",
    "after init": "class C:\n    def __post_init__(self):\n        requests.get('')\nasync def f():\n    C()  #B",
    "called object": "class C:\n    def __call__(self):\n        requests.get('')\nasync def f(c: C):\n    c()  #B",
    "entered object": (
        "class C:\n    def __enter__(self):\n        requests.get('')\n    def __exit__(self, *a): ...\n"
        "async def f(c: C):\n    with c:  #B\n        pass"
    ),
    "iterated object": "class C:\n    def __iter__(self):\n        requests.get('')\nasync def f(c: C):\n    for x in c:  #B\n        pass",
    "returns itself": (
        "from typing import Self\nclass C:\n    def also(self) -> Self: ...\n    def g(self):\n        requests.get('')\n"
        "async def f(c: C):\n    c.also().g()  #B"
    ),
    "interface": (
        "import abc\nclass I(abc.ABC):\n    @abc.abstractmethod\n    def g(self): ...\nclass C(I):\n    def g(self):\n"
        "        requests.get('')\nasync def f(i: I):\n    i.g()  #B"
    ),
    "protocol": (
        "from typing import Protocol\nclass P(Protocol):\n    def g(self, x): ...\nclass C:\n    def g(self, x):\n"
        "        requests.get('')\nasync def f(p: P):\n    p.g(1)  #B"
    ),
    "generic base": (
        "from typing import Generic, TypeVar\nT = TypeVar('T')\nclass B(Generic[T]):\n    def g(self):\n        requests.get('')\n"
        "class C(B[int]): ...\nc = C()\nasync def f():\n    c.g()  #B"
    ),
    # Calls
    "helper": "def h():\n    requests.get('')\nasync def f():\n    h()  #B",
    "two helpers": "def g():\n    requests.get('')\ndef h():\n    g()\nasync def f():\n    h()  #B",
    "recursion": "def h(n):\n    h(n - 1)\n    requests.get('')\nasync def f():\n    h(3)  #B",
    "circle": "def g():\n    h()\ndef h():\n    g()\n    requests.get('')\nasync def f():\n    g()  #B",
    "nested": "async def f():\n    def h():\n        requests.get('')\n    h()  #B",
    "lambda": "async def f():\n    h = lambda: requests.get('')\n    h()  #B",
    "partial": "from functools import partial\nasync def f():\n    partial(requests.get, '')()  #B",
    "map": "async def f():\n    list(map(requests.get, ['']))  #B",
    "dispatch": "def h():\n    requests.get('')\nALL = {'a': h}\nasync def f(k):\n    ALL[k]()  #B",
    "getattr": "async def f(s: Session):\n    getattr(s, 'get')('')  #B",
    "callback": "def run(g):\n    g()\ndef h():\n    requests.get('')\nasync def f():\n    run(h)  #B",
    "callback to a coroutine": "async def run(g):\n    g()  #B\ndef h():\n    requests.get('')\nasync def f():\n    await run(h)",
    "decorator": (
        "import functools\ndef log(g):\n    @functools.wraps(g)\n    def w(*a):\n        return g(*a)\n    return w\n"
        "@log\ndef h():\n    requests.get('')\nasync def f():\n    h()  #B"
    ),
    "decorator with arguments": (
        "def log(n):\n    def inner(g):\n        def w(*a):\n            return g(*a)\n        return w\n    return inner\n"
        "@log(1)\ndef h():\n    requests.get('')\nasync def f():\n    h()  #B"
    ),
    "decorator that blocks itself": (
        "def log(g):\n    def w():\n        requests.get('')\n    return w\n@log\ndef h(): ...\nasync def f():\n    h()  #B"
    ),
    "decorator from outside": "import lib\n@lib.traced\ndef h():\n    requests.get('')\nasync def f():\n    h()  #B",
    "generator iterated": "def g():\n    yield requests.get('')\nasync def f():\n    for x in g():  #B\n        pass",
    "generator listed": "def g():\n    yield requests.get('')\nasync def f():\n    list(g())  #B\n    ''.join(g())  #B",
    "generator delegated": "def g():\n    yield requests.get('')\ndef h():\n    yield from g()\nasync def f():\n    list(h())  #B",
    "context manager that blocks": (
        "from contextlib import contextmanager\n@contextmanager\ndef m():\n    requests.get('')\n    yield\n"
        "async def f():\n    with m():  #B\n        pass"
    ),
    "later": "import asyncio\ndef h():\n    requests.get('')  #B\nasync def f():\n    asyncio.get_running_loop().call_later(1, h)",
    "done callback": (
        "import asyncio\ndef h(t):\n    requests.get('')  #B\nasync def f(c):\n    t = asyncio.create_task(c)\n    t.add_done_callback(h)"
    ),
    "awaited by mistake": "async def f():\n    await requests.get('')  #B",
    "long loop": "async def f():\n    for i in range(10**7):  #B\n        x = i",
    # What must stay silent
    "async name": "import asyncio\nasync def f():\n    await asyncio.sleep(1)",
    "parameter that hides it": "async def f(requests):\n    requests.get('')",
    "local that hides it": "async def f():\n    requests = Fake()\n    requests.get('')",
    "reassigned": "async def f():\n    s = Session()\n    s = Fake()\n    s.get('')",
    "other method": "async def f(s: Session):\n    s.mount('', None)",
    "unknown receiver": "async def f(s):\n    s.get('')",
    "dictionary": "async def f(all: dict):\n    all.get('')",
    "generator made": "def g():\n    yield requests.get('')\nasync def f():\n    return Response(g())",
    "thread": "import asyncio\ndef h():\n    requests.get('')\nasync def f():\n    await asyncio.to_thread(h)",
    "lambda in a thread": "import asyncio\nasync def f():\n    await asyncio.to_thread(lambda: requests.get(''))",
    "executor": "import asyncio\ndef h():\n    requests.get('')\nasync def f(loop):\n    await loop.run_in_executor(None, h)",
    "own wrapper": (
        "import asyncio\ndef h():\n    requests.get('')\nasync def run(g, *a):\n    return await asyncio.to_thread(g, *a)\n"
        "async def f():\n    await run(h)"
    ),
    "own decorator to a thread": (
        "import asyncio\ndef off(g):\n    async def w(*a):\n        return await asyncio.to_thread(g, *a)\n    return w\n"
        "@off\ndef h():\n    requests.get('')\nasync def f():\n    await h()"
    ),
    "sync to async": (
        "from asgiref.sync import sync_to_async\n@sync_to_async\ndef h():\n    requests.get('')\nasync def f():\n"
        "    await h()\n    await sync_to_async(requests.get)('')"
    ),
    "false branch": "async def f():\n    if False:\n        requests.get('')",
    "type checking": "from typing import TYPE_CHECKING\nasync def f():\n    if TYPE_CHECKING:\n        requests.get('')",
    "behind a return": "async def f():\n    return\n    requests.get('')",
    "behind a sure return": "def h():\n    if True:\n        return\n    requests.get('')\nasync def f():\n    h()",
    "behind two ways out": "async def f(x):\n    if x:\n        return\n    else:\n        raise E\n    requests.get('')",
    "loop that never runs": "async def f():\n    while False:\n        requests.get('')",
    "annotation": "async def f(x: requests.get('')): ...",
    "nested and not called": "async def f():\n    def h():\n        requests.get('')\n    return h",
    "async alternative": (
        "class A:\n    def g(self):\n        requests.get('')\nclass B:\n    async def g(self): ...\n"
        "async def f(x: A | B):\n    await wrap(x.g())"
    ),
    "protocol of coroutines": (
        "from typing import Protocol\nclass P(Protocol):\n    async def close(self): ...\nclass C:\n    def close(self):\n"
        "        requests.get('')\nasync def f(p: P):\n    await p.close()"
    ),
    "protocol of another shape": (
        "from typing import Protocol\nclass P(Protocol):\n    def close(self, how): ...\nclass C:\n    def close(self):\n"
        "        requests.get('')\nasync def f(p: P):\n    p.close(1)"
    ),
    "lock that is not waited for": "import threading\nlock = threading.Lock()\nasync def f():\n    lock.acquire(blocking=False)\n    lock.acquire(False)",
    "lock in a helper": (
        "import threading\nlock = threading.Lock()\ndef h():\n    with lock:\n        pass\nasync def f():\n    h()"
    ),
    "memory": "import io\nasync def f():\n    io.BytesIO(b'').read()\n    io.StringIO().write('')",
    "queue of asyncio": "import asyncio\nasync def f(q: asyncio.Queue):\n    await q.get()\n    q.put_nowait(1)",
    "short loop": "async def f():\n    for i in range(100):\n        x = i",
    "loop that gives way": "import asyncio\nasync def f():\n    for i in range(10**7):\n        await asyncio.sleep(0)",
    "async redis": "import redis.asyncio as redis\nr = redis.Redis()\nasync def f():\n    p = r.pipeline()\n    p.set('a', 1)\n    await p.execute()",
    "async session": (
        "from sqlalchemy.ext.asyncio import AsyncSession\ndef g(session):\n    session.flush()\n"
        "async def f(s: AsyncSession):\n    s.add(1)\n    await s.run_sync(g)"
    ),
    "async client": "import openai\nc = openai.AsyncOpenAI()\nasync def f():\n    await c.chat.completions.create()",
    "async path": "import anyio\nasync def f():\n    await anyio.Path('a').read_text()",
    "test double": "class B:\n    def g(self): ...\nasync def f(b: B):\n    b.g()",
}


@pytest.mark.parametrize("name", CASES)
def test_one_file(name: str) -> None:
    text = HEAD + CASES[name] + "\n"
    found = survey(program_of({"a.py": text}), Knowledge()).sites
    marked = [number for number, line in enumerate(source(text).splitlines(), 1) if line.endswith("#B")]
    assert sorted({site.call.place[0] for site in found}) == marked


PROJECTS: dict[str, tuple[dict[str, str], list[str]]] = {
    "relative import": (
        {
            "p/__init__.py": "",
            "p/a.py": "from .b import h\nasync def f():\n    h()",
            "p/b.py": "import requests\ndef h():\n    requests.get('')",
        },
        ["p/a.py:3"],
    ),
    "module alias": (
        {
            "p/__init__.py": "",
            "p/a.py": "import p.b as x\nasync def f():\n    x.h()",
            "p/b.py": "import requests\ndef h():\n    requests.get('')",
        },
        ["p/a.py:3"],
    ),
    "dotted module": (
        {
            "p/__init__.py": "",
            "p/a.py": "import p.b\nasync def f():\n    p.b.h()",
            "p/b.py": "import requests\ndef h():\n    requests.get('')",
        },
        ["p/a.py:3"],
    ),
    "submodule of a package": (
        {
            "p/__init__.py": "",
            "p/a.py": "import p\nasync def f():\n    p.b.h()",
            "p/b.py": "import requests\ndef h():\n    requests.get('')",
        },
        ["p/a.py:3"],
    ),
    "re-export": (
        {
            "a.py": "from p import h\nasync def f():\n    h()",
            "p/__init__.py": "from p.b import h",
            "p/b.py": "import requests\ndef h():\n    requests.get('')",
        },
        ["a.py:3"],
    ),
    "star": (
        {
            "a.py": "from b import *\nasync def f():\n    h()\n    s.get('')\n    print()",
            "b.py": "import requests\ns = requests.Session()\ndef h():\n    requests.get('')",
        },
        ["a.py:3", "a.py:4"],
    ),
    "star of a star": (
        {
            "a.py": "from b import *\nasync def f(x: S):\n    h()\n    x.get('')",
            "b.py": "from c import *",
            "c.py": "import requests\nS = requests.Session\ndef h():\n    requests.get('')",
        },
        ["a.py:3", "a.py:4"],
    ),
    "star of a library": ({"a.py": "from requests import *\nasync def f():\n    get('')"}, ["a.py:3"]),
    "annotation from another module": (
        {
            "a.py": "from b import Db\nasync def f(s: Db):\n    s.get('')",
            "b.py": "from typing import Annotated\nimport requests\nDb = Annotated[requests.Session, 1]",
        },
        ["a.py:3"],
    ),
    "annotation through a module": (
        {
            "a.py": "import b\nasync def f(s: b.Db):\n    s.get('')",
            "b.py": "from typing import Annotated\nimport requests\nDb = Annotated[requests.Session, 1]",
        },
        ["a.py:3"],
    ),
    "base in another module": (
        {
            "a.py": "from b import Base as B\nclass C(B): ...\nasync def f(c: C):\n    c.g()",
            "b.py": "import requests\nclass Base:\n    def g(self):\n        requests.get('')",
        },
        ["a.py:4"],
    ),
    "implementation in another module": (
        {
            "a.py": "from b import I\nasync def f(i: I):\n    i.g()",
            "b.py": "class I:\n    def g(self):\n        raise NotImplementedError",
            "c.py": "import requests\nfrom b import I as Base\nclass C(Base):\n    def g(self):\n        requests.get('')",
        },
        ["a.py:3"],
    ),
    "test double is no implementation": (
        {
            "a.py": "from b import I\nasync def f(i: I):\n    i.g()",
            "b.py": "class I:\n    def g(self): ...",
            "tests/test_c.py": "import requests\nfrom b import I\nclass C(I):\n    def g(self):\n        requests.get('')",
        },
        [],
    ),
    "import circle": (
        {
            "a.py": "import b\ndef h():\n    b.g()\nasync def f():\n    h()",
            "b.py": "import requests\nimport a\ndef g():\n    requests.get('')\n    a.h()",
        },
        ["a.py:5"],
    ),
    "name circle": ({"a.py": "from b import x\nasync def f():\n    x()", "b.py": "from a import x"}, []),
    "a package that hides the library": (
        {"a.py": "import requests\nasync def f():\n    requests.get('')", "requests/__init__.py": "def get(x): ..."},
        [],
    ),
    "a module that hides the standard library": (
        {
            "a.py": "import queue\nasync def f():\n    queue.Queue().get()",
            "queue.py": "class Queue:\n    def get(self): ...",
        },
        [],
    ),
    "module attribute set from outside": (
        {
            "a.py": "import b\nasync def f():\n    b.s.get('')",
            "b.py": "s = None\ndef start():\n    global s\n    import requests\n    s = requests.Session()",
        },
        ["a.py:3"],
    ),
}


@pytest.mark.parametrize("name", PROJECTS)
def test_projects(name: str) -> None:
    files, expected = PROJECTS[name]
    found = survey(program_of(files), Knowledge()).sites
    assert sorted(f"{site.module.shown}:{site.call.place[0]}" for site in found) == expected
