"""Parts of a state for tests: every builder makes a sound value, a test names only what it is about.

`a_state` enables the integrations that its credentials need, unless it is told which ones there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from hashlib import sha256
from typing import Any, Final
from uuid import NAMESPACE_DNS, uuid5

from vzctl import __version__
from vzctl.domain.state.records import (
    Authentication,
    Collection,
    Column,
    ControlPlane,
    Credential,
    Database,
    Deletion,
    Direction,
    Evidence,
    Integration,
    KeyTest,
    Organization,
    RetiredCredential,
    Revocation,
    Rotation,
    ScopeEntry,
    ServiceToken,
    Snapshot,
    Step,
    Version,
)
from vzctl.domain.state.state import SCHEMA_VERSION, State
from vzctl.secret import Secret

NOW: Final = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
LONG_AGO: Final = NOW - timedelta(days=100)
LINEAGE: Final = "3f0c0a1e-6f0e-4b52-9d9c-7a1f0f3f2b11"
SALT: Final = "c2FsdCBmb3IgdGVzdHM"


def database_id(number: int) -> str:
    """Return a UUID that is the same for the same number; the first eight digits tell them apart."""
    return f"{number:08x}-1111-4222-8333-444455556666"


def fingerprint(text: str) -> str:
    """Return the fingerprint of a key under the salt of `a_state`."""
    return Secret(text).fingerprint(SALT)


def an_organization(
    name: str = "acme",
    *,
    control_plane: ControlPlane = ControlPlane.LOCAL,
    salt: str = SALT,
    extra: dict[str, Any] | None = None,
) -> Organization:
    return Organization(name=name, control_plane=control_plane, fingerprint_salt=salt, extra=extra or {})


def an_integration(
    provider: str = "openai",
    *,
    added_at: datetime = LONG_AGO,
    evidence: Evidence | None = None,
    evidence_at: datetime | None = None,
    removal_wanted_at: datetime | None = None,
    extra: dict[str, Any] | None = None,
) -> Integration:
    return Integration(
        provider=provider,
        added_at=added_at,
        evidence=evidence,
        evidence_at=evidence_at,
        removal_wanted_at=removal_wanted_at,
        extra=extra or {},
    )


def a_database(
    name: str = "shop",
    *,
    id: str | None = None,  # noqa: A002  (the field's own name)
    region: str | None = "eu-west-1",
    status: str = "ACTIVE",
    endpoint: str | None = None,
    observed_at: datetime | None = None,
    gone_since: datetime | None = None,
    certificate_name: str | None = None,
    freshness_seconds: int | None = None,
    extra: dict[str, Any] | None = None,
) -> Database:
    """Return a database; without an id, name and region make one."""
    return Database(
        id=id if id is not None else str(uuid5(NAMESPACE_DNS, f"{name}.{region}")),
        name=name,
        region=region,
        status=status,
        endpoint=endpoint,
        observed_at=observed_at,
        gone_since=gone_since,
        certificate_name=certificate_name,
        freshness_seconds=freshness_seconds,
        extra=extra or {},
    )


def a_service_token(
    database: Database | str,
    token: str = "token",
    *,
    id: str = "t1",  # noqa: A002  (the field's own name)
    created_at: datetime = LONG_AGO,
    note: str | None = None,
    extra: dict[str, Any] | None = None,
) -> ServiceToken:
    return ServiceToken(
        id=id,
        database=database if isinstance(database, str) else database.id,
        sha256=sha256(token.encode()).hexdigest(),
        created_at=created_at,
        note=note,
        extra=extra or {},
    )


def a_scope_entry(
    database: Database | str,
    *,
    added_at: datetime = LONG_AGO,
    evidence: Evidence | None = None,
    evidence_at: datetime | None = None,
    removal_wanted_at: datetime | None = None,
    extra: dict[str, Any] | None = None,
) -> ScopeEntry:
    return ScopeEntry(
        database=database if isinstance(database, str) else database.id,
        added_at=added_at,
        evidence=evidence,
        evidence_at=evidence_at,
        removal_wanted_at=removal_wanted_at,
        extra=extra or {},
    )


def a_version(
    id: str = "v1",  # noqa: A002  (the field's own name)
    *,
    key: str | None = None,
    held: bool = True,
    created_at: datetime = LONG_AGO,
    extra: dict[str, Any] | None = None,
) -> Version:
    """Return a secret version; `key` is the text whose fingerprint it carries, by default one made from the id."""
    return Version(
        id=id, created_at=created_at, fingerprint=fingerprint(key or f"key-{id}"), held=held, extra=extra or {}
    )


def a_credential(
    name: str = "openai-prod",
    *,
    id: str | None = None,  # noqa: A002  (the field's own name)
    provider: str = "openai",
    scope: Iterable[Database | ScopeEntry | str] = (),
    versions: Sequence[Version] | None = None,
    current: str | None = "",
    pending: str | None = None,
    previous: tuple[str, ...] = (),
    created_at: datetime = LONG_AGO,
    key_set_at: datetime | None = LONG_AGO,
    max_age_days: int | None = None,
    note: str | None = None,
    slot: int | None = None,
    evidence: Evidence | None = None,
    evidence_at: datetime | None = None,
    removal_wanted_at: datetime | None = None,
    extra: dict[str, Any] | None = None,
) -> Credential:
    """Return a credential. Its id is `c-NAME`, its one held version `v-NAME` and current, unless told otherwise."""
    versions = (a_version(f"v-{name}".replace(".", "_")),) if versions is None else tuple(versions)
    return Credential(
        id=id if id is not None else f"c-{name}".replace(".", "_"),
        name=name,
        provider=provider,
        created_at=created_at,
        key_set_at=key_set_at,
        max_age_days=max_age_days,
        note=note,
        slot=slot,
        current=_first_id(versions) if current == "" else current,
        pending=pending,
        previous=previous,
        evidence=evidence,
        evidence_at=evidence_at,
        removal_wanted_at=removal_wanted_at,
        scope=tuple(item if isinstance(item, ScopeEntry) else a_scope_entry(item) for item in scope),
        versions=tuple(versions),
        extra=extra or {},
    )


def _first_id(versions: Sequence[Version]) -> str | None:
    return versions[0].id if versions else None


def a_retired_credential(
    name: str = "openai-old",
    *,
    id: str | None = None,  # noqa: A002  (the field's own name)
    provider: str = "openai",
    removed_at: datetime = LONG_AGO,
    versions: Sequence[Version] | None = None,
    extra: dict[str, Any] | None = None,
) -> RetiredCredential:
    return RetiredCredential(
        id=id if id is not None else f"c-{name}",
        name=name,
        provider=provider,
        removed_at=removed_at,
        versions=(a_version(f"v-{name}", held=False),) if versions is None else tuple(versions),
        extra=extra or {},
    )


def _authentication(provider: str | None, credential: str | None, *, header: bool) -> Authentication:
    if provider is not None and credential is not None:
        return Authentication.CREDENTIAL
    return Authentication.HEADER if header else Authentication.NONE


def a_collection(
    database: Database | str,
    name: str = "products",
    *,
    keyspace: str = "default_keyspace",
    provider: str | None = "openai",
    credential: str | None = None,
    header: bool = False,
    model: str | None = "text-embedding-3-small",
    dimension: int | None = 1536,
    parameters: dict[str, Any] | None = None,
    recorded_at: datetime | None = LONG_AGO,
    observed_at: datetime | None = None,
    extra: dict[str, Any] | None = None,
) -> Collection:
    """Return a collection: with a credential's name, with `header`, or attached to nothing."""
    return Collection(
        database=database if isinstance(database, str) else database.id,
        keyspace=keyspace,
        name=name,
        provider=provider,
        authentication=_authentication(provider, credential, header=header),
        credential=credential,
        model=model,
        dimension=dimension,
        parameters=parameters or {},
        recorded_at=recorded_at,
        observed_at=observed_at,
        extra=extra or {},
    )


