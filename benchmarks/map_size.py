"""`map` of 1 000 credentials, 20 databases in each scope, as rows, tree, Mermaid and page, against `credentials list`."""

from __future__ import annotations

from pathlib import Path

from benchmarks.measure import VZCTL, Place, Program
from benchmarks.table import Row, share

ROUNDS = 7


def map_size(place: Place) -> list[Row]:
    """Every form of the map of one state, and how long listing its credentials takes."""
    state = place.state(1000, 200, 20)
    page = place.folder / "map.html"
    used = place.in_turn(
        {
            "list": _vzctl(state, "credentials", "list", shows="credential-999\t"),
            "rows": _vzctl(state, "map", shows="credential-999\t"),
            "json": _vzctl(state, "map", "-o", "json", shows='"credential-999"'),
            "tree": _vzctl(state, "map", "-o", "human", shows="credential-999"),
            "mermaid": _vzctl(state, "map", "--format", "mermaid", shows="credential-999"),
            "page": _vzctl(state, "map", "--out", str(page), shows=str(page)),
        },
        ROUNDS,
    )
    names = {
        "rows": "map",
        "json": "map -o json",
        "tree": "map -o human",
        "mermaid": "map --format mermaid",
        "page": "map --format html --out",
    }
    return [
        share(f"{words}, 1 000 credentials", used[name], "credentials list", used["list"], 3)
        for name, words in names.items()
    ]


def _vzctl(state: Path, *words: str, shows: str) -> Program:
    return Program([VZCTL, "--state", str(state), *words], shows=shows)
