"""Answers of Astra and of a Data API, put together to one observation. Their order does not matter."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from typing import Final, TypeVar

from vzctl.answers.answer import Answer, CollectionsAnswer, DatabasesAnswer, ProvidersAnswer, TablesAnswer
from vzctl.answers.fields import place_name_fault
from vzctl.answers.recognition import read_answer
from vzctl.command import suggest
from vzctl.domain.drift.comparison import find_drift
from vzctl.domain.drift.databases import is_other_organization
from vzctl.domain.drift.differences import SyncOptions
from vzctl.domain.drift.observation import (
    DatabasesSeen,
    KeyspaceSeen,
    Kind,
    Observation,
    ObservedDatabase,
    ProvidersSeen,
    Remark,
)
from vzctl.domain.state.address import find_database
from vzctl.domain.state.names import refuse_secret_as_name
from vzctl.domain.state.state import State
from vzctl.errors import AstraError, ConflictError, UsageError

PAGE_SIZES: Final = frozenset({25, 50, 100})
"""Sizes of a full page of the DevOps API: the one it has by default, the one that clients ask for, and the largest."""

T = TypeVar("T")


@dataclass(frozen=True, slots=True)
class AnswerFile:
    """The bytes of one file, and its name as it was given."""

    source: str
    data: bytes


@dataclass(frozen=True, slots=True)
class Sources:
    """What to observe with: answers, and where the contents among them are from."""

    files: Sequence[AnswerFile]
    database: str | None = None
    keyspace: str | None = None
    other_organization: bool = False
    whole_list: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class LiveSources:
    """Where to look without files: everywhere, or in one database or keyspace. `wake`: also where that wakes a database."""

    database: str | None = None
    keyspace: str | None = None
    jobs: int = 8
    wake: bool = False
    other_organization: bool = False
    whole_list: bool = False


class AnswerKind(StrEnum):
    """The answers that a sync reads."""

    DATABASES = "databases"
    PROVIDERS = "findEmbeddingProviders"
    COLLECTIONS = "findCollections"
    TABLES = "listTables"


@dataclass(frozen=True, slots=True)
class AnswerSummary:
    """One answer, as much of it as is told: where it came from, what it is, how much is in it and whether it goes on.

    `place` is the database and the keyspace of contents.
    """

    source: str
    kind: AnswerKind
    count: int
    place: tuple[str, str] | None = None
    has_more: bool = False

    @classmethod
    def of(cls, source: str, answer: Answer, place: tuple[str, str] | None = None) -> AnswerSummary:
        """Return what is told of an answer; the answer itself is not kept."""
        if isinstance(answer, DatabasesAnswer):
            return cls(source, AnswerKind.DATABASES, answer.size)
        if isinstance(answer, ProvidersAnswer):
            return cls(source, AnswerKind.PROVIDERS, len(answer.providers))
        if isinstance(answer, CollectionsAnswer):
            return cls(source, AnswerKind.COLLECTIONS, len(answer.collections), place, answer.has_more)
        return cls(source, AnswerKind.TABLES, len(answer.columns), place, answer.has_more)


@dataclass(frozen=True, slots=True)
class Coverage:
    """A place of which the contents were wanted. `reason` is why it was not looked at, in words; `failed`: it went wrong.

    `is_scope`: it is about which credentials a database can use, and what is said is that this cannot be seen.
    """

    place: str
    reason: str | None = None
    failed: bool = False
    is_scope: bool = False


@dataclass(frozen=True, slots=True)
class Observed:
    """The observation, the answers that it was made of and, where the databases themselves were asked, how far that went."""

    observation: Observation
    answers: tuple[AnswerSummary, ...]
    coverage: tuple[Coverage, ...] = ()
    is_live: bool = False


def observe(state: State, sources: Sources, options: SyncOptions) -> Observed:
    """Read the files and return what they show; raise when one is no answer, or of another organization."""
    answers = tuple((item.source, read_answer(item.data, item.source)) for item in sources.files)
    databases = _databases(state, [(source, item) for source, item in answers if isinstance(item, DatabasesAnswer)])
    if databases is not None and sources.other_organization:
        databases = replace(databases, is_whole=False)
    elif databases is not None:
        require_own_organization(state, databases)
        # Nobody prunes with a file by chance: it was chosen, and what is lost has to be confirmed.
        databases = doubted(state, databases, believe=sources.whole_list or options.prune)
    observation = Observation(
        databases=databases,
        providers=_providers([(source, item) for source, item in answers if isinstance(item, ProvidersAnswer)]),
        remarks=tuple(dict.fromkeys(remark for _, item in answers for remark in _remarks(item))),
    )
    contents = [(source, item) for source, item in answers if isinstance(item, (CollectionsAnswer, TablesAnswer))]
    place = _place(state, observation, contents, sources, options)
    if place is not None:
        where = f"{sources.database}/{sources.keyspace}"
        observation = replace(
            observation,
            keyspaces=(_keyspace(contents, *place),),
            remarks=tuple(_located(remark, contents, where) for remark in observation.remarks),
        )
    return Observed(observation, tuple(AnswerSummary.of(source, item, place) for source, item in answers))


def _remarks(answer: Answer) -> tuple[Remark, ...]:
    return () if isinstance(answer, ProvidersAnswer) else answer.remarks


def _located(remark: Remark, contents: Sequence[tuple[str, Answer]], place: str) -> Remark:
    """Return a remark about a collection or column with the whole address for its subject."""
    is_content = any(remark in _remarks(answer) for _, answer in contents)
    return replace(remark, subject=f"{place}/{remark.subject}") if is_content else remark


def _databases(state: State, answers: Sequence[tuple[str, DatabasesAnswer]]) -> DatabasesSeen | None:
    """Return the pages as one list. It is whole when one of them is not full: that is the last one.

    One database alone is no list, in brackets or without; after a full page it is the rest of one.
    """
    if not answers:
        return None
    found: dict[str, ObservedDatabase] = {}
    for source, answer in answers:
        for item in answer.databases:
            if found.setdefault(item.id, item) != item:
                raise _disagree(source, f"the database {item.id}")
    pages = [answer.size for _, answer in answers if answer.is_page]
    if state.is_local:
        found = {item.id: replace(item, endpoint=None) for item in found.values()}
    return DatabasesSeen(
        databases=tuple(sorted(found.values(), key=lambda item: item.id)),
        unreadable=frozenset().union(*(answer.unreadable for _, answer in answers)),
        organizations=frozenset().union(*(answer.organizations for _, answer in answers)),
        is_whole=bool(found) and any(_is_last(size, pages) for size in pages),
    )


def _is_last(size: int, pages: Sequence[int]) -> bool:
    if size == 1:
        return any(other in PAGE_SIZES for other in pages)
    return size > 0 and size not in PAGE_SIZES


def _providers(answers: Sequence[tuple[str, ProvidersAnswer]]) -> ProvidersSeen | None:
    chosen = _same([(source, item.providers) for source, item in answers], "embedding providers")
    return None if chosen is None else ProvidersSeen(tuple(sorted(chosen, key=lambda item: item.id)))


def _place(
    state: State,
    observation: Observation,
    contents: Sequence[tuple[str, Answer]],
    sources: Sources,
    options: SyncOptions,
) -> tuple[str, str] | None:
    """Return the database's id and the keyspace of the contents; answers do not carry them. A new database counts."""
    database, keyspace = sources.database, sources.keyspace
    if not contents:
        if database is not None or keyspace is not None:
            raise UsageError(
                "--database and --keyspace go with an answer of findCollections or listTables; there is none",
                code="PLACE_UNUSED",
            )
        return None
    missing = [flag for flag, text in (("--database DB", database), ("--keyspace KEYSPACE", keyspace)) if not text]
    if missing or not database or not keyspace:
        raise UsageError(
            f'"{contents[0][0]}" does not say where it is from: give {" and ".join(missing)}',
            code="PLACE_MISSING",
            next_steps=(suggest("databases list", comment="the databases that are recorded"),),
        )
    refuse_secret_as_name(keyspace)
    if place_name_fault(keyspace) is not None:
        raise UsageError(f"{keyspace[:60]!a} cannot be a keyspace", code="PLACE_INVALID")
    with_new = find_drift(state, Observation(databases=observation.databases), replace(options, prune=False)).after
    return find_database(with_new, database).id, keyspace


