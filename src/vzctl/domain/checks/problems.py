"""What in the recorded reality breaks a rule. Shown by `status` and `state check`; never a reason not to open the file."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from vzctl.command import NextStep, command, suggest
from vzctl.domain.catalog.catalog import service_problems
from vzctl.domain.rules import display_name, provider_by_id
from vzctl.domain.state.deletion import needed_versions, owner_name
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Dependent
from vzctl.domain.state.state import State
from vzctl.domain.state.token import KEPT_AS, SHOWN_AS, leftover_tokens

KNOWN_STATUSES: Final = frozenset(
    [
        "ACTIVE",
        "ERROR",
        "DECOMMISSIONING",
        "DEGRADED",
        "HIBERNATED",
        "HIBERNATING",
        "INITIALIZING",
        "MAINTENANCE",
        "PARKED",
        "PARKING",
        "PENDING",
        "PREPARED",
        "PREPARING",
        "RESIZING",
        "RESUMING",
        "TERMINATED",
        "TERMINATING",
        "UNKNOWN",
        "UNPARKING",
        "SYNCHRONIZING",
        "ASSOCIATING",
    ]
)
"""Statuses of the DevOps API, as the Astra TypeScript client lists them."""


@dataclass(frozen=True, slots=True)
class Problem:
    """One broken rule: a permanent code, what it is about, one sentence, and the command that helps."""

    code: str
    subject: str
    message: str
    next_step: NextStep


def find_problems(state: State) -> list[Problem]:
    """Return every problem, dependants first: those are what fails right now."""
    index = Index(state)
    return [
        *(problem for item in state.dependants() for problem in _dependant(index, item)),
        *(problem for credential in state.credentials for problem in _credential(index, credential)),
        *_names(state),
        *_databases(index),
        *_scopes(index),
        *_leftovers(state),
    ]


def problems_of_dependent(index: Index, item: Dependent) -> list[Problem]:
    """Return what is wrong with one collection or column."""
    return list(_dependant(index, item))


def _dependant(index: Index, item: Dependent) -> Iterator[Problem]:
    address = index.address(item)
    show = suggest(f"{'collections' if item.kind == 'collection' else 'tables'} show", address, comment="look at it")
    if item.provider is None:
        return
    for sentence in service_problems(item.provider, item.model, item.dimension, item.parameters):
        yield Problem("SERVICE_UNKNOWN", address, f'the {item.kind} "{address}": {sentence}', show)
    if item.credential is None:
        return
    credential = index.credentials.get(item.credential)
    if credential is None:
        yield _missing_credential(index, item, show)
        return
    if credential.provider != item.provider:
        message = (
            f'the {item.kind} "{address}" uses {display_name(item.provider)}, its credential "{credential.name}" '
            f"belongs to {display_name(credential.provider)}"
        )
        yield Problem("CREDENTIAL_OF_OTHER_PROVIDER", address, message, show)
    if item.database not in credential.database_ids:
        name = index.database_name(item.database)
        fix = suggest("scope add", credential.name, name, comment="put the database into the scope")
        message = f'the {item.kind} "{address}" uses "{credential.name}", whose scope lacks the database "{name}"'
        yield Problem("OUT_OF_SCOPE", address, message, fix)


def _missing_credential(index: Index, item: Dependent, show: NextStep) -> Problem:
    """Return the problem of a name without a credential. Only a provider that takes one can be given one."""
    address = index.address(item)
    message = f'the {item.kind} "{address}" uses the credential "{item.credential}", which does not exist'
    provider = provider_by_id(item.provider or "")
    if provider is None:
        return Problem("CREDENTIAL_MISSING", address, message, show)
    if not provider.takes_credential:
        message += f"; {provider.display_name} takes no credential"
        return Problem("CREDENTIAL_MISSING", address, message, show)
    database = index.database_name(item.database)
    run = command("credentials add", item.credential or "", provider=provider.id, scope=database)
    return Problem("CREDENTIAL_MISSING", address, message, NextStep(run, "recreate it under exactly this name"))


def _credential(index: Index, credential: Credential) -> Iterator[Problem]:
    provider = provider_by_id(credential.provider)
    if provider is None or not provider.takes_credential:
        message = f'the credential "{credential.name}" belongs to "{credential.provider}", which takes none'
        yield Problem(
            "PROVIDER_TAKES_NO_CREDENTIAL",
            credential.name,
            message,
            suggest("providers list", comment="providers that do"),
        )
    if credential.current is None and credential.id not in index.open_rotations:
        message = f'adding the credential "{credential.name}" was interrupted: it has no key yet'
        fix = suggest("credentials show", credential.name, comment="look at it")
        if provider is not None and provider.takes_credential:
            fix = suggest("credentials add", credential.name, provider=credential.provider, comment="finish it")
        yield Problem("CREDENTIAL_INCOMPLETE", credential.name, message, fix)
    if credential.current in index.revoked:
        message = (
            f'the key of "{credential.name}" was revoked at {display_name(credential.provider)}, and is in force here'
        )
        fix = suggest("credentials rotate", credential.name, comment="give it a new one")
        yield Problem("KEY_REVOKED", credential.name, message, fix)
    if credential.max_age_days is not None and credential.max_age_days < 1:
        message = f'the credential "{credential.name}" has a maximum age of {credential.max_age_days} days'
        fix = suggest("credentials edit", credential.name, max_age_days="90", comment="set a sensible one")
        yield Problem("MAXIMUM_AGE_INVALID", credential.name, message, fix)


def _names(state: State) -> Iterator[Problem]:
    by_folded: defaultdict[str, list[str]] = defaultdict(list)
    for credential in state.credentials:
        by_folded[credential.name.casefold()].append(credential.name)
    for names in by_folded.values():
        if len(names) > 1:
            message = "credentials that differ only in case: " + ", ".join(f'"{name}"' for name in names)
            fix = suggest("credentials show", names[0], comment="tell them apart")
            yield Problem("NAMES_DIFFER_IN_CASE", names[0], message, fix)


def _databases(index: Index) -> Iterator[Problem]:
    for database in index.state.databases:
        name = index.database_name(database.id)
        if database.status not in KNOWN_STATUSES:
            message = f'the database "{name}" has a status never seen: {database.status!a}'
            fix = suggest("databases edit", name, status="ACTIVE", comment="correct it")
            yield Problem("STATUS_UNKNOWN", name, message, fix)
        if database.gone_since is not None and index.dependents_in_database[database.id]:
            message = f'the database "{name}" is gone, but collections or columns in it are recorded'
            fix = suggest("databases show", name, comment="look at what would be forgotten with it")
            yield Problem("DATABASE_GONE", name, message, fix)


def _scopes(index: Index) -> Iterator[Problem]:
    """Yield the databases that refused a credential. One that is being rotated, or shall be removed there, may be."""
    for credential in index.state.credentials:
        if credential.id in index.open_rotations or credential.removal_wanted_at is not None:
            continue
        for entry in credential.scope:
            if entry.refused_at is not None and entry.removal_wanted_at is None:
                name = index.database_name(entry.database)
                message = (
                    f'the database "{name}" refused "{credential.name}" when it was last looked at, although it is in '
                    "its scope"
                )
                fix = suggest("scope check", credential.name, name, record=True, comment="look again")
                yield Problem("SCOPE_REFUSED", credential.name, message, fix)


def _leftovers(state: State) -> Iterator[Problem]:
    for version in leftover_tokens(state):
        message = f"the secret store may still hold version {version} of the Astra token, which nothing needs"
        yield Problem(
            "TOKEN_LEFT_OVER", SHOWN_AS, message, suggest("secrets purge", comment="delete it from the store")
        )
    for deletion in state.open_deletions():
        is_token, name = deletion.owner == KEPT_AS, owner_name(state, deletion.owner)
        shown = "the Astra token" if is_token else f'"{name}"'
        message = f"the deletion of version {deletion.version} of {shown} from the secret store is not finished"
        code = "TOKEN_LEFT_OVER" if is_token else "SECRET_LEFT_OVER"
        yield Problem(code, name, message, suggest("secrets purge", comment="finish the deletion"))
    for owner, version in unneeded_versions(state):
        message = f'the secret store still holds version {version} of "{owner}", which nothing needs'
        yield Problem("SECRET_LEFT_OVER", owner, message, suggest("secrets purge", comment="delete it from the store"))


def unneeded_versions(state: State) -> list[tuple[str, str]]:
    """Return (credential name, version id) of held secrets that no pointer and no open revocation needs."""
    needed = needed_versions(state) | {item.version for item in state.open_revocations()}
    return [
        (owner.name, version.id) for owner, version in state.versions() if version.held and version.id not in needed
    ]
