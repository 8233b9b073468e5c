"""The map as a tree and as a Mermaid diagram: whole texts, every width, and names that are hostile."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.builders import a_collection, a_credential, a_database, a_state, an_organization, database_id
from tests.support.map_states import HOSTILE, a_hostile_state, a_large_state, a_worrying_state
from tests.support.memory_store import MemoryStore, a_context
from tests.support.state_files import counting_ids, written
from vzctl.domain.state.state import State
from vzctl.render import cells, human, map_drawing, map_mermaid, map_tree, plain
from vzctl.usecases.map.nodes import Map
from vzctl.usecases.map.show import build_map, edge_count

TREE: Final = """\
vzctl map of bookshop (astra), serial 42, 2026-01-31T12:00:00Z
4 credentials of 3 integrations · 5 databases · 5 collections · 3 table columns
4 problems · 1 open rotation · 2 keys due · 3 old keys to revoke · 5 facts wanted, not done · 4 facts attested, not seen

OpenAI (openai)
├─ openai-prod  12 d of 90 · 2 dependants, 3 databases · 1 old key to revoke
│  ├─ shop
│  │  ├─ shop/default_keyspace/products  text-embedding-3-small
│  │  └─ shop/default_keyspace/items.title  column · text-embedding-3-small
│  ├─ logs  attested · nothing uses it
│  └─ archive  HIBERNATED · removal wanted · nothing uses it
├─ openai-leaked  100 d of 90, due · 1 dependant, 1 database · leaked key to revoke · rotation at REMOVED · attested
│  ├─ shop  attested · nothing uses it
│  └─ archive  not in scope · HIBERNATED
│     └─ archive/default_keyspace/tickets  text-embedding-3-small · 1 problem
├─ openai-next  0 d of 90 · no database in scope · wanted · key not held here
└─ key in the header of each request
   └─ logs
      └─ logs/default_keyspace/lines  text-embedding-3-small

Mistral AI (mistral)  attested
└─ mistral-1  age unknown, due · 0 dependants, 1 database · removal wanted
   └─ logs  wanted · nothing uses it

Voyage AI (voyageAI)  wanted · no credential

Jina AI (jinaAI)  no integration
└─ jina-old  credential does not exist
   └─ logs
      └─ logs/default_keyspace/lost  jina-embeddings-v3 · 2 problems

Nvidia (nvidia)  hosted by Astra
└─ no key needed
   └─ shop
      └─ shop/default_keyspace/notes.body  column · NV-Embed-QA

acmeAI  not in the catalogue
└─ no key
   └─ shop
      └─ shop/default_keyspace/odd.vector  column · 1 problem

without vectorize
└─ no provider
   └─ shop
      └─ shop/default_keyspace/plain

databases without a credential
├─ lonely  PENDING
└─ gone  gone · TERMINATED