def a_column(
    database: Database | str,
    table: str = "articles",
    column: str = "body_vector",
    *,
    keyspace: str = "default_keyspace",
    provider: str | None = "openai",
    credential: str | None = None,
    header: bool = False,
    model: str | None = "text-embedding-3-small",
    dimension: int | None = 1536,
    parameters: dict[str, Any] | None = None,
    recorded_at: datetime | None = LONG_AGO,
    observed_at: datetime | None = None,
    extra: dict[str, Any] | None = None,
) -> Column:
    """Return a table column: with a credential's name, with `header`, or attached to nothing."""
    return Column(
        database=database if isinstance(database, str) else database.id,
        keyspace=keyspace,
        table=table,
        column=column,
        provider=provider,
        authentication=_authentication(provider, credential, header=header),
        credential=credential,
        model=model,
        dimension=dimension,
        parameters=parameters or {},
        recorded_at=recorded_at,
        observed_at=observed_at,
        extra=extra or {},
    )


def a_snapshot(
    name: str = "openai-prod",
    *,
    provider: str = "openai",
    databases: Sequence[str] = (),
    needed_databases: Sequence[str] = (),
    dependents: Sequence[str] = (),
    key_set_at: datetime | None = LONG_AGO,
    slot: int | None = None,
    extra: dict[str, Any] | None = None,
) -> Snapshot:
    return Snapshot(
        name=name,
        provider=provider,
        databases=tuple(databases),
        needed_databases=tuple(needed_databases),
        dependents=tuple(dependents),
        key_set_at=key_set_at,
        slot=slot,
        extra=extra or {},
    )


