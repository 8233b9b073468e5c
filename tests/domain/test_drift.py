"""What differs between a state and what was seen, and what a sync makes of it: pure, without files."""

from __future__ import annotations

import itertools
from collections.abc import Iterable
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.support.builders import (
    LONG_AGO,
    NOW,
    a_collection,
    a_column,
    a_credential,
    a_database,
    a_retired_credential,
    a_rotation,
    a_scope_entry,
    a_service_token,
    a_state,
    a_version,
    an_integration,
    database_id,
)
from tests.support.states import sound_states
from vzctl.domain.checks.integrity import breakages
from vzctl.domain.checks.problems import find_problems
from vzctl.domain.drift.comparison import find_drift
from vzctl.domain.drift.databases import is_other_organization
from vzctl.domain.drift.differences import Action, Change, Drift, DriftItem, FieldChange, SyncOptions
from vzctl.domain.drift.observation import (
    DatabasesSeen,
    KeyspaceSeen,
    Kind,
    Observation,
    ObservedCollection,
    ObservedColumn,
    ObservedDatabase,
    ObservedModel,
    ObservedProvider,
    ProvidersSeen,
    Remark,
)
from vzctl.domain.state.records import AttachedService, Authentication, ControlPlane, Evidence, Step
from vzctl.domain.state.state import State

SHOP, BLOG = a_database("shop"), a_database("blog")
MODEL = "text-embedding-3-small"
KS = "default_keyspace"


def look(*kinds: Kind, prune: bool = False) -> SyncOptions:
    numbers = itertools.count(1)
    return SyncOptions(NOW, lambda: f"new{next(numbers)}", frozenset(kinds or Kind), prune)


def seen_database(database: Any = SHOP, **parts: Any) -> ObservedDatabase:
    given = {"id": database.id, "name": database.name, "status": database.status, "region": database.region}
    return ObservedDatabase(**{**given, **parts})


def databases(*items: ObservedDatabase, is_whole: bool = True, unreadable: Iterable[str] = ()) -> Observation:
    return Observation(databases=DatabasesSeen(databases=items, is_whole=is_whole, unreadable=frozenset(unreadable)))


def a_service(credential: str | None = None, provider: str | None = "openai", **parts: Any) -> AttachedService:
    authentication = Authentication.CREDENTIAL if credential else Authentication.HEADER
    if provider in (None, "nvidia"):
        authentication = Authentication.NONE
    given = {"model": MODEL, "dimension": 1536} if provider == "openai" else {}
    return AttachedService(
        provider=provider, authentication=authentication, credential=credential, **{**given, **parts}
    )


def contents(
    *items: ObservedCollection | ObservedColumn, database: Any = SHOP, both: bool = False, **parts: Any
) -> Observation:
    """Return what was seen in one keyspace: collections when there are any, columns when there are any, or both."""
    collections = tuple(item for item in items if isinstance(item, ObservedCollection))
    columns = tuple(item for item in items if isinstance(item, ObservedColumn))
    keyspace = KeyspaceSeen(
        database=database.id,
        keyspace=KS,
        collections=collections if collections or both or not columns else None,
        columns=columns if columns or both else None,
        **parts,
    )
    return Observation(keyspaces=(keyspace,))


def products(credential: str | None = "openai-prod", **parts: Any) -> ObservedCollection:
    return ObservedCollection("products", a_service(credential, **parts))


def brief(drift: Drift) -> list[tuple[str, str, str, str]]:
    return [(item.kind.value, item.change.value, item.action.value, item.subject) for item in drift.items]


def the_item(drift: Drift) -> DriftItem:
    (item,) = drift.items
    return item


A_SHOP = a_state(
    databases=[SHOP],
    credentials=[a_credential(scope=[SHOP])],
    collections=[a_collection(SHOP, credential="openai-prod")],
)


# ---------------------------------------------------------------- databases


def test_a_new_database_is_added() -> None:
    drift = find_drift(a_state(), databases(seen_database(endpoint="https://x")), look())
    item = the_item(drift)
    assert item.fields == (
        FieldChange("name", None, "shop"),
        FieldChange("region", None, "eu-west-1"),
        FieldChange("status", None, "ACTIVE"),
        FieldChange("endpoint", None, "https://x"),
    )
    assert drift.after.databases == (replace(SHOP, endpoint="https://x", observed_at=NOW),)


