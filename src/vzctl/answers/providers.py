"""The answer of `findEmbeddingProviders`: what a Data API offers, not what is enabled."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from vzctl.answers.answer import ProvidersAnswer
from vzctl.answers.failure import malformed
from vzctl.answers.fields import Reader, UnholdableError, place_name_fault
from vzctl.domain.drift.observation import ObservedModel, ObservedProvider


def read_providers(value: object, source: str) -> ProvidersAnswer:
    """Return the providers; raise `UsageError` when one has the wrong form."""
    reader = Reader(source)
    providers = []
    for number, (name, item) in enumerate(reader.table(value, '"embeddingProviders"').items(), start=1):
        place = f"provider {number}"
        if place_name_fault(name) is not None:
            raise malformed(source, place, "has a name that is no word")
        provider = reader.table(item, place)
        authentication = reader.optional_table(provider, "supportedAuthentication", place)
        stored = reader.optional_table(authentication, "SHARED_SECRET", place)
        models = reader.rows(provider.get("models", []), f'{place}, "models",')
        try:
            found = tuple(_model(reader, model, place) for model in models)
        except UnholdableError as error:
            # Nothing of an offer is recorded; with a model left out, it would look as if it were not offered.
            raise malformed(source, place, f"has a model that cannot be read: {error}") from None
        providers.append(ObservedProvider(name, stored.get("enabled") is True, found))
    return ProvidersAnswer(providers=tuple(providers))


def _model(reader: Reader, value: Any, place: str) -> ObservedModel:
    model: Mapping[str, Any] = reader.table(value, f"{place}, a model")
    name = reader.optional_text(model, "name", place)
    if name is None:
        raise malformed(reader.source, place, "has a model without a name")
    support = reader.optional_text(reader.optional_table(model, "apiModelSupport", place), "status", place)
    return ObservedModel(name, (support or "SUPPORTED").upper())
