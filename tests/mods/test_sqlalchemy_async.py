"""Sessions ask a database the same before and after, and the shop works on SQLite and on PostgreSQL."""

from __future__ import annotations

import asyncio
import re
import shutil
import subprocess
import sys
import tomllib
import warnings
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from codemods.config import Settings
from tests.mods.postgres import postgres
from tests.support import run, source, write

if TYPE_CHECKING:
    from codemods.model import Result

NAME = "sqlalchemy-async"
ASKED = Settings(codemods=(NAME,), unsafe=frozenset({NAME}))
ROWS: dict[str, Any] = tomllib.loads(Path(__file__).with_name("query_rows.toml").read_text("utf-8"))
FIXTURES = Path(__file__).parents[2] / "fixtures" / NAME
SHOP = Path(__file__).parents[2] / "examples" / "shop"

MODELS = """
    from sqlalchemy import ForeignKey, create_engine, func, select, text
    from sqlalchemy.orm import DeclarativeBase, Mapped, Session, joinedload, mapped_column, relationship, sessionmaker

    engine = create_engine("sqlite:///{FILE}")
    Factory = sessionmaker(bind=engine, expire_on_commit=False)


    class Base(DeclarativeBase):
        pass


    class Author(Base):
        __tablename__ = "authors"

        id: Mapped[int] = mapped_column(primary_key=True)
        name: Mapped[str]
        books: Mapped[list["Book"]] = relationship(back_populates="author", order_by="Book.id")

        def __repr__(self) -> str:
            return f"<{self.id} {self.name}>"


    class Book(Base):
        __tablename__ = "books"

        id: Mapped[int] = mapped_column(primary_key=True)
        title: Mapped[str]
        author_id: Mapped[int | None] = mapped_column(ForeignKey("authors.id"))
        author: Mapped[Author | None] = relationship(back_populates="books")

        def __repr__(self) -> str:
            return f"<{self.title}>"


    def f(*given: object) -> str:
        return repr(given)


    async def fill() -> None:
        Base.metadata.drop_all(engine)
        Base.metadata.create_all(engine)
        with Factory() as s:
            s.add_all([Author(id=1, name="a"), Author(id=2, name="b"), Author(id=3, name="c")])
            s.flush()
            s.add_all([Book(title=title, author_id=author) for title, author in [("x", 1), ("y", 1), ("z", 2)]])
            s.commit()
"""
ASK = """

async def row_{NUMBER}() -> object:
    with Factory() as s:
        return {ROW}
"""


def project(folder: Path, rows: list[str]) -> str:
    text = source(MODELS.replace("{FILE}", f"{folder}/books.db"))
    return text + "".join(ASK.replace("{NUMBER}", str(number)).replace("{ROW}", row) for number, row in enumerate(rows))


def migrated(folder: Path, text: str) -> Result:
    write(folder, {"main.py": text})
    return run(folder, settings=ASKED, changing=True)


def answers(text: str, count: int) -> list[str]:
    """What each row gives, with the statement that a database never sees twice in the same state."""
    names: dict[str, Any] = {"__name__": "library"}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        exec(compile(text, "library", "exec", dont_inherit=True), names)  # noqa: S102

        async def all_rows() -> list[str]:
            found = []
            for number in range(count):
                await names["fill"]()
                try:
                    found.append(repr(await names[f"row_{number}"]()))
                except Exception as error:  # noqa: BLE001
                    found.append(f"{type(error).__name__}: {error}")
            done = names["engine"].dispose()
            if done is not None:
                await done
            return found

        return asyncio.run(all_rows())


def test_the_database_is_asked_the_same(tmp_path: Path) -> None:
    rows = ROWS["same"]["rows"]
    before = project(tmp_path, rows)
    result = migrated(tmp_path, before)
    assert result.faults == ()
    assert [finding.reason for finding in result.left] == []
    after = result.changes[0].after.decode()
    expected, given = answers(before, len(rows)), answers(after, len(rows))
    differing = [(row, a, b) for row, a, b in zip(rows, expected, given, strict=True) if a != b]
    assert differing == []
    assert not [each for each in expected if "Error" in each]


@pytest.mark.parametrize("row", ROWS["held_back"])
def test_what_has_no_match_holds_all_of_it_back(row: str, tmp_path: Path) -> None:
    result = migrated(tmp_path, project(tmp_path, [row]))
    assert result.changes == ()
    reasons = {finding.reason for finding in result.findings if finding.callee.startswith("sqlalchemy.")}
    assert len(reasons) == 1
    assert ROWS["held_back"][row] in reasons.pop()


def test_a_manifest_that_insists_on_another_version(tmp_path: Path) -> None:
    write(tmp_path, {"requirements.txt": "SQLAlchemy==1.4.54\n"})
    result = migrated(tmp_path, project(tmp_path, ["s.get(Author, 1)"]))
    assert result.changes == ()
    assert "insists on a version of SQLAlchemy that is not sqlalchemy[asyncio]>=2.0" in result.findings[0].reason
    write(tmp_path, {"requirements.txt": "SQLAlchemy>=1.4\n"})
    result = migrated(tmp_path, project(tmp_path, ["s.get(Author, 1)"]))
    assert [change.after for change in result.changes if change.path == "requirements.txt"] == [
        b"aiosqlite>=0.20\nSQLAlchemy[asyncio]>=2.0\n"
    ]


@pytest.mark.parametrize("name", ["crud", "fixture_session"])
def test_a_service_passes_its_own_tests_before_and_after(name: str, tmp_path: Path) -> None:
    shutil.copytree(FIXTURES / name / "before", tmp_path, dirs_exist_ok=True)
    (tmp_path / "pytest.ini").write_text("[pytest]\n", "utf-8")
    before = own_tests(tmp_path)
    result = run(tmp_path, settings=ASKED, changing=True)
    assert result.faults == ()
    for change in result.changes:
        (tmp_path / change.path).write_bytes(change.after)
    assert re.match(r"\d+ passed", before)
    assert re.sub(" in .*", "", own_tests(tmp_path)) == re.sub(" in .*", "", before)


def own_tests(folder: Path) -> str:
    """What pytest says last in a folder."""
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "--disable-warnings", "--no-header"]
    for file in folder.glob("*.db"):
        file.unlink()
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    last = done.stdout.strip().splitlines()[-1]
    return re.sub(r", \d+ warnings?", "", last) if done.returncode == 0 else done.stdout[-3000:]


def test_the_shop_on_postgres(tmp_path: Path) -> None:
    shop = tmp_path / "shop"
    shutil.copytree(SHOP, shop, ignore=shutil.ignore_patterns("__pycache__", ".*"))
    with postgres() as url:
        config = shop / "tests" / "conftest.py"
        lite = 'f"sqlite:///{tmp_path}/shop.db", connect_args={"check_same_thread": False}'
        text = config.read_text("utf-8")
        assert lite in text
        config.write_text(text.replace(lite, f'"{url}"').replace("    yield running\n", CLEARING), "utf-8")
        result = run(shop, settings=ASKED, changing=True)
        assert result.faults == ()
        for change in result.changes:
            (shop / change.path).write_bytes(change.after)
        assert own_tests(shop).startswith("19 passed")
    assert "postgresql+asyncpg" in config.read_text("utf-8")


CLEARING = """    yield running
    shop.db.Base.metadata.drop_all(engine)
"""
