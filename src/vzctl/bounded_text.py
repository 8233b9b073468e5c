"""TOML and JSON that may come with a cloned repository, measured before a parser sees them.

A parser's time and memory may grow with the square of its input (the dots of a TOML key), and its recursion with the input's
depth (brackets). Each text is therefore scanned once, in linear time and without recursion, and refused when it is larger,
deeper or denser than any file that vzctl or a person writes. Shell completion uses this module too.
"""

from __future__ import annotations

import re

TYPE_CHECKING = False  # see vzctl.completion.tree
if TYPE_CHECKING:
    from collections.abc import Callable
    from typing import Any, Final


class Limits:
    """How large a text may be: bytes (`size`), levels of nesting, parts of one key, and values (keys, elements, tables).

    `bytes_per_value` admits more values in a large text: one for so many bytes. A text of short keys is refused where the
    parsed document would take many times the memory of the text.
    """

    __slots__ = ("bytes_per_value", "depth", "size", "values")

    def __init__(self, *, size: int, depth: int, values: int, bytes_per_value: int = 0) -> None:
        self.size = size
        self.depth = depth
        self.values = values
        self.bytes_per_value = bytes_per_value

    def values_in(self, length: int) -> int:
        """Return how many values a text of that length may have."""
        return self.values + (length // self.bytes_per_value if self.bytes_per_value else 0)


CONFIGURATION: Final = Limits(size=1024 * 1024, depth=16, values=20_000)
"""A configuration file of vzctl; the largest part is the table of `secrets.env`, one key a credential."""
STATE: Final = Limits(size=256 * 1024 * 1024, depth=32, values=50_000, bytes_per_value=8)
"""A state file; 10 000 credentials x 2 000 databases take about 20 MB. vzctl writes about one value for 15 bytes."""
COMPLETION: Final = Limits(size=512 * 1024, depth=32, values=50_000, bytes_per_value=8)
"""A state file that shell completion may parse: a larger one takes too long for a TAB."""
NAMES_CACHE: Final = Limits(size=16 * 1024 * 1024, depth=8, values=50_000, bytes_per_value=8)
"""The names beside the state, for shell completion."""
RECORD: Final = Limits(size=1024 * 1024, depth=16, values=20_000)
"""One line of JSON lines: a credential of a batch, an entry of the audit log."""


class TextRefusedError(ValueError):
    """The text is larger, deeper or denser than its limits. `line` counts from 1, or is None for the text as a whole."""

    def __init__(self, reason: str, line: int | None = None) -> None:
        super().__init__(reason)
        self.reason = reason
        self.line = line


LONGEST_BARE_WORD: Final = 200
"""Characters of a number, or of a bare key, in TOML. Python turns an integer of several thousand digits into no text, and so into
no JSON, although it reads one with a base; no number that is meant is as long as this."""

_PLAIN_VALUE: Final = rf'(?:"[^"\\\n]*+"|[-+:A-Za-z0-9_ ]{{0,{LONGEST_BARE_WORD}}}+)'
_TOML_TOKEN: Final = re.compile(
    # Lines as vzctl writes them, taken in one piece: most of a large state.
    rf"(?P<plain>(?:^(?:[A-Za-z0-9_-]++ = {_PLAIN_VALUE}|\ *+\{{(?:\ [A-Za-z0-9_-]++ = {_PLAIN_VALUE},?+)++\ \}},)\n)++)"
    r'|(?P<skipped>"""(?:[^"\\]++|\\.|"(?!""))*+(?:"{3,5})?+'
    r"|'''(?:[^']++|'(?!''))*+(?:'{3,5})?+"
    r'|"(?:[^"\\\n]++|\\[^\n])*+"?+'
    r"|'[^'\n]*+'?+"
    r"|\#[^\n]*+)"
    rf"|(?P<long>[-+A-Za-z0-9_]{{{LONGEST_BARE_WORD + 1}}})"
    r"|\n++|[=,.\[\]{}]",
    re.MULTILINE | re.DOTALL,
)
_JSON_TOKEN: Final = re.compile(r'"(?:[^"\\]++|\\.)*+"?+|[\[\]{},:]', re.DOTALL)
_OPENING: Final = frozenset("[{")
_CLOSING: Final = frozenset("]}")


def load_toml(data: bytes, limits: Limits, parse: Callable[[str], dict[str, Any]]) -> dict[str, Any]:
    """Return the document that `parse` (of `tomllib` or `tomli`) makes of the bytes.

    Raises `TextRefusedError` before it is called, and what it and decoding raise (`ValueError`); never `RecursionError`.
    """
    text = _decoded(data, limits)
    check_toml(text, limits)
    return parse(text)


def load_json(data: bytes | str, limits: Limits) -> Any:
    """Return the JSON document; raises `ValueError`, of which `TextRefusedError` is one, and never `RecursionError`."""
    import json

    text = data if isinstance(data, str) else _decoded(data, limits)
    check_json(text, limits)
    return json.loads(text)


def check_toml(text: str, limits: Limits) -> None:
    """Raise `TextRefusedError` when TOML text exceeds its limits. Text that is not TOML may pass: the parser refuses it."""
    _check_length(len(text), limits)
    allowed = limits.values_in(len(text))
    depth = parts = values = 0
    for token in _TOML_TOKEN.finditer(text):
        start, end = token.span()
        kind = token.lastgroup
        if kind == "plain":
            parts = 0
            values += sum(text.count(mark, start, end) for mark in "=,{")
        elif kind == "long":
            line = text.count("\n", 0, start) + 1
            raise TextRefusedError(
                f"too long in one place (a number or bare key of more than {LONGEST_BARE_WORD} characters)", line
            )
        elif kind is None:
            mark = text[start]
            if mark == ".":
                parts += 1
            else:
                parts = 0
                if mark in _OPENING:
                    depth += 1
                elif mark in _CLOSING:
                    depth = max(0, depth - 1)
            values += mark != "\n" and mark not in _CLOSING
        if depth > limits.depth or parts >= limits.depth or values > allowed:
            raise _refused(text, start, depth=depth, parts=parts, limits=limits)


def check_json(text: str, limits: Limits) -> None:
    """Raise `TextRefusedError` when JSON text exceeds its limits. Text that is not JSON may pass: the parser refuses it."""
    _check_length(len(text), limits)
    allowed = limits.values_in(len(text))
    depth = values = 0
    for token in _JSON_TOKEN.finditer(text):
        mark = text[token.start()]
        if mark in _OPENING:
            depth += 1
        elif mark in _CLOSING:
            depth = max(0, depth - 1)
        values += mark != '"' and mark not in _CLOSING
        if depth > limits.depth or values > allowed:
            raise _refused(text, token.start(), depth=depth, parts=0, limits=limits)


def _decoded(data: bytes, limits: Limits) -> str:
    _check_length(len(data), limits)
    return data.decode()


def _check_length(length: int, limits: Limits) -> None:
    if length > limits.size:
        raise TextRefusedError(f"larger than {limits.size} bytes")


def _refused(text: str, position: int, *, depth: int, parts: int, limits: Limits) -> TextRefusedError:
    line = text.count("\n", 0, position) + 1
    if depth > limits.depth:
        return TextRefusedError(f"nested too deeply (more than {limits.depth} levels)", line)
    if parts >= limits.depth:
        return TextRefusedError(f"nested too deeply (a key of more than {limits.depth} parts)", line)
    return TextRefusedError(f"too dense (more than {limits.values_in(len(text))} values)")
