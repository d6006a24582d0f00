# ruff: noqa: E501 (a small program is easier to compare with the next one when it stays on its line)

"""What is kept between runs: the answers are always those of a run without it, and little is looked at twice."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

import pytest

from codemods import remembering
from codemods.config import Settings
from codemods.engine import Request, find
from tests.support import inside, write

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from codemods.loop import Kept
    from codemods.model import Result
    from codemods.program import Program
    from codemods.reading import Reading

PROJECT = {
    "pyproject.toml": "[project]\nname = 'x'\n",
    "app/__init__.py": "",
    "app/api.py": """
        from app.service import Service, helper
        async def show(service: Service):
            service.load()
            helper(1)
            unknown.call()
        async def other():
            return 1
        """,
    "app/service.py": """
        from app.repo import Repo
        class Service:
            def __init__(self, repo):
                self.repo = repo
            def load(self):
                self.repo.read()
        def helper(x): ...
        service = Service(Repo())
        """,
    "app/repo.py": """
        class Repo:
            def read(self): ...
        class Base:
            def run(self): ...
        """,
    "app/users.py": """
        from app.repo import Base
        async def use(base: Base, request):
            base.run()
            request.app.state.session.get("")
            use_it(base)
        def use_it(thing):
            thing.run()
        async def warm():
            import requests
            requests.get("")
        """,
}
CHANGES: dict[str, Mapping[str, str]] = {
    "nothing": {},
    "a comment": {"app/repo.py": PROJECT["app/repo.py"] + "# more\n"},
    "a method far away": {
        "app/repo.py": "import requests\nclass Repo:\n    def read(self):\n        requests.get('')\nclass Base:\n    def run(self): ..."
    },
    "what is passed": {
        "app/service.py": PROJECT["app/service.py"].replace("Service(Repo())", "Service(Other())")
        + "\nclass Other:\n    def read(self):\n        open('x')\n"
    },
    "a function that is called": {
        "app/service.py": PROJECT["app/service.py"].replace("(x): ...", "(x):\n            open('x')")
    },
    "a new implementation": {
        "app/api.py": "import requests\nfrom app.repo import Base\nclass Mine(Base):\n    def run(self):\n        requests.get('')\n"
    },
    "what an application keeps": {
        "app/api.py": "import requests\ndef start(app):\n    app.state.session = requests.Session()\n"
    },
    "a callback": {
        "app/api.py": "import asyncio\nfrom app.users import use_it\nasync def f():\n    asyncio.get_running_loop().call_soon(use_it)\n"
    },
    "what runs once": {
        "app/api.py": "from fastapi import FastAPI\nfrom app.users import warm\napp = FastAPI(on_startup=[warm])\n"
    },
    "a property": {"app/api.py": "class P:\n    @property\n    def repo(self):\n        return open('x')\n"},
    "the only coroutine": {"app/api.py": "def show(): ...\n"},
    "a coroutine that was none": {"app/service.py": PROJECT["app/service.py"].replace("def load", "async def load")},
    "a new file": {"app/more.py": "async def g():\n    open('x')\n"},
    "a broken file": {"app/repo.py": "def ("},
}


def run(folder: Path, *, cache: bool, settings: Settings | None = None, paths: tuple[str, ...] = (".",)) -> Result:
    with inside(folder):
        return find(Request(paths, settings or Settings(impact="low"), jobs=1, cache=cache))


@pytest.mark.parametrize("name", CHANGES)
def test_the_same_as_without(name: str, tmp_path: Path) -> None:
    write(tmp_path, PROJECT)
    assert run(tmp_path, cache=True) == run(tmp_path, cache=False)
    write(tmp_path, CHANGES[name])
    assert run(tmp_path, cache=True) == run(tmp_path, cache=False)
    write(tmp_path, PROJECT)
    assert run(tmp_path, cache=True) == run(tmp_path, cache=False)


def test_a_part_of_the_project(tmp_path: Path) -> None:
    write(tmp_path, PROJECT)
    for paths in (("app/api.py",), (".",), ("app/users.py",), (".",)):
        assert run(tmp_path, cache=True, paths=paths) == run(tmp_path, cache=False, paths=paths)


def test_settings_have_answers_of_their_own(tmp_path: Path) -> None:
    write(tmp_path, PROJECT)
    taught = Settings(impact="low", blocking=(("app.service.helper", "cpu"),))
    for settings in (Settings(impact="low"), taught, Settings(impact="low")):
        assert run(tmp_path, cache=True, settings=settings) == run(tmp_path, cache=False, settings=settings)


def test_what_does_not_rest_on_the_change_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    write(tmp_path, {**PROJECT, **{f"app/m{n}.py": f"async def f{n}():\n    print({n})\n" for n in range(20)}})
    run(tmp_path, cache=True)
    write(tmp_path, {"app/repo.py": PROJECT["app/repo.py"] + "x = 1\n"})
    rows: set[str] = set()
    recall = remembering.recall

    def noted(reading: Reading, program: Program, settings: Settings) -> Kept:
        kept = recall(reading, program, settings)
        rows.update(path.rpartition("/")[2] for path in kept.rows)
        return kept

    monkeypatch.setattr("codemods.engine.recall", noted)
    run(tmp_path, cache=True)
    assert {f"m{n}.py" for n in range(20)} <= rows
    assert not {"repo.py", "service.py"} & rows


def test_the_same_in_every_process(tmp_path: Path) -> None:
    write(tmp_path, {**PROJECT, **CHANGES["a method far away"]})
    command = [sys.executable, "-m", "codemods", "check", "--no-cache", "--exit-zero", "--impact", "low", "."]
    outputs = {
        subprocess.run(
            command, cwd=tmp_path, env={**os.environ, "PYTHONHASHSEED": seed}, capture_output=True, check=True
        ).stdout
        for seed in "123"
    }
    assert len(outputs) == 1
