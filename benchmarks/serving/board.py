"""How late a loop is: a ticker inside it, and what it found in a file that another process reads.

The file is memory shared by both, so that a loop which stands still for seconds can be read all the same.
"""

from __future__ import annotations

import asyncio
import mmap
import struct
import time
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

TICK = 0.001
# Ticking or not, the moment of the last tick, and the most that one came too late.
FORM = struct.Struct("ddd")


class Board:
    """The three numbers that both sides see."""

    def __init__(self, file: Path) -> None:
        if not file.exists():
            file.write_bytes(FORM.pack(0, 0, 0))
        with file.open("r+b") as opened:
            self.memory = mmap.mmap(opened.fileno(), FORM.size)

    def start(self) -> None:
        """Begin a measurement."""
        FORM.pack_into(self.memory, 0, 1, time.monotonic(), 0)

    def stop(self) -> float:
        """End it: the worst lag in seconds, counting a tick that is still due."""
        _, last, worst = FORM.unpack_from(self.memory)
        FORM.pack_into(self.memory, 0, 0, 0, 0)
        return float(max(worst, time.monotonic() - last - TICK))

    async def tick(self) -> None:
        """Look at the clock every millisecond, as long as somebody measures."""
        while True:
            on, last, worst = FORM.unpack_from(self.memory)
            if not on:
                await asyncio.sleep(TICK * 10)
                continue
            now = time.monotonic()
            FORM.pack_into(self.memory, 0, 1, now, max(worst, now - last - TICK))
            await asyncio.sleep(TICK)