def a_rotation(
    credential: Credential | None = None,
    *,
    id: str = "r1",  # noqa: A002  (the field's own name)
    step: Step = Step.STAGING,
    direction: Direction = Direction.FORWARD,
    snapshot: Snapshot | None = None,
    databases: Sequence[str] | None = None,
    old_version: str | None = "",
    new_version: str = "v-new",
    new_key_used: bool = False,
    leaked: bool = False,
    revoke_first: bool = False,
    key_test: KeyTest | None = None,
    new_slot: int | None = None,
    scoped: Sequence[str] = (),
    started_at: datetime = NOW,
    finished_at: datetime | None = None,
    host: str = "workbench",
    extra: dict[str, Any] | None = None,
) -> Rotation:
    """Return a rotation of `credential` (by default of `a_credential()`), its snapshot taken from it.

    In a sound state an open one needs its `new_version` among the credential's versions.
    """
    owner = credential if credential is not None else a_credential()
    scope = tuple(entry.database for entry in owner.scope)
    taken = snapshot or a_snapshot(
        owner.name, provider=owner.provider, databases=scope, key_set_at=owner.key_set_at, slot=owner.slot
    )
    return Rotation(
        id=id,
        credential=owner.id,
        step=step,
        snapshot=taken,
        started_at=started_at,
        host=host,
        old_version=owner.current if old_version == "" else old_version,
        new_version=new_version,
        databases=taken.databases if databases is None else tuple(databases),
        new_key_used=new_key_used,
        direction=direction,
        leaked=leaked,
        revoke_first=revoke_first,
        key_test=key_test,
        new_slot=new_slot,
        scoped=tuple(scoped),
        finished_at=finished_at,
        extra=extra or {},
    )


def a_revocation(
    credential: Credential | RetiredCredential,
    version: str | None = None,
    *,
    id: str = "rev1",  # noqa: A002  (the field's own name)
    reason: str = "rotated",
    due_since: datetime = LONG_AGO,
    done_at: datetime | None = None,
    extra: dict[str, Any] | None = None,
) -> Revocation:
    """Return a key of `credential` that is to be revoked, by default its first version."""
    return Revocation(
        id=id,
        credential=credential.id,
        version=version if version is not None else credential.versions[0].id,
        reason=reason,
        due_since=due_since,
        done_at=done_at,
        extra=extra or {},
    )


