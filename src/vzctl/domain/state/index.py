"""Look-up tables over one state, built once where a view would otherwise search lists again and again."""

from __future__ import annotations

import re
from collections import defaultdict
from functools import cached_property
from typing import Final

from vzctl.domain.state.records import Credential, Database, Dependent, RetiredCredential, Rotation, Version
from vzctl.domain.state.revocation import revoked_versions
from vzctl.domain.state.state import State


class Index:
    """Dictionaries over a `State`: linear to build, constant to ask."""

    def __init__(self, state: State) -> None:
        self.state = state
        self.databases: dict[str, Database] = {item.id: item for item in state.databases}
        self.credentials: dict[str, Credential] = {item.name: item for item in state.credentials}
        self.dependents_of_credential: defaultdict[str, list[Dependent]] = defaultdict(list)
        self.dependents_in_database: defaultdict[str, list[Dependent]] = defaultdict(list)
        for dependant in state.dependants():
            self.dependents_in_database[dependant.database].append(dependant)
            if dependant.credential is not None:
                self.dependents_of_credential[dependant.credential].append(dependant)
        self.open_rotations: dict[str, Rotation] = {item.credential: item for item in state.rotations if item.is_open}
        self._display_names: dict[str, str] | None = None

    @cached_property
    def revoked(self) -> frozenset[str]:
        """The versions that are revoked at their provider."""
        return revoked_versions(self.state)

    @cached_property
    def owned_versions(self) -> dict[tuple[str, str], tuple[Credential | RetiredCredential, Version]]:
        """Every version with its owner, live or retired, by the ids of both."""
        return {(owner.id, version.id): (owner, version) for owner, version in self.state.versions()}

    @cached_property
    def users_of_key(self) -> defaultdict[str, list[str]]:
        """The names of the live credentials whose key in force has this fingerprint."""
        users: defaultdict[str, list[str]] = defaultdict(list)
        for credential in self.state.credentials:
            version = credential.current_version
            if version is not None and version.fingerprint is not None:
                users[version.fingerprint].append(credential.name)
        return users

    def credentials_in_scope(self, database_id: str) -> list[Credential]:
        """Return the credentials whose scope holds the database."""
        return [item for item in self.state.credentials if any(entry.database == database_id for entry in item.scope)]

    def database_name(self, database_id: str) -> str:
        """Return the shortest text that names the database without doubt: `name`, `name@region` or its id."""
        if self._display_names is None:
            self._display_names = display_names(self.state.databases)
        return self._display_names.get(database_id, database_id)

    def address(self, dependant: Dependent) -> str:
        """Return `DB/KEYSPACE/COLLECTION` or `DB/KEYSPACE/TABLE.COLUMN`."""
        return f"{self.database_name(dependant.database)}/{dependant.keyspace}/{dependant.local_name}"


_ONE_WORD: Final = re.compile(r"[\w.,:@%+=][\w.,:@%+=-]*")
"""What a shell takes as it is. Other names may come from outside, and commands with them are copied into a shell."""


def display_names(databases: tuple[Database, ...]) -> dict[str, str]:
    """Map each database id to `name` when that is unique and one word, else `name@region` when that is, else the id."""
    by_name: defaultdict[str, int] = defaultdict(int)
    by_region: defaultdict[tuple[str, str | None], int] = defaultdict(int)
    for database in databases:
        by_name[database.name] += 1
        by_region[database.name, database.region] += 1
    names: dict[str, str] = {}
    for database in databases:
        regional = f"{database.name}@{database.region}"
        # Some other database may be named like this one with its region: a name that reality allows, and vzctl does not.
        is_regional = database.region is not None and by_region[database.name, database.region] == 1
        if by_name[database.name] == 1 and _ONE_WORD.fullmatch(database.name):
            names[database.id] = database.name
        elif is_regional and regional not in by_name and _ONE_WORD.fullmatch(regional):
            names[database.id] = regional
        else:
            names[database.id] = database.id
    return names
