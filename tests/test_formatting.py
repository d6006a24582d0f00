"""A file that its formatter and import sorter were content with must still please them after a rewrite."""

from __future__ import annotations

import subprocess
import sys
from itertools import product
from typing import TYPE_CHECKING

from tests.support import run, write

if TYPE_CHECKING:
    from pathlib import Path

HEADS = (
    "",
    "#!/usr/bin/env python\n",
    "# -*- coding: utf-8 -*-\n",
    '"""Doc."""\n',
    "# licence\n\n# more\n",
    '"""Doc."""\n\nfrom __future__ import annotations\n\n',
    "from __future__ import annotations\n\n",
    "import os\n\nprint(os)\n",
    "import os\nimport sys\n\nimport requests\n\nfrom . import x\n\nprint(os, sys, requests, x)\n",
    "import requests\n\nprint(requests)\n",
    "from fastapi import FastAPI\n\napp = FastAPI()\n",
    '"""Doc."""\n\nimport time\n\n',
    "import time\n\nimport requests\n\nprint(requests)\n",
    "import time\nfrom typing import Any\n\nx: Any\n",
    "# licence\n\nimport time\n\n",
    "# licence\nimport time\n\n",
    '"""Doc."""\n\nimport time\n\nX = 1\n',
    "import abc\nimport time\n\nimport requests\n\nprint(abc, requests)\n",
    "from time import sleep, time\n\nprint(time)\n",
    "from time import sleep\n\n",
    "from typing import TYPE_CHECKING\n\nif TYPE_CHECKING:\n    import os\n\nx: 'os.PathLike'\n",
    "X = 1\n",
    "import logging\n\nlog = logging.getLogger()\n",
    "try:\n    import ujson\nexcept ImportError:\n    ujson = None\n",
    "from .a import b\n\nprint(b)\n",
    "from collections.abc import (\n    Iterable,\n    Iterator,\n)\n\nprint(Iterable, Iterator)\n",
    "import a_very_long.module as m\nimport Zoo\n\nprint(m, Zoo)\n",
    "__all__ = ['f']\n\nimport os\n\nprint(os)\n",
)
BODIES = (
    "\n\nasync def f():\n    {local}{call}(1)\n",
    "\n\nclass A:\n    async def f(self):\n        {local}{call}(1)\n",
    "\nif 1:\n\n    async def f():\n        {local}{call}(1)\n",
    "\n\n@print\nasync def f():\n    {local}{call}(1)\n",
    "\n\n# about f\nasync def f():\n    {local}{call}(1)\n",
)


def ruff(folder: Path, *arguments: str) -> str:
    """What ruff has to say, by its own defaults."""
    command = [sys.executable, "-m", "ruff", *arguments, "--isolated", "."]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    assert done.returncode in {0, 1}, done.stderr
    return done.stdout


def test_the_result_is_formatted_and_sorted(tmp_path: Path) -> None:
    files = {}
    for number, (head, body) in enumerate(product(HEADS, BODIES)):
        indent = "\n" + body.partition("{local}")[0].rpartition("\n")[2]
        has = "time" in head
        call = "sleep" if "import sleep" in head else "time.sleep"
        files[f"m{number}.py"] = head + body.format(local="" if has else f"import time\n{indent}", call=call)
    write(tmp_path, {name: content.encode() for name, content in files.items()})
    rules = ("check", "--quiet", "--select", "I001,F401,F811,E30", "--preview")
    ruff(tmp_path, *rules, "--fix")
    ruff(tmp_path, "format")
    assert ruff(tmp_path, *rules) == ""
    result = run(tmp_path, changing=True)
    assert len(result.changes) == len(files)
    assert (result.faults, result.left) == ((), ())
    for change in result.changes:
        change.file.write_bytes(change.after)
    assert ruff(tmp_path, *rules) == ""
    assert ruff(tmp_path, "format", "--diff") == ""
