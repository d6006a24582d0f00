"""Mail sent before and after: the server is told the same."""

from __future__ import annotations

import asyncio
import gc
import shutil
import ssl
import subprocess
import warnings
from typing import TYPE_CHECKING, Any

import pytest

from codemods.config import Settings
from tests.mods.smtp_server import smtp_server
from tests.support import run, source, write

if TYPE_CHECKING:
    from pathlib import Path

ASKED = Settings(codemods=("mail",), unsafe=frozenset({"mail"}))
HEAD = """\
import smtplib
import ssl
from email.message import EmailMessage
from email.mime.text import MIMEText
from smtplib import SMTP_SSL

checked = ssl.create_default_context()
unchecked = ssl._create_unverified_context()

letter = EmailMessage()
letter["From"] = "Ann <ann@example.com>"
letter["To"] = "bob@example.com, Cy <cy@example.com>"
letter["Bcc"] = "dee@example.com"
letter["Subject"] = "Grüße"
letter.set_content("a line\\n.\\nand another, rather ünusual\\n")
old = MIMEText("plain text")
old["From"] = "ann@example.com"
old["To"] = "bob@example.com"


async def call(port):
"""
PLAIN = {
    "a message": """
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.send_message(letter)
    """,
    "several": """
        with smtplib.SMTP(host="127.0.0.1", port=port, timeout=5) as server:
            server.noop()
            server.send_message(old, "eve@example.com", ["fay@example.com", "no@example.com"])
            server.rset()
            server.sendmail("ann@example.com", "bob@example.com", "Subject: a\\n\\n.b\\nc")
            server.sendmail(from_addr="ann@example.com", to_addrs=("bob@example.com",), msg=b"Subject: a\\r\\n\\r\\nb")
            server.quit()
    """,
    "a login": """
        with smtplib.SMTP("127.0.0.1", port, "me.example.com") as server:
            server.ehlo()
            server.login("ann", password="pass")
            for message in (letter, old):
                server.send_message(msg=message, from_addr=None, to_addrs="gus@example.com")
    """,
    "a wrong password": """
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.login("ann", "word")
            server.send_message(letter)
    """,
    "all refused": """
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.sendmail("ann@example.com", ["no@example.com", "nobody@example.com"], "a")
    """,
    "no TLS there": """
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.starttls()
            server.send_message(letter)
    """,
    "raised inside": """
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.noop()
            raise KeyError("a")
    """,
}
STARTED = {
    "not checked": """
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.starttls()
            server.login("ann", "pass")
            server.send_message(letter)
    """,
    "not asked for": """
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.send_message(letter)
    """,
    "checked": """
        with smtplib.SMTP("127.0.0.1", port) as server:
            server.starttls(context=checked)
            server.send_message(letter)
    """,
    "as somebody says": """
        for context in (unchecked, None):
            with smtplib.SMTP("127.0.0.1", port) as server:
                server.starttls(context=context)
                server.send_message(letter)
    """,
}
AT_ONCE = {
    "not checked": """
        with SMTP_SSL("127.0.0.1", port) as server:
            server.send_message(letter)
    """,
    "checked": """
        with smtplib.SMTP_SSL("127.0.0.1", port, context=checked) as server:
            server.send_message(letter)
    """,
}


@pytest.fixture(scope="module")
def of_nobody(tmp_path_factory: pytest.TempPathFactory) -> ssl.SSLContext:
    """A server's context with a certificate that nobody vouches for."""
    if shutil.which("openssl") is None:
        pytest.skip("openssl makes the certificate")
    file = tmp_path_factory.mktemp("certificate") / "own.pem"
    asked = ["req", "-x509", "-newkey", "rsa:2048", "-nodes", "-days", "2", "-subj", "/CN=127.0.0.1"]
    subprocess.run(["openssl", *asked, "-keyout", f"{file}", "-out", f"{file}.crt"], check=True, capture_output=True)
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
    context.load_cert_chain(f"{file}.crt", file)
    return context


def outcome(code: str, port: int, kept: list[str]) -> list[Any]:
    kept.clear()
    names: dict[str, Any] = {}
    exec(compile(code, "<code>", "exec"), names)  # noqa: S102 (it is what is tested)
    with warnings.catch_warnings():
        # smtplib leaves a socket open where the certificate is not good enough.
        warnings.simplefilter("ignore", ResourceWarning)
        try:
            given = asyncio.run(names["call"](port))
        except Exception as error:  # noqa: BLE001 (the two libraries have exceptions of their own)
            given = repr(error) if type(error).__module__ == "builtins" else "an exception"
        gc.collect()
    return [given, *kept]


def compared(body: str, port: int, kept: list[str], folder: Path) -> list[Any]:
    """What the server is told before a rewrite, after making sure that it is told the same afterwards."""
    lines = "\n".join(f"    {line}" for line in source(body).splitlines())
    before = f"{HEAD}{lines}\n"
    write(folder, {"main.py": before.encode(), "requirements.txt": "aiosmtplib\n"})
    result = run(folder, settings=ASKED, changing=True)
    assert result.faults == ()
    assert {(each.codemod, each.level) for each in result.findings if each.kind == "mail"} == {("mail", "unsafe")}
    after = result.changes[0].after.decode()
    assert "with smtplib" not in after
    first = outcome(before, port, kept)
    assert outcome(after, port, kept) == first
    write(folder, {"main.py": after.encode()})
    assert run(folder, settings=ASKED, changing=True).changes == ()
    return first


@pytest.mark.parametrize("case", PLAIN)
def test_the_same_is_sent(case: str, tmp_path: Path) -> None:
    pytest.importorskip("aiosmtplib")
    with smtp_server() as (port, kept):
        told = compared(PLAIN[case], port, kept, tmp_path)
    assert "QUIT" in told


@pytest.mark.parametrize("case", STARTED)
def test_tls_is_started_as_before(case: str, of_nobody: ssl.SSLContext, tmp_path: Path) -> None:
    pytest.importorskip("aiosmtplib")
    with smtp_server(of_nobody) as (port, kept):
        told = compared(STARTED[case], port, kept, tmp_path)
    assert ("STARTTLS" in told) == (case != "not asked for")
    assert (told[0] == "an exception") == (case == "checked")


@pytest.mark.parametrize("case", AT_ONCE)
def test_tls_from_the_start(case: str, of_nobody: ssl.SSLContext, tmp_path: Path) -> None:
    pytest.importorskip("aiosmtplib")
    with smtp_server(of_nobody, at_once=True) as (port, kept):
        told = compared(AT_ONCE[case], port, kept, tmp_path)
    assert (told[0] == "an exception") == (case == "checked")
