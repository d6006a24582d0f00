"""Repositories that lie in a folder, as if they were on github.com, and a stand-in for `gh` to ask about them."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
import threading
from contextlib import contextmanager
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.support import git, write

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    import pytest

STAND_IN = Path(__file__).with_name("gh.py")


@dataclass(frozen=True)
class Hub:
    """The folder of all."""

    folder: Path

    @classmethod
    def made(cls, folder: Path, monkeypatch: pytest.MonkeyPatch) -> Hub:
        hub = cls(folder)
        (folder / "hub").mkdir(parents=True)
        (folder / "bin").mkdir()
        script = folder / "bin" / "gh"
        script.write_text(f'#!/bin/sh\nexec "{sys.executable}" "{STAND_IN}" "$@"\n')
        script.chmod(0o755)
        (folder / "logged-in").touch()
        monkeypatch.setenv("STAND_IN", str(folder))
        monkeypatch.setenv("PATH", str(folder / "bin"), prepend=":")
        monkeypatch.setenv("no_proxy", "127.0.0.1")
        git(folder, "config", "--global", f"url.{(folder / 'hub').as_uri()}/.insteadOf", "https://github.com/")
        return hub

    def bare(self, name: str = "team/shop") -> Path:
        return self.folder / "hub" / f"{name}.git"

    def publish(self, name: str, files: Mapping[str, str | bytes]) -> str:
        """A repository with a commit on main; its URL."""
        bare = self.bare(name)
        if not bare.exists():
            bare.mkdir(parents=True)
            git(bare, "init", "-q", "--bare", "-b", "main")
            git(bare, "config", "uploadpack.allowFilter", "true")
        self.commit(name, files)
        return f"https://github.com/{name}"

    def commit(self, name: str, files: Mapping[str, str | bytes], branch: str = "main") -> None:
        """One more commit on a branch, by somebody."""
        place = self.folder / "place" / name.replace("/", "-")
        if not place.exists():
            git(self.folder, "clone", "-q", str(self.bare(name)), str(place))
        git(place, "fetch", "-q", "origin")
        if branch in self.branches(name):
            git(place, "checkout", "-q", "-B", branch, f"origin/{branch}")
        else:
            git(place, "checkout", "-q", "-B", branch)
        write(place, files)
        git(place, "add", "-A")
        git(place, "commit", "-q", "-m", "something")
        git(place, "push", "-q", "origin", branch)

    def branches(self, name: str = "team/shop") -> dict[str, str]:
        rows = git(self.bare(name), "for-each-ref", "--format=%(refname:short) %(objectname)").splitlines()
        return dict(row.split() for row in rows)

    @contextmanager
    def served(self, user: str, password: str) -> Iterator[str]:
        """The repositories over HTTP, for one who knows the password; the start of their URLs."""
        folder, known = self.folder / "hub", base64.b64encode(f"{user}:{password}".encode()).decode()

        class Handler(BaseHTTPRequestHandler):
            def do_GET(self) -> None:
                path, _, query = self.path.partition("?")
                if self.headers["Authorization"] != f"Basic {known}":
                    self.send_response(401)
                    self.send_header("WWW-Authenticate", 'Basic realm="x"')
                    self.send_header("Content-Length", "0")
                    self.end_headers()
                    return
                told = {
                    "GIT_PROJECT_ROOT": str(folder),
                    "GIT_HTTP_EXPORT_ALL": "1",
                    "PATH_INFO": path,
                    "QUERY_STRING": query,
                    "REQUEST_METHOD": self.command,
                    "REMOTE_USER": user,
                    "CONTENT_TYPE": self.headers["Content-Type"] or "",
                    "HTTP_CONTENT_ENCODING": self.headers["Content-Encoding"] or "",
                    "GIT_PROTOCOL": self.headers["Git-Protocol"] or "",
                }
                content = self.rfile.read(int(self.headers["Content-Length"] or 0))
                command, environment = ["git", "http-backend"], os.environ | told
                done = subprocess.run(command, input=content, env=environment, capture_output=True, check=False)
                head, _, body = done.stdout.partition(b"\r\n\r\n")
                headers = dict(line.split(": ", 1) for line in head.decode().split("\r\n"))
                self.send_response(int(headers.pop("Status", "200").split()[0]))
                for name, value in headers.items():
                    self.send_header(name, value)
                self.end_headers()
                self.wfile.write(body)

            do_POST = do_GET  # noqa: N815 (named by the library)

            def log_message(self, *_: object) -> None: ...

        with ThreadingHTTPServer(("127.0.0.1", 0), Handler) as server:
            thread = threading.Thread(target=server.serve_forever)
            thread.start()
            try:
                yield f"http://127.0.0.1:{server.server_port}"
            finally:
                server.shutdown()
                thread.join()

    def calls(self, method: str = "") -> list[list[Any]]:
        file = self.folder / "calls.jsonl"
        rows = [json.loads(line) for line in file.read_text().splitlines()] if file.exists() else []
        return [row for row in rows if method in {"", row[1]}]

    def pulls(self, name: str = "team/shop") -> list[dict[str, Any]]:
        file = self.folder / f"{name.replace('/', '-')}.json"
        rows: list[dict[str, Any]] = json.loads(file.read_text()) if file.exists() else []
        return rows

    def close(self, name: str = "team/shop") -> None:
        """Somebody closes all pull requests."""
        rows = [row | {"state": "closed"} for row in self.pulls(name)]
        (self.folder / f"{name.replace('/', '-')}.json").write_text(json.dumps(rows))

    def trouble(self, method: str, *what: str) -> None:
        """What the next answers are: `down`, or a status and the seconds to wait."""
        (self.folder / f"trouble-{method}").write_text("\n".join(what))
