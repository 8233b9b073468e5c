"""Rules 2, 4 and 7 for one request, from one state: who gets which version, and every sentence of a refusal."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.support.builders import a_credential, a_database, a_service_token, a_state, a_version, an_integration
from vzctl.domain.state.state import State
from vzctl.usecases.serve.credential import Directory, Granted, Refused, Wanted

SHOP = a_database("shop")
SPACED = a_database("the $(shop) & 'co'")
TWIN, OTHER_TWIN = a_database("twin", region="eu"), a_database("twin", region="us")
MAIN = a_credential(
    scope=[SHOP, SPACED, TWIN],
    versions=[a_version("v1"), a_version("v2"), a_version("v3", held=False)],
    current="v2",
    previous=("v1",),
    pending="v3",
)


def a_shop(**parts: object) -> State:
    databases = [SHOP, SPACED, TWIN, OTHER_TWIN]
    return a_state(**{"databases": databases, "credentials": [MAIN], **parts})  # type: ignore[arg-type]


def decide(
    state: State,
    *,
    tenant: str = "SINGLE-TENANT",
    provider: str = "openai",
    name: str = "openai-prod.providerKey",
    database: str = SHOP.id,
) -> Granted | Refused:
    return Directory(state).decide(database, Wanted(tenant, provider, name))


def refused(found: Granted | Refused) -> Refused:
    assert isinstance(found, Refused)
    assert not found.message.endswith(".")
    assert found.message.isprintable()
    return found


@pytest.mark.parametrize("name", ["openai-prod.providerKey", "openai-prod"])
def test_the_version_in_force_is_given_whatever_is_pending_or_was_before(name: str) -> None:
    assert decide(a_shop(), name=name) == Granted(MAIN, "v2")


@pytest.mark.parametrize("tenant", ["SINGLE-TENANT", SHOP.id])
def test_the_tenant_is_the_clusters_or_the_databases(tenant: str) -> None:
    assert decide(a_shop(), tenant=tenant) == Granted(MAIN, "v2")


@pytest.mark.parametrize("tenant", ["single-tenant", TWIN.id, "", "shop", "\x1b[2J"])
def test_another_tenant_is_refused(tenant: str) -> None:
    assert refused(decide(a_shop(), tenant=tenant)).id == "TENANT_OF_OTHER_DATABASE"


@pytest.mark.parametrize(
    ("credential", "is_given"),
    [
        (replace(MAIN, current=None), False),
        (replace(MAIN, current="v3"), False),
        (replace(MAIN, versions=(), current=None, pending=None, previous=()), False),
        (MAIN, True),
    ],
    ids=["being added", "not held", "no version", "held"],
)
def test_a_credential_without_a_key_in_the_store_is_refused(credential: object, is_given: bool) -> None:
    found = decide(a_shop(credentials=[credential]))
    assert isinstance(found, Granted) == is_given
    if not is_given:
        assert refused(found) == Refused(
            "CREDENTIAL_HAS_NO_KEY",
            'the credential "openai-prod" of the database "shop" has no key in the secret store; whoever has the key runs '
            '"vzctl secrets put openai-prod"',
        )


def test_a_name_of_others_and_one_of_nobody_differ_in_the_name_alone() -> None:
    state = a_shop(credentials=[replace(MAIN, scope=MAIN.scope[1:])])
    of_others, of_nobody = decide(state), decide(state, name="openai-none.providerKey")
    assert refused(of_others).id == refused(of_nobody).id == "CREDENTIAL_NOT_AVAILABLE"
    assert refused(of_others).message.replace("openai-prod", "NAME") == refused(of_nobody).message.replace(
        "openai-none", "NAME"
    )


def test_out_of_scope_comes_before_the_provider_which_would_tell_that_it_exists() -> None:
    state = a_shop(credentials=[replace(MAIN, scope=MAIN.scope[1:])])
    assert refused(decide(state, provider="mistral")).id == "CREDENTIAL_NOT_AVAILABLE"


@pytest.mark.parametrize(
    ("database", "command"),
    [
        (SHOP, "vzctl scope add new-one shop"),
        (SPACED, f"vzctl scope add new-one {SPACED.id}"),
        (TWIN, "vzctl scope add new-one twin@eu"),
    ],
    ids=["plain", "no word of a shell", "one of two"],
)
def test_the_command_in_a_sentence_can_be_pasted(database: object, command: str) -> None:
    message = refused(decide(a_shop(), name="new-one.providerKey", database=database.id)).message  # type: ignore[attr-defined]
    assert message.endswith(f'run "{command}"')


UNUSABLE = [
    "",
    ".providerKey",
    "a b",
    "-x",
    "$(reboot)",
    'x"; rm -rf /',
    "x" * 51,
    "é",
    "a/b",
    "x.secretKey.providerKey",
]
UNUSABLE += ["sk-proj-Zq9Zq9Zq9Zq9Zq9Zq9Zq9Zq9.providerKey", "\x1b]0;x\x07", "a\nb"]


@pytest.mark.parametrize(
    "name",
    UNUSABLE,
)
def test_a_name_that_no_credential_can_have_is_never_part_of_a_command(name: str) -> None:
    found = refused(decide(a_shop(), name=name))
    assert found.id == "CREDENTIAL_NOT_AVAILABLE"
    assert "scope add" not in found.message
    assert "Zq9" not in found.message


def test_providers_of_astra_take_no_credential_whatever_the_name() -> None:
    state = a_shop(integrations=[an_integration("openai"), an_integration("nvidia")])
    for name in ("openai-prod.providerKey", "nope.providerKey"):
        assert refused(decide(state, provider="nvidia", name=name)).id == "PROVIDER_TAKES_NO_CREDENTIAL"


def test_a_provider_that_nobody_knows_is_another_provider() -> None:
    found = refused(decide(a_shop(), provider='x"$(y)\x1b'))
    assert found.id == "CREDENTIAL_OF_OTHER_PROVIDER"
    assert "\x1b" not in found.message


def test_tokens_and_certificates_lead_to_their_databases() -> None:
    named = replace(SHOP, certificate_name="Shop.Example")
    directory = Directory(a_state(databases=[named, TWIN], service_tokens=[a_service_token(TWIN, "text", id="t9")]))
    found = [directory.database_of_certificate(kind, "shop.example") for kind in ("DNS", "CN", "URI")]
    assert (found, directory.tokens["t9"].database) == ([SHOP.id, None, None], TWIN.id)
    assert directory.credentials_of(SHOP.id) == directory.credentials_of("nowhere") == []
    assert (directory.database_name(TWIN.id), directory.database_ids) == ("twin", frozenset({SHOP.id, TWIN.id}))
