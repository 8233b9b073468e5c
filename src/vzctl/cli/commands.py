"""The commands of the root, by name. Each is imported and its parser built when it is asked for, not before.

Building the 96 parsers takes 81 ms, one of them 5 ms; the start before it 68 ms (Python 3.11, 2 cores). One command line needs
one of them.
`vzctl --help` needs none: it shows the summaries of this table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from copy import copy
from functools import partial
from importlib import import_module
from typing import Any, Final

import typer
from typer.models import CommandInfo

SUMMARIES: Final = {
    "init": "Create the state file.",
    "status": "Show one screen: counts, ages, open rotations, pending steps, keys to revoke, problems.",
    "sync": "Compare what is really there with the state: show the drift, then record it.",
    "map": "Show what hangs together: provider, credential, database, collection and column.",
    "diff": "Compare this state with another one, by name.",
    "audit": "Show who changed what, when.",
    "completion": "Print the completion script of a shell.",
    "help": "Explain a topic: environment, exit-codes or git; or a command.",
    "providers": "The catalogue: models, dimensions, parameters, authentication.",
    "integrations": "Providers that are enabled in the organization.",
    "credentials": "Named keys of the integrations: add, rotate, find, remove.",
    "scope": "The databases that may use a credential.",
    "databases": "Databases that exist, and what may be used in them.",
    "collections": "Collections; each is locked for life to one integration and one credential.",
    "tables": "Vector columns of tables; their integration and credential may change at any time.",
    "rotations": "Rotations that were begun: look, go on, take back.",
    "revocations": "Old keys that still have to be revoked at their provider.",
    "pending": "What a person still has to do at the Astra Portal.",
    "probe": "Find out by experiment why no vectors are made: Astra's side or the provider's.",
    "diagnose": "Tell whose fault an error is: Astra's side, the provider's, or not decidable.",
    "explain": "Explain an error code of the Data API: its side, what it means, what to do.",
    "state": "The state file: where it is, whether it is sound, its backups.",
    "serve": "The credential service that a self-hosted Data API asks.",
    "secrets": "The secret store: its identity, its secrets, the Astra token.",
    "support": "What to send along when vzctl itself goes wrong.",
}
"""In the order in which help shows them. The module of a command has its name."""

_MODULES: Final = {"help": "help_topics"}


class Commands(Mapping[str, Any]):
    """Click's commands by name, each made when it is first asked for."""

    def __init__(self, makers: Mapping[str, Callable[[], Any]]) -> None:
        self._makers = makers
        self._made: dict[str, Any] = {}

    def __getitem__(self, name: str) -> Any:
        if name not in self._made:
            self._made[name] = self._makers[name]()
        return self._made[name]

    def __contains__(self, name: object) -> bool:
        return name in self._makers

    def __iter__(self) -> Iterator[str]:
        return iter(self._makers)

    def __len__(self) -> int:
        return len(self._makers)


def root_commands() -> Commands:
    """Return the commands of the root: nouns, and commands that have none."""
    return Commands({name: partial(_load, name) for name in SUMMARIES})


def _load(name: str) -> Any:
    """Return a noun's group, whose verbs are made when they are asked for, or the command without a noun."""
    app: typer.Typer = import_module(f"vzctl.cli.{_MODULES.get(name, name)}").app
    verbs = {str(info.name): partial(_make, info) for info in app.registered_commands}
    return verbs[name]() if name in verbs else _group(app)


def _group(app: typer.Typer) -> Any:
    """Return a noun's group; a noun inside it, such as the tokens of databases, is one of its commands."""
    makers: dict[str, Callable[[], Any]] = {str(info.name): partial(_make, info) for info in app.registered_commands}
    makers |= {
        str(info.typer_instance.info.name): partial(_group, info.typer_instance)
        for info in app.registered_groups
        if info.typer_instance is not None
    }
    empty = copy(app)
    empty.registered_commands, empty.registered_groups = [], []
    group: Any = typer.main.get_group(empty)
    group.commands = Commands(makers)
    return group


def _make(info: CommandInfo) -> Any:
    return typer.main.get_command_from_info(info, pretty_exceptions_short=True, rich_markup_mode=None)
