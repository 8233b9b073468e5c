"""What a text says it is about: which database, credential, collection or table of a state it names.

Only names that the state has are looked for, and names behind a word that announces one. A name that two things share, or
two names in one text, are no clue: a wrong one would send a person to the wrong place.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final, TypeVar

from vzctl.domain.masking.redaction import looks_like_secret, redacted
from vzctl.domain.pattern import Pattern
from vzctl.domain.state.index import Index
from vzctl.domain.state.names import name_fault, strip_data_api_suffix
from vzctl.domain.state.records import Credential, Database, Dependent

T = TypeVar("T")

_UUID: Final = Pattern(r"(?<![0-9A-Za-z])[0-9a-fA-F]{8}(?:-[0-9a-fA-F]{4}){3}-[0-9a-fA-F]{12}(?![0-9A-Za-z])")
_DATABASE: Final = Pattern(r"(?i)\bdatabase(?:[ _]?name)?[\"']?\s{0,3}[:=]?\s{0,3}[\"'`]([^\"'`\n]{1,80})[\"'`]")
_ADDRESS: Final = Pattern(r"(?i)https?://([a-z0-9._-]{1,253}(?::\d{1,5})?)")
_CREDENTIAL: Final = Pattern(
    r"(?i)\bcredentials?(?:[ _]?name)?[\"']?\s{0,3}(?:[:=]|named|is)?\s{0,3}[\"'`]([A-Za-z0-9][A-Za-z0-9._-]{0,79})[\"'`]"
    r"|\bprovider_?key[\"']?\s{0,3}[:=]\s{0,3}[\"']?([A-Za-z0-9][A-Za-z0-9._-]{0,79})"
    r"|/creds/([A-Za-z0-9][A-Za-z0-9._-]{0,79})"
)
_PLACE: Final = Pattern(
    r"(?i)\b(?:collection|table)(?:[ _]?name)?[\"']?\s{0,3}[:=]?\s{0,3}[\"'`]?([A-Za-z]\w{0,79})"
    r"|/v1/\w{1,80}/(\w{1,80})"
)
_TOKEN: Final = Pattern(r"(?<![\w.-])[A-Za-z0-9][A-Za-z0-9._-]{3,79}")
_MARKS: Final = frozenset("-_.0123456789")


@dataclass(frozen=True, slots=True)
class Clues:
    """What a text is about, as far as the state tells: each is None when nothing, or more than one thing, is named.

    `name` is a credential's name as the text has it, whether the state has it or not. `is_assumed`: the text names no
    credential, but only this one can be meant.
    """

    database: Database | None = None
    name: str | None = None
    credential: Credential | None = None
    dependant: Dependent | None = None
    is_assumed: bool = False


class ClueReader:
    """Looks for the names of one state; built once, asked for every text."""

    def __init__(self, index: Index) -> None:
        self._index = index
        self._by_folded: dict[str, Credential] = {
            name.casefold(): item for name, item in index.credentials.items() if _MARKS.intersection(name)
        }
        self._by_name: defaultdict[str, list[Database]] = defaultdict(list)
        self._by_host: defaultdict[str, list[Database]] = defaultdict(list)
        for database in index.databases.values():
            self._by_name[database.name].append(database)
            found = _ADDRESS.compiled.match(database.endpoint or "")
            if found:
                self._by_host[found[1].lower()].append(database)
        self._by_place: defaultdict[str, list[Dependent]] = defaultdict(list)
        for dependant in index.state.dependants():
            self._by_place[dependant.local_name.partition(".")[0]].append(dependant)

    def read(self, text: str, hint: Database | None) -> Clues:
        """Return what `text` is about; `hint` is the database that the caller names, for a text that names none."""
        database = _only(self._databases(text))
        name = self._credential_name(text)
        dependant = self._dependant(text, database or hint)
        if database is None:
            database = hint or (self._index.databases.get(dependant.database) if dependant is not None else None)
        if name is None and dependant is not None:
            name = dependant.credential
        return Clues(database, name, self._index.credentials.get(name) if name is not None else None, dependant)

    def _databases(self, text: str) -> Iterable[Database]:
        for found in _UUID.compiled.findall(text):
            database = self._index.databases.get(found.lower())
            if database is not None:
                yield database
        for found in _ADDRESS.compiled.findall(text):
            yield from self._by_host.get(found.lower(), ())
        for found in _DATABASE.compiled.findall(text):
            yield from self._by_name.get(found, ())

    def _credential_name(self, text: str) -> str | None:
        labelled = {
            strip_data_api_suffix(next(group for group in found.groups() if group).rstrip("."))
            for found in _CREDENTIAL.compiled.finditer(text)
        }
        labelled = {name for name in labelled if _is_a_name(name)}
        if labelled:
            return _only(labelled)
        tokens = (strip_data_api_suffix(found.rstrip(".")) for found in _TOKEN.compiled.findall(text))
        return _only({token for token in tokens if token.casefold() in self._by_folded})

    def _dependant(self, text: str, database: Database | None) -> Dependent | None:
        names = {group for found in _PLACE.compiled.finditer(text) for group in found.groups() if group}
        found = [item for name in names for item in self._by_place.get(name, ())]
        return _only([item for item in found if database is None or item.database == database.id])


def _is_a_name(name: str) -> bool:
    """Whether it can be a credential's name and nothing in it looks like a key: it will be shown."""
    return name_fault(name) is None and not looks_like_secret(name) and redacted(name) == name


def _only(items: Iterable[T]) -> T | None:
    """Return the one thing that is named, however often, or None."""
    found: list[T] = []
    for item in items:
        if item not in found:
            found.append(item)
        if len(found) > 1:
            return None
    return found[0] if found else None