problems
"""


def map_of(state: State, folder: Path) -> Map:
    state_file = written(folder / "state.toml", state)
    return build_map(a_context(state_file, MemoryStore(), new_id=counting_ids()))


def small(folder: Path) -> Map:
    shop = a_database("shop", id=database_id(1))
    lost = a_collection(shop, "lost", credential="gone")
    return map_of(a_state(databases=[shop], credentials=[a_credential(scope=[shop])], collections=[lost]), folder)


def on_screen(data: Map, width: int, *, color: bool = False, ascii_only: bool = False) -> str:
    stream = io.StringIO()
    console = human.make_console(stream, color=color, ascii_only=ascii_only)
    console.width = width
    human.show(console, data)
    return stream.getvalue()


def test_the_whole_tree(tmp_path: Path) -> None:
    data = map_of(a_worrying_state(), tmp_path)
    problems = "".join(f"{item.message}\n    {item.command}\n" for item in data.problems)
    assert map_tree.text(data) == TREE + problems
    assert on_screen(data, 200) == TREE + problems


def test_facts_without_room_go_below_their_name(tmp_path: Path) -> None:
    assert on_screen(small(tmp_path), 40) == (
        "vzctl map of acme (local), serial 1, 2026-01-31T12:00:00Z\n"
        "1 credential of 1 integration\n"
        "1 database · 1 collection\n"
        "0 table columns\n"
        "1 problem · 1 key due\n"
        "\n"
        "OpenAI (openai)\n"
        "├─ openai-prod  100 d of 90, due\n"
        "│  │  0 dependants, 1 database\n"
        "│  └─ shop  nothing uses it\n"
        "└─ gone  credential does not exist\n"
        "   └─ shop\n"
        "      └─ shop/default_keyspace/lost\n"
        "            text-embedding-3-small\n"
        "            1 problem\n"
        "\n"
        "problems\n"
        'the collection "shop/default_keyspace/lost" uses the credential "gone", which does not exist\n'
        "    vzctl credentials add gone --provider openai --scope shop\n"
    )


@pytest.mark.parametrize("width", [20, 40, 80, 120])
def test_no_width_breaks_or_loses_a_word(tmp_path: Path, width: int) -> None:
    data = map_of(a_worrying_state(), tmp_path)

    def words(text: str) -> list[str]:
        return sorted(re.findall(r"[^\s│├└─·]+", text))

    assert words(on_screen(data, width)) == words(on_screen(data, 1000))


def test_wide_characters_take_the_room_that_they_take(tmp_path: Path) -> None:
    place = a_database("検索" * 8)
    data = map_of(a_state(databases=[place], credentials=[a_credential(scope=[place])]), tmp_path)
    lines = on_screen(data, 50).splitlines()
    assert lines[-2:] == [f"   └─ {'検索' * 8}", "         nothing uses it"]


def test_lines_are_plain_where_the_locale_has_no_others(tmp_path: Path) -> None:
    place = a_database("für")
    data = map_of(a_state(databases=[place], credentials=[a_credential(scope=[place])]), tmp_path)
    text = on_screen(data, 80, ascii_only=True)
    assert text.isascii()
    assert text.splitlines()[-2:] == [
        "`- openai-prod  100 d of 90, due - 0 dependants, 1 database",
        "   `- f\\xfcr  nothing uses it",
    ]


def test_colors_tell_what_wants_a_person_and_stop_at_their_words(tmp_path: Path) -> None:
    data = map_of(a_worrying_state(), tmp_path)
    text = on_screen(data, 200, color=True)
    for code, words in ((31, "leaked key to revoke"), (33, "2 keys due"), (2, "attested"), (36, "    vzctl scope add")):
        assert f"\x1b[{code}m{words}" in text
    assert re.sub(r"\x1b\[\d+m", "", text) == on_screen(data, 200)
    assert "\x1b[32mnothing wants attention\x1b[0m" in on_screen(map_of(a_state(), tmp_path), 80, color=True)


def test_an_empty_map(tmp_path: Path) -> None:
    assert map_tree.text(map_of(a_state(), tmp_path)) == (
        "vzctl map of acme (local), serial 1, 2026-01-31T12:00:00Z\n"
        "0 credentials of 0 integrations · 0 databases · 0 collections · 0 table columns\n"
        "nothing wants attention\n"
    )


@pytest.mark.parametrize(
    ("environ", "is_ascii"),
    [
        ({"LC_ALL": "C.UTF-8"}, False),
        ({"LC_ALL": "C", "LANG": "de_DE.UTF-8"}, True),
        ({"LC_ALL": "", "LC_CTYPE": "en_US.utf8"}, False),
        ({"LANG": "de_DE.UTF-8"}, False),
        ({"LANG": "de_DE.ISO-8859-1"}, True),
        ({"LANG": "POSIX"}, True),
        ({}, True),
        ({"LANG": "de_DE.UTF-8", "TERM": "dumb"}, True),
    ],
)
def test_the_locale_decides_the_lines(tmp_path: Path, environ: dict[str, str], is_ascii: bool) -> None:
    data = small(tmp_path)
    assert cells.needs_ascii(environ) is is_ascii
    assert ("`- " in map_drawing.drawer(environ, is_file=False)(data, "tree")) is is_ascii
    assert "└─ " in map_drawing.drawer(environ, is_file=True)(data, "tree")


def test_each_format_is_drawn_by_its_own(tmp_path: Path) -> None:
    draw = map_drawing.drawer({}, is_file=True)
    data = small(tmp_path)
    starts = {chosen: draw(data, chosen)[:9] for chosen in ("tree", "mermaid", "html")}
    assert starts == {"tree": "vzctl map", "mermaid": "%% vzctl ", "html": "<!doctype"}


def test_hostile_names_break_no_line_of_tree_or_rows(tmp_path: Path) -> None:
    data = map_of(a_hostile_state(), tmp_path)
    for text in (map_tree.text(data), on_screen(data, 80), *plain.lines(data)):
        assert all(character == "\n" or character.isprintable() or character == "\t" for character in text)
    assert all(len(line.split("\t")) == 13 for line in plain.lines(data))


# Mermaid

LABEL: Final = r'"[A-Za-z0-9 ._/@,()#;<>\w-]*"'
NODE: Final = rf"[a-z]+_[0-9a-f]{{12}}(?:\[{LABEL}\]|\(\[{LABEL}\]\)|\[\({LABEL}\)\])?(?::::(?:warn|bad))?"
LINE: Final = re.compile(rf"  {NODE}(?: (?:-->|-\.-|---) {NODE})?|  classDef [a-z]+ [#:,a-z0-9-]+")


def diagram(text: str) -> list[str]:
    """Return the lines of a diagram after the first two; each has one of the few forms that are drawn."""
    first, second, *lines = text.splitlines()
    assert first.startswith("%% vzctl map of ")
    assert second == "flowchart LR"
    assert [line for line in lines if LINE.fullmatch(line) is None] == []
    return lines


def test_the_whole_diagram(tmp_path: Path) -> None:
    names: dict[str, str] = {}

    def name(found: re.Match[str]) -> str:
        return names.setdefault(found[0], f"{found[1]}{len(names)}")

    text = re.sub(r"([a-z]+)_[0-9a-f]{12}", name, map_mermaid.text(small(tmp_path)))
    assert text == (
        "%% vzctl map of acme (local), serial 1, 2026-01-31T12:00:00Z\n"
        "flowchart LR\n"
        '  provider0(["OpenAI (openai)"])\n'
        '  provider0 --> credential1["openai-prod<br/>100 d of 90, due<br/>0 dependants, 1 database"]:::warn\n'
        '  credential1 --> database2[("shop<br/>nothing uses it")]\n'
        '  provider0 --> missing3["gone<br/>credential does not exist"]:::bad\n'
        '  missing3 --> database4[("shop")]\n'
        '  database4 --> collection5["default_keyspace/lost<br/>text-embedding-3-small<br/>1 problem"]:::bad\n'
        "  classDef warn fill:#fff4d6,stroke:#b07a00,color:#3d2b00\n"
        "  classDef bad fill:#fde2e0,stroke:#b3261e,color:#410e0b\n"
    )


def test_everything_has_its_node_and_its_edge(tmp_path: Path) -> None:
    data = map_of(a_worrying_state(), tmp_path)
    lines = diagram(map_mermaid.text(data))
    edges = [line for line in lines if re.search(r" (-->|-\.-) ", line)]
    assert len(edges) == edge_count(data)
    assert sum(" --- " in line for line in lines) == len(data.without_credential) == 2
    assert sum("-.-" in line for line in lines) == 1


def test_the_same_thing_has_the_same_id_whatever_else_there_is(tmp_path: Path) -> None:
    few, many = a_large_state(2, 2), a_large_state(3, 3)
    ids = [set(re.findall(r"[a-z]+_[0-9a-f]{12}", map_mermaid.text(map_of(state, tmp_path)))) for state in (few, many)]
    assert ids[0] < ids[1]


def test_hostile_names_are_text_in_a_diagram(tmp_path: Path) -> None:
    text = map_mermaid.text(map_of(a_hostile_state(), tmp_path))
    assert len(diagram(text)) > 3 * len(HOSTILE)
    assert text.count("%%") == 1
    assert "{" not in text


@pytest.mark.parametrize(
    ("name", "label"),
    [
        ("plain_name-1.x/y@z (a), b", '"plain_name-1.x/y@z (a), b"'),
        ('"] --> x["', '"#34;#93; --#62; x#91;#34;"'),
        ("%%{init}%%", '"#37;#37;#123;init#125;#37;#37;"'),
        ("<b>&#;`\\", '"#60;b#62;#38;#35;#59;#96;#92;"'),
        ("a:b", '"a#58;b"'),
        ("検索 für", '"検索 für"'),
        ("½ €", '"½ #8364;"'),
    ],
)
def test_a_label_has_no_character_with_a_meaning(name: str, label: str) -> None:
    assert map_mermaid.label(name) == label


def test_the_name_of_an_organization_is_no_directive(tmp_path: Path) -> None:
    state = a_state(organization=an_organization("x\n%%{init: {'theme': 'dark'}}%%"))
    first, second, *_ = map_mermaid.text(map_of(state, tmp_path)).splitlines()
    assert first == "%% vzctl map of x\\n%%(init: ('theme': 'dark'))%% (local), serial 1, 2026-01-31T12:00:00Z"
    assert second == "flowchart LR"


def test_ids_tell_apart_what_only_together_is_the_same() -> None:
    made: list[tuple[Any, ...]] = [("a", "b"), ("ab",), ("a", None), ("a", ""), ("a",)]
    assert len({map_mermaid.node_id("x", *parts) for parts in made}) == len(made)