def test_what_a_look_does_not_show_stays_as_it_is() -> None:
    known = replace(SHOP, endpoint="https://x", extra={"later": 1})
    drift = find_drift(a_state(databases=[known]), databases(seen_database(status="HIBERNATED", region=None)), look())
    assert the_item(drift).fields == (FieldChange("status", "ACTIVE", "HIBERNATED"),)
    assert drift.after.databases == (replace(known, status="HIBERNATED", observed_at=NOW),)


def test_a_status_never_seen_is_recorded_and_a_problem() -> None:
    drift = find_drift(a_state(databases=[SHOP]), databases(seen_database(status="DREAMING")), look())
    assert [item.code for item in find_problems(drift.after)] == ["STATUS_UNKNOWN"]


def test_times_alone_are_no_drift() -> None:
    state = a_state(databases=[replace(SHOP, observed_at=LONG_AGO)])
    drift = find_drift(state, databases(seen_database()), look())
    assert (drift.items, drift.after is state) == ((), True)


def test_a_sync_that_records_something_observes_everything_that_it_saw() -> None:
    state = replace(A_SHOP, databases=(SHOP, BLOG))
    seen = replace(
        contents(products()), databases=databases(seen_database(), seen_database(BLOG, status="X")).databases
    )
    after = find_drift(state, seen, look()).after
    times = [item.observed_at for item in after.databases] + [item.observed_at for item in after.collections]
    assert times == [NOW, NOW, NOW]


def on_astra(state: State) -> State:
    return replace(state, organization=replace(state.organization, control_plane=ControlPlane.ASTRA))


def astra(**parts: Any) -> State:
    return on_astra(a_state(**parts))


@pytest.mark.parametrize("prune", [False, True])
def test_on_local_absence_from_astras_list_is_said_and_nothing_else(prune: bool) -> None:
    state = a_state(databases=[SHOP, BLOG])
    drift = find_drift(state, databases(seen_database()), look(prune=prune))
    message = 'the database "blog" is not in Astra\'s list; a local state is the authority, so it is not gone'
    assert drift.remarks == (Remark("DATABASE_NOT_IN_LIST", Kind.DATABASES, "blog", message),)
    assert (drift.items, drift.after is state) == ((), True)
    assert find_drift(state, databases(seen_database(), is_whole=False), look(prune=prune)).remarks == ()
    assert find_drift(on_astra(state), databases(seen_database()), look(prune=prune)).remarks == ()


def test_an_absent_database_is_marked_once_where_all_were_seen() -> None:
    state = astra(databases=[SHOP, BLOG])
    drift = find_drift(state, databases(seen_database()), look())
    assert brief(drift) == [("databases", "gone", "mark gone", "blog")]
    assert drift.after.database(BLOG.id) == replace(BLOG, gone_since=NOW)
    again = find_drift(drift.after, databases(seen_database()), look())
    assert again.items == ()


def test_absence_from_part_of_a_list_says_nothing() -> None:
    state = astra(databases=[SHOP, BLOG])
    assert find_drift(state, databases(seen_database(), is_whole=False), look(prune=True)).items == ()


def test_a_database_under_an_unreadable_name_is_not_gone() -> None:
    state = astra(databases=[SHOP, BLOG])
    assert find_drift(state, databases(seen_database(), unreadable=[BLOG.id]), look(prune=True)).items == ()


def test_a_database_whose_data_api_answered_is_not_gone() -> None:
    state = astra(databases=[SHOP, BLOG])
    seen = replace(contents(database=BLOG), databases=databases(seen_database()).databases)
    assert find_drift(state, seen, look(prune=True)).items == ()


def test_a_terminated_database_is_gone_wherever_it_is_seen() -> None:
    seen = databases(seen_database(status="TERMINATED"), seen_database(BLOG, status="TERMINATED"), is_whole=False)
    drift = find_drift(a_state(databases=[SHOP]), seen, look())
    assert brief(drift) == [("databases", "gone", "mark gone", "shop")]
    assert drift.after.databases == (replace(SHOP, status="TERMINATED", gone_since=NOW, observed_at=NOW),)
    assert find_drift(drift.after, seen, look()).items == ()


