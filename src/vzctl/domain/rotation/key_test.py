"""What the test of a new key showed, as a sentence and as the answer to what vzctl asks of it."""

from __future__ import annotations

from vzctl.domain.state.records import AstraAnswer, KeyTest, ProviderAnswer


def is_accepted(test: KeyTest | None) -> bool:
    """Whether the provider was seen to accept the key."""
    return test is not None and test.provider is not ProviderAnswer.NOT_TESTED


def key_test_text(test: KeyTest | None) -> str:
    """Return what was tested and what it showed, to be read after "the new key was"."""
    return "not tested" if test is None else f"tested: {_at_provider(test)}, {_through_astra(test)}"


def _at_provider(test: KeyTest) -> str:
    if test.provider is ProviderAnswer.WORKS:
        return "it works at the provider"
    if test.provider is ProviderAnswer.RECOGNIZED:
        return "the provider recognizes it"
    return f"not at the provider ({test.provider_reason})"


def _through_astra(test: KeyTest) -> str:
    if test.astra is AstraAnswer.WORKS:
        return f"it works through {test.dependent}"
    if test.astra is AstraAnswer.NO_DEPENDENT:
        return "not through Astra (nothing depends on it)"
    place = f"not through {test.dependent or 'Astra'}"
    return place if test.astra_reason is None else f"{place} ({test.astra_reason})"
