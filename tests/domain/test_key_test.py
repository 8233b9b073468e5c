"""The words of a key's test are in state files that exist: what they say stays the same."""

from __future__ import annotations

import pytest

from vzctl.domain.rotation.key_test import is_accepted, was_tested


@pytest.mark.parametrize(
    ("words", "tested", "accepted"),
    [
        ("tested: it works at the provider, it works through shop/ks/products", True, True),
        ("tested: the provider recognizes it, not through Astra (nothing depends on it)", True, True),
        ("tested: not at the provider (no model), it works through shop/ks/products", True, False),
        ("not tested", False, False),
        ("", False, False),
    ],
)
def test_what_the_words_say(words: str, tested: bool, accepted: bool) -> None:
    assert (was_tested(words), is_accepted(words)) == (tested, accepted)