def test_a_database_that_is_there_again_is_no_longer_marked() -> None:
    state = a_state(databases=[replace(SHOP, gone_since=LONG_AGO)])
    drift = find_drift(state, databases(seen_database()), look())
    assert the_item(drift).note == "is there again"
    assert drift.after.databases == (replace(SHOP, observed_at=NOW),)


def test_prune_forgets_a_database_with_everything_that_refers_to_it() -> None:
    drift = find_drift(on_astra(A_SHOP), databases(seen_database(BLOG)), look(prune=True))
    assert [item.loses for item in drift.with_action(Action.FORGET)] == [
        (
            'collection shop/default_keyspace/products (OpenAI with the credential "openai-prod")',
            "its place in the scope of openai-prod",
        )
    ]
    after = drift.after
    assert ([item.name for item in after.databases], after.collections, after.credentials[0].scope) == (
        ["blog"],
        (),
        (),
    )
    assert list(breakages(after)) == []


def test_prune_forgets_what_was_marked_before() -> None:
    state = astra(databases=[SHOP, replace(BLOG, gone_since=LONG_AGO)])
    drift = find_drift(state, databases(seen_database()), look(prune=True))
    assert brief(drift) == [("databases", "gone", "forget", "blog")]


def test_only_vector_databases_are_added_when_the_answer_tells_them_apart() -> None:
    vector, other = seen_database(is_vector=True), seen_database(BLOG, is_vector=None)
    assert [item.subject for item in find_drift(a_state(), databases(vector, other), look()).items] == ["shop"]
    assert [item.subject for item in find_drift(a_state(), databases(other), look()).items] == ["blog"]
    changed = find_drift(a_state(databases=[BLOG]), databases(vector, replace(other, status="PARKED")), look())
    assert ("databases", "changed", "update", "blog") in brief(changed)


def test_databases_of_which_none_is_recorded_are_of_another_organization() -> None:
    seen = databases(seen_database(BLOG)).databases
    assert seen is not None
    assert is_other_organization(a_state(databases=[SHOP]), seen)
    assert not is_other_organization(a_state(), seen)
    assert not is_other_organization(a_state(databases=[SHOP, BLOG]), seen)
    assert not is_other_organization(a_state(databases=[SHOP]), DatabasesSeen(databases=()))


# ---------------------------------------------------------------- collections and columns


def test_a_new_collection_is_added_with_everything_that_was_seen() -> None:
    state = a_state(databases=[SHOP], credentials=[a_credential(scope=[SHOP])])
    drift = find_drift(state, contents(products()), look())
    assert drift.after.collections == (a_collection(SHOP, credential="openai-prod", recorded_at=NOW, observed_at=NOW),)


def test_a_collection_with_another_service_was_made_again() -> None:
    state = replace(A_SHOP, credentials=(*A_SHOP.credentials, a_credential("other", scope=[SHOP])))
    item = the_item(find_drift(state, contents(products("other")), look()))
    assert (item.change, item.fields, item.note) == (
        Change.CHANGED,
        (FieldChange("credential", "openai-prod", "other"),),
        "locked for life: it was deleted and made again, or recorded wrongly",
    )


@pytest.mark.parametrize(
    ("known", "seen"),
    [
        ({"dimension": None}, {}),
        ({"provider": "voyageAI", "model": "voyage-2", "dimension": 1024}, {"parameters": {"autoTruncate": True}}),
    ],
)
def test_values_that_nobody_wrote_down_are_no_drift(known: dict[str, Any], seen: dict[str, Any]) -> None:
    recorded = a_collection(SHOP, header=True, **known)
    service = a_service(
        provider=recorded.provider, **{"model": recorded.model, "dimension": recorded.dimension or 1536, **seen}
    )
    state = a_state(databases=[SHOP], collections=[recorded])
    assert find_drift(state, contents(ObservedCollection("products", service)), look()).items == ()


