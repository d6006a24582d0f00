"""One shop behind uvicorn, with a ticker on its loop; or, without a folder, nothing but the ticker.

python -m serving.served BOARD [FOLDER PORT]
"""

from __future__ import annotations

import asyncio
import os
import sys
from pathlib import Path

from serving.board import Board

BACKLOG = 2048


async def serve(board: Board, port: int) -> None:
    """What `uvicorn shop.main:app` does."""
    import uvicorn  # noqa: PLC0415 (the ticker alone must stay small)

    config = uvicorn.Config("shop.main:app", port=port, log_level="critical", access_log=False, backlog=BACKLOG)
    ticking = asyncio.create_task(board.tick())
    await uvicorn.Server(config).serve()
    ticking.cancel()


def main() -> None:
    """Serve until told to stop."""
    board = Board(Path(sys.argv[1]))
    if len(sys.argv) == 2:  # noqa: PLR2004 (as the docstring has it)
        asyncio.run(board.tick())
        return
    os.chdir(sys.argv[2])
    sys.path.insert(0, sys.argv[2])
    asyncio.run(serve(board, int(sys.argv[3])))


if __name__ == "__main__":
    main()
