"""The map as a page: what its markup is, and that no name from outside becomes a part of it."""

from __future__ import annotations

import base64
import hashlib
import re
import tempfile
from html.parser import HTMLParser
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given, settings

from tests.render.test_map_drawings import diagram, map_of
from tests.support.builders import a_state, an_organization
from tests.support.effort import examples
from tests.support.map_states import HOSTILE, a_hostile_state, a_large_state, a_worrying_state
from tests.support.states import sound_states
from vzctl.domain.state.state import State
from vzctl.render import map_html, map_mermaid, map_tree
from vzctl.render.cells import escape
from vzctl.usecases.map.file import MARK
from vzctl.usecases.map.show import edge_count

VOID: Final = frozenset({"meta", "link", "input", "rect", "wbr"})
ATTRIBUTES: Final = frozenset(
    {
        "aria-expanded",
        "aria-hidden",
        "aria-labelledby",
        "aria-level",
        "aria-pressed",
        "autocomplete",
        "charset",
        "class",
        "content",
        "data-attention",
        "datetime",
        "for",
        "height",
        "href",
        "http-equiv",
        "id",
        "lang",
        "name",
        "placeholder",
        "preserveaspectratio",
        "rel",
        "role",
        "rx",
        "spellcheck",
        "tabindex",
        "type",
        "viewbox",
        "width",
    }
)


class Page(HTMLParser):
    """What a page consists of; an element that is not closed in its turn fails the test."""

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.texts: dict[str, list[str]] = {}
        self.comments: list[str] = []
        self.goes_on = False
        self.feed(text)
        self.close()
        assert self.open == []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))
        self.goes_on = tag == "wbr"
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        self.goes_on = False
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if not self.open:
            return
        texts = self.texts.setdefault(self.open[-1], [])
        if self.goes_on:
            texts[-1] += data
        else:
            texts.append(data)
        self.goes_on = False

    def handle_comment(self, data: str) -> None:
        self.comments.append(data)

    def named(self, tag: str) -> list[dict[str, str]]:
        """The attributes of every element of that name."""
        return [attributes for name, attributes in self.elements if name == tag]


def test_the_page_allows_its_own_style_and_script_and_nothing_else(tmp_path: Path) -> None:
    page = Page(map_html.text(map_of(a_worrying_state(), tmp_path)))
    policies = [item["content"] for item in page.named("meta") if item.get("http-equiv") == "Content-Security-Policy"]

    def hashed(tag: str) -> str:
        (text,) = page.texts[tag]
        return base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()

    assert policies == [
        f"default-src 'none'; style-src 'sha256-{hashed('style')}'; script-src 'sha256-{hashed('script')}'; "
        "img-src data:; base-uri 'none'; form-action 'none'"
    ]
    assert (len(page.named("script")), len(page.named("style"))) == (1, 1)


def test_the_page_names_nothing_that_would_be_loaded(tmp_path: Path) -> None:
    text = map_html.text(map_of(a_worrying_state(), tmp_path))
    assert not re.search(r"https?:|//[a-z]|url\(|@import|\bsrc=", text)
    assert {item["href"] for tag in ("a", "link") for item in Page(text).named(tag)} == {"#map", "#problems", "data:,"}


def test_the_beginning_tells_that_it_is_a_map(tmp_path: Path) -> None:
    assert MARK in map_html.text(map_of(a_worrying_state(), tmp_path))[:100]


def test_every_line_of_the_tree_is_named_by_its_own_words_and_one_takes_the_focus(tmp_path: Path) -> None:
    page = Page(map_html.text(map_of(a_worrying_state(), tmp_path)))
    items = [item for item in page.named("li") if item.get("role") == "treeitem"]
    rows = [item["id"] for item in page.named("div") if item.get("class") == "row"]
    assert [item["aria-labelledby"] for item in items] == rows == [f"n{number}" for number in range(len(items))]
    assert [item["tabindex"] for item in items] == ["0", *["-1"] * (len(items) - 1)]
    assert {item["aria-level"] for item in items} == {"1", "2", "3", "4"}
    assert all(item.get("aria-expanded", "true") == "true" for item in items), "without a script all is open"


