"""The rules that guard changes, as far as the domain knows them: what each one lets through, and how it refuses."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import pytest

from tests.support.builders import a_collection, a_column, a_credential, a_database, a_rotation, a_state, a_version
from vzctl.domain.catalog.catalog import find_provider
from vzctl.domain.rules import (
    counted,
    display_name,
    listed,
    provider_by_id,
    require_active,
    require_credential,
    require_in_scope,
    require_integration_removable,
    require_name_is_free,
    require_no_rotation,
    require_same_service,
    require_scope_removable,
    require_takes_credential,
    scope_dependents,
    service_text,
)
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Dependent, Direction, Step
from vzctl.errors import ConflictError, NotFoundError, RotationOpenError, VzctlError

SHOP, BLOG = a_database("shop"), a_database("blog")
MAIN = a_credential("openai-prod", scope=[SHOP], versions=[a_version("v1"), a_version("v2")])
OTHER = a_credential("voyage-prod", provider="voyageAI", scope=[SHOP, BLOG])
PRODUCTS = a_collection(SHOP, credential="openai-prod")
BODY = a_column(SHOP, credential="openai-prod")
STATE = a_state(databases=[SHOP, BLOG], credentials=[MAIN, OTHER], collections=[PRODUCTS], columns=[BODY])


def refusal(action: Callable[[], object]) -> tuple[type[VzctlError], str, str, tuple[str, ...]]:
    """Return what a person sees when a rule forbids."""
    with pytest.raises(VzctlError) as caught:
        action()
    error = caught.value
    return type(error), error.code, error.message, tuple(str(step.command) for step in error.next_steps)


def test_the_catalogue_is_asked_by_exact_id() -> None:
    assert provider_by_id("openai") is find_provider("OpenAI")
    assert provider_by_id("OpenAI") is None
    assert (display_name("openai"), display_name("acme")) == ("OpenAI", "acme")


def test_a_credential_is_returned_by_its_exact_name() -> None:
    assert require_credential(STATE, "openai-prod") is MAIN


@pytest.mark.parametrize(
    ("name", "message"),
    [
        ("openai-prd", 'there is no credential "openai-prd"; did you mean "openai-prod"?'),
        ("OpenAI-Prod", 'there is no credential "OpenAI-Prod"; did you mean "openai-prod" or "voyage-prod"?'),
        ("zzz", 'there is no credential "zzz"'),
        ("", 'there is no credential ""'),
        ("a\x1b[2J", "there is no credential 'a\\x1b[2J'"),
    ],
)
def test_a_credential_that_is_not_there_offers_the_nearest_names(name: str, message: str) -> None:
    assert refusal(lambda: require_credential(STATE, name)) == (
        NotFoundError,
        "CREDENTIAL_NOT_FOUND",
        message,
        ("vzctl credentials list",),
    )


def test_rule_1_an_integration_without_credentials_may_go() -> None:
    require_integration_removable(STATE, "mistral")


def test_rule_1_an_integration_with_credentials_stays() -> None:
    state = STATE.with_credential(a_credential("openai-dev"))
    assert refusal(lambda: require_integration_removable(state, "openai")) == (
        ConflictError,
        "INTEGRATION_HAS_CREDENTIALS",
        "the OpenAI integration still has 2 credentials: openai-prod, openai-dev",
        ("vzctl credentials remove openai-prod",),
    )


def test_rule_2_an_external_provider_takes_a_credential() -> None:
    require_takes_credential(find_provider("openai"))


def test_rule_2_an_astra_hosted_provider_takes_none() -> None:
    assert refusal(lambda: require_takes_credential(find_provider("nvidia"))) == (
        ConflictError,
        "PROVIDER_TAKES_NO_CREDENTIAL",
        f"{display_name('nvidia')} is hosted by Astra: it takes no credential and no scope",
        ("vzctl providers show nvidia",),
    )


def test_a_free_name_may_be_taken() -> None:
    require_name_is_free(STATE, "openai-prod2")


def test_a_name_that_exists_is_refused_with_rotation_as_the_way_on() -> None:
    assert refusal(lambda: require_name_is_free(STATE, "openai-prod")) == (
        ConflictError,
        "CREDENTIAL_EXISTS",
        'the credential "openai-prod" exists already',
        ("vzctl credentials rotate openai-prod", "vzctl credentials show openai-prod"),
    )


def test_a_name_that_differs_only_in_case_is_refused() -> None:
    assert refusal(lambda: require_name_is_free(STATE, "OpenAI-PROD")) == (
        ConflictError,
        "CREDENTIAL_EXISTS",
        'the credential "openai-prod" exists; "OpenAI-PROD" differs only in case and would be mistaken for it',
        ("vzctl credentials show openai-prod",),
    )


def test_rule_3_an_active_database_takes_collections() -> None:
    require_active(SHOP, "a collection")


@pytest.mark.parametrize("status", ["PENDING", "INITIALIZING", "HIBERNATED", "active", "ZOMBIE"])
def test_rule_3_any_other_status_does_not(status: str) -> None:
    assert refusal(lambda: require_active(replace(SHOP, status=status), "a collection")) == (
        ConflictError,
        "DATABASE_NOT_ACTIVE",
        f'the database "shop" is {status}; a collection needs it ACTIVE',
        (f"vzctl databases edit {SHOP.id} --status ACTIVE",),
    )


def test_rule_4_a_database_in_the_scope_may_use_the_credential() -> None:
    require_in_scope(Index(STATE), MAIN, SHOP)


def test_rule_4_a_database_outside_the_scope_may_not() -> None:
    assert refusal(lambda: require_in_scope(Index(STATE), MAIN, BLOG)) == (
        ConflictError,
        "DATABASE_NOT_IN_SCOPE",
        'the database "blog" is not in the scope of the credential "openai-prod"',
        ("vzctl scope add openai-prod blog",),
    )


def test_rule_5_the_same_service_again_is_no_change() -> None:
    require_same_service(PRODUCTS, "shop/ks/products", "openai", "openai-prod")


@pytest.mark.parametrize(
    ("existing", "provider", "credential", "locked_to"),
    [
        (PRODUCTS, "openai", "openai-dev", 'OpenAI with the credential "openai-prod"'),
        (PRODUCTS, "voyageAI", "openai-prod", 'OpenAI with the credential "openai-prod"'),
        (PRODUCTS, None, None, 'OpenAI with the credential "openai-prod"'),
        (a_collection(SHOP, header=True), "openai", "openai-prod", "OpenAI with a header key"),
        (a_collection(SHOP, provider=None), "openai", "openai-prod", "no vectorize"),
    ],
)
def test_rule_5_a_collections_service_never_changes(
    existing: Dependent, provider: str | None, credential: str | None, locked_to: str
) -> None:
    address = "shop/ks/products"
    assert refusal(lambda: require_same_service(existing, address, provider, credential)) == (
        ConflictError,
        "COLLECTION_SERVICE_LOCKED",
        (
            f'the collection "{address}" is locked to {locked_to} for life; make a new collection like it '
            "with the other credential, then copy the documents"
        ),
        (f"vzctl collections show {address}",),
    )


def test_rule_8_a_database_without_dependants_may_leave_the_scope() -> None:
    require_scope_removable(Index(STATE), OTHER, [SHOP.id, BLOG.id], force=False)
    require_scope_removable(Index(STATE), MAIN, [BLOG.id], force=False)


def test_rule_8_a_database_with_dependants_leaves_by_force_only() -> None:
    assert scope_dependents(Index(STATE), MAIN, [SHOP.id]) == [PRODUCTS, BODY]
    require_scope_removable(Index(STATE), MAIN, [SHOP.id], force=True)
    assert refusal(lambda: require_scope_removable(Index(STATE), MAIN, [SHOP.id, BLOG.id], force=False)) == (
        ConflictError,
        "SCOPE_HAS_DEPENDANTS",
        (
            '2 dependants of "openai-prod" would lose vectorize: '
            "shop/default_keyspace/products, shop/default_keyspace/articles.body_vector"
        ),
        ("vzctl scope remove openai-prod shop --force",),
    )


def test_a_credential_without_an_open_rotation_may_change() -> None:
    require_no_rotation(STATE, MAIN)
    done = a_rotation(MAIN, step=Step.DONE)
    require_no_rotation(STATE.with_rotation(done), MAIN)


@pytest.mark.parametrize(
    ("step", "direction", "kind"),
    [
        (Step.STAGING, Direction.FORWARD, ConflictError),
        (Step.STAGED, Direction.FORWARD, ConflictError),
        (Step.TESTED, Direction.FORWARD, ConflictError),
        (Step.REVOKED, Direction.FORWARD, ConflictError),
        (Step.REMOVED, Direction.FORWARD, RotationOpenError),
        (Step.RECREATED, Direction.FORWARD, RotationOpenError),
        (Step.SCOPED, Direction.FORWARD, RotationOpenError),
        (Step.TESTED, Direction.BACK, RotationOpenError),
        (Step.REMOVED, Direction.BACK, RotationOpenError),
        (Step.DROPPING, Direction.FORWARD, ConflictError),
        (Step.DROPPING, Direction.BACK, ConflictError),
    ],
)
def test_an_open_rotation_blocks_with_12_past_the_point_of_no_return_and_4_before(
    step: Step, direction: Direction, kind: type[VzctlError]
) -> None:
    rotation = a_rotation(MAIN, new_version="v2", step=step, direction=direction)
    assert refusal(lambda: require_no_rotation(STATE.with_rotation(rotation), MAIN)) == (
        kind,
        "ROTATION_OPEN",
        f'a rotation of "openai-prod" is open at step {step}; nothing else may change it meanwhile',
        ("vzctl rotations resume openai-prod", "vzctl rotations rollback openai-prod"),
    )


@pytest.mark.parametrize(
    ("dependant", "text"),
    [
        (PRODUCTS, 'OpenAI with the credential "openai-prod"'),
        (a_collection(SHOP, header=True), "OpenAI with a header key"),
        (a_collection(SHOP, provider="nvidia"), display_name("nvidia")),
        (a_collection(SHOP, provider="acme"), "acme"),
        (a_column(SHOP, provider=None), "no vectorize"),
    ],
)
def test_a_service_is_said_in_words(dependant: Dependent, text: str) -> None:
    assert service_text(dependant) == text


@pytest.mark.parametrize(
    ("number", "noun", "text"),
    [
        (0, "credential", "0 credentials"),
        (1, "credential", "1 credential"),
        (2, "credential", "2 credentials"),
        (1, "entry", "1 entry"),
        (2, "entry", "2 entries"),
        (2, "key", "2 keys"),
    ],
)
def test_things_are_counted_in_the_right_number(number: int, noun: str, text: str) -> None:
    assert counted(number, noun) == text


def test_a_long_list_is_cut_and_the_rest_counted() -> None:
    assert listed([]) == ""
    assert listed(["a", "b"]) == "a, b"
    assert listed([str(number) for number in range(10)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9"
    assert listed([str(number) for number in range(12)]) == "0, 1, 2, 3, 4, 5, 6, 7, 8, 9 and 2 more"
    assert listed(["a", "b", "c"], limit=1) == "a and 2 more"
