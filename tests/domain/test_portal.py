"""The Portal's own words, compared with the documentation page that the product implements."""

from __future__ import annotations

from typing import Final

import pytest

from tests.support.comparison import COMPARED_WITH
from vzctl.domain import portal
from vzctl.domain.catalog.catalog import find_provider
from vzctl.domain.portal import PortalVisit
from vzctl.knowledge.loader import section

PAGE_WORDS: Final = section("portal")["page_words"]
DIALOG_WORDS: Final = section("portal")["dialog_words"]
PAGE: Final = COMPARED_WITH / "seed" / "auto-generate-embeddings-with-vectorize.txt"
OPENAI = find_provider("openai")
SETTINGS = "open Settings > your organization > Integrations > OpenAI"

WAYS: Final = {
    "settings": "In the Astra Portal header, click {}.",
    "integrations": "In the Settings navigation menu, click {}.",
    "keys": "In the {} section, locate the credential that you want to remove.",
    "more": "Click {}, and then select Remove API key.",
    "remove_key": "Click More, and then select {}.",
    "confirm_remove": "enter the API key name, and then click {}.",
    "add_key": "Click {} to add a new credential with the same API key name as the removed credential.",
    "scoped_databases": "Add all relevant databases to the new credential's {}.",
}
"""The page's sentence in which a person meets each word."""


def test_every_word_has_its_sentence() -> None:
    assert WAYS.keys() == PAGE_WORDS.keys()


@pytest.mark.comparison
@pytest.mark.parametrize("word", PAGE_WORDS)
def test_the_page_uses_the_word_in_that_sentence(word: str) -> None:
    text = PAGE.read_text(encoding="utf-8").replace("\u2019", "'")
    assert WAYS[word].format(PAGE_WORDS[word]) in text


def test_the_words_of_the_dialog_are_of_another_page() -> None:
    assert not set(DIALOG_WORDS.values()) & set(PAGE_WORDS.values())


@pytest.mark.parametrize(
    ("step", "expected"),
    [
        (
            portal.add_integration(OPENAI),
            PortalVisit("enable the OpenAI integration", (SETTINGS, "click Add integration")),
        ),
        (
            portal.remove_integration(OPENAI),
            PortalVisit("remove the OpenAI integration", (SETTINGS, "remove the integration")),
        ),
        (
            portal.add_credential(OPENAI, "openai-prod"),
            PortalVisit(
                'add the API key "openai-prod"',
                (
                    SETTINGS,
                    "click Add API key and enter exactly this name: openai-prod",
                    "paste the API key itself",
                ),
            ),
        ),
        (
            portal.remove_credential(OPENAI, "openai-prod"),
            PortalVisit(
                'remove the API key "openai-prod"',
                (
                    f"{SETTINGS}, section API keys",
                    "at openai-prod click More, then Remove API key",
                    "enter the name openai-prod, then click Remove key",
                ),
            ),
        ),
        (
            portal.add_to_scope(OPENAI, "openai-prod", ["shop", "blog"]),
            PortalVisit(
                'add shop, blog to the scoped databases of "openai-prod"',
                (f"{SETTINGS}, section API keys", "at openai-prod choose Add databases to scope: shop, blog"),
            ),
        ),
        (
            portal.add_to_scope(OPENAI, "openai-prod", ["a", "b", "c", "d"]),
            PortalVisit(
                'add 4 databases to the scoped databases of "openai-prod"',
                (f"{SETTINGS}, section API keys", "at openai-prod choose Add databases to scope: a, b, c, d"),
            ),
        ),
        (
            portal.remove_from_scope(OPENAI, "openai-prod", ["shop"]),
            PortalVisit(
                'remove shop from the scoped databases of "openai-prod"',
                (f"{SETTINGS}, section API keys", "at openai-prod remove from its scoped databases: shop"),
            ),
        ),
        (
            portal.revoke_at_provider(OPENAI, "leaked"),
            PortalVisit(
                "revoke the old API key at OpenAI (leaked)", (f"open {OPENAI.console}", OPENAI.revocation_instructions)
            ),
        ),
    ],
)
def test_each_visit_says_what_it_is_for_and_what_to_click(step: PortalVisit, expected: PortalVisit) -> None:
    assert step == expected
