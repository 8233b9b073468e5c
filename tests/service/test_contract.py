"""The protocol, played from the Data API's side on one running service."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from tests.service.conftest import Place
from tests.support.data_api import DATABASE_TOKEN, CredentialFailedError, DataApi


@pytest.fixture
def api(place: Place) -> DataApi:
    return place.service.data_api(place.shop)


def shown(error: pytest.ExceptionInfo[CredentialFailedError]) -> str:
    return str(error.value)


RECORDED = [
    ("openai", "openai-prod", "sk-first"),
    ("mistral", "mistral-prod", "mistral-first"),
    ("azureOpenAI", "azureOpenAI-prod", "azure-first"),
]


@pytest.mark.parametrize(("provider", "name", "key"), RECORDED)
def test_a_credential_is_valid_before_use_and_its_key_is_found_by_its_exact_name(
    api: DataApi, provider: str, name: str, key: str
) -> None:
    api.validate(provider, name)
    assert api.key(provider, name) == key
    assert api.calls == [
        f"/v1/databases/SINGLE-TENANT/integrations-type/{provider}/creds/{name}.providerKey/valid",
        f"/v1/databases/SINGLE-TENANT/integrations-type/{provider}/creds/{name}.providerKey",
    ]


CALLS = [
    line.split()[1]
    for line in (Path(__file__).parents[1] / "data" / "credential_calls.txt").read_text(encoding="utf-8").splitlines()
    if not line.startswith("#")
]
KEYS = {
    "openai-prod": "sk-first",
    "mistral-prod": "mistral-first",
    "azureOpenAI-prod": "azure-first",
    "huggingface-prod": "hf-first",
    "huggingfaceDedicated-prod": "hf-dedicated-first",
}


@pytest.mark.parametrize("path", CALLS, ids=lambda path: path.partition("integrations-type/")[2])
def test_every_call_that_was_recorded_is_answered(api: DataApi, path: str) -> None:
    suffixed = path.removesuffix("/valid").rpartition("/")[2]
    key = KEYS.get(suffixed.removesuffix(".providerKey"))
    answer = api.get(path)
    assert (answer.status, answer.content_type) == (200, "application/json")
    if key is None:
        assert [item["ID"] for item in answer.document["errors"]] == ["CREDENTIAL_NOT_AVAILABLE"]
        assert answer.document["credentials"] == {}
    else:
        expected = True if path.endswith("/valid") else key
        assert answer.document == {"credentials": {suffixed: expected}, "errors": []}


def test_the_answers_have_exactly_the_form_of_the_protocol(api: DataApi) -> None:
    check = api.get(api.path("openai", "openai-prod", valid=True))
    use = api.get(api.path("openai", "openai-prod"))
    refusal = api.get(api.path("openai", "nope"))
    assert (check.status, check.content_type, check.document) == (
        200,
        "application/json",
        {"credentials": {"openai-prod.providerKey": True}, "errors": []},
    )
    assert (use.status, use.content_type, use.document) == (
        200,
        "application/json",
        {"credentials": {"openai-prod.providerKey": "sk-first"}, "errors": []},
    )
    assert (refusal.status, refusal.content_type) == (200, "application/json")
    assert refusal.document == {
        "credentials": {},
        "errors": [
            {
                "ID": "CREDENTIAL_NOT_AVAILABLE",
                "message": 'the credential "nope" does not exist or may not be used by the database "shop"; '
                'if it should be, run "vzctl scope add nope shop"',
            }
        ],
    }


@pytest.mark.parametrize("prefix", ["/v1", "", "/any/prefix/of/a/proxy", "//"])
def test_any_prefix_is_the_same_service(place: Place, prefix: str) -> None:
    assert place.service.data_api(place.shop, prefix=prefix).key("openai", "openai-prod") == "sk-first"


def test_a_connection_is_kept_alive(api: DataApi) -> None:
    for _ in range(3):
        api.validate("openai", "openai-prod")
    connection = api._connection
    assert connection is not None
    assert api.key("openai", "openai-prod") == "sk-first"
    assert api._connection is connection


@pytest.mark.parametrize("header", ["X-Vzctl-Token", "x-vzctl-token", "vzctltoken"])
def test_both_headers_carry_the_token(place: Place, header: str) -> None:
    api = place.service.data_api(headers={header: place.shop})
    assert api.key("openai", "openai-prod") == "sk-first"


REFUSED: list[tuple[str, str, str, str]] = [
    (
        "unknown",
        "openai",
        "nope",
        'the credential "nope" does not exist or may not be used by the database "shop"; '
        'if it should be, run "vzctl scope add nope shop"',
    ),
    (
        "of another database",
        "openai",
        "openai-logs",
        'the credential "openai-logs" does not exist or may not be used by the database "shop"; '
        'if it should be, run "vzctl scope add openai-logs shop"',
    ),
    (
        "of another provider",
        "mistral",
        "openai-prod",
        'the credential "openai-prod" of the database "shop" holds a key of OpenAI and was asked for as one of '
        '"mistral"; name one of its own, "vzctl credentials list --database shop" shows them, or use the provider "openai"',
    ),
    (
        "another spelling of the provider",
        "OPENAI",
        "openai-prod",
        'the credential "openai-prod" of the database "shop" holds a key of OpenAI and was asked for as one of '
        '"OPENAI"; name one of its own, "vzctl credentials list --database shop" shows them, or use the provider "openai"',
    ),
    (
        "hosted",
        "nvidia",
        "openai-prod",
        'Nvidia takes no credential, so none can be given to the database "shop"; leave the credential out, '
        '"vzctl providers show nvidia" says how it is used',
    ),
    (
        "without a key",
        "openai",
        "openai-unheld",
        'the credential "openai-unheld" of the database "shop" has no key in the secret store; whoever has the key runs '
        '"vzctl secrets put openai-unheld"',
    ),
    (
        "another suffix",
        "openai",
        "openai-prod.accessId",
        '"openai-prod.accessId" cannot be the name of a credential, so the database "shop" has none of that name; '
        '"vzctl credentials list --database shop" shows those it has',
    ),
    (
        "another case",
        "openai",
        "OpenAI-prod",
        'the credential "OpenAI-prod" does not exist or may not be used by the database "shop"; '
        'if it should be, run "vzctl scope add OpenAI-prod shop"',
    ),
]


@pytest.mark.parametrize(
    ("provider", "name", "sentence"), [row[1:] for row in REFUSED], ids=[row[0] for row in REFUSED]
)
def test_a_refusal_is_one_sentence_for_the_person_who_sees_it(
    api: DataApi, provider: str, name: str, sentence: str
) -> None:
    with pytest.raises(CredentialFailedError) as at_create:
        api.validate(provider, name)
    with pytest.raises(CredentialFailedError) as at_use:
        api.key(provider, name)
    assert shown(at_create).endswith(f"): {sentence}.")
    assert shown(at_use).endswith(f"): {sentence}")
    assert len(api.calls) == 2, "a refusal is an answer: nothing is tried again"


def test_the_same_sentence_for_a_name_of_others_and_a_name_of_nobody(place: Place) -> None:
    api = place.service.data_api(place.logs)
    found = [api.get(api.path("openai", name)) for name in ("openai-prod", "openai-nowhere")]
    bodies = [item.body.replace(b"openai-prod", b"NAME").replace(b"openai-nowhere", b"NAME") for item in found]
    assert bodies[0] == bodies[1]
    assert b"shop" not in bodies[0]


@pytest.mark.parametrize(
    "headers",
    [
        {},
        {"X-Vzctl-Token": ""},
        {"X-Vzctl-Token": "wrong"},
        {"X-Vzctl-Token": f"vzt_{'0' * 12}_{'0' * 64}"},
        {"X-Vzctl-Token": "ÿ" * 50},
        {"Authorization": "Bearer wrong"},
    ],
    ids=["none", "empty", "no token", "nobody's", "bytes", "another header"],
)
def test_without_a_token_nothing_is_learned(place: Place, headers: dict[str, str]) -> None:
    api = place.service.data_api(headers=headers)
    paths = [
        api.path("openai", "openai-prod"),
        api.path("openai", "openai-logs", valid=True),
        api.path("nvidia", "nope"),
        "/v1/databases/other-tenant/integrations-type/x/creds/y.providerKey",
    ]
    answers = {api.get(path) for path in paths}
    (only,) = answers
    assert only.status == 401
    assert [item["ID"] for item in only.document["errors"]] == ["SERVICE_TOKEN_INVALID"]
    for word in (b"shop", b"logs", b"prod", b"sk-"):
        assert word not in only.body


def test_a_token_with_one_other_digit_is_nobodys(place: Place) -> None:
    other = place.shop[:-1] + ("0" if place.shop[-1] != "0" else "1")
    api = place.service.data_api(other)
    assert api.get(api.path("openai", "openai-prod")).status == 401


def test_two_different_tokens_at_once_are_none(place: Place) -> None:
    api = place.service.data_api(place.shop, headers={"vzctltoken": place.logs})
    assert api.get(api.path("openai", "openai-prod")).status == 401
    api = place.service.data_api(place.shop, headers={"vzctltoken": place.shop})
    assert api.get(api.path("openai", "openai-prod")).status == 200


def test_a_wrong_token_is_tried_three_more_times_and_said_to_be_one(place: Place) -> None:
    api = place.service.data_api("wrong")
    with pytest.raises(CredentialFailedError) as failed:
        api.key("openai", "openai-prod")
    assert (shown(failed).endswith("Error Code: 401"), len(api.calls)) == (True, 4)


def test_the_tenant_is_the_clusters_or_the_databases_own(place: Place) -> None:
    api = place.service.data_api(place.shop)
    own = "/v1/databases/11111111-1111-4111-8111-111111111111/integrations-type/openai/creds/openai-prod.providerKey"
    assert api.get(own).document["credentials"] == {"openai-prod.providerKey": "sk-first"}
    other = api.get(own.replace("1111-4111", "2222-4111")).document
    assert [item["ID"] for item in other["errors"]] == ["TENANT_OF_OTHER_DATABASE"]
    assert other["credentials"] == {}


def test_health_readiness_and_metrics_need_no_token_and_name_nothing(place: Place) -> None:
    api = place.service.data_api()
    alive, ready, metrics = (api.get(path) for path in ("/healthz", "/readyz", "/metrics"))
    assert (alive.status, alive.document) == (200, {"alive": True})
    assert (ready.status, ready.document) == (200, {"ready": True, "reasons": [], "warnings": []})
    assert metrics.status == 200
    text = metrics.body.decode()
    assert 'vzctl_serve_answers_total{answer="served"}' in text
    assert "vzctl_serve_state_serial" in text
    for word in ("shop", "openai", "sk-"):
        assert word not in text


def test_the_log_is_json_and_holds_neither_key_nor_token_nor_password(place: Place, api: DataApi) -> None:
    api.key("openai", "openai-prod")
    place.service.event("served", database="shop", credential="openai-prod.providerKey")
    place.service.data_api("sk-secret-token-of-somebody-0123456789").get(api.path("openai", "openai-prod"))
    place.service.event("unauthorized")
    text = "\n".join(place.service.lines)
    password = DATABASE_TOKEN.rpartition(":")[2]
    for secret in ("sk-first", place.shop, place.logs, password, "somebody", place.shop[-64:], "Bearer"):
        assert secret not in text
    for line in place.service.lines:
        entry: dict[str, Any] = json.loads(line)
        assert {"time", "level", "event"} <= entry.keys()
