"""The map as a Mermaid flowchart. Ids come from what a thing is, so that a change moves few lines of a checked-in map."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from hashlib import blake2s
from typing import Final

from vzctl.render import map_words as words
from vzctl.render.cells import escape
from vzctl.render.map_words import BAD, WARN, Fact
from vzctl.usecases.map.nodes import Map, MapBranch, MapProvider

_SAFE: Final = frozenset("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789 ._/@,()-")
_STYLES: Final = (
    "  classDef warn fill:#fff4d6,stroke:#b07a00,color:#3d2b00",
    "  classDef bad fill:#fde2e0,stroke:#b3261e,color:#410e0b",
)


def text(data: Map) -> str:
    """Return the diagram."""
    return "".join(f"{line}\n" for line in _lines(data))


def label(name: str, facts: Iterable[Fact] = ()) -> str:
    """Return a quoted label in which no character means anything to Mermaid or to HTML; facts follow on their lines."""
    return '"' + "<br/>".join(_encoded(part) for part in (name, *(fact.text for fact in facts))) + '"'


def node_id(kind: str, *parts: str | None) -> str:
    """Return an id that is a plain word, the same for the same thing in every map."""
    digest = blake2s("\0".join("\1" if part is None else part for part in parts).encode("utf-8", "backslashreplace"))
    return f"{kind}_{digest.hexdigest()[:12]}"


def _encoded(text: str) -> str:
    if _SAFE.issuperset(text):
        return text
    # Letters of other scripts are safe too; every other character becomes an entity, in Mermaid's own spelling.
    return "".join(item if item in _SAFE or (item > "\x7f" and item.isalnum()) else f"#{ord(item)};" for item in text)


def _lines(data: Map) -> Iterator[str]:
    yield f"%% {_comment(words.title(data))}"
    yield "flowchart LR"
    for provider in data.providers:
        yield from _provider(provider)
    if data.without_credential:
        top = node_id("unreached")
        yield f"  {top}[{label('databases without a credential')}]"
        for place in data.without_credential:
            facts = tuple(words.place_facts(place))
            yield f"  {top} --- {node_id('place', place.id)}[({label(escape(place.name), facts)})]"
    yield from _STYLES


def _comment(text: str) -> str:
    """A comment ends at its line's end; braces would be taken for a directive."""
    return text.replace("{", "(").replace("}", ")")


def _provider(provider: MapProvider) -> Iterator[str]:
    top = node_id("provider", provider.id)
    facts = tuple(words.provider_facts(provider))
    yield f"  {top}([{label(words.provider_label(provider), facts)}]){_class(facts)}"
    for branch in provider.branches:
        yield from _branch(top, branch, provider)


def _branch(top: str, branch: MapBranch, provider: MapProvider) -> Iterator[str]:
    key = branch.credential.id if branch.credential is not None else branch.name
    own = node_id(branch.kind, provider.id, key)
    facts = tuple(words.branch_facts(branch))
    yield f"  {top} --> {own}[{label(words.branch_label(branch, provider), facts)}]{_class(facts)}"
    for item in branch.databases:
        database = node_id("database", own, item.database.id)
        facts = tuple(words.database_facts(item))
        arrow = "-.-" if item.in_scope is False else "-->"
        yield f"  {own} {arrow} {database}[({label(escape(item.database.name), facts)})]{_class(facts)}"
        for leaf in item.dependants:
            leaf_id = node_id(leaf.kind, database, leaf.keyspace, leaf.name)
            facts = tuple(words.dependent_facts(leaf))
            name = escape(f"{leaf.keyspace}/{leaf.name}")
            yield f"  {database} --> {leaf_id}[{label(name, facts)}]{_class(facts)}"


def _class(facts: Iterable[Fact]) -> str:
    tones = {fact.tone for fact in facts}
    return ":::bad" if BAD in tones else ":::warn" if WARN in tones else ""