def _keyspace(contents: Sequence[tuple[str, Answer]], database: str, keyspace: str) -> KeyspaceSeen:
    collections = [(source, item) for source, item in contents if isinstance(item, CollectionsAnswer)]
    tables = [(source, item) for source, item in contents if isinstance(item, TablesAnswer)]
    found = _same([(source, item.collections) for source, item in collections], "the collections of one keyspace")
    columns = _same([(source, item.columns) for source, item in tables], "the tables of one keyspace")
    both: list[CollectionsAnswer | TablesAnswer] = [item for _, item in collections]
    both += [item for _, item in tables]
    return KeyspaceSeen(
        database=database,
        keyspace=keyspace,
        collections=found,
        columns=columns,
        unreadable=frozenset().union(*(item.unreadable for item in both)),
        is_whole=not any(item.has_more for item in both),
    )


def _same(answers: Sequence[tuple[str, tuple[T, ...]]], what: str) -> tuple[T, ...] | None:
    """Return the rows of an answer that may be given twice, but not as two different ones."""
    for source, rows in answers:
        if rows != answers[0][1]:
            raise _disagree(source, what)
    return answers[0][1] if answers else None


def _disagree(source: str, what: str) -> UsageError:
    return UsageError(
        f'"{source}" and another file disagree about {what}: ask anew; nothing was changed',
        code="ANSWER_DUPLICATE",
        next_steps=(suggest("sync", help=True, comment="which answers go together"),),
    )


