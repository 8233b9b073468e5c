"""One function per schema version, from the raw document of that version to the next one's.

A migration gets and returns plain TOML data and raises nothing: what it cannot understand it leaves for the schema to
refuse. Each has a fixture before and after in the tests.

A key that took the place of another one needs no new schema version: an older vzctl keeps the new key, which it does not know, and
goes on without the old one. `with_new_keys` reads what such a vzctl wrote.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, Final

from vzctl.domain.state.records import AstraAnswer, ProviderAnswer
from vzctl.domain.state.state import SCHEMA_VERSION

Document = dict[str, Any]
Migration = Callable[[Document], Document]

MIGRATIONS: Final[Mapping[int, Migration]] = {}
"""From the key's version to the next. Schema 1 is the first that was ever released, so there is nothing to migrate yet."""


def migrate(
    document: Document, *, migrations: Mapping[int, Migration] = MIGRATIONS, target: int = SCHEMA_VERSION
) -> Document:
    """Return the document raised to `target`, one version after the other; a newer or unknown one comes back as it is."""
    version = document.get("schema")
    while isinstance(version, int) and not isinstance(version, bool) and version < target and version in migrations:
        document = {**migrations[version](document), "schema": version + 1}
        version += 1
    return document


def with_new_keys(document: Document) -> Document:
    """Return the document with the keys of this version in the place of older ones. It is changed in place."""
    rows = document.get("rotations")
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and isinstance(row.get("test"), str):
            _replace_sentence(row, row.pop("test"))
    return document


_TESTED: Final = "tested: "
_LONGEST_SENTENCE: Final = 2000
"""No vzctl has written a longer one, and to match one takes a time that grows with the square of its length."""
_SENTENCE: Final = (
    r"(?:(?P<works>it works at the provider)|(?P<recognized>the provider recognizes it)"
    r"|not at the provider \((?P<provider_reason>.*)\))"
    r", (?:it works through (?P<through>.+)|(?P<alone>not through Astra \(nothing depends on it\))"
    r"|not through Astra \((?P<no_answer>.*)\)|not through (?P<dependent>.+) \((?P<fault>[^()]*)\))"
)


def _replace_sentence(row: Document, sentence: str) -> None:
    """Put `key_test` in the place of the sentence that `test` was.

    A `key_test` beside it was carried along by a vzctl that does not know the key. It stays unless that vzctl has tested a key
    itself, or replaced the tested one.
    """
    version, carried = row.get("new_version"), row.get("key_test")
    if sentence.startswith(_TESTED):
        row["key_test"] = {"version": version, **_facts(sentence.removeprefix(_TESTED))}
    elif isinstance(carried, dict) and carried.get("version") != version:
        del row["key_test"]


def _facts(words: str) -> Document:
    """Return what a test showed; words that no vzctl wrote are kept as the reason why they show nothing."""
    is_short = len(words) <= _LONGEST_SENTENCE
    found = re.fullmatch(_SENTENCE, words, re.DOTALL) if is_short else None  # compiled when a state has such a sentence
    if found is None:
        return {
            "provider": ProviderAnswer.NOT_TESTED.value,
            "provider_reason": words,
            "astra": AstraAnswer.NOT_TESTED.value,
        }
    provider = ProviderAnswer.NOT_TESTED
    if found["works"] or found["recognized"]:
        provider = ProviderAnswer.WORKS if found["works"] else ProviderAnswer.RECOGNIZED
    astra = AstraAnswer.NOT_TESTED
    if found["through"] or found["alone"]:
        astra = AstraAnswer.WORKS if found["through"] else AstraAnswer.NO_DEPENDENT
    facts = {
        "provider": provider.value,
        "astra": astra.value,
        "provider_reason": found["provider_reason"],
        "dependent": found["through"] or found["dependent"],
        "astra_reason": found["no_answer"] if found["dependent"] is None else found["fault"],
    }
    return {name: value for name, value in facts.items() if value is not None}
