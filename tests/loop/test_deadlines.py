from __future__ import annotations

from codemods.loop import Deadlines
from tests.support import program_of


def limits(files: dict[str, str]) -> dict[str, tuple[str, int] | None]:
    """The limit over each call of `work`, by the function it stands in."""
    program = program_of(files)
    deadlines = Deadlines(program)
    return {
        module.facts.scopes[module.function_of(call.scope)].qualname: deadlines.over(module, call)
        for module in program.modules.values()
        for call in module.facts.calls
        if call.callee == "work"
    }


def test_no_limit() -> None:
    assert limits({"a.py": "async def f():\n    work()\n    await g()\nasync def g(): work()"}) == {
        "f": None,
        "g": None,
    }


def test_limits() -> None:
    found = limits(
        {
            "a.py": """
                import asyncio, anyio
                from b import far
                async def block():
                    async with asyncio.timeout(1): work()
                async def sync_block():
                    with anyio.fail_after(1): work()
                async def argument():
                    await asyncio.wait_for(work(), 1)
                async def called(): work()
                async def deep(): work()
                async def middle(): await deep()
                async def free(): work()
                async def loops(): work(); await loops()
                async def main():
                    await asyncio.wait_for(called(), 1)
                    async with asyncio.timeout(1): await middle(); await far(); await loops()
                    await free()
                class C:
                    async def run(self):
                        await asyncio.wait_for(self.step(), 1)
                    async def step(self): work()
            """,
            "b.py": "async def far(): work()",
        }
    )
    assert found == {
        "block": ("a.py", 4),
        "sync_block": ("a.py", 6),
        "argument": ("a.py", 8),
        "called": ("a.py", 15),
        "deep": ("a.py", 16),
        "free": None,
        "loops": ("a.py", 16),
        "C.step": ("a.py", 20),
        "far": ("a.py", 16),
    }