@pytest.mark.parametrize(
    ("service", "note"),
    [
        (a_service(None, "nvidia", model="NV-Embed-QA", dimension=1024), "stored vectors do not compare with new ones"),
        (
            AttachedService(dimension=1536),
            "on Apache Cassandra a table forgets its services: ask the database that it was attached to",
        ),
        (a_service(None), None),
    ],
)
def test_a_column_whose_service_changed(service: AttachedService, note: str | None) -> None:
    state = a_state(databases=[SHOP], columns=[a_column(SHOP, credential="openai-prod", extra={"later": 1})])
    drift = find_drift(state, contents(ObservedColumn("articles", "body_vector", service)), look())
    assert the_item(drift).note == note
    (after,) = drift.after.columns
    assert (after.provider, after.authentication, after.recorded_at, after.observed_at, after.extra) == (
        service.provider,
        service.authentication,
        LONG_AGO,
        NOW,
        {"later": 1},
    )


def test_an_absent_collection_is_kept_without_prune() -> None:
    drift = find_drift(A_SHOP, contents(), look())
    assert brief(drift) == [("collections", "gone", "keep", "shop/default_keyspace/products")]
    assert (drift.effective, drift.after is A_SHOP) == ((), True)


def test_prune_forgets_an_absent_collection_and_nothing_beyond_the_keyspace() -> None:
    elsewhere = [a_collection(SHOP, keyspace="other"), a_collection(BLOG)]
    state = replace(
        A_SHOP, databases=(SHOP, BLOG), collections=(*A_SHOP.collections, *elsewhere), columns=(a_column(SHOP),)
    )
    drift = find_drift(state, contents(), look(prune=True))
    assert brief(drift) == [("collections", "gone", "forget", "shop/default_keyspace/products")]
    assert drift.after.collections == tuple(elsewhere)


@pytest.mark.parametrize("parts", [{"is_whole": False}, {"unreadable": frozenset({"products"})}])
def test_prune_keeps_what_may_be_there_all_the_same(parts: dict[str, Any]) -> None:
    assert find_drift(A_SHOP, contents(**parts), look(prune=True)).items == ()


def test_an_unknown_provider_and_model_are_recorded_and_a_problem() -> None:
    seen = contents(ObservedCollection("a", a_service(None, "acme")), ObservedCollection("b", a_service(model="gpt-9")))
    after = find_drift(a_state(databases=[SHOP]), seen, look()).after
    assert [item.code for item in find_problems(after)] == ["SERVICE_UNKNOWN", "SERVICE_UNKNOWN"]


# ---------------------------------------------------------------- credentials and integrations


def test_a_credential_that_nobody_recorded_is_offered_with_the_smallest_scope() -> None:
    earlier = a_collection(BLOG, "posts", credential="openai-prod")
    state = a_state(databases=[SHOP, BLOG, a_database("third")], collections=[earlier])
    drift = find_drift(state, contents(products()), look())
    assert brief(drift) == [
        ("integrations", "added", "add", "openai"),
        ("credentials", "added", "add", "openai-prod"),
        ("collections", "added", "add", "shop/default_keyspace/products"),
    ]
    names = sorted([SHOP.id, BLOG.id])
    (credential,) = drift.after.credentials
    assert credential == a_credential(
        id="new2",
        scope=[a_scope_entry(item, added_at=NOW) for item in names],
        versions=[replace(a_version("new1", held=False, created_at=NOW), fingerprint=None)],
        created_at=NOW,
        key_set_at=None,
    )
    assert drift.after.integrations == (an_integration(added_at=NOW),)
    assert drift.items[1].note == "named by 2 dependants; its key is not here"
    assert find_problems(drift.after) == []


def test_on_astra_what_was_seen_is_observed() -> None:
    state = a_state(control_plane=ControlPlane.ASTRA, databases=[SHOP])
    after = find_drift(state, contents(products()), look()).after
    (credential,) = after.credentials
    facts: list[Any] = [after.integrations[0], credential, credential.scope[0]]
    assert [(item.evidence, item.evidence_at) for item in facts] == [(Evidence.OBSERVED, NOW)] * 3


def test_two_names_that_differ_only_in_case_are_accepted() -> None:
    drift = find_drift(A_SHOP, contents(products(), ObservedCollection("b", a_service("OpenAI-Prod"))), look())
    assert [item.name for item in drift.after.credentials] == ["openai-prod", "OpenAI-Prod"]
    assert 'differs only in case from "openai-prod"' in str(drift.with_action(Action.ADD)[0].note)
    assert [item.code for item in find_problems(drift.after)] == ["NAMES_DIFFER_IN_CASE"]


