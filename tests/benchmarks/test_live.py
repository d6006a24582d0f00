"""The live benchmark: what it compares is right, and its smallest form runs."""

from __future__ import annotations

import json
import subprocess
import sys
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
BENCHMARKS = ROOT / "benchmarks"


# What one run of offloop writes is tried by tests/test_examples.py.
@pytest.mark.parametrize("name", ["sessions", "expert", "naive"])
def test_every_copy_passes_the_shops_tests(name: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.syspath_prepend(BENCHMARKS)
    from serving import variants  # noqa: PLC0415 (found only now)

    variants.make(name, tmp_path / "shop")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    done = subprocess.run(command, cwd=tmp_path / "shop", capture_output=True, text=True, check=False)
    assert "19 passed" in done.stdout, done.stdout[-3000:]


def test_the_smallest_form(tmp_path: Path) -> None:
    figures, chart = tmp_path / "figures.json", tmp_path / "chart.svg"
    command = [sys.executable, str(BENCHMARKS / "live.py"), "--quick", "--seconds", "0.2", "--connections", "4"]
    command += ["--variants", "before,unsafe", "--endpoints", "product,order, restocked"]
    command += ["--json", str(figures), "--chart", str(chart)]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr[-3000:]
    rows = json.loads(figures.read_text("utf-8"))["rows"]
    asked = [(endpoint, variant) for endpoint in ("product", "order, restocked") for variant in ("before", "unsafe")]
    assert [(row[1], row[0]) for row in rows] == asked
    for variant, _, connections, _, rate, p50, p99, neighbour, failures, unanswered, lag, idle, cpu in rows:
        assert (connections, failures, unanswered) == (4, 0, 0)
        assert rate > 0
        assert neighbour > 0 or variant == "before"
        assert 0 < p50 <= p99
        assert lag > 0 < idle
        assert cpu >= 0
    # A restocked order waits for the supplier four times, and as found the whole loop waits with it.
    lags = {variant: lag for variant, endpoint, *_, lag, _, _ in rows if endpoint == "order, restocked"}
    assert lags["before"] > 0.2
    dots = ET.fromstring(chart.read_text("utf-8")).iter("{http://www.w3.org/2000/svg}circle")  # noqa: S314 (our own)
    assert sum(1 for dot in dots if len(dot)) == 3 * len(rows)
    assert "neighbour/s" in done.stdout
