"""`python -m codemods`."""

import os
import sys

if __name__ == "__main__":
    if not sys.flags.safe_path and sys.path[:1] == [os.getcwd()]:  # noqa: PTH109 (nothing else may be imported yet)
        # The current folder holds the code that is read, which may have a module called like one that is imported here.
        del sys.path[0]
    from codemods.cli import main

    main()
