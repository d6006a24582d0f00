"""A stand-in for MongoDB that speaks just enough of its wire protocol: hello, insert, find, update, aggregate, ping."""

from __future__ import annotations

import socketserver
import struct
import threading
from contextlib import contextmanager
from operator import itemgetter
from typing import TYPE_CHECKING, Any

import bson

if TYPE_CHECKING:
    from collections.abc import Iterator

_REPLY, _QUERY, _MESSAGE = 1, 2004, 2013
Document = dict[str, Any]
Documents = list[Document]


class Server(socketserver.ThreadingTCPServer):
    """Keeps its documents in lists, by collection."""

    daemon_threads = True
    allow_reuse_address = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.kept: dict[str, Documents] = {}
        self.left: dict[int, Documents] = {}
        """What open cursors have still to give."""


class Handler(socketserver.BaseRequestHandler):
    """One connection."""

    server: Server

    def handle(self) -> None:
        while head := self.exactly(16):
            size, number, _, kind = struct.unpack("<iiii", head)
            body = self.exactly(size - 16)
            if kind == _QUERY:
                answer = bson.encode(self.answer(self.of_query(body)))
                content = struct.pack("<iqii", 8, 0, 0, 1) + answer
                reply = _REPLY
            else:
                answer = bson.encode(self.answer(self.of_message(body)))
                content = struct.pack("<iB", 0, 0) + answer
                reply = _MESSAGE
            self.request.sendall(struct.pack("<iiii", 16 + len(content), 1, number, reply) + content)

    def exactly(self, size: int) -> bytes:
        found = b""
        while len(found) < size:
            part = self.request.recv(size - len(found))
            if not part:
                return b""
            found += part
        return found

    def of_query(self, body: bytes) -> Document:
        start = body.index(b"\0", 4) + 1 + 8
        return bson.decode(body[start:])

    def of_message(self, body: bytes) -> Document:
        place, found = 4, {}
        while place < len(body):
            kind = body[place]
            size = struct.unpack_from("<i", body, place + 1)[0]
            section = body[place + 1 : place + 1 + size]
            if kind == 0:
                found.update(bson.decode(section))
            else:
                end = section.index(b"\0", 4)
                found[section[4:end].decode()] = bson.decode_all(section[end + 1 :])
            place += 1 + size
        return found

    def answer(self, command: Document) -> Document:
        name = next(iter(command))
        if name.lower() in {"hello", "ismaster"}:
            limits = {"maxBsonObjectSize": 1 << 24, "maxMessageSizeBytes": 1 << 25, "maxWriteBatchSize": 1000}
            return {
                "ok": 1,
                "isWritablePrimary": True,
                "ismaster": True,
                "maxWireVersion": 21,
                "minWireVersion": 0,
                **limits,
            }
        if name == "getMore":
            return self.part(self.server.left.pop(command[name]), command, "nextBatch")
        kept = self.server.kept.setdefault(str(command[name]), [])
        match name:
            case "insert":
                kept += command["documents"]
                return {"ok": 1, "n": len(command["documents"])}
            case "find":
                found = [each for each in kept if fits(each, command.get("filter", {}))]
                for field, way in reversed(command.get("sort", {}).items()):
                    found.sort(key=itemgetter(field), reverse=way < 0)
                found = found[command.get("skip", 0) :]
                return self.part(found[: command.get("limit") or None], command, "firstBatch")
            case "aggregate":
                stages = [stage["$match"] for stage in command["pipeline"] if "$match" in stage]
                counts = any("$group" in stage for stage in command["pipeline"])
                found = [each for each in kept if all(fits(each, stage) for stage in stages)]
                return self.part([{"n": len(kept)}] if counts else found, command["cursor"], "firstBatch")
            case "update":
                changed = [each for each in kept if fits(each, command["updates"][0]["q"])]
                for each in changed[:1]:
                    each.update(command["updates"][0]["u"]["$set"])
                return {"ok": 1, "n": len(changed[:1]), "nModified": len(changed[:1])}
        return {"ok": 1}

    def part(self, found: Documents, command: Document, name: str) -> Document:
        """As much as is asked for at once; the rest waits for the next question."""
        size = command.get("batchSize") or len(found)
        number = len(self.server.left) + 1 if found[size:] else 0
        if number:
            self.server.left[number] = found[size:]
        return {"ok": 1, "cursor": {"id": number, "ns": "shop.orders", name: found[:size]}}


def fits(document: Document, wanted: Document) -> bool:
    return all(document.get(name) == value for name, value in wanted.items())


@contextmanager
def mongo() -> Iterator[tuple[str, dict[str, Documents]]]:
    """Its address, and what it keeps."""
    with Server() as server:
        thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        yield f"mongodb://127.0.0.1:{server.server_address[1]}", server.kept
        server.shutdown()
        thread.join()
