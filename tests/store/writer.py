"""A process that edits a canvas: `writer.py FOLDER NAME COUNT` makes a handler, then changes it. Prints the id of each
diff once it is acknowledged, and at the end what it sees of the whole program."""

from __future__ import annotations

import sys
from hashlib import sha256
from pathlib import Path

from desks import Desk, contents


def main(folder: str, name: str, count: str) -> None:
    desk = Desk(Path(folder))
    handler = desk.handler(name)
    for value in range(1, int(count)):
        print(desk.set(handler, value, author=name).diff_id.hex(), flush=True)
    print("done", flush=True)
    sys.stdin.readline()  # until all are done
    desk.host.refresh()
    print(sha256(repr(sorted(contents(desk.host).items())).encode()).hexdigest(), flush=True)


if __name__ == "__main__":
    main(*sys.argv[1:])
