"""The way from a site to what blocks, and that nothing in it can hang or run out of stack."""

from __future__ import annotations

from codemods.catalog import Knowledge
from codemods.loop import evidence, survey
from tests.support import program_of

CHAIN = {
    "app/api.py": """
        from app.service import Service
        async def show(service: Service):
            return service.load()
        """,
    "app/service.py": """
        from app.repo import Repo
        class Service:
            def __init__(self, repo):
                self.repo = repo
            def load(self):
                return self.repo.read("a")
        service = Service(Repo())
        """,
    "app/repo.py": """
        import requests
        from app import clients
        class Repo:
            session: requests.Session
            def read(self, name, client=requests.Session()):
                clients.kept.get("")
                client.get("")
                return self.session.get(name)
        """,
    "app/clients.py": "import requests\nkept = requests.Session()\n",
    "app/__init__.py": "",
}


def test_chain() -> None:
    (site,) = survey(program_of(CHAIN), Knowledge()).sites
    assert site.entry.name == "requests.Session.get"
    assert [(step.path, step.line, step.function) for step in site.chain] == [
        ("app/service.py", 6, "Service.load"),
        ("app/repo.py", 6, "Repo.read"),
    ]


def test_the_shortest_way_and_the_most_serious_kind() -> None:
    text = """
        import os, requests
        def far():
            near()
        def near():
            requests.get("")
        def both():
            os.stat("")
            far()
            near()
        async def f():
            both()
        """
    (site,) = survey(program_of({"a.py": text}), Knowledge()).sites
    assert site.entry.name == "requests.get"
    assert [step.line for step in site.chain] == [9, 5]


def test_what_passes_a_wrapper_is_on_the_way() -> None:
    text = """
        import requests
        def log(g):
            def w(*a):
                return g(*a)
            return w
        @log
        def h():
            requests.get("")
        async def f():
            h()
        """
    (site,) = survey(program_of({"a.py": text}), Knowledge()).sites
    assert [(step.line, step.function) for step in site.chain] == [(4, "log.w"), (8, "h")]


def test_evidence() -> None:
    found = survey(program_of(CHAIN), Knowledge())
    told = [f"{fact.path}:{fact.line} {fact.text}" for fact in evidence(found.calls, found.sites[0])]
    assert told == [
        "app/api.py:2 show is async in name only: it never gives way",
        "app/api.py:2 `service` is of type Service: its annotation",
        "app/service.py:4 `self.repo` is of type Repo: `self.repo` is set there",
        "app/clients.py:2 `clients.kept` is of type requests.Session: assigned there",
    ]


def test_evidence_of_parameters() -> None:
    text = """
        import requests
        from requests import Session as S
        def passed(s):
            s.get("")
        def default(s=requests.Session()):
            s.get("")
        async def f(x: requests.Session, reader):
            passed(x)
            default()
            one = S()
            one.get("")
            S().get("")
            with requests.Session() as two:
                two.get("")
            x.adapters.get("")
        """
    found = survey(program_of({"a.py": text}), Knowledge())
    told = [f"{fact.line} {fact.text}" for site in found.sites for fact in evidence(found.calls, site)]
    name = "7 f is async in name only: it never gives way"
    assert [each for each in told if each != name] == [
        "8 `s` is of type requests.Session: what passed is given there",
        "5 `s` is of type requests.Session: its default",
        "10 `one` is of type requests.Session: assigned there",
        "13 `two` is of type requests.Session: assigned there",
    ]


def test_long_chains_and_deep_circles() -> None:
    functions = "".join(f"def f{n}():\n    f{n + 1}()\n    f{max(n - 1, 0)}()\n" for n in range(3000))
    text = f"import requests\n{functions}def f3000():\n    requests.get('')\nasync def f():\n    f0()\n"
    (site,) = survey(program_of({"a.py": text}), Knowledge()).sites
    assert len(site.chain) == 3001


def test_names_that_lead_to_each_other_for_ever() -> None:
    aliases = "".join(f"a{n} = a{n + 1}\n" for n in range(2000))
    text = f"import requests\n{aliases}a2000 = requests.get\nasync def f():\n    a0()\n    a1990()\n"
    found = survey(program_of({"a.py": text}), Knowledge())
    assert [site.call.callee for site in found.sites] == ["a1990"]
    assert found.stopped == ("/project/a.py",)


def test_huge_literals_and_functions() -> None:
    entries = ", ".join(f"'{n}': h" for n in range(10_000))
    body = "".join(f"    x{n} = x{n - 1}.next()\n" for n in range(1, 3000))
    head = f"import requests\ndef h():\n    requests.get('')\nALL = {{{entries}}}\n"
    text = f"{head}async def f(x0):\n{body}    ALL['1']()\n"
    (site,) = survey(program_of({"a.py": text}), Knowledge()).sites
    assert site.call.callee == ""
