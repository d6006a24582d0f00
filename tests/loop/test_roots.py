"""Which plain functions the loop runs: what frameworks call there."""

# ruff: noqa: E501 (a small program is easier to compare with the next one when it stays on its line)

from __future__ import annotations

import pytest

from codemods.catalog import Knowledge
from codemods.loop import survey
from tests.support import program_of

SLEEP = "    time.sleep(1)\n"

ON_THE_LOOP = {
    "coroutine": "async def h():\n",
    "startup": "from fastapi import FastAPI\napp = FastAPI()\n@app.on_event('startup')\ndef h():\n",
    "sanic": "from sanic import Sanic\napp = Sanic('a')\n@app.get('/')\ndef h(request):\n",
    "sanic middleware": "from sanic import Sanic\napp = Sanic('a')\n@app.on_request\ndef h(request):\n",
    "litestar": "from litestar import get\n@get('/')\ndef h():\n",
    "aiohttp": "from aiohttp import web\nroutes = web.RouteTableDef()\n@routes.get('/')\ndef h(request):\n",
    "tornado": "import tornado.web\nclass H(tornado.web.RequestHandler):\n    def get(self):\n    ",
    "protocol": "import asyncio\nclass P(asyncio.Protocol):\n    def data_received(self, data):\n    ",
    "soon": "import asyncio\nasync def f():\n    asyncio.get_event_loop().call_soon(h)\ndef h():\n",
    "signal": "import asyncio\nasync def f():\n    loop = asyncio.get_running_loop()\n    loop.add_signal_handler(2, h)\ndef h():\n",
}
ELSEWHERE = {
    "function": "def h():\n",
    "route": "from fastapi import FastAPI\napp = FastAPI()\n@app.get('/')\ndef h():\n",
    "dependency": "from fastapi import Depends\nasync def f(x=Depends(lambda: h())): ...\ndef h():\n",
    "litestar in a thread": "from litestar import get\n@get('/', sync_to_thread=True)\ndef h():\n",
    "quart": "from quart import Quart\napp = Quart('a')\n@app.get('/')\ndef h():\n",
    "starlette": "from starlette.applications import Starlette\nfrom starlette.routing import Route\ndef h(request):\n",
    "aiogram": "from aiogram import Router\nrouter = Router()\n@router.message()\ndef h(message):\n",
    "django": "def h(request):\n",
    "other decorator": "from sanic import Sanic\napp = Sanic('a')\n@app.cli\ndef h():\n",
    "other object": "app = Thing()\n@app.on_event('startup')\ndef h():\n",
    "other method": "import tornado.web\nclass H(tornado.web.RequestHandler):\n    def helper(self):\n    ",
    "other class": "class H:\n    def get(self):\n    ",
}


def found(head: str) -> list[str]:
    program = program_of({"a.py": f"import time\n{head}{SLEEP}"})
    return [site.entry.name for site in survey(program, Knowledge()).sites]


@pytest.mark.parametrize("name", ON_THE_LOOP)
def test_on_the_loop(name: str) -> None:
    assert found(ON_THE_LOOP[name]) == ["time.sleep"]


@pytest.mark.parametrize("name", ELSEWHERE)
def test_elsewhere(name: str) -> None:
    assert found(ELSEWHERE[name]) == []
