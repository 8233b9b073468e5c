"""What a map is made of: provider → credential → database → collection or column. The machine contract of `vzctl map`."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from typing import ClassVar

from vzctl.command import Command
from vzctl.usecases.outcome import Columns
from vzctl.usecases.views import DatabaseRef


@dataclass(frozen=True, slots=True)
class MapDependent:
    """A collection or column; `problems` are sentences about what is wrong with it."""

    kind: str
    address: str
    keyspace: str
    name: str
    model: str | None
    dimension: int | None
    observed_at: datetime | None
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MapDatabase:
    """A database below a branch, with what uses the branch there.

    `in_scope` is None where there is no credential and so no scope; `evidence` and `removal_wanted` are those of the
    scope entry, on the `astra` plane.
    """

    database: DatabaseRef
    region: str | None
    status: str | None
    in_scope: bool | None
    evidence: str | None
    removal_wanted: bool
    dependants: tuple[MapDependent, ...]


@dataclass(frozen=True, slots=True)
class MapCredential:
    """A credential with its age and its blast radius: the databases in its scope, those in use, and the dependants."""

    id: str
    name: str
    age_days: int | None
    max_age_days: int
    due: bool
    scope_count: int
    used_database_count: int
    dependant_count: int
    secret_held: bool
    keys_to_revoke: int
    leaked: bool
    rotation_step: str | None
    rotation_past_no_return: bool
    evidence: str | None
    removal_wanted: bool
    problems: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class MapBranch:
    """How databases reach a provider.

    `kind` is `credential`; `missing`, where dependants hold the name of a credential that does not exist; `header`, where
    clients send the key; or `none`, where no key is needed. `name` is the credential's name in the first two.
    """

    kind: str
    name: str | None
    credential: MapCredential | None
    databases: tuple[MapDatabase, ...]


@dataclass(frozen=True, slots=True)
class MapProvider:
    """A provider with its branches; without an id it stands for what has no vectorize.

    `hosting` is `external`, `astra-hosted`, `unknown` to the catalogue, or `none`.
    """

    id: str | None
    display_name: str
    hosting: str
    enabled: bool
    evidence: str | None
    removal_wanted: bool
    branches: tuple[MapBranch, ...]


@dataclass(frozen=True, slots=True)
class MapPlace:
    """One database of the organization: how many credentials may be used in it, and how many dependants are in it."""

    id: str
    name: str
    region: str | None
    status: str
    gone_since: datetime | None
    credential_count: int
    dependant_count: int


@dataclass(frozen=True, slots=True)
class MapProblem:
    """One broken rule, with the command that helps."""

    code: str
    subject: str
    message: str
    command: Command


@dataclass(frozen=True, slots=True)
class MapCounts:
    """The map in numbers. `wanted` and `attested` count what nobody has seen yet, on the `astra` plane."""

    providers: int
    credentials: int
    databases: int
    collections: int
    columns: int
    keys_due: int
    open_rotations: int
    keys_to_revoke: int
    problems: int
    wanted: int
    attested: int


@dataclass(frozen=True, slots=True)
class Drawing:
    """The map drawn as a tree, as Mermaid or as an HTML page: the text itself, or the file it was written to."""

    format: str
    path: str | None
    size: int
    text: str | None

    @property
    def raw_text(self) -> str | None:
        """What is printed as it is, in no table."""
        return self.text


@dataclass(frozen=True, slots=True)
class MapRow:
    """One path through the map for a line of plain text; what the path does not reach is empty."""

    provider: str | None = None
    authentication: str | None = None
    credential: str | None = None
    database: str | None = None
    database_id: str | None = None
    in_scope: bool | None = None
    kind: str | None = None
    address: str | None = None
    age_days: int | None = None
    due: bool | None = None
    rotation: str | None = None
    evidence: str | None = None
    problems: tuple[str, ...] = ()

    columns: ClassVar[Columns] = (
        ("PROVIDER", "provider"),
        ("AUTHENTICATION", "authentication"),
        ("CREDENTIAL", "credential"),
        ("DATABASE", "database"),
        ("DATABASE ID", "database_id"),
        ("IN SCOPE", "in_scope"),
        ("KIND", "kind"),
        ("ADDRESS", "address"),
        ("AGE", "age_days"),
        ("DUE", "due"),
        ("ROTATION", "rotation"),
        ("EVIDENCE", "evidence"),
        ("PROBLEMS", "problems"),
    )


@dataclass(frozen=True, slots=True)
class MapRows:
    """The map for a script that reads lines."""

    paths: tuple[MapRow, ...]


@dataclass(frozen=True, slots=True)
class Map:
    """The whole organization. `databases` has all of them, those that no credential reaches too."""

    organization: str
    control_plane: str
    serial: int
    made_at: datetime
    counts: MapCounts
    providers: tuple[MapProvider, ...]
    databases: tuple[MapPlace, ...]
    problems: tuple[MapProblem, ...]
    drawing: Drawing | None = None

    @property
    def without_credential(self) -> tuple[MapPlace, ...]:
        """Databases in no credential's scope."""
        return tuple(item for item in self.databases if not item.credential_count)

    @property
    def plain_data(self) -> Drawing | MapRows:
        """The drawing, or a row for each path."""
        return self.drawing if self.drawing is not None else MapRows(tuple(self._rows()))

    def _rows(self) -> Iterator[MapRow]:
        """Yield every path from a provider as far as it goes, then the databases that no credential reaches."""
        for provider in self.providers:
            if not provider.branches:
                yield _row(provider)
            for branch in provider.branches:
                if not branch.databases:
                    yield _row(provider, branch)
                for database in branch.databases:
                    if not database.dependants:
                        yield _row(provider, branch, database)
                    for dependant in database.dependants:
                        yield _row(provider, branch, database, dependant)
        for place in self.without_credential:
            yield MapRow(database=place.name, database_id=place.id)


def _row(
    provider: MapProvider,
    branch: MapBranch | None = None,
    database: MapDatabase | None = None,
    dependant: MapDependent | None = None,
) -> MapRow:
    credential = branch.credential if branch is not None else None
    nearest = database if database is not None else credential if credential is not None else provider
    return MapRow(
        provider=provider.id,
        authentication=branch.kind if branch is not None else None,
        credential=branch.name if branch is not None else None,
        database=database.database.name if database is not None else None,
        database_id=database.database.id if database is not None else None,
        in_scope=database.in_scope if database is not None else None,
        kind=dependant.kind if dependant is not None else None,
        address=dependant.address if dependant is not None else None,
        age_days=credential.age_days if credential is not None else None,
        due=credential.due if credential is not None else None,
        rotation=credential.rotation_step if credential is not None else None,
        evidence="removal wanted" if nearest.removal_wanted else nearest.evidence,
        problems=dependant.problems if dependant is not None else credential.problems if credential is not None else (),
    )
