"""The command line with tiles of a few hundred candidates: `python small_tiles.py run study.yaml ...`.

With `serve` it runs what it reads from its input, a line with a JSON list of arguments each, in forked processes of
their own, so that many runs need not load the libraries again; it answers with the number of the process and, asked
by an empty line, with how it ended.
"""

from __future__ import annotations

import json
import os
import sys
from functools import partial
from pathlib import Path

MOST = 150


def call(arguments: list[str]) -> None:
    from flexsite.availability import tiles
    from flexsite.cli import main

    tiles.split = partial(tiles.split, most=MOST)
    sys.argv = ["flexsite", *arguments]
    main()


def tell(number: int) -> None:
    sys.stdout.write(f"{number}\n")
    sys.stdout.flush()


def serve() -> None:
    import flexsite.availability.finding
    import flexsite.outputs.geopackage
    import flexsite.outputs.storing
    import flexsite.outputs.writing
    import flexsite.pipeline
    import flexsite.study.loading  # noqa: F401

    while line := sys.stdin.readline():
        log, *arguments = json.loads(line)
        process = os.fork()
        if not process:
            with Path(log).open("w") as said:
                os.dup2(said.fileno(), 1)
                os.dup2(said.fileno(), 2)
            code = 0
            try:
                call(arguments)
            except SystemExit as stop:
                code = stop.code if isinstance(stop.code, int) else 1
            except BaseException:  # noqa: BLE001
                import traceback

                traceback.print_exc()
                code = 1
            sys.stdout.flush()
            sys.stderr.flush()
            os._exit(code)
        tell(process)
        sys.stdin.readline()  # until then the number stays its own, so that nothing else is killed
        tell(os.waitpid(process, 0)[1])


if __name__ == "__main__":
    if sys.argv[1:] == ["serve"]:
        serve()
    else:
        call(sys.argv[1:])
