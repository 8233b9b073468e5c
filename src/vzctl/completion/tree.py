"""The command tree as data: generated from the Typer application, read without loading it."""

from __future__ import annotations

import json
import os

TYPE_CHECKING = False  # `typing` costs more to import than this whole module; type checkers take this name for true
if TYPE_CHECKING:
    from typing import Final, Literal, TypedDict

    class Option(TypedDict):
        """One option; `multiple` may be given again, `global` is accepted after every command."""

        names: list[str]
        help: str
        takes_value: bool
        multiple: bool
        kind: str
        choices: list[str]

    class Argument(TypedDict):
        """One positional argument; `nargs` is -1 for a list."""

        kind: str
        choices: list[str]
        nargs: int

    class Command(TypedDict):
        """One command or group; a group has `commands`, and takes no argument of its own."""

        name: str
        help: str
        options: list[Option]
        arguments: list[Argument]
        commands: list[Command]

    class Tree(TypedDict):
        """The whole command line. `vocabularies` maps a kind to its fixed `[value, description]` pairs."""

        format: Literal[1]
        root: Command
        global_options: list[Option]
        vocabularies: dict[str, list[list[str]]]


TREE_PATH: Final = os.path.join(os.path.dirname(__file__), "tree.json")


def load_tree(path: str = TREE_PATH) -> Tree:
    """Return the tree in the file at `path`."""
    with open(path, "rb") as file:
        tree: Tree = json.load(file)
    return tree
