"""Bytes to JSON, strictly: what is cut off, compressed, nested without end or ambiguous is refused with a clear word."""

from __future__ import annotations

import json
from typing import Any, Final, NoReturn

from vzctl.answers.failure import refused
from vzctl.bounded_text import Limits, TextRefusedError, check_json

MAXIMUM_BYTES: Final = 32 * 1024 * 1024
"""A DevOps answer has about 4 KiB a database: room for 8 000 of them."""
_LIMITS: Final = Limits(size=MAXIMUM_BYTES, depth=64, values=50_000, bytes_per_value=8)

_GZIP: Final = b"\x1f\x8b"
_UTF16: Final = (b"\xff\xfe", b"\xfe\xff")


class _TwiceError(ValueError):
    """An object has a key twice: which of the two counts is anybody's guess."""


def parse_json(data: bytes, source: str) -> Any:
    """Return the document; raise `UsageError` naming the source and, where it helps, the line."""
    if len(data) > MAXIMUM_BYTES:
        raise refused(source, f"is larger than {MAXIMUM_BYTES} bytes: no answer is", "ANSWER_TOO_LARGE")
    if not data.strip():
        raise refused(source, "is empty", "ANSWER_EMPTY")
    text = _decoded(data, source)
    try:
        check_json(text, _LIMITS)
    except TextRefusedError as error:
        raise refused(source, f"is {error.reason}", "ANSWER_NOT_JSON") from None
    try:
        return json.loads(text, object_pairs_hook=_object, parse_constant=_no_constant)
    except json.JSONDecodeError as error:
        if error.pos >= len(text.rstrip()) or error.msg.startswith("Unterminated string"):
            raise refused(source, f"is cut off in line {error.lineno}", "ANSWER_NOT_JSON") from None
        raise refused(source, f"is not JSON from line {error.lineno} on", "ANSWER_NOT_JSON") from None
    except _TwiceError:
        raise refused(source, "has an object with the same key twice", "ANSWER_DUPLICATE") from None
    except ValueError:  # NaN, or a number of thousands of digits
        raise refused(source, "has a number that is none in JSON", "ANSWER_NOT_JSON") from None


def _decoded(data: bytes, source: str) -> str:
    if data.startswith(_GZIP):
        raise refused(source, "is compressed with gzip: unpack it first", "ANSWER_NOT_JSON")
    if data.startswith(_UTF16):
        raise refused(source, "is UTF-16: save it as UTF-8", "ANSWER_NOT_JSON")
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        line = data.count(b"\n", 0, error.start) + 1
        raise refused(source, f"is not UTF-8 from line {line} on", "ANSWER_NOT_JSON") from None


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise _TwiceError
    return found


def _no_constant(_word: str) -> NoReturn:
    raise ValueError
