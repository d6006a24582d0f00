"""Thirty repositories as they come: clean, broken, huge, oddly named, with checks that fail or hang."""

from __future__ import annotations

from typing import TYPE_CHECKING

from tests.repositories.support import CLEAN, SLEEPY, SLOW, repository
from tests.support import commit, git, source, write

if TYPE_CHECKING:
    from pathlib import Path

CHECK = "if [ -f check.sh ]; then sh check.sh; fi"
"""Each repository's own check, where it has one."""
HUGE = 1_200


def make(folder: Path) -> Path:
    """The repositories, and a manifest that names them."""
    lines = [f"plain/{number:02}" for number in range(9)]
    for number, line in enumerate(lines):
        repository(folder / line, {"app/main.py": SLEEPY, f"app/more_{number}.py": SLOW})
    for name, files in _ODD.items():
        repository(folder / name, files)
        lines.append(f"'{name}'")
    package = "import time\n\n\nasync def wait() -> None:\n    time.sleep(1)\n"
    many = {f"huge/p{number // 50}/m{number}.py": package if number % 40 == 0 else "x = 1\n" for number in range(HUGE)}
    repository(folder / "huge", dict(many))
    write(repository(folder / "dirty", {"main.py": SLEEPY}), {"main.py": CLEAN, "new.py": SLEEPY})
    (folder / "nothing").mkdir()
    git(folder / "nothing", "init", "-q")
    write(folder, {"no git/main.py": SLEEPY, "file": "x"})
    shop = repository(folder / "other" / "CLEAN", {"main.py": SLEEPY})
    git(shop, "checkout", "-q", "-b", "old")
    write(shop, {"main.py": SLOW})
    commit(shop)
    git(shop, "checkout", "-q", "-")
    git(folder, "clone", "-q", "--bare", str(shop), str(folder / "bare.git"))
    parent = repository(folder / "parent", {"main.py": SLEEPY})
    git(parent, "-c", "protocol.file.allow=always", "submodule", "add", "-q", str(shop), "libs/shop")
    commit(parent)
    lines += [
        "huge",
        "dirty",
        "nothing",
        "'no git'",
        "gone",
        "file",
        "other/CLEAN",
        "other/CLEAN ref=old name=old",
        "bare.git",
    ]
    lines += ["parent", "parent name=again", f"{shop.as_uri()} name=url", f"{(folder / 'gone').as_uri()} name=gone-url"]
    manifest = folder / "thirty.txt"
    manifest.write_text("\n".join(lines), "utf-8")
    assert len(lines) == 30, len(lines)
    return manifest


_ODD: dict[str, dict[str, str | bytes]] = {
    "clean": {"main.py": CLEAN},
    "broken": {"main.py": SLEEPY, "old.py": "print 'x'\n", "null.py": b"x = 1\0\n"},
    "settings": {"main.py": SLEEPY, "pyproject.toml": "[tool.offloop]\nprefer = 3\n"},
    "no python": {"README.md": "x\n"},
    "größe": {"paket/ü b.py": SLEEPY, "paket/latin.py": source(SLEEPY).encode() + b"# \xe9\n"},
    "nested": {
        "services/api/src/api/__init__.py": "",
        "services/api/src/api/deep/er/main.py": SLEEPY,
        "services/web/web/main.py": SLOW,
        "libs/common/pyproject.toml": "[project]\nname = 'common'\n",
        "libs/common/common/__init__.py": "from .wait import wait\n",
        "libs/common/common/wait.py": "import time\n\n\ndef wait() -> None:\n    time.sleep(1)\n",
    },
    "hanging check": {"main.py": SLEEPY, "check.sh": "! grep -q asyncio main.py || sleep 600\n"},
    "failing check": {"main.py": SLEEPY, "check.sh": "grep -q time.sleep main.py\n"},
}
STATUSES = {
    **{f"{number:02}": "open" for number in range(9)},
    "clean": "clean",
    "broken": "open",
    "settings": "failed",
    "no-python": "empty",
    "größe": "open",
    "nested": "open",
    "hanging-check": "fixed",
    "failing-check": "fixed",
    "huge": "fixed",
    "dirty": "fixed",
    "nothing": "empty",
    "no-git": "fixed",
    "gone": "failed",
    "file": "failed",
    "CLEAN-2": "fixed",
    "old": "open",
    "bare": "fixed",
    "parent": "fixed",
    "again": "empty",
    "url": "fixed",
    "gone-url": "failed",
}
