"""The map as one HTML page: nothing is loaded from anywhere, and no name from outside can become markup.

Style and script are constant texts, allowed by their hashes in the page's own policy; whatever else were to get in would
not run. Without the script the page is whole: everything is open, only search and folding are missing.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Iterable, Iterator
from functools import cache
from html import escape as markup_escape
from pathlib import Path
from typing import Final

from vzctl.domain.rules import counted
from vzctl.render import map_words as words
from vzctl.render.cells import escape, text_of
from vzctl.render.map_words import BAD, PLAIN, QUIET, WARN, Fact
from vzctl.usecases.map.file import MARK
from vzctl.usecases.map.nodes import Map, MapBranch, MapCounts, MapCredential, MapDatabase, MapProvider

_FOLDER: Final = Path(__file__).with_name("map_page")
_METER_WIDTH: Final = 40

_GROUP: Final = '<ul role="group">'
_LEVELS: Final = {"provider": 1, "branch": 2, "words": 2, "database": 3, "leaf": 4}

_LEGEND: Final = (
    ("age", "days since the key was set, of the days that it may get old; a key of unknown age is due"),
    ("dependants, databases", "the blast radius: what stops when the credential does, and where it may be used"),
    ("wanted", "asked for, and not done yet by anybody"),
    ("attested", "somebody said that it is done; nobody has seen it"),
    ("not in scope", "used in a database that the credential's scope lacks: it fails there"),
    ("key not held here", "vzctl knows the credential and not its key"),
)
_KEYS: Final = (
    ("/", "search"),
    ("Esc", "end the search"),
    ("↑ ↓", "move"),
    ("← →", "close, open"),
    ("Enter", "open or close"),
)


def text(data: Map) -> str:
    """Return the page."""
    return "".join(_page(data))


def safe(value: str) -> str:
    """Return a text from outside for HTML: what is no printable character is shown as an escape, markup is none."""
    return markup_escape(escape(value))


@cache
def _part(name: str) -> str:
    return (_FOLDER / name).read_text(encoding="utf-8")


def _hash(text: str) -> str:
    return "'sha256-" + base64.b64encode(hashlib.sha256(text.encode()).digest()).decode() + "'"


def _page(data: Map) -> Iterator[str]:
    style, script = _part("page.css"), _part("page.js")
    policy = (
        f"default-src 'none'; style-src {_hash(style)}; script-src {_hash(script)}; img-src data:; "
        "base-uri 'none'; form-action 'none'"
    )
    yield (
        f"<!doctype html>\n<!-- {MARK}an organization; made by a program, changes to it are lost -->\n"
        '<html lang="en">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width, initial-scale=1">\n'
        '<meta name="referrer" content="no-referrer">\n<meta name="robots" content="noindex">\n'
        '<link rel="icon" href="data:,">\n'
        f"<title>Map of {safe(data.organization)} – vzctl</title>\n<style>{style}</style>\n</head>\n<body>\n"
        '<a class="skip" href="#map">Skip to the map</a>\n'
    )
    yield from _head(data)
    yield "<main>\n"
    yield _TOOLS
    yield from _tree(data)
    yield from _unreached(data)
    yield from _problems(data)
    yield "</main>\n"
    yield from _foot()
    yield f"<script>{script}</script>\n</body>\n</html>\n"


_TOOLS: Final = """<div class="tools" role="search">
<label for="search">Search the map by name</label>
<input id="search" type="search" placeholder="Search by name ( / )" autocomplete="off" spellcheck="false">
<button id="attention" type="button" aria-pressed="false">Wants attention</button>
<button id="open" type="button">Expand all</button>
<button id="close" type="button">Collapse all</button>
<p id="found" role="status"></p>
</div>
"""


def _head(data: Map) -> Iterator[str]:
    plane = "the Astra Portal" if data.control_plane == "astra" else "the state file"
    made_at = text_of(data.made_at)
    shown = made_at[:16].replace("T", " ") + " UTC"
    yield (
        f"<header>\n<h1><bdi>{safe(data.organization)}</bdi></h1>\n"
        f'<p class="meta">Control plane: {plane} · serial {data.serial} · as of <time datetime="{made_at}">{shown}</time></p>\n'
        '<ul class="tiles">'
    )
    yield from (f"<li><b>{number}</b> {label}</li>" for number, label in _sizes(data.counts))
    yield f'</ul>\n<p class="attention">{"".join(_attention(data.counts))}</p>\n</header>\n'


def _attention(counts: MapCounts) -> Iterator[str]:
    """Yield what wants a person; the problems lead to their list."""
    for fact in words.attention(counts):
        if fact.tone == BAD:
            yield f' <a class="fact bad" href="#problems">{fact.text}</a>'
        else:
            yield _facts([fact])


def _sizes(counts: MapCounts) -> Iterator[tuple[int, str]]:
    for number, noun in (
        (counts.credentials, "credential"),
        (counts.databases, "database"),
        (counts.collections, "collection"),
        (counts.columns, "table column"),
    ):
        yield number, counted(number, noun).partition(" ")[2]


def _tree(data: Map) -> Iterator[str]:
    yield '<h2 id="map-title">Provider, credential, database, collection or column</h2>\n'
    if not data.providers:
        yield '<p class="card">There is no provider yet.</p>\n'
    yield '<ul id="map" role="tree" aria-labelledby="map-title">\n'
    lines = _Lines()
    for provider in data.providers:
        yield from lines.provider(provider)
    yield "</ul>\n"


class _Lines:
    """The lines of the tree, numbered as they come: a line's own words are its name for a screen reader."""

    def __init__(self) -> None:
        self.count = 0

    def provider(self, provider: MapProvider) -> Iterator[str]:
        """Yield a provider with all below it."""
        label = words.provider_label(provider)
        yield self._begin("provider", label, words.provider_facts(provider), opens=bool(provider.branches))
        if provider.branches:
            yield _GROUP
            for branch in provider.branches:
                yield from self._branch(branch, provider)
            yield "</ul>"
        yield "</li>\n"

    def _branch(self, branch: MapBranch, provider: MapProvider) -> Iterator[str]:
        kind = "branch" if branch.name is not None else "words"
        shown = _credential_facts(branch.credential) if branch.credential is not None else None
        label = words.branch_label(branch, provider)
        yield self._begin(kind, label, words.branch_facts(branch), opens=bool(branch.databases), shown=shown)
        if branch.databases:
            yield _GROUP
            for database in branch.databases:
                yield from self._database(database)
            yield "</ul>"
        yield "</li>"

    def _database(self, database: MapDatabase) -> Iterator[str]:
        name = escape(database.database.name)
        yield self._begin("database", name, words.database_facts(database), opens=bool(database.dependants))
        if database.dependants:
            yield _GROUP
            for leaf in database.dependants:
                yield self._begin("leaf", escape(leaf.address), words.dependent_facts(leaf), opens=False) + "</li>"
            yield "</ul>"
        yield "</li>"

    def _begin(self, kind: str, label: str, facts: Iterable[Fact], *, opens: bool, shown: str | None = None) -> str:
        """Return the beginning of a line; `shown` are its facts where they are more than words."""
        facts = tuple(facts)
        number, self.count = self.count, self.count + 1
        wants = " data-attention" if any(fact.tone in (WARN, BAD) for fact in facts) else ""
        expanded = ' aria-expanded="true"' if opens else ""
        return (
            f'<li class="{kind}" role="treeitem" aria-level="{_LEVELS[kind]}" aria-labelledby="n{number}" '
            f'tabindex="{-1 if number else 0}"{expanded}{wants}><div class="row" id="n{number}">'
            f'<bdi class="name">{_breakable(label)}</bdi>{_facts(facts) if shown is None else shown}</div>'
        )