def test_everything_that_the_tree_says_is_on_the_page(tmp_path: Path) -> None:
    page = Page(map_html.text(map_of(a_worrying_state(), tmp_path)))
    said = [text.strip() for texts in (page.texts["span"], page.texts["a"], page.texts["bdi"]) for text in texts]
    for words in (
        "openai-prod",
        "12 d of 90",
        "100 d of 90, due",
        "age unknown, due",
        "rotation at REMOVED",
        "leaked key to revoke",
        "1 old key to revoke",
        "wanted",
        "attested",
        "removal wanted",
        "not in scope",
        "credential does not exist",
        "hosted by Astra",
        "key in the header of each request",
        "4 problems",
        "5 facts wanted, not done",
        "shop/default_keyspace/items.title",
        "lonely",
    ):
        assert words in said
    assert page.texts["code"][0] == "vzctl scope add openai-leaked archive"
    meters = page.named("rect")
    assert [item["width"] for item in meters] == ["40", "5", "40", "40", "40", "0", "40", "40"]


def test_a_calm_organization_says_so(tmp_path: Path) -> None:
    page = Page(map_html.text(map_of(a_state(), tmp_path)))
    assert " nothing wants attention".strip() in [text.strip() for text in page.texts["span"]]
    assert "There is no provider yet." in page.texts["p"]


def test_hostile_names_stay_text(tmp_path: Path) -> None:
    text = map_html.text(map_of(a_hostile_state(), tmp_path))
    page = Page(text)
    calm = Page(map_html.text(map_of(a_worrying_state(), tmp_path)))
    assert {tag for tag, _ in page.elements} <= {tag for tag, _ in calm.elements}
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    assert (len(page.named("script")), len(page.comments)) == (1, 1)
    names = set(page.texts["bdi"])
    assert {escape(name) for name in HOSTILE} <= names
    markup = text.replace("".join(page.texts["script"]), "").replace("".join(page.texts["style"]), "")
    assert all(character == "\n" or character.isprintable() for character in markup)


@pytest.mark.parametrize("name", HOSTILE)
def test_a_hostile_organization_has_its_name_in_the_title_and_nowhere_else(tmp_path: Path, name: str) -> None:
    page = Page(map_html.text(map_of(a_state(organization=an_organization(name)), tmp_path)))
    assert page.texts["title"] == [f"Map of {escape(name)} – vzctl"]
    assert page.texts["bdi"] == [escape(name)]
    assert len(page.named("script")) == 1


def test_a_large_page_has_every_line(tmp_path: Path) -> None:
    page = Page(map_html.text(map_of(a_large_state(100, 20), tmp_path)))
    assert sum(item.get("role") == "treeitem" for item in page.named("li")) == 1 + 100 + 2000


@pytest.mark.slow
@given(sound_states())
@settings(max_examples=examples(60))
def test_every_state_has_a_page_a_diagram_and_a_tree(state: State) -> None:
    with tempfile.TemporaryDirectory() as folder:
        data = map_of(state, Path(folder))
    page = Page(map_html.text(data))
    branches = [branch for provider in data.providers for branch in provider.branches]
    leaves = [leaf for branch in branches for database in branch.databases for leaf in database.dependants]
    assert len(leaves) == len(state.collections) + len(state.columns)
    assert {branch.name for branch in branches if branch.credential} == {item.name for item in state.credentials}
    items = sum(item.get("role") == "treeitem" for item in page.named("li"))
    assert items == len(data.providers) + edge_count(data)
    assert (len(page.named("script")), len(page.comments)) == (1, 1)
    assert {name for _, attributes in page.elements for name in attributes} <= ATTRIBUTES
    diagram(map_mermaid.text(data))
    assert all(character == "\n" or character.isprintable() for character in map_tree.text(data))
