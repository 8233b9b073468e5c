"""`diagnose --lines` against one call, and `diagnose --follow` over a log of a gigabyte against one of ten megabytes."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Final

from benchmarks.measure import HERE, PYTHON, VZCTL, Place, Program, Usage
from benchmarks.table import Row

ROUNDS: Final = 11
PAYLOADS: Final = 1000
ERRORS: Final = (
    "openai.RateLimitError: Error code: 429 - insufficient_quota, request {}",
    '{{"errors":[{{"message":"Collection does not exist, collection name: orders{}","errorCode":"COLLECTION_NOT_EXIST"}}]}}',
    "Provider 'mistral' returned a HTTP client error with HTTP 401; error message: Unauthorized, request {}",
    "Error: 503 Service Unavailable ({})",
)
SMALL, LARGE = 10, 1000
"""Megabytes."""


def diagnose(place: Place) -> list[Row]:
    """The time of many payloads, and memory and time over a long log."""
    return [_lines(place), *_follow(place)]


def _lines(place: Place) -> Row:
    many, one = place.folder / "many.jsonl", place.folder / "one.txt"
    texts = [ERRORS[number % len(ERRORS)].format(number) for number in range(PAYLOADS)]
    many.write_text("".join(json.dumps({"id": n, "payload": text}) + "\n" for n, text in enumerate(texts)), "utf-8")
    one.write_text(texts[0], "utf-8")
    used = place.in_turn(
        {
            "many": Program([VZCTL, "-o", "json", "diagnose", "--lines", str(many)], shows=f'"id":{PAYLOADS - 1},'),
            "one": Program([VZCTL, "-o", "json", "diagnose", str(one)], shows="quota_exhausted"),
        },
        ROUNDS,
    )
    allowed = 2 * used["one"].seconds + PAYLOADS / 1000
    return Row(
        f"diagnose --lines, {PAYLOADS} payloads",
        f"{used['many'].seconds * 1000:.0f} ms",
        f"one payload {used['one'].seconds * 1000:.0f} ms",
        f"{used['many'].seconds / used['one'].seconds:.2f}",
        "< 2 x + 1 ms a payload",
        is_met=used["many"].seconds < allowed,
    )


def _follow(place: Place) -> list[Row]:
    small, large = (place.run(_following(place.folder, size)) for size in (SMALL, LARGE))
    return [_memory(small, large), _growth(small, large)]


def _following(folder: Path, megabytes: int) -> Program:
    script = f"'{PYTHON}' '{HERE / 'make_log.py'}' {megabytes} | '{VZCTL}' -o plain diagnose --follow --dedupe"
    return Program(["sh", "-c", f"cd '{folder}' && {script}"], shows="quota_exhausted")


def _memory(small: Usage, large: Usage) -> Row:
    return Row(
        f"diagnose --follow --dedupe, {LARGE} MB, peak memory",
        f"{large.peak_bytes / 1e6:.0f} MB",
        f"{SMALL} MB: {small.peak_bytes / 1e6:.0f} MB",
        f"{large.peak_bytes / small.peak_bytes:.2f}",
        "<= 1.25",
        is_met=large.peak_bytes <= 1.25 * small.peak_bytes,
    )


def _growth(small: Usage, large: Usage) -> Row:
    ratio = large.processor_seconds / small.processor_seconds
    return Row(
        f"diagnose --follow --dedupe, {LARGE} MB, processor time with that of who writes the log",
        f"{large.processor_seconds:.0f} s",
        f"{SMALL} MB: {small.processor_seconds:.1f} s",
        f"{ratio:.0f}",
        f"<= {LARGE // SMALL * 1.25:.0f}",
        is_met=ratio <= LARGE / SMALL * 1.25,
    )
