"""What a Data API offers against what is recorded. It records nothing: an offer is no integration."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

from vzctl.domain.drift.observation import Kind, Observation, ObservedProvider, Remark
from vzctl.domain.rules import counted, display_name, provider_by_id
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Dependent
from vzctl.domain.state.state import State

SUPPORTED: Final = "SUPPORTED"


def provider_remarks(state: State, observation: Observation) -> Iterator[Remark]:
    """Yield what the recorded integrations, collections and columns need and this Data API does not offer."""
    if observation.providers is None:
        return
    offered = {item.id: item for item in observation.providers.providers}
    for integration in state.integrations:
        yield from _integration(state, integration.provider, offered.get(integration.provider))
    for provider in offered.values():
        if provider.takes_stored_key and provider_by_id(provider.id) is None:
            message = f'this Data API takes stored keys of "{provider.id}", a provider that vzctl does not know'
            yield Remark("PROVIDER_UNKNOWN", Kind.INTEGRATIONS, provider.id, message)
    index = Index(state)
    supported_listed = {
        item.id for item in offered.values() if any(model.support == SUPPORTED for model in item.models)
    }
    for item in state.dependants():
        provider_seen = offered.get(item.provider or "")
        if provider_seen is not None and item.model is not None:
            yield from _model(index, item, provider_seen, is_listed=item.provider in supported_listed)


def _integration(state: State, provider_id: str, offered: ObservedProvider | None) -> Iterator[Remark]:
    name = display_name(provider_id)
    if offered is None:
        message = f"the {name} integration is recorded, but this Data API does not offer {name}"
        yield Remark("PROVIDER_NOT_OFFERED", Kind.INTEGRATIONS, provider_id, message)
        return
    count = sum(item.provider == provider_id for item in state.credentials)
    if count and not offered.takes_stored_key:
        message = f"this Data API takes no stored keys of {name}; {counted(count, 'credential')} of it are recorded"
        yield Remark("STORED_KEYS_OFF", Kind.INTEGRATIONS, provider_id, message)


def _model(index: Index, item: Dependent, provider: ObservedProvider, *, is_listed: bool) -> Iterator[Remark]:
    """Yield what is wrong with a dependant's model. An answer that was asked for other models only says nothing of it."""
    found = next((model for model in provider.models if model.name == item.model), None)
    address = index.address(item)
    kind = Kind.COLLECTIONS if item.kind == "collection" else Kind.COLUMNS
    if found is None and is_listed:
        message = f'the {item.kind} "{address}" uses the model "{item.model}", which this Data API does not offer'
        yield Remark("MODEL_NOT_OFFERED", kind, address, message)
    elif found is not None and found.support != SUPPORTED:
        message = f'the {item.kind} "{address}" uses the model "{item.model}", which is {found.support}'
        yield Remark("MODEL_NOT_SUPPORTED", kind, address, message)
