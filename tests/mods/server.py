"""A server that answers what it is asked to, and remembers what came."""

from __future__ import annotations

import json
import threading
import time
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import TYPE_CHECKING
from urllib.parse import parse_qsl, urlsplit

if TYPE_CHECKING:
    from collections.abc import Iterator

Request = dict[str, object]
# They differ from library to library, and say nothing about the request.
_INDIFFERENT = {"user-agent", "accept-encoding", "connection", "host", "content-length"}
# What the services say whose clients are tried: each finds its own part.
_SERVICE = {
    "id": "1",
    "object": "list",
    "created": 1,
    "model": "m",
    "type": "message",
    "role": "assistant",
    "choices": [{"index": 0, "finish_reason": "stop", "message": {"role": "assistant", "content": "hello"}}],
    "data": [{"object": "embedding", "index": 0, "embedding": [0.5]}],
    "usage": {"input_tokens": 3, "output_tokens": 1, "prompt_tokens": 3, "completion_tokens": 1, "total_tokens": 4},
    "content": [{"type": "text", "text": "hello"}],
    "stop_reason": "end_turn",
    "hits": {"hits": [{"_source": {"name": "a"}}]},
}
_VERBS = ("DELETE", "GET", "HEAD", "OPTIONS", "PATCH", "POST", "PUT")


class Handler(BaseHTTPRequestHandler):
    """`/status/N`, `/redirect/N/target`, `/slow`, `/text`, `/lines`, `/cookie`; everything else is echoed."""

    protocol_version = "HTTP/1.1"
    came: list[Request]

    def handle_any(self) -> None:
        size = int(self.headers.get("Content-Length") or 0)
        body = self.rfile.read(size)
        address = urlsplit(self.path)
        self.came.append(
            {
                "method": self.command,
                "asked for": address.netloc,
                "path": address.path,
                "query": address.query,
                "body": _body(body, self.headers.get("Content-Type", "")),
                "headers": {k.lower(): _plain(v) for k, v in self.headers.items() if k.lower() not in _INDIFFERENT},
            }
        )
        what, _, rest = address.path.strip("/").partition("/")
        headers = {"Content-Type": "application/json", "X-Here": "yes"}
        status, content = 200, json.dumps(self.came[-1], default=str).encode()
        if what == "status":
            status = int(rest)
        elif what == "redirect":
            status, _, target = rest.partition("/")  # type: ignore[assignment]
            headers["Location"] = f"/{target}"
        elif what == "cookie":
            headers["Set-Cookie"] = "seen=1; Path=/"
        elif what == "slow":
            time.sleep(float(rest or 0.3))
        elif what == "text":
            content, headers["Content-Type"] = b"plain text", "text/plain; charset=utf-8"
        elif what == "lines":
            content, headers["Content-Type"] = "a\nb\r\né\n\nlast".encode(), "text/plain"
            headers["Content-Type"] += "; charset=utf-8" if rest != "bare" else ""
        elif what == "json":
            content = json.dumps(_SERVICE).encode()
            headers["X-Elastic-Product"] = "Elasticsearch"
        elif what == "broken":
            content = b"{"
        self.send_response(int(status))
        for name, value in headers.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(content)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(content)

    def log_message(self, *_: object) -> None: ...


def _plain(value: str) -> str:
    """A header without a boundary that is drawn by lot."""
    return value.partition("boundary=")[0]


def _body(body: bytes, kind: str) -> object:
    """What a body says: the blanks in JSON do not matter."""
    if "json" in kind and body:
        return json.loads(body)
    if "multipart" in kind:
        boundary = kind.partition("boundary=")[2]
        kind, body = "multipart", body.replace(boundary.encode(), b"BOUNDARY")
    if "form-urlencoded" in kind:
        return parse_qsl(body.decode(), keep_blank_values=True)
    return body.decode("utf-8", "replace")


@contextmanager
def serving() -> Iterator[tuple[str, list[Request]]]:
    """The server's address, and what came so far."""
    came: list[Request] = []
    verbs = {f"do_{verb}": Handler.handle_any for verb in _VERBS}
    made = type("Recording", (Handler,), {"came": came, **verbs})
    server = ThreadingHTTPServer(("127.0.0.1", 0), made)
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", came
    finally:
        server.shutdown()
        thread.join()
        server.server_close()
