"""What the test of a new key showed: the sentence about it, and whether the provider accepts the key."""

from __future__ import annotations

import pytest

from vzctl.domain.state.records import AstraAnswer, KeyTest, ProviderAnswer
from vzctl.usecases.rotations.view import key_test_text

PLACE = "shop/ks/products"


@pytest.mark.parametrize(
    ("test", "text", "accepted"),
    [
        (None, "not tested", False),
        (
            KeyTest(version="v", provider=ProviderAnswer.WORKS, astra=AstraAnswer.WORKS, dependent=PLACE),
            "tested: it works at the provider, it works through shop/ks/products",
            True,
        ),
        (
            KeyTest(version="v", provider=ProviderAnswer.RECOGNIZED, astra=AstraAnswer.NO_DEPENDENT),
            "tested: the provider recognizes it, not through Astra (nothing depends on it)",
            True,
        ),
        (
            KeyTest(version="v", provider_reason="HTTP 404", dependent=PLACE, astra_reason="UNEXPECTED_SERVER_ERROR"),
            "tested: not at the provider (HTTP 404), not through shop/ks/products (UNEXPECTED_SERVER_ERROR)",
            False,
        ),
        (
            KeyTest(version="v", provider_reason="no model", astra_reason="token missing"),
            "tested: not at the provider (no model), not through Astra (token missing)",
            False,
        ),
        (
            KeyTest(version="v", provider_reason="no model"),
            "tested: not at the provider (no model), not through Astra",
            False,
        ),
    ],
)
def test_what_a_test_showed_is_a_sentence(test: KeyTest | None, text: str, accepted: bool) -> None:
    assert (key_test_text(test), test is not None and test.is_accepted) == (text, accepted)