def require_own_organization(state: State, seen: DatabasesSeen) -> None:
    """Refuse databases of which this state knows none, or that belong to several organizations: the wrong token."""
    step = suggest("databases list", comment="the databases of this organization")
    again = "; give --other-organization if that is right"
    if len(seen.organizations) > 1:
        raise ConflictError(
            f"the databases belong to {len(seen.organizations)} organizations, a state to one{again}",
            code="OTHER_ORGANIZATION",
            next_steps=(step,),
        )
    if is_other_organization(state, seen):
        raise ConflictError(
            f'none of the databases is one of "{state.organization.name}": this looks like another organization{again}',
            code="OTHER_ORGANIZATION",
            next_steps=(step,),
        )


def doubted(state: State, seen: DatabasesSeen, *, believe: bool) -> DatabasesSeen:
    """Return the list so that the absence of databases from it says nothing, when it lacks most of those that are recorded.

    That is how the list of a token looks of which the role sees some databases only, and nothing in it says so. An empty one is
    never believed.
    """
    if state.is_local or (seen.ids and (believe or not seen.is_whole)):
        return seen
    ids = seen.ids
    expected = [item.id for item in state.databases if item.gone_since is None]
    missing = sum(item not in ids for item in expected)
    return replace(seen, is_whole=False, doubted=missing) if missing * 2 > len(expected) else seen


def read_live(ask: Callable[[], T]) -> T:
    """Read an answer. One of a wrong form is a mistake of the other side here, not of a person's file."""
    try:
        return ask()
    except UsageError as error:
        message = error.message.removesuffix("; nothing was changed")
        raise AstraError(message, code="ASTRA_UNEXPECTED_ANSWER") from error


KIND_NAMES: Final = {**{item.value: item for item in Kind}, "tables": Kind.COLUMNS}
"""What `--only` takes."""
