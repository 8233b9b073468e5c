"""The check of `portal.toml`: every step is there, and its texts use only words and facts that exist."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any, Final, Self

from pydantic import Field, model_validator

from tools.knowledge_schema import Entry, Text, Word, placeholders, shape_faults


class Step(Entry):
    """One visit of a person to the Portal: what it is for, and what to click, a line each."""

    title: Text
    lines: Annotated[list[Text], Field(min_length=1)]


class Steps(Entry):
    """Every visit that vzctl asks for."""

    add_integration: Step
    remove_integration: Step
    add_credential: Step
    remove_credential: Step
    add_to_scope: Step
    remove_from_scope: Step
    revoke_at_provider: Step


class Portal(Entry):
    """The Portal's words, and the steps that are made of them."""

    group_size: Annotated[int, Field(ge=1)]
    title_names: Annotated[int, Field(ge=1)]
    settings_path: Text
    page_words: dict[Word, Text]
    dialog_words: dict[Word, Text]
    steps: Steps

    @model_validator(mode="after")
    def _texts_use_words_that_exist(self) -> Self:
        words = {*self.page_words, *self.dialog_words}
        texts = {"settings_path": [self.settings_path]}
        for name, step in self.steps:
            texts[f"steps.{name}"] = [step.title, *step.lines]
        for place, lines in texts.items():
            known = words if place == "settings_path" else words | PORTAL_FACTS[place.removeprefix("steps.")]
            unknown = [name for name in placeholders(" ".join(lines)) if name not in known]
            if unknown:
                raise ValueError(f"{place}: {{{unknown[0]}}} is neither a word nor a fact of this step")
        return self


_OF_PROVIDER: Final = frozenset({"settings_path", "provider", "label"})
_OF_CREDENTIAL: Final = _OF_PROVIDER | {"name"}
_OF_SCOPE: Final = _OF_CREDENTIAL | {"databases", "few"}
PORTAL_FACTS: Final[Mapping[str, frozenset[str]]] = {
    "add_integration": _OF_PROVIDER,
    "remove_integration": _OF_PROVIDER,
    "add_credential": _OF_CREDENTIAL,
    "remove_credential": _OF_CREDENTIAL,
    "add_to_scope": _OF_SCOPE,
    "remove_from_scope": _OF_SCOPE,
    "revoke_at_provider": _OF_PROVIDER | {"console", "revocation_instructions", "ending", "reason"},
}
"""By step, what `vzctl.domain.portal` fills in beside the Portal's words."""


def portal_faults(sections: Mapping[str, Any]) -> Iterator[str]:
    """Yield the faults of `portal.toml`."""
    yield from shape_faults(Portal, sections["portal"])
