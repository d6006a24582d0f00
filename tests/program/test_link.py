from __future__ import annotations

import pytest

from codemods.program import Module, Program, Resolved
from tests.support import program_of


def resolve(program: Program, path: str, name: str, function: str = "") -> Resolved:
    """What a name stands for at the top of a file, or inside one of its functions."""
    module = program.modules[f"/project/{path}"]
    scope = module.definitions[function] if function else 0
    return program.resolve(module, scope, name)


def only(program: Program, path: str, name: str, function: str = "") -> str | None:
    meaning = resolve(program, path, name, function).only
    if meaning is None:
        return None
    return f"{meaning.module.removeprefix('/project/')}:{meaning.name}" if meaning.module else meaning.name


@pytest.mark.parametrize(
    ("text", "name", "meaning"),
    [
        ("", "sleep", None),
        ("", "print", "builtins.print"),
        ("def print(): ...", "print", "a.py:print"),
        ("import time", "time.sleep", "time.sleep"),
        ("import time as t", "t.sleep", "time.sleep"),
        ("from time import sleep as nap", "nap", "time.sleep"),
        ("import os.path", "os.path.join", "os.path.join"),
        ("import os.path as p", "p.join", "os.path.join"),
        ("import time\nnap = time.sleep\nrest = nap", "rest", "time.sleep"),
        ("import time\nt = time", "t.sleep", "time.sleep"),
        ("from time import *", "sleep", "time.sleep"),
        ("from time import *", "print", None),
        ("import time\ntime = 1", "time.sleep", None),
        ("import time\ntime = None", "time.sleep", "time.sleep"),
        ("time = None", "time.sleep", None),
        ("import time\ndel time", "time.sleep", None),
        ("a = b\nb = a", "a", None),
        ("a = a.b", "a", None),
        ("class C:\n    def f(self): ...", "C.f", "a.py:C.f"),
        ("class C:\n    x = 1", "C.x", None),
        ("def f(): ...", "f.x", None),
        ("from missing_sibling import f", "f", "missing_sibling.f"),
        ("from .missing import f", "f", None),
    ],
)
def test_one_file(text: str, name: str, meaning: str | None) -> None:
    assert only(program_of({"a.py": text}), "a.py", name) == meaning


def test_scopes() -> None:
    program = program_of(
        {
            "a.py": """
                import time

                class C:
                    time = 1
                    here = time
                    def method(self, other): ...
                    def unbound(self): time
                    def rebinds(self):
                        global time
                        import fake as time

                def parameter(time): ...
                def local():
                    time = object()
                def outer():
                    from fake import time
                    def inner(): ...
            """
        }
    )
    assert resolve(program, "a.py", "time.sleep").outside == {"time.sleep", "fake.sleep"}
    assert resolve(program, "a.py", "time.sleep", "C.unbound").outside == {"time.sleep", "fake.sleep"}
    assert only(program, "a.py", "time", "C") is None
    assert only(program, "a.py", "time.sleep", "parameter") is None
    assert only(program, "a.py", "time.sleep", "local") is None
    assert only(program, "a.py", "time.sleep", "outer.inner") == "fake.time.sleep"
    assert only(program, "a.py", "self.method", "C.unbound") == "a.py:C.method"
    assert only(program, "a.py", "self.missing", "C.unbound") is None
    assert only(program, "a.py", "self", "C.unbound") is None


def test_bound_in_several_ways() -> None:
    program = program_of(
        {"a.py": "try:\n    from gevent import sleep\nexcept ImportError:\n    from time import sleep\n"}
    )
    found = resolve(program, "a.py", "sleep")
    assert found.outside == {"gevent.sleep", "time.sleep"}
    assert found.only is None


def test_through_files() -> None:
    program = program_of(
        {
            "app/__init__.py": "from .clock import nap",
            "app/clock.py": "from time import sleep as nap\ndef helper(): ...\n_hidden = nap",
            "app/all.py": "from .clock import *\nfrom .ring import *",
            "app/ring.py": "from .all import *",
            "app/use.py": "import app.clock\nimport app\nfrom . import clock, nap\nfrom .all import nap as star\n",
            "app/local.py": "from .use import star\n",
        }
    )
    assert only(program, "app/use.py", "nap") == "time.sleep"
    assert only(program, "app/use.py", "app.clock.nap") == "time.sleep"
    assert only(program, "app/use.py", "app.nap") == "time.sleep"
    assert only(program, "app/use.py", "clock.helper") == "app/clock.py:helper"
    assert only(program, "app/use.py", "clock") == "app/clock.py:"
    assert only(program, "app/local.py", "star") == "time.sleep"
    assert only(program, "app/all.py", "_hidden") is None
    assert only(program, "app/all.py", "missing") is None


def test_a_file_that_could_not_be_read_is_unknown() -> None:
    known = program_of({"a.py": "from broken import f\nfrom broken import *\n"}).modules.values()
    program = Program.link(known, ["/project/broken.py"])
    assert resolve(program, "a.py", "f") == Resolved(whole=False)
    assert resolve(program, "a.py", "g") == Resolved(whole=False)


def test_a_name_of_the_standard_library_that_is_ours_too_is_unknown() -> None:
    program = program_of({"a.py": "import queue\n", "queue.py": ""})
    assert only(program, "a.py", "queue.Queue") is None


def test_imports() -> None:
    program = program_of(
        {
            "app/__init__.py": "",
            "app/a.py": "import os\nfrom . import b\nfrom app.c import *\n",
            "app/b.py": "",
            "app/c.py": "",
        }
    )
    module = program.modules["/project/app/a.py"]
    assert program.imports(module) == ["/project/app/b.py", "/project/app/c.py"]
    assert program.stars(module) == ["/project/app/c.py"]


def test_long_trails_end() -> None:
    lines = "\n".join(f"a{number} = a{number + 1}" for number in range(200))
    program = program_of({"a.py": f"import time\n{lines}\na200 = time.sleep\n"})
    assert only(program, "a.py", "a0") is None
    assert only(program, "a.py", "a180") == "time.sleep"


def test_modules_know_their_functions() -> None:
    module: Module = program_of({"a.py": "class C:\n    async def f(self):\n        [lambda: 1 for _ in x]\n"}).modules[
        "/project/a.py"
    ]
    kinds = {scope.kind: number for number, scope in enumerate(module.facts.scopes)}
    assert module.function_of(kinds["comprehension"]) == module.definitions["C.f"]
    assert module.function_of(kinds["lambda"]) == kinds["lambda"]
    assert module.function_of(kinds["class"]) == 0
