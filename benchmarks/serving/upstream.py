"""The supplier and the payment provider: every answer takes its time.

python -m serving.upstream PORT SECONDS
"""

from __future__ import annotations

import asyncio
import itertools
import json
import sys

# How often a new order is asked for until it is confirmed.
POLLS = 2


class Partner:
    """What both of them know."""

    def __init__(self, delay: float) -> None:
        self.delay = delay
        self.numbers = itertools.count(1)
        self.open: dict[str, int] = {}

    def answer(self, method: str, path: str, body: bytes) -> dict[str, object]:
        """One answer, as the shop's own tests give it."""
        _, what, *key = path.split("/")
        if what == "stock":
            return {"available": 1_000_000}
        if what == "charges":
            return {"id": f"charge-{json.loads(body)['order']}"}
        if method == "POST":
            number = str(next(self.numbers))
            self.open[number] = POLLS
            return {"number": number}
        self.open[key[0]] -= 1
        if self.open[key[0]] > 0:
            return {"state": "open"}
        del self.open[key[0]]
        return {"state": "confirmed"}

    async def serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """One connection."""
        try:
            while True:
                head = (await reader.readuntil(b"\r\n\r\n")).decode("latin-1").split("\r\n")
                method, path, _ = head[0].split(" ")
                sizes = [line.split(":")[1] for line in head if line.lower().startswith("content-length:")]
                body = await reader.readexactly(int(sizes[0])) if sizes else b""
                await asyncio.sleep(self.delay)
                content = json.dumps(self.answer(method, path, body)).encode()
                fields = f"HTTP/1.1 200 OK\r\nContent-Type: application/json\r\nContent-Length: {len(content)}\r\n\r\n"
                writer.write(fields.encode() + content)
                await writer.drain()
        except (asyncio.IncompleteReadError, ConnectionError):
            pass
        finally:
            writer.close()


async def main(port: int, delay: float) -> None:
    """Serve until told to stop."""
    server = await asyncio.start_server(Partner(delay).serve, "127.0.0.1", port, backlog=2048)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]), float(sys.argv[2])))