@pytest.mark.parametrize(
    ("state", "seen", "code", "reason"),
    [
        (
            a_state(databases=[SHOP], retired=[a_retired_credential("openai-prod")]),
            [products()],
            "CREDENTIAL_REMOVED",
            "which 1 dependant names, is not recorded: it was removed here",
        ),
        (
            a_state(databases=[SHOP]),
            [products(), ObservedCollection("b", a_service("openai-prod", "mistral"))],
            "CREDENTIAL_AMBIGUOUS",
            "which 2 dependants name, is not recorded: they use Mistral AI, OpenAI",
        ),
        (
            a_state(databases=[SHOP]),
            [products(provider="acme")],
            "PROVIDER_UNKNOWN",
            'which 1 dependant names, is not recorded: vzctl does not know the provider "acme"',
        ),
        (
            a_state(databases=[SHOP]),
            [ObservedCollection("b", replace(a_service("openai-prod"), provider="nvidia"))],
            "PROVIDER_TAKES_NO_CREDENTIAL",
            "which 1 dependant names, is not recorded: Nvidia takes no credential",
        ),
    ],
)
def test_a_credential_that_cannot_be_offered(
    state: State, seen: list[ObservedCollection], code: str, reason: str
) -> None:
    drift = find_drift(state, contents(*seen), look())
    assert drift.remarks == (Remark(code, Kind.CREDENTIALS, "openai-prod", f'the credential "openai-prod", {reason}'),)
    assert (drift.after.credentials, drift.after.integrations) == ((), ())
    assert {"CREDENTIAL_MISSING"} <= {item.code for item in find_problems(drift.after)}


def adopted(state: State, *more: ObservedCollection, database: Any = SHOP) -> State:
    return find_drift(state, contents(products(), *more, database=database), look()).after


@pytest.mark.parametrize("plane", ControlPlane)
def test_the_scope_of_an_adopted_credential_follows_what_is_seen_later(plane: ControlPlane) -> None:
    state = adopted(a_state(control_plane=plane, databases=[SHOP, BLOG]))
    drift = find_drift(state, contents(products(), database=BLOG), look())
    item = drift.items[0]
    assert (item.subject, item.action, item.fields) == (
        "openai-prod",
        Action.UPDATE,
        (FieldChange("scope", "shop", "shop, blog"),),
    )
    assert drift.after.credentials[0].database_ids == {SHOP.id, BLOG.id}


@pytest.mark.parametrize("plane", ControlPlane)
def test_a_credential_with_a_key_keeps_its_scope_and_that_is_a_problem(plane: ControlPlane) -> None:
    state = a_state(control_plane=plane, databases=[SHOP, BLOG], credentials=[a_credential(scope=[SHOP])])
    after = find_drift(state, contents(products(), database=BLOG), look()).after
    assert after.credentials == state.credentials
    assert [item.code for item in find_problems(after)] == ["OUT_OF_SCOPE"]


def test_contents_of_a_database_that_is_forgotten_are_not_recorded() -> None:
    seen = replace(contents(products()), databases=databases(seen_database(status="TERMINATED")).databases)
    drift = find_drift(a_state(databases=[SHOP]), seen, look(prune=True))
    assert brief(drift) == [("databases", "gone", "forget", "shop")]
    assert (drift.after.collections, drift.after.credentials) == ((), ())


# ---------------------------------------------------------------- groups, rotations, providers


def test_only_the_chosen_groups_are_looked_at() -> None:
    seen = replace(
        contents(products("fresh"), ObservedColumn("t", "v", a_service(None))),
        databases=databases(seen_database(status="PARKED")).databases,
    )
    state = a_state(databases=[SHOP])
    found = {kind: [item.kind for item in find_drift(state, seen, look(kind)).items] for kind in Kind}
    assert found == {
        Kind.DATABASES: [Kind.DATABASES],
        Kind.INTEGRATIONS: [Kind.INTEGRATIONS],
        Kind.CREDENTIALS: [Kind.INTEGRATIONS, Kind.CREDENTIALS],
        Kind.COLLECTIONS: [Kind.COLLECTIONS],
        Kind.COLUMNS: [Kind.COLUMNS],
        Kind.SCOPES: [],
    }
    for kind in Kind:
        assert list(breakages(find_drift(state, seen, look(kind)).after)) == []


