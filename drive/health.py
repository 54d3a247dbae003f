"""`python -m drive.health URL`: the health check of a container that holds no curl.

Not a command of `drive`, which takes a quarter of a second of processor time to load: six containers ask every
ten seconds.
"""

from __future__ import annotations

import sys
import urllib.request

TIMEOUT_SECONDS = 4


def main(url: str) -> int:
    """0 if the URL answers 200, else 1; prints what it said."""
    try:
        with urllib.request.urlopen(url, timeout=TIMEOUT_SECONDS) as answer:  # noqa: S310 - the operator's own URL
            print(answer.read().decode())
    except OSError as error:
        print(f"{url}: {error}", file=sys.stderr)
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1]))
