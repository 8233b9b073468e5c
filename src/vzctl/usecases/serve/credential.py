"""What the credential service answers: rules 2, 4 and 7 for one request, decided from one state and nothing else.

A refusal's sentence is passed on by the Data API to the person whose request failed, who may know nothing of vzctl. It
must stand alone, and say nothing about other databases: a name that exists elsewhere gets the same sentence as one that
exists nowhere.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from vzctl.command import command
from vzctl.domain.catalog.catalog import CATALOGUE
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.masking.redaction import without_secrets
from vzctl.domain.rules import display_name
from vzctl.domain.state.index import Index
from vzctl.domain.state.names import SUFFIX_ADDED_BY_DATA_API, name_fault
from vzctl.domain.state.records import Credential, Database
from vzctl.domain.state.state import State

SINGLE_TENANT: Final = "SINGLE-TENANT"
"""What every self-hosted cluster calls itself."""
_SHOWN_AT_MOST: Final = 60


@dataclass(frozen=True, slots=True)
class Wanted:
    """What a Data API asks for; `name` is as in the path, with its suffix."""

    tenant: str
    provider: str
    name: str


@dataclass(frozen=True, slots=True)
class Granted:
    """The version whose bytes are the answer."""

    credential: Credential
    version: str


@dataclass(frozen=True, slots=True)
class Refused:
    """Why there is no key: a permanent word, and one sentence without a full stop, which the Data API adds."""

    id: str
    message: str


@dataclass(frozen=True, slots=True)
class KnownToken:
    """What a token with some id must hash to, and whose it is."""

    digest: bytes
    database: str


class Directory:
    """Look-up tables over one state, so that every request costs the same however large the state is."""

    def __init__(self, state: State) -> None:
        self.state = state
        self._index = Index(state)
        self._allowed: dict[str, dict[str, Credential]] = {item.id: {} for item in state.databases}
        for credential in state.credentials:
            for entry in credential.scope:
                self._allowed[entry.database][credential.name] = credential
        self._hosted = {item.id: item for item in CATALOGUE if not item.takes_credential}
        self.database_ids = frozenset(self._allowed)
        self.tokens = {item.id: KnownToken(bytes.fromhex(item.sha256), item.database) for item in state.service_tokens}
        self._certificates = {item.certificate_name: item.id for item in state.databases if item.certificate_name}
        self._dns_names = {_folded(name): database for name, database in self._certificates.items() if name.isascii()}

    def database_of_certificate(self, kind: str, name: str) -> str | None:
        """Return the id of the database that a name in a client certificate speaks for.

        A DNS name is ASCII in any case (RFC 4343); a common name and a URI are compared character by character.
        """
        if kind == "DNS":
            return self._dns_names.get(_folded(name)) if name.isascii() else None
        return self._certificates.get(name)

    def decide(self, database_id: str, wanted: Wanted) -> Granted | Refused:
        """Return the version in force of the credential, or why this database does not get it."""
        database = self._index.databases[database_id]
        if wanted.tenant not in {SINGLE_TENANT, database.id}:
            return self._other_tenant(database, wanted)
        hosted = self._hosted.get(wanted.provider)
        if hosted is not None:
            return self._takes_none(database, hosted)
        name = wanted.name.removesuffix(SUFFIX_ADDED_BY_DATA_API)
        credential = self._allowed[database_id].get(name)
        if credential is None:
            return self._unavailable(database, name)
        if credential.provider != wanted.provider:
            return self._other_provider(database, credential, wanted)
        version = credential.current_version
        if version is None or not version.held:
            return self._no_key(database, credential)
        return Granted(credential, version.id)

    def without_key(self, database_id: str, credential: Credential) -> Refused:
        """Return the refusal for a key that is recorded as held and that the secret store does not have."""
        return self._no_key(self._index.databases[database_id], credential)

    def credentials_of(self, database_id: str) -> list[Credential]:
        """Return what the database may use."""
        return list(self._allowed.get(database_id, {}).values())

    def database_name(self, database_id: str) -> str:
        """Return the shortest name of a database that is not ambiguous."""
        return self._index.database_name(database_id)

    def _unavailable(self, database: Database, name: str) -> Refused:
        shown = self._index.database_name(database.id)
        if name_fault(name) is not None or without_secrets(name) != name:
            return Refused(
                "CREDENTIAL_NOT_AVAILABLE",
                f'{_quoted(name)} cannot be the name of a credential, so the database "{database.name}" has none of that '
                f'name; "{_list(shown)}" shows those it has',
            )
        return Refused(
            "CREDENTIAL_NOT_AVAILABLE",
            f'the credential "{name}" does not exist or may not be used by the database "{database.name}"; '
            f'if it should be, run "{command("scope add", name, shown).portable()}"',
        )

    def _other_provider(self, database: Database, credential: Credential, wanted: Wanted) -> Refused:
        return Refused(
            "CREDENTIAL_OF_OTHER_PROVIDER",
            f'the credential "{credential.name}" of the database "{database.name}" holds a key of '
            f"{display_name(credential.provider)} and was asked for as one of {_quoted(wanted.provider)}; "
            f'name one of its own, "{_list(self._index.database_name(database.id))}" shows them, or use '
            f'the provider "{credential.provider}"',
        )

    def _takes_none(self, database: Database, provider: Provider) -> Refused:
        return Refused(
            "PROVIDER_TAKES_NO_CREDENTIAL",
            f"{provider.display_name} takes no credential, so none can be given to the database "
            f'"{database.name}"; leave the credential out, '
            f'"{command("providers show", provider.id).portable()}" says how it is used',
        )

    def _no_key(self, database: Database, credential: Credential) -> Refused:
        return Refused(
            "CREDENTIAL_HAS_NO_KEY",
            f'the credential "{credential.name}" of the database "{database.name}" has no key in the secret store; '
            f'whoever has the key runs "{command("secrets put", credential.name).portable()}"',
        )

    def _other_tenant(self, database: Database, wanted: Wanted) -> Refused:
        return Refused(
            "TENANT_OF_OTHER_DATABASE",
            f"the tenant {_quoted(wanted.tenant)} asked with what identifies the database "
            f'"{database.name}"; give that one a token of its own, see '
            f'"{command("databases token create", help=True).portable()}"',
        )


def _list(database: str) -> str:
    """Return the command that lists a database's credentials, for whoever runs vzctl: the reader is elsewhere."""
    return command("credentials list", database=database).portable()


def _folded(name: str) -> str:
    return name.lower()  # called for ASCII alone: `lower` has surprises beyond it


def _quoted(text: str) -> str:
    """Return a word of the request, cut, without a key that somebody took for a name, and harmless at a terminal."""
    shown = without_secrets(text)[:_SHOWN_AT_MOST]
    return f'"{shown}"' if shown.isprintable() and shown.isascii() and '"' not in shown else ascii(shown)
