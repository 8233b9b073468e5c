"""The map as a tree of lines. Names are never broken: what has no room beside one goes onto lines of its own."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Final

from vzctl.render import map_words as words
from vzctl.render.cells import escape
from vzctl.render.map_words import BAD, PLAIN, QUIET, Fact
from vzctl.usecases.map.nodes import Map, MapBranch, MapProvider

HEADING: Final = "heading"
COMMAND: Final = "command"
Line = list[Fact]
"""Pieces of one line, printed without anything between them; a tone beside those of facts is `heading` or `command`."""


@dataclass(frozen=True, slots=True)
class Glyphs:
    """What stands before a child, before the last one, before what is below each; and what stands between two facts."""

    child: str
    last: str
    below: str
    below_last: str
    between: str


UNICODE: Final = Glyphs("├─ ", "└─ ", "│  ", "   ", " · ")
ASCII: Final = Glyphs("|- ", "`- ", "|  ", "   ", " - ")
_AFTER_NAME: Final = "  "


@dataclass(frozen=True, slots=True)
class Paper:
    """What the tree is drawn on. `width` 0 means that there is always room; `measure` counts the cells of a text."""

    glyphs: Glyphs = UNICODE
    width: int = 0
    measure: Callable[[str], int] = len


@dataclass(frozen=True, slots=True)
class Node:
    """A name, what is said about it, and what hangs below it."""

    label: str
    facts: tuple[Fact, ...]
    children: tuple[Node, ...] = ()


def text(data: Map, glyphs: Glyphs = UNICODE) -> str:
    """Return the tree as text without color, each line as long as it is."""
    return "".join("".join(piece.text for piece in line) + "\n" for line in lines(data, Paper(glyphs)))


def lines(data: Map, paper: Paper) -> Iterator[Line]:
    """Yield the lines of the drawing."""
    yield [Fact(words.title(data), HEADING)]
    yield from _wrapped([Fact(item, PLAIN) for item in words.sizes(data.counts)], paper)
    yield from _wrapped(words.attention(data.counts), paper)
    for provider in data.providers:
        yield []
        label = Fact(words.provider_label(provider), HEADING)
        yield from _wrapped([label, *words.provider_facts(provider)], paper, named=True)
        yield from _branches([_branch_node(item, provider) for item in provider.branches], paper)
    yield from _unreached(data, paper)
    yield from _problems(data)


def _branch_node(branch: MapBranch, provider: MapProvider) -> Node:
    return Node(
        words.branch_label(branch, provider),
        tuple(words.branch_facts(branch)),
        tuple(
            Node(
                escape(item.database.name),
                tuple(words.database_facts(item)),
                tuple(Node(escape(leaf.address), tuple(words.dependent_facts(leaf))) for leaf in item.dependants),
            )
            for item in branch.databases
        ),
    )


def _branches(nodes: Iterable[Node], paper: Paper, prefix: str = "") -> Iterator[Line]:
    """Yield the nodes and all below them; no recursion deeper than the map is: three levels."""
    glyphs = paper.glyphs
    nodes = list(nodes)
    for number, node in enumerate(nodes):
        is_last = number == len(nodes) - 1
        below = prefix + (glyphs.below_last if is_last else glyphs.below)
        hanging = below + (glyphs.below if node.children else glyphs.below_last)
        first = prefix + (glyphs.last if is_last else glyphs.child)
        yield from _wrapped([Fact(node.label, PLAIN), *node.facts], paper, first, hanging, named=True)
        yield from _branches(node.children, paper, below)


def _wrapped(
    pieces: list[Fact], paper: Paper, first: str = "", hanging: str = "", *, named: bool = False
) -> Iterator[Line]:
    """Yield one line, or where the pieces have no room several: each piece stays whole. `named`: the first is a name."""
    line = [Fact(first, QUIET)] if first else []
    used, gap = len(first), ""
    for number, piece in enumerate(pieces):
        needed = paper.measure(piece.text)
        if paper.width and gap and used + len(gap) + needed > paper.width:
            yield line
            line = [Fact(hanging, QUIET)] if hanging else []
            used, gap = len(hanging), ""
        if gap:
            line.append(Fact(gap, QUIET))
        line.append(piece)
        used += len(gap) + needed
        gap = _AFTER_NAME if named and number == 0 else paper.glyphs.between
    yield line


def _unreached(data: Map, paper: Paper) -> Iterator[Line]:
    if data.without_credential:
        yield []
        yield [Fact("databases without a credential", HEADING)]
        nodes = [Node(escape(item.name), tuple(words.place_facts(item))) for item in data.without_credential]
        yield from _branches(nodes, paper)


def _problems(data: Map) -> Iterator[Line]:
    if data.problems:
        yield []
        yield [Fact("problems", HEADING)]
    for item in data.problems:
        yield [Fact(escape(item.message), BAD)]
        yield [Fact(f"    {escape(str(item.command))}", COMMAND)]
