"""What a state adds to a verdict: whether the name matches, the scope holds the database, something changed minutes ago.

A text says what failed; the state says why, and with which names. It may turn the cause, and for a key that was replaced
minutes ago the side: the old one that a cache still sends looks exactly like a bad new one. It turns the side only where the
Data API says that the provider answered, and only for a credential that the text names, or of a provider that the text proves.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Callable
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Final

from vzctl.command import NextStep, suggest
from vzctl.domain.diagnosis.advice import ACCESS, KEY, Advised, advised, general, is_of_hosted, noted, propagating
from vzctl.domain.diagnosis.causes import causes
from vzctl.domain.diagnosis.clues import ClueReader, Clues
from vzctl.domain.diagnosis.engine import Verdict
from vzctl.domain.diagnosis.rules_self_hosted import ways_on
from vzctl.domain.diagnosis.self_hosted import OLD_KEY_REMEMBERED, OldKeyUsers, SelfHosted
from vzctl.domain.rules import display_name, listed
from vzctl.domain.state.index import Index
from vzctl.domain.state.names import nearest
from vzctl.domain.state.records import (
    Authentication,
    Credential,
    Database,
    Dependent,
    Evidence,
    Rotation,
    ScopeEntry,
    Step,
)
from vzctl.domain.state.state import State

SETTLED_AFTER: Final = timedelta(minutes=10)
"""Nobody publishes how long a change takes to be in force everywhere; a cache of the Data API keeps a key for 5 minutes."""


class StateContext:
    """One state at one moment, ready to be asked about many texts."""

    def __init__(self, state: State, now: datetime, users_of_old_key: OldKeyUsers | None = None) -> None:
        self._index = Index(state)
        self._self_hosted = SelfHosted(self._index, now, users_of_old_key) if state.is_local else None
        self._reader = ClueReader(self._index)
        self._now = now
        self._by_provider: defaultdict[str, list[Credential]] = defaultdict(list)
        for credential in state.credentials:
            self._by_provider[credential.provider].append(credential)

    def database_name(self, database: Database) -> str:
        """Return the shortest text that names the database without doubt."""
        return self._index.database_name(database.id)

    def clues(self, text: str, hint: Database | None) -> Clues:
        """Return what the text is about."""
        return self._reader.read(text, hint)

    def enrich(self, verdict: Verdict, clues: Clues) -> Advised:
        """Return the verdict as the state sees it, with exact commands."""
        provider = self._provider_of(verdict, clues)
        if provider is not None and provider != verdict.provider and verdict.side != "unknown":
            verdict = replace(verdict, provider=provider)
        own = self._of_own_service(verdict, clues)
        if own is not None:
            return own
        if is_of_hosted(verdict):
            return advised(verdict)
        if verdict.side == "astra" and verdict.cause in ACCESS:
            return _first(
                verdict,
                clues,
                provider,
                self._rotating,
                self._by_header,
                self._misnamed,
                self._unanswered,
                self._scoped,
                self._without_credential,
            )
        if verdict.side == "provider" and verdict.cause in KEY:
            return _first(
                verdict,
                self._meant(verdict, clues, provider),
                provider,
                self._rotating,
                self._stale,
                self._replaced,
                self._bad_key,
            )
        if clues.database is not None and verdict.cause in ("db_hibernated", "astra_unavailable"):
            return self._of_database(verdict, clues.database)
        return advised(verdict)

    def _of_own_service(self, verdict: Verdict, clues: Clues) -> Advised | None:
        """Return what is known of the credential service that an own Data API asks, where names explain nothing."""
        way_on = ways_on().get(verdict.rule)
        kind = way_on.kind if way_on is not None else None
        if kind == "failure" and self._self_hosted is None:
            return advised(verdict, is_own=False)
        if kind == "refusal" or (kind == "failure" and verdict.cause not in ACCESS):
            database = self.database_name(clues.database) if clues.database is not None else None
            return advised(verdict, credential=clues.name, database=database)
        return self._self_hosted.refused_connection(verdict) if self._self_hosted is not None else None

    def _unanswered(self, verdict: Verdict, clues: Clues, _provider: str | None) -> Advised | None:
        return self._self_hosted.empty_answer(verdict, clues) if self._self_hosted is not None else None

    def _stale(self, verdict: Verdict, clues: Clues, _provider: str | None) -> Advised | None:
        return self._self_hosted.stale_cache(verdict, clues) if self._self_hosted is not None else None

    def _provider_of(self, verdict: Verdict, clues: Clues) -> str | None:
        """Return the provider that the text proves, or else that of what it names in the state: a guess is neither."""
        if verdict.provider is not None and verdict.is_provider_certain:
            return verdict.provider
        if clues.credential is not None:
            return clues.credential.provider
        return clues.dependant.provider if clues.dependant is not None else None

    def _meant(self, verdict: Verdict, clues: Clues, provider: str | None) -> Clues:
        """Return the clues with the only credential that can be meant, and without one of another provider.

        A provider that was called directly says nothing about what the Data API sends, so that none is assumed.
        """
        if clues.credential is not None and provider != clues.credential.provider:
            return replace(clues, name=None, credential=None)
        if clues.name is not None or provider is None or not verdict.is_passed_on:
            return clues
        usable = self._usable(provider, clues.database)
        if len(usable) != 1:
            return clues
        return replace(clues, name=usable[0].name, credential=usable[0], is_assumed=True)

    def _usable(self, provider: str, database: Database | None) -> list[Credential]:
        return [
            item
            for item in self._by_provider.get(provider, ())
            if database is None or any(entry.database == database.id for entry in item.scope)
        ]

    def _of_database(self, verdict: Verdict, database: Database) -> Advised:
        general = advised(verdict)
        name = self.database_name(database)
        return replace(
            general,
            verdict=noted(verdict, f'the database "{name}" was last recorded as {database.status}'),
            steps=(suggest("databases show", name, comment="what is recorded of it"),),
        )

    def _rotating(self, verdict: Verdict, clues: Clues, _provider: str | None) -> Advised | None:
        rotation = self._index.open_rotations.get(clues.credential.id) if clues.credential is not None else None
        if rotation is None or clues.credential is None:
            return None
        name = clues.credential.name
        steps = (suggest("rotations resume", name, comment="finish the rotation"),)
        seen = noted(verdict, f'a rotation of "{name}" is open at step {rotation.step.value}')
        if not _may_explain(rotation):
            return replace(advised(seen), steps=(*steps, *general(seen)))
        text = (
            f'A rotation of "{name}" is under way and stands at {rotation.step.value}: until it is finished, calls with '
            "this credential fail."
        )
        return Advised(replace(seen, explanation=text, rule="state.rotation-open"), "Finish the rotation.", steps)

    def _by_header(self, verdict: Verdict, clues: Clues, _provider: str | None) -> Advised | None:
        dependant = clues.dependant
        if dependant is None or dependant.authentication is not Authentication.HEADER:
            return None
        seen = noted(verdict, f'"{self._index.address(dependant)}" takes the key from a header of each request')
        return Advised(
            replace(seen, rule="state.header"),
            "Send the key in the header `x-embedding-api-key` with each request: no credential or scope is to blame.",
            (_show(dependant, self._index.address(dependant)),),
        )

    def _misnamed(self, verdict: Verdict, clues: Clues, provider: str | None) -> Advised | None:
        if clues.name is None or clues.credential is not None:
            return None
        names = list(self._index.credentials)
        case = next((name for name in names if name.casefold() == clues.name.casefold()), None)
        near = [case] if case is not None else list(nearest(clues.name, names))
        if near:
            how = "differs only in case" if case is not None else "is the nearest"
            seen = noted(verdict, f'there is no credential "{clues.name}"; "{near[0]}" {how}')
            return Advised(
                replace(seen, cause="credential_not_found", confidence="high", rule="state.name"),
                f'Use exactly the name "{near[0]}" where the call, the collection or the column says "{clues.name}".',
                (suggest("credentials show", near[0], comment="its provider and its scope"),),
            )
        owner = provider or "PROVIDER"
        scope = self.database_name(clues.database) if clues.database is not None else None
        add = suggest("credentials add", clues.name, provider=owner, scope=scope, comment="add it")
        seen = noted(verdict, f'there is no credential "{clues.name}", and none is named like it')
        return Advised(
            replace(seen, cause="credential_not_found", rule="state.name"),
            "Add the credential under exactly this name, or use one that exists.",
            (add, suggest("credentials list", comment="the names that exist")),
        )

    def _scoped(self, verdict: Verdict, clues: Clues, _provider: str | None) -> Advised | None:
        credential, database = clues.credential, clues.database
        if credential is None:
            return None
        if database is None:
            return self._scope_in_doubt(verdict, credential)
        name = self.database_name(database)
        entry = next((item for item in credential.scope if item.database == database.id), None)
        if entry is None:
            return self._out_of_scope(verdict, credential, name)
        if entry.removal_wanted_at is not None or Evidence.WANTED in (entry.evidence, credential.evidence):
            seen = noted(
                verdict, f'"{name}" in the scope of "{credential.name}" is planned: nobody said that it is done'
            )
            steps = (suggest("pending list", comment="the steps that wait for a person at the Portal"),)
            return Advised(replace(seen, rule="state.pending"), "Do the pending step at the Portal.", steps)
        changed = max(moment for moment in (entry.added_at, entry.evidence_at, credential.created_at) if moment)
        if self._is_recent(changed):
            return self._propagating(
                verdict, credential, f'"{name}" came into the scope of "{credential.name}"', changed
            )
        seen = noted(verdict, f'"{name}" is in the scope of "{credential.name}" since {_day(entry)}')
        advice = "As far as the state knows all is right: compare provider, name and scope with what is really there."
        return Advised(seen, advice, (_scope_list(credential),))

    def _scope_in_doubt(self, verdict: Verdict, credential: Credential) -> Advised:
        names = [self._index.database_name(item.database) for item in credential.scope]
        shown = listed(names) if names else "no database"
        seen = noted(verdict, f'the scope of "{credential.name}" is {shown}; the text names no database')
        advice = "See whether the database of the call is in the scope; --database DB says which one it was."
        return Advised(seen, advice, (_scope_list(credential),))

    def _out_of_scope(self, verdict: Verdict, credential: Credential, name: str) -> Advised:
        seen = noted(verdict, f'"{name}" is not in the scope of "{credential.name}"')
        text = f'The database "{name}" is not in the scope of the credential "{credential.name}".'
        return Advised(
            replace(seen, cause="scope_missing", detail="scope missing", confidence="high", rule="state.scope",
                    explanation=text),
            causes()["astra", "scope_missing"].advice,
            (suggest("scope add", credential.name, name, comment="put the database into the scope"),),
        )  # fmt: skip

    def _without_credential(self, verdict: Verdict, clues: Clues, provider: str | None) -> Advised | None:
        """The text names no credential: what the provider has, and whether the database may use any of it."""
        if clues.name is not None or provider is None or verdict.cause == "header_key_missing":
            return None
        of_provider = self._usable(provider, None)
        if clues.database is None or not of_provider:
            return None
        name = self.database_name(clues.database)
        if self._usable(provider, clues.database):
            usable = listed([f'"{item.name}"' for item in self._usable(provider, clues.database)])
            seen = noted(verdict, f'"{name}" may use {usable} of {display_name(provider)}')
            return replace(advised(seen), steps=(suggest("credentials list", database=name, comment="them"),))
        if len(of_provider) == 1:
            return self._out_of_scope(verdict, of_provider[0], name)
        seen = noted(verdict, f'no credential of {display_name(provider)} has "{name}" in its scope')
        steps = (suggest("credentials list", provider=provider, comment="the credentials that there are"),)
        return Advised(
            replace(seen, cause="scope_missing", rule="state.scope"), causes()["astra", "scope_missing"].advice, steps
        )

    def _replaced(self, verdict: Verdict, clues: Clues, _provider: str | None) -> Advised | None:
        credential = clues.credential
        if credential is None or verdict.cause != "invalid_key" or not verdict.is_passed_on:
            return None
        if self._self_hosted is not None and self._self_hosted.let_go_at(credential, clues.database) is not None:
            return None
        changed = self._key_changed(credential)
        if changed is not None and self._is_recent(changed):
            return self._propagating(verdict, credential, f'the key of "{credential.name}" was set', changed)
        if changed is not None and self._now - changed < OLD_KEY_REMEMBERED:
            hours = int((self._now - changed).total_seconds() // 3600)
            seen = noted(verdict, f'the key of "{credential.name}" was replaced {hours} h ago')
            advice = (
                "A self-hosted Data API may still send the old key: its cache forgets a key 5 minutes after its last use, "
                "or at a restart. If that is not it, the new key is bad: rotate again."
            )
            return Advised(seen, advice, (_rotate(credential),))
        return None

    def _bad_key(self, verdict: Verdict, clues: Clues, _provider: str | None) -> Advised | None:
        if clues.credential is None:
            return None
        how = "only credential that can be meant" if clues.is_assumed else "credential in use"
        seen = noted(verdict, f'the {how} is "{clues.credential.name}"')
        return Advised(seen, advised(verdict).advice, (_rotate(clues.credential), *general(verdict)))

    def _key_changed(self, credential: Credential) -> datetime | None:
        """Return when the key in use last became another one: a first key has no older one that a cache could hold."""
        finished = [
            item.finished_at
            for item in self._index.state.rotations
            if item.credential == credential.id
            and item.finished_at is not None
            and (item.step is Step.DONE or item.new_key_used)
        ]
        return max(finished, default=None)

    def _is_recent(self, moment: datetime) -> bool:
        return timedelta(0) <= self._now - moment < SETTLED_AFTER

    def _propagating(self, verdict: Verdict, credential: Credential, what: str, changed: datetime) -> Advised:
        minutes = int((self._now - changed).total_seconds() // 60)
        ago = f"{minutes} min ago" if minutes else "less than a minute ago"
        return Advised(
            propagating(
                verdict,
                f"{what} {ago}",
                detail="changed minutes ago",
                rule="state.propagation",
                meaning=" and may not be in force everywhere yet",
            ),
            causes()["astra", "propagation_delay"].advice,
            (suggest("credentials show", credential.name, comment="what was changed when"),),
        )


_Check = Callable[[Verdict, Clues, str | None], Advised | None]


def _first(verdict: Verdict, clues: Clues, provider: str | None, *checks: _Check) -> Advised:
    for check in checks:
        found = check(verdict, clues, provider)
        if found is not None:
            return found
    return advised(verdict)


def _may_explain(rotation: Rotation) -> bool:
    """Whether the rotation took the credential away, or its old key, and has not yet given it back."""
    return rotation.is_past_no_return or rotation.step is Step.REVOKED


def _show(dependant: Dependent, address: str) -> NextStep:
    noun = "collections" if dependant.kind == "collection" else "tables"
    return suggest(f"{noun} show", address, comment="what it is attached to")


def _rotate(credential: Credential) -> NextStep:
    return suggest("credentials rotate", credential.name, comment="put a new key under the same name")


def _scope_list(credential: Credential) -> NextStep:
    return suggest("scope list", credential.name, comment="the databases that may use it")


def _day(entry: ScopeEntry) -> str:
    return entry.added_at.strftime("%Y-%m-%d")
