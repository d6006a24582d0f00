"""What the catalogue says is followed through the objects of libraries: sessions, queries, clients, models."""

# ruff: noqa: E501 (a small program is easier to compare with the next one when it stays on its line)

from __future__ import annotations

import pytest

from codemods.catalog import Knowledge
from codemods.loop import survey
from tests.support import program_of

MODELS = "from sqlalchemy.orm import DeclarativeBase, Mapped, Session, relationship\nclass Base(DeclarativeBase): ...\nclass Post(Base):\n    pass\nclass User(Base):\n    posts: Mapped[list[Post]] = relationship()\n    first: Mapped[Post] = relationship(lazy='joined')\n"

CASES = {
    "query": (
        MODELS + "async def f(db: Session):\n    db.query(User).filter(User.id == 1).all()",
        ["sqlalchemy.orm.Query.all"],
    ),
    "session factory": (
        "from sqlalchemy.orm import sessionmaker\nLocal = sessionmaker()\nasync def f():\n    with Local() as db:\n        db.commit()",
        ["sqlalchemy.orm.Session.commit"],
    ),
    "session of a block": (
        "from sqlalchemy.orm import sessionmaker\nLocal = sessionmaker()\nasync def f():\n    with Local.begin() as db:\n        db.flush()",
        ["sqlalchemy.orm.SessionBegin.__exit__", "sqlalchemy.orm.Session.flush"],
    ),
    "scoped session": (
        "from sqlalchemy.orm import scoped_session\ndb = scoped_session(1)\nasync def f():\n    db.execute('')\n    db().get(1, 1)",
        ["sqlalchemy.orm.Session.execute", "sqlalchemy.orm.Session.get"],
    ),
    "engine": (
        "from sqlalchemy import create_engine\nengine = create_engine('')\nasync def f():\n    with engine.begin() as c:\n        c.execute('').fetchone()",
        [
            "sqlalchemy.engine.EngineBegin.__enter__",
            "sqlalchemy.engine.Connection.execute",
            "sqlalchemy.engine.CursorResult.fetchone",
        ],
    ),
    "declarative base made by a call": (
        "from sqlalchemy.orm import declarative_base, Session\nBase = declarative_base()\nclass User(Base): ...\nasync def f(db: Session):\n    Base.metadata.create_all(1)",
        ["sqlalchemy.MetaData.create_all"],
    ),
    "lazy relationship": (
        MODELS + "async def f(u: User):\n    u.posts\n    u.first\n    u.id",
        ["sqlalchemy.orm.relationship"],
    ),
    "lazy relationship of what was loaded": (
        MODELS
        + "import sqlalchemy.ext.asyncio as a\nasync def f(db: Session, u: User):\n    u.posts\n    db.query(User).first().posts",
        ["sqlalchemy.orm.Query.first", "sqlalchemy.orm.relationship"],
    ),
    "lazy relationship of elements": (
        MODELS
        + "from sqlalchemy.ext.asyncio import AsyncSession\nfrom sqlalchemy import select\nasync def f(db: Session):\n    for u in db.scalars(select(User)).all():\n        u.posts",
        ["sqlalchemy.orm.Session.scalars", "sqlalchemy.orm.relationship"],
    ),
    "sqlmodel": (
        "from sqlmodel import Session, select\nasync def f(db: Session):\n    db.exec(select(1)).all()\n    db.commit()",
        ["sqlmodel.Session.exec", "sqlalchemy.orm.Session.commit"],
    ),
    "peewee": (
        "import peewee\nclass User(peewee.Model): ...\nasync def f():\n    User.get(id=1).save()\n    for u in User.select().where(1):\n        u.delete_instance()",
        ["peewee.Model.get", "peewee.Model.save", "peewee.ModelSelect.__iter__", "peewee.Model.delete_instance"],
    ),
    "django": (
        "from django.db import models\nclass User(models.Model): ...\nasync def f():\n    User.objects.filter(id=1).first().save()\n    for u in User.objects.all():\n        u.delete()\n    async for u in User.objects.all(): ...",
        [
            "django.db.models.QuerySet.first",
            "django.db.models.Model.save",
            "django.db.models.QuerySet.__iter__",
            "django.db.models.Model.delete",
        ],
    ),
    "subscripts": (
        "from pymongo import MongoClient\ndb = MongoClient()['a']['b']\nasync def f():\n    db.find_one()\n    for row in db.find().sort('a'):\n        pass",
        ["pymongo.collection.Collection.find_one", "pymongo.cursor.Cursor.__iter__"],
    ),
    "every method": (
        "import boto3\ns3 = boto3.client('s3')\nasync def f():\n    s3.put_object()\n    s3.generate_presigned_url()\n    for page in s3.get_paginator('a').paginate():\n        pass",
        ["botocore.client.BaseClient.put_object", "botocore.paginate.PageIterator.__iter__"],
    ),
    "every method behind an attribute": (
        "import git\nasync def f(repo: git.Repo):\n    repo.git.push('a')\n    repo.remote().fetch()",
        ["git.cmd.Git.push", "git.remote.Remote.fetch"],
    ),
    "attributes": (
        "from openai import OpenAI\nc = OpenAI()\nasync def f():\n    c.chat.completions.create()",
        ["openai.resources.chat.Completions.create"],
    ),
    "attributes of a module": (
        "import openai\nasync def f():\n    openai.chat.completions.create()",
        ["openai.resources.chat.Completions.create"],
    ),
    "subclass of a client": (
        "from langchain_openai import ChatOpenAI\nclass Mine(ChatOpenAI): ...\nasync def f():\n    Mine().invoke('')\n    Mine().bind_tools([]).invoke('')",
        ["langchain_core.runnables.Runnable.invoke", "langchain_core.runnables.Runnable.invoke"],
    ),
    "reading an attribute": (
        "import yfinance\nasync def f():\n    yfinance.Ticker('a').info",
        ["yfinance.Ticker.info"],
    ),
    "class method": (
        "from passlib.hash import bcrypt\nasync def f():\n    bcrypt.hash('')",
        ["passlib.hash.bcrypt.hash"],
    ),
    "called object": (
        "from transformers import pipeline\np = pipeline('')\nasync def f():\n    p('')",
        ["transformers.Pipeline.__call__"],
    ),
    "paths": (
        "from pathlib import Path\nasync def f():\n    (Path('a') / 'b').read_text()\n    ('a' / Path('b')).write_text('')\n    Path('a').parent.open().read()",
        ["pathlib.Path.read_text", "pathlib.Path.write_text", "pathlib.Path.open", "io.TextIOWrapper.read"],
    ),
    "result of an executor": (
        "from concurrent.futures import ThreadPoolExecutor\npool = ThreadPoolExecutor()\nasync def f():\n    pool.submit(print).result()",
        ["concurrent.futures.Future.result"],
    ),
    "result of a thread": (
        "import asyncio, requests\nasync def f():\n    s = await asyncio.to_thread(requests.Session)\n    s.get('')\n    t = await asyncio.get_running_loop().run_in_executor(None, requests.Session)\n    t.get('')",
        ["requests.Session.get", "requests.Session.get"],
    ),
    "offloaded result": (
        "from asgiref.sync import sync_to_async\nimport requests\nasync def f():\n    s = await sync_to_async(requests.Session)()\n    s.get('')",
        ["requests.Session.get"],
    ),
    "class dependency": (
        "from fastapi import Depends\nimport requests\nasync def f(s=Depends(requests.Session)):\n    s.get('')",
        ["requests.Session.get"],
    ),
    "future across threads": (
        "import asyncio\nasync def f(c, loop):\n    asyncio.run_coroutine_threadsafe(c, loop).result()",
        ["concurrent.futures.Future.result"],
    ),
}


@pytest.mark.parametrize("name", CASES)
def test_callees(name: str) -> None:
    text, expected = CASES[name]
    found = survey(program_of({"a.py": text}), Knowledge()).sites
    assert [site.entry.name for site in found if site.entry.impact != "low"] == expected