def rotating(**parts: Any) -> State:
    owner = a_credential(scope=[SHOP], versions=[a_version("v1"), a_version("v-new")])
    return a_state(
        **{
            "databases": [SHOP, BLOG],
            "credentials": [owner],
            "rotations": [a_rotation(owner, step=Step.STAGED, old_version="v1")],
            "collections": [a_collection(SHOP, credential="openai-prod")],
            **parts,
        }
    )


@pytest.mark.parametrize(
    "seen",
    [
        contents(products(), ObservedCollection("more", a_service("openai-prod"))),
        contents(products(None)),
        contents(),
        databases(seen_database(BLOG)),
    ],
)
def test_nothing_that_a_rotation_rests_on_is_touched(seen: Observation) -> None:
    state = on_astra(rotating())
    drift = find_drift(state, seen, look(prune=True))
    assert [(item.action, item.rotation) for item in drift.items] == [(Action.SKIP, "openai-prod")]
    assert drift.after is state


def test_a_database_that_a_rotation_keeps_loses_nothing() -> None:
    drift = find_drift(on_astra(rotating()), databases(seen_database(BLOG)), look(prune=True))
    assert (the_item(drift).action, the_item(drift).loses) == (Action.SKIP, ())


def test_prune_forgets_the_service_tokens_of_a_database() -> None:
    state = a_state(databases=[SHOP, BLOG], service_tokens=[a_service_token(SHOP, id="t1"), a_service_token(BLOG)])
    drift = find_drift(state, databases(seen_database(status="TERMINATED"), is_whole=False), look(prune=True))
    assert the_item(drift).loses == ("the service token t1",)
    assert drift.after.service_tokens == state.service_tokens[1:]
    assert list(breakages(drift.after)) == []


def test_everything_else_goes_on_beside_a_rotation() -> None:
    state = rotating()
    seen = contents(products(None), ObservedCollection("more", a_service(None)))
    drift = find_drift(state, seen, look())
    assert [item.action for item in drift.items] == [Action.ADD, Action.SKIP]
    assert drift.after.collections[0] == state.collections[0]


def test_a_rotation_keeps_an_adopted_scope_as_it_is() -> None:
    state = adopted(a_state(databases=[SHOP, BLOG]))
    owner = state.credentials[0]
    state = replace(state, rotations=(a_rotation(owner, old_version=None, new_version=str(owner.current)),))
    drift = find_drift(state, contents(products(), database=BLOG), look())
    assert [item.action for item in drift.items] == [Action.SKIP, Action.SKIP]


def offer(*models: ObservedModel, provider: str = "openai", stored: bool = True) -> Observation:
    return Observation(providers=ProvidersSeen((ObservedProvider(provider, stored, models),)))


@pytest.mark.parametrize(
    ("seen", "codes"),
    [
        (offer(ObservedModel(MODEL, "SUPPORTED")), []),
        (offer(ObservedModel(MODEL, "DEPRECATED")), ["MODEL_NOT_SUPPORTED"]),
        (offer(ObservedModel("other", "SUPPORTED")), ["MODEL_NOT_OFFERED"]),
        (offer(ObservedModel("other", "DEPRECATED")), []),
        (offer(ObservedModel(MODEL, "SUPPORTED"), stored=False), ["STORED_KEYS_OFF"]),
        (offer(provider="acme"), ["PROVIDER_NOT_OFFERED", "PROVIDER_UNKNOWN"]),
    ],
)
def test_what_a_data_api_offers_is_compared_and_never_recorded(seen: Observation, codes: list[str]) -> None:
    drift = find_drift(A_SHOP, seen, look())
    assert [item.code for item in drift.remarks] == codes
    assert (drift.items, drift.after is A_SHOP) == ((), True)


# ---------------------------------------------------------------- for all states

services = st.one_of(
    st.just(AttachedService(dimension=3)),
    st.builds(
        a_service, st.sampled_from([None, "openai-prod", "X", "x", "fresh"]), st.sampled_from(["openai", "acme"])
    ),
    st.just(a_service(None, "nvidia", model="NV-Embed-QA")),
)
names = st.sampled_from(["c0", "c1", "c2", "fresh"])