def _breakable(label: str) -> str:
    """Return a name as markup that a narrow screen breaks after a slash; what is copied from it stays whole."""
    return markup_escape(label).replace("/", "/<wbr>")


def _credential_facts(credential: MapCredential) -> str:
    """Return the facts of a credential: its age with a meter, its blast radius with numbers that stand out."""
    age = words.age_fact(credential)
    limit = max(credential.max_age_days, 1)
    filled = (
        _METER_WIDTH if credential.age_days is None else min(credential.age_days * _METER_WIDTH // limit, _METER_WIDTH)
    )
    meter = (
        f'<svg viewBox="0 0 {_METER_WIDTH} 5" preserveAspectRatio="none" aria-hidden="true">'
        f'<rect width="{_METER_WIDTH}" height="5" rx="2"/><rect width="{filled}" height="5" rx="2"/></svg>'
    )
    tone = f" {age.tone}" if age.tone != PLAIN else ""
    parts = [f' <span class="fact age{tone}">{meter}{markup_escape(age.text)}</span>']
    radius = words.radius_fact(credential)
    if radius.tone == PLAIN:
        numbers = ", ".join(
            f"<b>{number}</b> {noun}" for number, _, noun in (item.partition(" ") for item in radius.text.split(", "))
        )
        parts.append(f' <span class="fact radius">{numbers}</span>')
    else:
        parts.append(_facts([radius]))
    return "".join(parts) + _facts(words.worries(credential))


def _facts(facts: Iterable[Fact]) -> str:
    return "".join(f' <span class="fact{_class(fact)}">{markup_escape(fact.text)}</span>' for fact in facts)


def _class(fact: Fact) -> str:
    return f" {fact.tone}" if fact.tone not in (PLAIN, QUIET) else ""


def _unreached(data: Map) -> Iterator[str]:
    if data.without_credential:
        yield '<h2>Databases without a credential</h2>\n<ul class="card places">'
        for place in data.without_credential:
            name = markup_escape(escape(place.name))
            yield f'<li><bdi class="name">{name}</bdi>{_facts(words.place_facts(place))}</li>'
        yield "</ul>\n"


def _problems(data: Map) -> Iterator[str]:
    if data.problems:
        yield '<h2 id="problems" tabindex="-1">Problems</h2>\n<ol class="card problems">'
        for item in data.problems:
            yield f"<li><p><bdi>{safe(item.message)}</bdi></p><code>{safe(str(item.command))}</code></li>"
        yield "</ol>\n"


def _foot() -> Iterator[str]:
    yield '<footer>\n<h2>How to read it</h2>\n<dl class="legend">'
    yield from (f"<dt>{word}</dt><dd>{meaning}</dd>" for word, meaning in _LEGEND)
    keys = " · ".join(f"<kbd>{key}</kbd> {meaning}" for key, meaning in _KEYS)
    yield f'<dt class="keys">keys</dt><dd class="keys">{keys}</dd></dl>\n</footer>\n'
