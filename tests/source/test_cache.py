from __future__ import annotations

import marshal
import os
import zlib
from pathlib import Path

import pytest

from codemods.source import Cache


def files() -> list[Path]:
    return sorted((Path(os.environ["XDG_CACHE_HOME"]) / "offloop").glob("*"))


def test_remembers(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path, "1")
    assert cache.get(b"a") is None
    cache.put(b"a", b"value")
    cache.save()
    assert Cache.open(tmp_path, "1").get(b"a") == b"value"
    assert Cache.open(tmp_path, "2").get(b"a") is None
    assert Cache.open(tmp_path / "other", "1").get(b"a") is None
    assert len(files()) == 1
    assert files()[0].parent.stat().st_mode & 0o777 == 0o700


def test_forgets_what_is_long_unused(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path, "1")
    for number in range(10):
        cache.put(b"%d" % number, b"%d" % number)
    cache.save()
    again = Cache.open(tmp_path, "1")
    assert again.get(b"9") == b"9"
    again.put(b"new", b"new")
    again.save()
    last = Cache.open(tmp_path, "1")
    assert last.get(b"9") == b"9"
    assert last.get(b"new") == b"new"
    assert sum(last.get(b"%d" % number) is not None for number in range(9)) == 2


def with_sum(content: bytes) -> bytes:
    return zlib.crc32(content).to_bytes(4, "big") + content


@pytest.mark.parametrize(
    "damage",
    [b"", b"nonsense", with_sum(b"nonsense"), with_sum(marshal.dumps(1))],
    ids=["empty", "nonsense", "not marshalled", "no table"],
)
def test_damage_makes_it_empty(tmp_path: Path, damage: bytes) -> None:
    cache = Cache.open(tmp_path, "1")
    cache.put(b"a", b"1")
    cache.save()
    files()[0].write_bytes(damage)
    assert Cache.open(tmp_path, "1").get(b"a") is None


def test_one_wrong_bit_makes_it_empty(tmp_path: Path) -> None:
    cache = Cache.open(tmp_path, "1")
    cache.put(b"a", b"x" * 100)
    cache.save()
    content = files()[0].read_bytes()
    files()[0].write_bytes(content.replace(b"xx", b"xy", 1))
    assert Cache.open(tmp_path, "1").get(b"a") is None


def test_without_a_file_nothing_is_kept() -> None:
    cache = Cache(None, {b"a": b"1"})
    assert cache.get(b"a") == b"1"
    cache.save()
    assert files() == []


def test_a_folder_that_others_may_write_is_not_used(tmp_path: Path) -> None:
    folder = Path(os.environ["XDG_CACHE_HOME"]) / "offloop"
    folder.mkdir(parents=True)
    folder.chmod(0o777)
    cache = Cache.open(tmp_path, "1")
    cache.put(b"a", b"1")
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
    cache.put(b"a", b"1")
    cache.save()
    assert len(list((tmp_path / ".cache/offloop").iterdir())) == 1
