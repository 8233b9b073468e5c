"""Hypothesis strategies for whole states: sound ones, of every form that the file can have."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from typing import Any, Final

from hypothesis import strategies as st

from tests.support.builders import (
    a_collection,
    a_column,
    a_credential,
    a_database,
    a_retired_credential,
    a_revocation,
    a_rotation,
    a_scope_entry,
    a_service_token,
    a_snapshot,
    a_state,
    a_version,
    an_integration,
    an_organization,
    database_id,
)
from vzctl.domain.state.records import (
    AstraAnswer,
    ControlPlane,
    Credential,
    Database,
    Direction,
    Evidence,
    KeyTest,
    ProviderAnswer,
    RetiredCredential,
    Rotation,
    Step,
    Version,
)
from vzctl.domain.state.state import State

PROVIDERS: Final = ("openai", "azureOpenAI", "mistral", "voyageAI", "acme")
NAMES: Final = ("openai-prod", "a.b_c-d", "X", "x", "zz9", "mistral.eu")

texts: Final = st.text(st.characters(exclude_categories=["Cs"]), max_size=12)
"""Any text that TOML can hold: control characters, quotes, newlines and all planes, but no lone surrogates."""
times: Final = st.datetimes(datetime(1900, 1, 1), datetime(2200, 1, 1)).map(  # noqa: DTZ001  (a zone comes on top)
    lambda moment: moment.replace(microsecond=0, tzinfo=UTC)
)
values: Final = st.recursive(
    st.one_of(texts, st.integers(-(2**63), 2**63 - 1), st.booleans(), st.floats(allow_nan=False), times),
    lambda inner: st.one_of(st.lists(inner, max_size=2), st.dictionaries(texts, inner, max_size=2)),
    max_leaves=4,
)
extras: Final = st.dictionaries(st.sampled_from(["later", "x y", "a.b", "extra", "ä"]), values, max_size=2)
key_tests: Final = st.builds(
    KeyTest,
    version=texts,
    provider=st.sampled_from(ProviderAnswer),
    astra=st.sampled_from(AstraAnswer),
    provider_reason=st.none() | texts,
    dependent=st.none() | texts,
    astra_reason=st.none() | texts,
    extra=extras,
)
evidence: Final = st.one_of(st.none(), st.sampled_from(Evidence))


def maybe(strategy: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(st.none(), strategy)


def facts() -> st.SearchStrategy[dict[str, Any]]:
    """How a fact of the `astra` plane is known, and what else a later version wrote beside it."""
    known = {"evidence": evidence, "evidence_at": maybe(times), "removal_wanted_at": maybe(times), "extra": extras}
    return st.fixed_dictionaries(known)


@st.composite
def versions(draw: st.DrawFn, prefix: str) -> tuple[Version, ...]:
    count = draw(st.integers(0, 3))
    made = [
        a_version(f"{prefix}{number}", held=draw(st.booleans()), created_at=draw(times), extra=draw(extras))
        for number in range(count)
    ]
    return tuple(item if draw(st.booleans()) else replace(item, fingerprint=None) for item in made)


@st.composite
def credentials(draw: st.DrawFn, name: str, number: int, provider: str, databases: list[Database]) -> Credential:
    found = draw(versions(f"c{number}v"))
    known = [item.id for item in found]
    scope = draw(st.lists(st.sampled_from(databases), unique_by=lambda item: item.id)) if databases else []
    return a_credential(
        name,
        id=f"c{number}",
        provider=provider,
        scope=[a_scope_entry(item, added_at=draw(times), **draw(facts())) for item in scope],
        versions=found,
        current=draw(maybe(st.sampled_from(known))) if known else None,
        pending=draw(maybe(st.sampled_from(known))) if known else None,
        previous=tuple(draw(st.lists(st.sampled_from(known), unique=True))) if known else (),
        created_at=draw(times),
        key_set_at=draw(maybe(times)),
        max_age_days=draw(maybe(st.integers(-5, 4000))),
        note=draw(maybe(texts)),
        slot=draw(maybe(st.integers(1, 2))),
        **draw(facts()),
    )


@st.composite
def rotations(draw: st.DrawFn, number: int, owner: Credential, databases: list[Database]) -> Rotation:
    """Return a finished rotation, or one at a step that belongs to every walk forward."""
    ids = [item.id for item in databases]
    subset = st.lists(st.sampled_from(ids), unique=True) if ids else st.just([])
    known = [item.id for item in owner.versions]
    opened = bool(known) and draw(st.booleans())
    snapshot = a_snapshot(
        draw(texts),
        provider=owner.provider,
        databases=draw(subset),
        needed_databases=draw(subset),
        key_set_at=draw(maybe(times)),
        slot=draw(maybe(st.integers(1, 2))),
        extra=draw(extras),
    )
    return a_rotation(
        owner,
        id=f"r{number}",
        step=draw(
            st.sampled_from([Step.STAGING, Step.STAGED, Step.TESTED] if opened else [Step.DONE, Step.ROLLED_BACK])
        ),
        direction=Direction.FORWARD if opened else draw(st.sampled_from(Direction)),
        snapshot=snapshot,
        databases=draw(subset),
        old_version=draw(maybe(st.sampled_from(known))) if opened else draw(maybe(texts)),
        new_version=draw(st.sampled_from(known)) if opened else draw(texts),
        new_key_used=draw(st.booleans()),
        leaked=draw(st.booleans()),
        revoke_first=draw(st.booleans()),
        key_test=draw(maybe(key_tests)),
        new_slot=draw(maybe(st.integers(1, 2))),
        scoped=draw(subset),
        started_at=draw(times),
        finished_at=draw(maybe(times)),
        host=draw(texts),
        extra=draw(extras),
    )


@st.composite
def sound_states(draw: st.DrawFn, planes: st.SearchStrategy[ControlPlane] | None = None) -> State:
    """Return a state that `integrity.breakages` has nothing to say about, problems included."""
    plane = draw(planes or st.sampled_from(ControlPlane))
    providers = draw(st.lists(st.sampled_from(PROVIDERS), unique=True))
    databases = [
        a_database(
            draw(texts),
            id=database_id(number) if draw(st.booleans()) else f"{number}{draw(texts)}",
            region=draw(maybe(texts)),
            status=draw(st.sampled_from(["ACTIVE", "PENDING", "ZOMBIE", ""])),
            endpoint=draw(maybe(texts)),
            observed_at=draw(maybe(times)),
            gone_since=draw(maybe(times)),
            certificate_name=draw(maybe(st.just(f"name {number}.{draw(texts).casefold()}"))),
            freshness_seconds=draw(maybe(st.integers(0, 7 * 24 * 3600))),
            extra=draw(extras),
        )
        for number in range(draw(st.integers(0, 3)))
    ]
    names = draw(st.lists(st.sampled_from(NAMES), unique=True, max_size=3)) if providers else []
    owners = [
        draw(credentials(name, number, draw(st.sampled_from(providers)), databases))
        for number, name in enumerate(names)
    ]
    retired: list[RetiredCredential] = [
        a_retired_credential(
            draw(texts),
            id=f"gone{number}",
            removed_at=draw(times),
            versions=draw(versions(f"g{number}v")),
            extra=draw(extras),
        )
        for number in range(draw(st.integers(0, 2)))
    ]
    both: list[Credential | RetiredCredential] = [*owners, *retired]
    held = [item for item in both if item.versions]
    return a_state(
        control_plane=plane,
        serial=draw(st.integers(0, 2**53 - 1)),
        organization=replace(an_organization(draw(texts), control_plane=plane), extra=draw(extras)),
        vzctl=draw(texts),
        integrations=[an_integration(item, added_at=draw(times), **draw(facts())) for item in providers],
        databases=databases,
        credentials=owners,
        retired=retired,
        collections=[a_collection(item, f"c{number}", **draw(services())) for number, item in enumerate(databases)],
        columns=[a_column(item, "t", f"c{number}", **draw(services())) for number, item in enumerate(databases)],
        rotations=[draw(rotations(number, item, databases)) for number, item in enumerate(owners)],
        revocations=[
            a_revocation(
                item,
                draw(st.sampled_from(item.versions)).id,
                id=f"rev{number}",
                reason=draw(texts),
                due_since=draw(times),
                done_at=draw(maybe(times)),
                extra=draw(extras),
            )
            for number, item in enumerate(held)
        ],
        service_tokens=[
            a_service_token(
                item,
                draw(texts),
                id=f"token{number}",
                created_at=draw(times),
                note=draw(maybe(texts)),
                extra=draw(extras),
            )
            for number, item in enumerate(databases)
        ],
        extra=draw(extras),
    )


@st.composite
def services(draw: st.DrawFn) -> dict[str, Any]:
    """What a dependant may be attached to, right or wrong."""
    return {
        "keyspace": draw(texts),
        "header": draw(st.booleans()),
        **draw(
            st.one_of(
                st.just({"provider": None}),
                st.fixed_dictionaries(
                    {"provider": st.sampled_from(PROVIDERS), "credential": maybe(st.sampled_from(NAMES))}
                ),
            )
        ),
        "model": draw(maybe(texts)),
        "dimension": draw(maybe(st.integers(-5, 5000))),
        "parameters": draw(st.dictionaries(texts, values, max_size=2)),
        "recorded_at": draw(maybe(times)),
        "observed_at": draw(maybe(times)),
        "extra": draw(extras),
    }
