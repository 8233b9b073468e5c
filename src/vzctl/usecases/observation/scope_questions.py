"""Which credentials a sync asks a database about, and what it is told."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field

from vzctl.clients.data_api import DataApi
from vzctl.domain.drift.observation import ScopeSeen
from vzctl.domain.rules import provider_by_id
from vzctl.domain.state.records import Credential
from vzctl.domain.state.state import State
from vzctl.errors import AuthError, VzctlError
from vzctl.usecases.observation.observe import Coverage
from vzctl.usecases.observation.scope import CredentialRef, ScopeAnswer, ScopeFinding, ScopeObserver


@dataclass(frozen=True, slots=True)
class ScopeReport:
    """What one database showed of its credentials, how far that went, and what went wrong."""

    seen: tuple[ScopeSeen, ...] = ()
    coverage: tuple[Coverage, ...] = ()
    error: VzctlError | None = None


@dataclass(frozen=True, slots=True)
class ScopeQuestions:
    """What is asked of all databases: credentials by name, and by the database in whose scope they are.

    `recorded` are all names, also of those that are not asked about.
    """

    observer: ScopeObserver
    recorded: frozenset[str]
    known: Mapping[str, Credential] = field(default_factory=dict)
    scoped: Mapping[str, Collection[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, state: State, observer: ScopeObserver) -> ScopeQuestions:
        """Return the questions about a state. A rotation looks for itself, and so does the removal of a credential."""
        rotating = {item.credential for item in state.rotations if item.is_open}
        known = {
            item.name: item
            for item in state.credentials
            if item.current is not None
            and item.removal_wanted_at is None
            and item.id not in rotating
            and _takes_credential(item.provider)
        }
        scoped: defaultdict[str, list[str]] = defaultdict(list)
        for name, credential in known.items():
            for entry in credential.scope:
                scoped[entry.database].append(name)
        return cls(observer, frozenset(item.name for item in state.credentials), known, scoped)

    def ask(
        self, api: DataApi, database: str, called: str, keyspaces: Iterable[str], named: Collection[CredentialRef]
    ) -> ScopeReport:
        """Ask about the credentials in whose scope the database is, and those that something in it names."""
        names = {*self.scoped.get(database, ()), *(item.name for item in named if item.name in self.known)}
        wanted = [CredentialRef(name, self.known[name].provider) for name in names]
        # One that is not recorded will be offered: then it is known at once whether it is there.
        wanted += {item for item in named if item.name not in self.recorded and _takes_credential(item.provider)}
        if not wanted:
            return ScopeReport()
        place = f"the scopes of {called}"
        seen: list[ScopeSeen] = []
        unseen: list[ScopeFinding] = []
        credentials = sorted(wanted, key=lambda item: (item.name, item.provider))
        try:
            findings = self.observer.observe(api, credentials, sorted(keyspaces))
            for credential, finding in zip(credentials, findings, strict=True):
                if finding.answer is ScopeAnswer.NOT_OBSERVABLE:
                    unseen.append(finding)
                else:
                    seen.append(ScopeSeen(database, credential.name, finding.answer is ScopeAnswer.USABLE))
            # A collection that is left there is named before anything else.
            reason = min(unseen, key=lambda item: not item.is_left).reason if unseen else None
        except AuthError as error:
            reason = error.message
        except VzctlError as error:
            failed = Coverage(place, error.message, failed=True, is_scope=True)
            return ScopeReport(tuple(seen), (failed,), error)
        return ScopeReport(tuple(seen), (Coverage(place, reason, is_scope=True),))


def _takes_credential(provider_id: str) -> bool:
    provider = provider_by_id(provider_id)
    return provider is not None and provider.takes_credential
