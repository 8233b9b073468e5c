"""Measure how many keys `redacted` masks, and how many harmless ids.

    python -m tests.support.measure_masking 10000

The number is that of keys of each format, in every context, and of harmless texts. A key counts as masked when no six of
its characters in a row are left. The exit status is 1 when a bound is missed.
"""

from __future__ import annotations

import random
import sys
from dataclasses import dataclass, field
from typing import Final

from tests.support.key_samples import CONTEXTS, HARMLESS, HARMLESS_CONTEXTS, KEYS, Make, address_with_password
from vzctl.domain.masking.redaction import looks_like_secret, redacted, without_secrets

LEAST_MASKED: Final = 0.999
MOST_HARMLESS_MASKED: Final = 0.01
_PIECE: Final = 6


@dataclass(slots=True)
class Count:
    """How many texts there were, how many went wrong, and one of these."""

    texts: int = 0
    wrong: int = 0
    examples: list[str] = field(default_factory=list)

    def add(self, text: str, *, is_wrong: bool) -> None:
        """Count one text."""
        self.texts += 1
        if is_wrong:
            self.wrong += 1
            self.examples = [*self.examples, text][:3]

    @property
    def share(self) -> float:
        """The share of what went wrong."""
        return self.wrong / self.texts


def masked_keys(make: Make, each: int, seed: str) -> dict[str, Count]:
    """Return for every context how many keys are not masked there; the last is a key given as a name or a note."""
    source = random.Random(seed)
    counts = {context: Count() for context in (*CONTEXTS, "as a name")}
    for _ in range(each):
        key = make(source)
        for context, text in CONTEXTS.items():
            shown = redacted(text.format(key))
            counts[context].add(f"{text.format(key)} -> {shown}", is_wrong=is_shown(key, shown))
        counts["as a name"].add(key, is_wrong=not looks_like_secret(key))
    return counts


def masked_passwords(each: int, seed: str) -> Count:
    """Return how many passwords in URLs are not masked."""
    source, count = random.Random(seed), Count()
    for _ in range(each):
        address, password = address_with_password(source)
        shown = redacted(f"cannot connect to {address}, giving up")
        count.add(f"{address} -> {shown}", is_wrong=is_shown(password, shown))
    return count


def masked_harmless(make: Make, each: int, seed: str) -> Count:
    """Return how many harmless ids are changed, by either of the ways to mask."""
    source, count = random.Random(seed), Count()
    for number in range(each):
        text = HARMLESS_CONTEXTS[number % len(HARMLESS_CONTEXTS)].format(make(source))
        shown = redacted(text)
        count.add(f"{text} -> {shown}", is_wrong=shown != text or without_secrets(text) != text)
    return count


def is_shown(secret: str, text: str) -> bool:
    """Tell whether a piece of the secret is left in the text."""
    return any(secret[at : at + _PIECE] in text for at in range(max(1, len(secret) - _PIECE + 1)))


def main(each: int) -> int:
    """Print the table; return the exit status."""
    worst, total = 0.0, Count()
    for name, make in KEYS.items():
        counts = masked_keys(make, each, name)
        wrong = sum(count.wrong for count in counts.values())
        share = max(count.share for count in counts.values())
        worst = max(worst, share)
        print(f"{name:36} {1 - share:9.3%} masked in the worst context, {wrong} of {each * len(counts)} missed")
    passwords = masked_passwords(each, "passwords")
    worst = max(worst, passwords.share)
    print(f"{'password in a URL':36} {1 - passwords.share:9.3%} masked, {passwords.wrong} of {each} missed")
    for name, make in HARMLESS.items():
        count = masked_harmless(make, each, name)
        total.texts, total.wrong = total.texts + count.texts, total.wrong + count.wrong
        print(f"{name:36} {count.share:9.3%} masked although harmless {count.examples[:1] if count.wrong else ''}")
    print(f"keys: {1 - worst:.3%} masked in the worst format and context; harmless: {total.share:.3%} masked")
    return int(1 - worst < LEAST_MASKED or total.share > MOST_HARMLESS_MASKED)


if __name__ == "__main__":
    sys.exit(main(int(sys.argv[1])))
