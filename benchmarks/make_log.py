"""Print a log of so many megabytes: lines of a service that works, an error in every thousand, a stack trace among them.

python make_log.py MEGABYTES
"""

from __future__ import annotations

import sys
from collections.abc import Iterator
from typing import Final

WORKS: Final = "2026-01-02T03:{:02d}:{:02d}Z INFO request {} to /v1/embeddings was served by worker {} in {} ms\n"
FAILS: Final = (
    "2026-01-02T03:04:05Z ERROR openai 429: insufficient_quota, request {}\n",
    '{{"level":"error","message":"Collection does not exist, collection name: orders{}","logger":"api"}}\n',
    "2026-01-02T03:04:05Z ERROR request {} failed\nTraceback (most recent call last):\n"
    "  File \"/srv/api.py\", line 3, in call\nTimeoutError: Read timed out. host='api.mistral.ai'\n",
)


def lines() -> Iterator[str]:
    """Yield lines without end."""
    number = 0
    while True:
        number += 1
        if number % 1000 == 0:
            yield FAILS[number // 1000 % len(FAILS)].format(number)
        yield WORKS.format(number // 60 % 60, number % 60, number, number % 7, number % 997)


def main() -> None:
    """Print them."""
    left = int(sys.argv[1]) * 1_000_000
    for line in lines():
        if left <= 0:
            return
        left -= len(line)
        sys.stdout.write(line)


if __name__ == "__main__":
    main()
