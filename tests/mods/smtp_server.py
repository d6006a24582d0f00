"""A mail server that takes everything and keeps what it was told, for tests."""

from __future__ import annotations

import base64
import socketserver
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import ssl
    from collections.abc import Iterator


class Handler(socketserver.StreamRequestHandler):
    """One connection. Recipients that begin with `no` are refused, and so is every other password than `pass`."""

    server: Server

    def setup(self) -> None:
        if self.server.at_once and self.server.context is not None:
            self.request = self.server.context.wrap_socket(self.request, server_side=True)
            self.server.kept.append("TLS")
        super().setup()

    def finish(self) -> None:
        super().finish()
        # What TLS is spoken over is another socket than the one that the server closes.
        self.request.close()

    def say(self, line: str) -> None:
        self.wfile.write(f"{line}\r\n".encode())
        self.wfile.flush()

    def line(self) -> str:
        return self.rfile.readline().decode("utf-8").rstrip("\r\n")

    def handle(self) -> None:
        self.say("220 here")
        while line := self.line():
            verb, blank, rest = line.partition(" ")
            getattr(self, f"on_{verb.lower()}", self.on_anything)(f"{verb.upper()}{blank}{rest}")
            if verb.upper() == "QUIT":
                return

    def on_anything(self, line: str) -> None:
        self.server.kept.append(line)
        self.say("221 bye" if line == "QUIT" else "250 fine")

    def on_ehlo(self, line: str) -> None:
        # When a client greets, and by which name, is its own affair.
        assert line
        offers = ["here", "AUTH PLAIN LOGIN", "8BITMIME", *(["STARTTLS"] if self.server.context is not None else [])]
        for offer in offers:
            self.say(f"250-{offer}")
        self.say("250 SMTPUTF8")

    def on_starttls(self, line: str) -> None:
        self.server.kept.append(line)
        self.say("220 go on")
        assert self.server.context is not None
        self.request = self.server.context.wrap_socket(self.request, server_side=True)
        super().setup()

    def on_auth(self, line: str) -> None:
        _, how, secret = line.split(" ")
        parts = base64.b64decode(secret).decode().split("\0")
        self.server.kept.append(f"AUTH {how} {parts}")
        self.say("235 welcome" if parts[-1] == "pass" else "535 who are you")

    def on_mail(self, line: str) -> None:
        self.server.kept.append(line.partition(">")[0])
        self.say("250 fine")

    def on_rcpt(self, line: str) -> None:
        self.server.kept.append(line)
        self.say("550 nobody" if ":<no" in line else "250 fine")

    def on_data(self, line: str) -> None:
        self.say("354 go on")
        lines = []
        while (line := self.line()) != ".":
            lines.append(line)
        self.server.kept.append("\n".join(lines))
        self.say("250 taken")


class Server(socketserver.ThreadingTCPServer):
    """Listens on a port of its own."""

    allow_reuse_address = True
    daemon_threads = True

    def __init__(self, context: ssl.SSLContext | None, *, at_once: bool) -> None:
        super().__init__(("127.0.0.1", 0), Handler)
        self.context = context
        self.at_once = at_once
        self.kept: list[str] = []

    def handle_error(self, *_: object) -> None:
        """A client that goes away, or trusts nobody, is no error of the server's."""


@contextmanager
def smtp_server(context: ssl.SSLContext | None = None, *, at_once: bool = False) -> Iterator[tuple[int, list[str]]]:
    """The server's port, and what it was told; with a context it speaks TLS, from the start or when it is asked to."""
    with Server(context, at_once=at_once) as server:
        threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True).start()
        yield server.server_address[1], server.kept
        server.shutdown()
