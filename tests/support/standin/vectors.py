"""Vectors that depend on the text alone: equal texts are near, as with a real model."""

from __future__ import annotations

import hashlib


def vector(text: str, length: int) -> list[float]:
    """Return a vector of this length; the same text gives the same one."""
    numbers: list[float] = []
    block = 0
    while len(numbers) < length:
        digest = hashlib.sha256(f"{block}:{text}".encode()).digest()
        numbers += [byte / 127.5 - 1 for byte in digest]
        block += 1
    return numbers[:length]


def similarity(one: list[float], other: list[float]) -> float:
    """Return the cosine similarity as the Data API shows it: between 0 and 1."""
    dot = sum(a * b for a, b in zip(one, other, strict=True))
    norms = sum(a * a for a in one) ** 0.5 * sum(b * b for b in other) ** 0.5
    return (1 + dot / norms) / 2 if norms else 0.5
