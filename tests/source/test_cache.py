from __future__ import annotations

import os
from pathlib import Path

import pytest

from codemods.source import Cache


def files() -> list[Path]:
    return sorted((Path(os.environ["XDG_CACHE_HOME"]) / "offloop").glob("*"))


def test_remembers(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path, "1")
    assert cache.get(b"a") is None
    cache.put(b"a", {"any": ("value",)})
    cache.save()
    assert Cache.open(tmp_path, "1").get(b"a") == {"any": ("value",)}
    assert Cache.open(tmp_path, "2").get(b"a") is None
    assert Cache.open(tmp_path / "other", "1").get(b"a") is None
    assert len(files()) == 1
    assert files()[0].parent.stat().st_mode & 0o777 == 0o700


def test_forgets_what_is_long_unused(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path, "1")
    for number in range(10):
        cache.put(b"%d" % number, number)
    cache.save()
    again = Cache.open(tmp_path, "1")
    assert again.get(b"9") == 9
    again.put(b"new", "new")
    again.save()
    last = Cache.open(tmp_path, "1")
    assert last.get(b"9") == 9
    assert last.get(b"new") == "new"
    assert sum(last.get(b"%d" % number) is not None for number in range(9)) == 2


@pytest.mark.parametrize("damage", [b"", b"nonsense", b"\x80\x05K\x01."], ids=["empty", "nonsense", "no table"])
def test_damage_makes_it_empty(tmp_path: Path, damage: bytes) -> None:
    cache = Cache.open(tmp_path, "1")
    cache.put(b"a", 1)
    cache.save()
    files()[0].write_bytes(damage)
    assert Cache.open(tmp_path, "1").get(b"a") is None


def test_a_damaged_entry_is_none() -> None:
    cache = Cache(None, {b"a": b"nonsense"})
    assert cache.get(b"a") is None
    cache.save()
    assert files() == []


def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    folder = Path(os.environ["XDG_CACHE_HOME"]) / "offloop"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    cache = Cache.open(tmp_path, "1")
    cache.put(b"a", 1)
    cache.save()
    assert files() == []


def test_a_folder_that_cannot_be_made(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    blocker = tmp_path / "file"
    blocker.write_text("")
    monkeypatch.setenv("XDG_CACHE_HOME", str(blocker))
    Cache.open(tmp_path, "1").save()


def test_the_home_folder_is_the_fallback(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("XDG_CACHE_HOME")
    monkeypatch.setenv("HOME", str(tmp_path))
    cache = Cache.open(tmp_path, "1")
    cache.put(b"a", 1)
    cache.save()
    assert len(list((tmp_path / ".cache/offloop").iterdir())) == 1