@st.composite
def observations(draw: st.DrawFn, state: State) -> Observation:
    """Return what could be seen: some of what is recorded, and more."""
    ids = [item.id for item in state.databases] + [database_id(77), database_id(78)]
    seen = [
        ObservedDatabase(
            id=item,
            name=draw(st.sampled_from(["shop", "blog"])),
            status=draw(st.sampled_from(["ACTIVE", "ZOMBIE", "TERMINATED"])),
            is_vector=draw(st.sampled_from([None, True])),
        )
        for item in draw(st.lists(st.sampled_from(ids), unique=True))
    ]
    known = [(item.database, item.keyspace) for item in state.dependants()]
    places = [item for item in known if item[0]] or []
    keyspaces = [
        KeyspaceSeen(
            database=database,
            keyspace=keyspace,
            collections=tuple(ObservedCollection(name, draw(services)) for name in draw(st.lists(names, unique=True))),
            columns=tuple(ObservedColumn("t", name, draw(services)) for name in draw(st.lists(names, unique=True))),
            is_whole=draw(st.booleans()),
        )
        for database, keyspace in (draw(st.lists(st.sampled_from(places), unique=True)) if places else [])
    ]
    listed = DatabasesSeen(databases=tuple(seen), is_whole=draw(st.booleans()))
    return Observation(databases=draw(st.sampled_from([None, listed])), keyspaces=tuple(keyspaces))


looked = sound_states().flatmap(lambda state: st.tuples(st.just(state), observations(state)))


@pytest.mark.slow
@given(looked, st.booleans(), st.sets(st.sampled_from(Kind), min_size=1))
def test_what_was_recorded_does_not_differ_any_more(
    found: tuple[State, Observation], prune: bool, kinds: set[Kind]
) -> None:
    state, seen = found
    drift = find_drift(state, seen, look(*kinds, prune=prune))
    assert list(breakages(drift.after)) == []
    again = find_drift(drift.after, seen, look(*kinds, prune=prune))
    assert again.effective == ()
    assert again.after is drift.after
    if not drift.effective:
        assert drift.after is state


@pytest.mark.slow
@given(looked)
def test_nothing_is_ever_removed_without_prune(found: tuple[State, Observation]) -> None:
    state, seen = found
    after = find_drift(state, seen, look()).after
    assert {item.id for item in state.databases} <= {item.id for item in after.databases}
    assert {item.key for item in state.dependants()} <= {item.key for item in after.dependants()}
    assert {item.id for item in state.credentials} <= {item.id for item in after.credentials}
    for before in state.credentials:
        now = after.credential_by_id(before.id)
        assert now is not None
        assert before.database_ids <= now.database_ids
        assert replace(now, scope=before.scope) == before
    assert (after.retired, after.rotations, after.revocations) == (state.retired, state.rotations, state.revocations)


@given(looked)
def test_prune_stays_within_what_was_looked_at(found: tuple[State, Observation]) -> None:
    state, seen = found
    drift = find_drift(state, seen, look(prune=True))
    gone = {item.id for item in state.databases} - {item.id for item in drift.after.databases}
    terminated = {
        item.id for item in (seen.databases.databases if seen.databases else ()) if item.status == "TERMINATED"
    }
    if seen.databases is None or not seen.databases.is_whole:
        assert gone <= terminated
    looked_into = {(item.database, item.keyspace) for item in seen.keyspaces}
    lost = {item.key for item in state.dependants()} - {item.key for item in drift.after.dependants()}
    assert all(key[:2] in looked_into or key[0] in gone for key in lost)
    assert {item.id for item in state.credentials} <= {item.id for item in drift.after.credentials}


@given(looked)
def test_the_order_of_what_was_seen_does_not_matter(found: tuple[State, Observation]) -> None:
    state, seen = found
    turned = replace(
        seen,
        databases=replace(seen.databases, databases=seen.databases.databases[::-1]) if seen.databases else None,
        keyspaces=tuple(
            replace(item, collections=(item.collections or ())[::-1], columns=(item.columns or ())[::-1])
            for item in seen.keyspaces[::-1]
        ),
    )
    assert find_drift(state, turned, look()) == find_drift(state, seen, look())
