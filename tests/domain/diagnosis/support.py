"""Errors as clients and services word them, with names made up, and what people's tools wrap around them."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Final, NamedTuple

KNOWN_ERRORS: Final = Path(__file__).with_name("known_errors.jsonl")
SHARED: Final = Path(__file__).resolve().parents[4] / "shared"
"""Beside the checkout, where the project is worked on; nothing here needs it."""


class Known(NamedTuple):
    """An error with the verdict that is right."""

    side: str
    cause: str
    text: str


def known_errors() -> tuple[Known, ...]:
    """Return the errors of the file beside this one."""
    lines = KNOWN_ERRORS.read_text(encoding="utf-8").splitlines()
    return tuple(Known(**json.loads(line)) for line in lines)


def _chain(text: str) -> str:
    return (
        'Traceback (most recent call last):\n  File "/srv/app/run.py", line 3, in run\n    go()\nKeyError: 7\n\n'
        "During handling of the above exception, another exception occurred:\n\n"
        f'Traceback (most recent call last):\n  File "/srv/app/main.py", line 9, in main\nRuntimeError: {text}'
    )


WRAPPINGS: Final[dict[str, Callable[[str], str]]] = {
    "JSON in a log line": lambda text: (
        f"2026-01-02 03:04:05,678 ERROR [w-1] jobs - failed: {json.dumps({'msg': text})}"
    ),
    "Python dict": lambda text: repr({"event": "call", "detail": {"text": text, "tries": None}}),
    "Java map": lambda text: f"{{level=ERROR, thread=main, message={text}, tries=null}}",
    "escaped three times": lambda text: json.dumps(json.dumps({"log": json.dumps({"m": text})})),
    "exception chain": _chain,
    "colors": lambda text: "\x1b[31m" + text.replace(" ", " \x1b[1;33m", 3) + "\x1b[0m",
    "CRLF": lambda text: "begin\r\n" + text.replace(". ", ".\r\n") + "\r\nend\r\n",
    "component for Astra DB": lambda text: (
        f"Error building Component Astra DB: Error adding documents to AstraDBVectorStore: {text}"
    ),
    "cut off afterwards": lambda text: f'{text} and then {{"request": {{"id": "abc", "na',
    "box of a terminal": lambda text: f"╷\n│ {text}\n╵",
}
