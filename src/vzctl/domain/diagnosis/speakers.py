"""Which provider an error is from, by what only that provider says.

A client's class or module names a library and no provider: many services take calls of OpenAI's client. What decides is a
host, what the Data API says about its provider, a fixed sentence, or the form of a body. A word in prose is a guess, and
none is made where a host is named. The words of each provider are in `knowledge/providers`.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vzctl.domain.pattern import Pattern
from vzctl.knowledge.loader import section

_LAST_RANK: Final = 50
_RANKED: Final = sorted(
    ((provider, entry["recognized_by"]) for provider, entry in section("providers").items()),
    key=lambda known: ("imitated_by" in known[1], known[1].get("rank", _LAST_RANK)),
)
"""What only one provider says. The first that has it is meant; last come those whose words other services say too."""
_IMITATED_BY: Final = {provider: tuple(known["imitated_by"]) for provider, known in _RANKED if "imitated_by" in known}
"""Services that say some sentences of a provider too, and name themselves beside them."""
_NAMES: Final = tuple((name, provider) for provider, known in _RANKED for name in known["names"])
"""Names in prose, and of models that one provider makes."""
_MODELS_OF_MANY: Final = ("text-embedding-ada", "text-embedding-3")
"""Models that more than one provider serves: a provider is meant, and not which."""
_BY_ID: Final = {provider.lower(): provider for _, provider in _NAMES}

_SENTENCES: Final = tuple((provider, tuple(known.get("sentences", ()))) for provider, known in _RANKED)
"""Sentences and codes that only one provider has, in lower case."""
_SHAPES: Final = tuple(
    (Pattern(text), provider) for provider, known in _RANKED for text in known.get("body_patterns", ())
)
"""Forms of a body that only one provider writes."""
_TOLD: Final = (
    Pattern(r"\bprovider(?:['\"]?: ?| was: ?| )['\"]?([a-z]{5,24})\b"),
    Pattern(r"\bfor (?:service )?provider ['\"]([a-z]{5,24})['\"]"),
    Pattern(r"(?<![a-z])([a-z]{5,24}?)embeddingprovider\b"),
)
"""What the Data API, or a program's own log, says about the provider that it called."""
_IDENTIFIER: Final = Pattern(
    r"(?<![\w.@/-])@?(?:openai|azure|mistralai|voyageai|cohere|huggingface_hub|huggingface|jina|vertexai|upstage|"
    r"langchain\w{0,40}|llama_index|litellm|botocore|google|bedrock|nvidia)"
    r"(?:(?:[./]|::)(?!com\b|ai\b|co\b|net\b|cloud\b)[A-Za-z_@][\w-]{0,80}){1,10}"
    r"|\b\w{0,60}(?:openai|azure|mistral|cohere|voyage|huggingface|jina|nvidia|upstage|bedrock|vertexai)\w{0,60}\b"
    r"|\bopenai[ -]compatible\b|\bcommunicating with openai\b"
)
"""Words of programs: modules, classes, settings. In a text in lower case, names that stand alone are among them."""


class Speaker(NamedTuple):
    """A provider, and whether the text proves that it is this one."""

    provider: str | None
    is_certain: bool


NOBODY: Final = Speaker(None, is_certain=False)


def speaker(text: str, of_host: str | None, *, names_other: bool) -> Speaker:
    """Return the provider that `text`, in lower case, is from. `names_other`: it has the address of another service."""
    for shape in _TOLD:
        told = shape.compiled.search(text)
        if told is not None and told[1] in _BY_ID:
            return Speaker(_BY_ID[told[1]], is_certain=True)
    if of_host is not None:
        return Speaker(of_host, is_certain=True)
    said = _said(text)
    if said is not None:
        return Speaker(said, is_certain=True)
    return NOBODY if names_other else Speaker(_in_prose(text), is_certain=False)


def mentions_provider(text: str) -> bool:
    """Whether `text`, in lower case, has a provider's name in it at all: as a library, a model, or in prose."""
    return any(name in text for name, _ in _NAMES) or any(name in text for name in _MODELS_OF_MANY)


def _said(text: str) -> str | None:
    for provider, sentences in _SENTENCES:
        if any(sentence in text for sentence in sentences):
            return None if any(name in text for name in _IMITATED_BY.get(provider, ())) else provider
    return next((provider for shape, provider in _SHAPES if shape.compiled.search(text)), None)


def _in_prose(text: str) -> str | None:
    """Return the first provider that prose names, an imitated one last: many call what is compatible with it so."""
    prose = _IDENTIFIER.compiled.sub(lambda match: match[0] if match[0] in _BY_PROSE else " ", text)
    found = [
        (provider in _IMITATED_BY, position, -len(name), provider)
        for name, provider in _NAMES
        if (position := prose.find(name)) >= 0
    ]
    return min(found)[3] if found else None


_BY_PROSE: Final = frozenset(name for name, _ in _NAMES)
