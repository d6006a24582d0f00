#!/usr/bin/env python3
"""The shop under load, before and after: what its neighbours get back when the loop is free.

    benchmarks/live.py [--quick] [--variants A,B] [--endpoints A,B] [--connections 1,16,64,256] [--seconds 1]
        [--rounds 3] [--delay 0.05] [--postgres] [--json FILE] [--chart FILE]

Copies of examples/shop (as found, migrated by offloop, written by hand; see serving/variants.py) are served by uvicorn,
one worker each, with a database of their own and a supplier that takes its time. All are told the same first, and
have to answer the same. Then every endpoint is loaded at each number of connections, one copy after the other, round
after round, so that what else the machine does meets all of them. On two more connections a neighbour that needs
nothing (`/health`) is asked at the same time, and a ticker in each loop says how late it is. Medians are printed.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import signal
import sys
import tempfile
from contextlib import ExitStack
from pathlib import Path

from serving import chart, report
from serving.endpoints import ENDPOINTS
from serving.shops import Street
from serving.variants import VARIANTS

QUICK = {"variants": "before,unsafe,expert,naive", "connections": "64", "seconds": 0.5, "rounds": 1}
QUICK_ENDPOINTS = "supplier's stock,product,order"


def arguments() -> argparse.Namespace:
    """What was asked for."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--quick", action="store_true", help="some of it, in about a minute")
    parser.add_argument("--variants", default=",".join(VARIANTS))
    parser.add_argument("--endpoints", default=",".join(endpoint.name for endpoint in ENDPOINTS))
    parser.add_argument("--connections", default="1,16,64,256")
    parser.add_argument("--seconds", type=float, default=1)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--delay", type=float, default=0.05, help="how long the supplier takes to answer")
    parser.add_argument("--postgres", action="store_true", help="a PostgreSQL of its own instead of SQLite")
    parser.add_argument("--json", type=Path, help="write all figures here")
    parser.add_argument("--chart", type=Path, help="write an SVG here")
    parser.add_argument("--from", dest="source", type=Path, help="measure nothing, show the figures of this file")
    if "--quick" in sys.argv:
        parser.set_defaults(**QUICK, endpoints=QUICK_ENDPOINTS)
    return parser.parse_args()


async def measure(options: argparse.Namespace, street: Street) -> list[report.Row]:
    """Every endpoint, at every number of connections, in every copy, round after round."""
    rows: list[report.Row] = []
    chosen = [endpoint for endpoint in ENDPOINTS if endpoint.name in split(options.endpoints)]
    for number in range(options.rounds):
        for endpoint in chosen:
            for connections in map(int, split(options.connections)):
                for name in street.shops:
                    measured = await street.load(name, endpoint, connections, options.seconds)
                    rows.append(report.Row(name, endpoint.name, connections, number, *measured))
            save(options, rows)
            print(f"round {number + 1}: {endpoint.name}", file=sys.stderr)
    return rows


def split(text: str) -> list[str]:
    """Values between commas; a name may hold ", "."""
    return text.replace(", ", "\0").replace(",", "\n").replace("\0", ", ").split("\n")


def main() -> None:
    """Measure and print."""
    options = arguments()
    # Told to stop, it still stops what it has started.
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(1))
    if options.source:
        document = json.loads(options.source.read_text("utf-8"))
        rows = [report.Row(*row) for row in document["rows"]]
        about = document["machine"]
    else:
        with tempfile.TemporaryDirectory(prefix="offloop-live-") as folder, ExitStack() as stack:
            street = Street(Path(folder), split(options.variants), options.delay, stack, postgres=options.postgres)
            rows = asyncio.run(run(options, street))
        about = report.machine()
    print(report.table(rows, about))
    if options.chart:
        options.chart.write_text(chart.draw(rows), "utf-8")


def save(options: argparse.Namespace, rows: list[report.Row]) -> None:
    """Put away what is known so far."""
    if options.json:
        asked = {name: value for name, value in vars(options).items() if not isinstance(value, Path)}
        document = {"machine": report.machine(), "options": asked, "rows": rows}
        options.json.write_text(json.dumps(document), "utf-8")


async def run(options: argparse.Namespace, street: Street) -> list[report.Row]:
    """Open the shops, compare them, load them."""
    await street.open()
    await street.compare()
    return await measure(options, street)


if __name__ == "__main__":
    main()
