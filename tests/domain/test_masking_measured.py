"""Keys of all formats are masked, and ids that support asks for are not: a sample of `measure_masking`, with its bounds."""

from __future__ import annotations

import pytest

from tests.support.key_samples import HARMLESS, KEYS
from tests.support.measure_masking import (
    LEAST_MASKED,
    MOST_HARMLESS_MASKED,
    is_shown,
    masked_harmless,
    masked_keys,
    masked_passwords,
)

SAMPLE = 12


def test_the_table_has_the_formats_that_are_required() -> None:
    assert len(KEYS) >= 30
    assert len(HARMLESS) >= 30


@pytest.mark.parametrize("name", KEYS)
def test_keys_are_masked_in_every_context(name: str) -> None:
    counts = masked_keys(KEYS[name], SAMPLE, f"sample of {name}")
    missed = {context: count.examples for context, count in counts.items() if count.share > 1 - LEAST_MASKED}
    assert missed == {}


def test_passwords_in_urls_are_masked() -> None:
    count = masked_passwords(10 * SAMPLE, "sample of passwords")
    assert count.share <= 1 - LEAST_MASKED, count.examples


def test_harmless_ids_stay_readable() -> None:
    counts = {name: masked_harmless(make, SAMPLE, f"sample of {name}") for name, make in HARMLESS.items()}
    wrong = sum(count.wrong for count in counts.values())
    examples = {name: count.examples for name, count in counts.items() if count.wrong}
    assert wrong / (SAMPLE * len(HARMLESS)) <= MOST_HARMLESS_MASKED, examples


def test_the_measure_sees_what_is_left_of_a_key() -> None:
    assert is_shown("abcdefgh", "the key abcdef is there") is True
    assert is_shown("abcdefgh", "the key ****fgh is there") is False
    assert is_shown("abc", "abc") is True