def a_state(
    *,
    control_plane: ControlPlane = ControlPlane.LOCAL,
    serial: int = 1,
    lineage: str = LINEAGE,
    schema: int = SCHEMA_VERSION,
    vzctl: str = __version__,
    organization: Organization | None = None,
    integrations: Sequence[Integration] | None = None,
    databases: Sequence[Database] = (),
    credentials: Sequence[Credential] = (),
    retired: Sequence[RetiredCredential] = (),
    collections: Sequence[Collection] = (),
    columns: Sequence[Column] = (),
    rotations: Sequence[Rotation] = (),
    revocations: Sequence[Revocation] = (),
    deletions: Sequence[Deletion] = (),
    service_tokens: Sequence[ServiceToken] = (),
    extra: dict[str, Any] | None = None,
) -> State:
    """Return a state; without `integrations`, those of its credentials are enabled."""
    if integrations is None:
        integrations = [an_integration(name) for name in dict.fromkeys(item.provider for item in credentials)]
    return State(
        schema=schema,
        lineage=lineage,
        serial=serial,
        vzctl=vzctl,
        organization=organization or an_organization(control_plane=control_plane),
        integrations=tuple(integrations),
        databases=tuple(databases),
        credentials=tuple(credentials),
        retired=tuple(retired),
        collections=tuple(collections),
        columns=tuple(columns),
        rotations=tuple(rotations),
        revocations=tuple(revocations),
        deletions=tuple(deletions),
        service_tokens=tuple(service_tokens),
        extra=extra or {},
    )


def a_full_state(control_plane: ControlPlane = ControlPlane.LOCAL) -> State:
    """Return a sound state that holds at least one of everything, every optional field set somewhere."""
    shop, blog = (
        a_database(
            "shop",
            endpoint="https://db.example:8181",
            observed_at=NOW,
            certificate_name="shop.example",
            freshness_seconds=30,
        ),
        a_database("blog", region=None),
    )
    gone = a_database("old", status="TERMINATED", gone_since=LONG_AGO)
    known: dict[str, Any] = {}
    if control_plane is ControlPlane.ASTRA:
        known = {"evidence": Evidence.ATTESTED, "evidence_at": LONG_AGO}
    main = a_credential(
        "openai-prod",
        scope=[a_scope_entry(shop, **known), a_scope_entry(blog, **known)],
        versions=[a_version("v2"), a_version("v1"), a_version("v-new", held=False)],
        pending="v-new",
        previous=("v1",),
        note='the "main" key',
        max_age_days=30,
        **known,
    )
    azure = a_credential("azure.eu_1", provider="azureOpenAI", slot=1, scope=[a_scope_entry(shop, **known)], **known)
    parameters = {"resourceName": "acme", "deploymentId": "embed"}
    return a_state(
        control_plane=control_plane,
        serial=7,
        integrations=[an_integration("openai", **known), an_integration("azureOpenAI", **known)],
        databases=[shop, blog, gone],
        credentials=[main, azure],
        retired=[a_retired_credential()],
        collections=[
            a_collection(shop, credential="openai-prod"),
            a_collection(shop, "reviews", provider="nvidia", model="NV-Embed-QA", dimension=1024),
            a_collection(blog, "posts", header=True, observed_at=NOW),
            a_collection(gone, "plain", provider=None, model=None, dimension=8),
        ],
        columns=[
            a_column(shop, credential="azure.eu_1", provider="azureOpenAI", parameters=parameters),
            a_column(blog, "articles", "title_vector", credential="openai-prod"),
        ],
        rotations=[
            a_rotation(main, id="r0", step=Step.DONE, new_version="v2", old_version="v1", finished_at=LONG_AGO),
            a_rotation(main, id="r1", new_version="v-new", step=Step.STAGING),
        ],
        revocations=[a_revocation(main, "v1")],
        service_tokens=[a_service_token(shop), a_service_token(blog, "other", id="t2", note="the second node")],
    )
