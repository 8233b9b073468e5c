"""One probe a provider: what it sends, and what it makes of every answer that the provider is known to give."""

from __future__ import annotations

from typing import Any, Final

import pytest

from tests.support.standin.fault import RATE_LIMITED
from tests.support.standin.providers import EXTERNAL, TROUBLES, Providers
from tests.support.standin.server import StandIn
from vzctl.clients.http import Http, Limits
from vzctl.clients.provider_probe import (
    EMBEDDING,
    IDENTITY,
    MAY_NOT_LIST,
    MAY_WAKE,
    NO_FREE_CHECK,
    ONLY_THROUGH_ASTRA,
    Finding,
    ProviderProbes,
)
from vzctl.clients.provider_rules import OF_CAUSE
from vzctl.clients.provider_wire import WIRES, Wanted
from vzctl.domain.catalog.catalog import CATALOGUE
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.diagnosis.causes import causes
from vzctl.domain.diagnosis.key_verdict import MEANINGS, PASSED, REJECTED, Verdict
from vzctl.errors import UsageError
from vzctl.secret import Secret

PROVIDERS: Final = {provider.id: provider for provider in CATALOGUE}
KEY: Final = "Kq3Zx9Wm2Lp7Rv5T"
SERVICES: Final[dict[str, Wanted]] = {
    "openai": Wanted(model="text-embedding-3-small", dimension=512, parameters={}),
    "azureOpenAI": Wanted(
        model="text-embedding-3-small",
        dimension=512,
        parameters={"resourceName": "acme", "deploymentId": "small"},
    ),
    "huggingface": Wanted(model="sentence-transformers/all-MiniLM-L6-v2", dimension=384, parameters={}),
    "huggingfaceDedicated": Wanted(
        model="endpoint-defined-model",
        dimension=384,
        parameters={"endpointName": "abc123", "regionName": "us-east-1", "cloudName": "aws"},
    ),
    "jinaAI": Wanted(
        model="jina-embeddings-v3", dimension=256, parameters={"task": "retrieval.query", "late_chunking": True}
    ),
    "mistral": Wanted(model="mistral-embed", dimension=1024, parameters={}),
    "upstageAI": Wanted(model="solar-embedding-1-large", dimension=4096, parameters={}),
    "voyageAI": Wanted(model="voyage-2", dimension=1024, parameters={"autoTruncate": False}),
}
SENT: Final[dict[str, tuple[str, Any]]] = {
    "openai": (
        "/openai/v1/embeddings",
        {"input": ["hi"], "model": "text-embedding-3-small", "dimensions": 512},
    ),
    "azureOpenAI": (
        "/azureOpenAI/openai/deployments/small/embeddings",
        {"input": ["hi"], "model": "text-embedding-3-small", "dimensions": 512},
    ),
    "huggingface": (
        "/huggingface/hf-inference/models/sentence-transformers/all-MiniLM-L6-v2/pipeline/feature-extraction",
        {"inputs": ["hi"], "options": {"waitForModel": True}},
    ),
    "huggingfaceDedicated": ("/huggingfaceDedicated/embeddings", {"input": ["hi"]}),
    "jinaAI": (
        "/jinaAI/v1/embeddings",
        {
            "input": ["hi"],
            "model": "jina-embeddings-v3",
            "dimensions": 256,
            "task": "retrieval.query",
            "late_chunking": True,
        },
    ),
    "mistral": ("/mistral/v1/embeddings", {"input": ["hi"], "model": "mistral-embed", "encoding_format": "float"}),
    "upstageAI": ("/upstageAI/v1/solar/embeddings", {"input": "hi", "model": "solar-embedding-1-large-query"}),
    "voyageAI": (
        "/voyageAI/v1/embeddings",
        {"input_type": "query", "input": ["hi"], "model": "voyage-2", "truncation": False},
    ),
}
CHECKED_AT: Final = {
    "openai": "/openai/v1/models",
    "azureOpenAI": "/azureOpenAI/openai/models",
    "huggingface": "/huggingface/hf-inference/api/whoami-v2",
    "huggingfaceDedicated": "/huggingfaceDedicated/api/whoami-v2",
    "mistral": "/mistral/v1/models",
    "upstageAI": "/upstageAI/v1/models",
}
EXPECTED: Final[dict[str, dict[str, Verdict]]] = {
    "openai": {
        "invalid": Verdict.INVALID_KEY,
        "scope": Verdict.NO_PERMISSION,
        "organization": Verdict.NO_PERMISSION,
        "address": Verdict.NETWORK_BLOCKED,
        "project": Verdict.MODEL_MISSING,
        "kind": Verdict.MODEL_MISSING,
        "country": Verdict.NETWORK_BLOCKED,
        "model": Verdict.MODEL_MISSING,
        "quota": Verdict.QUOTA_EXHAUSTED,
        "rate": Verdict.RATE_LIMITED,
        "length": Verdict.PAYLOAD_TOO_LARGE,
        "request": Verdict.BAD_REQUEST,
        "down": Verdict.PROVIDER_DOWN,
        "broken": Verdict.PROVIDER_DOWN,
    },
    "azureOpenAI": {
        "invalid": Verdict.INVALID_KEY,
        "deployment": Verdict.ENDPOINT_MISSING,
        "path": Verdict.ENDPOINT_MISSING,
        "kind": Verdict.BAD_REQUEST,
        "network": Verdict.NETWORK_BLOCKED,
        "private": Verdict.NETWORK_BLOCKED,
        "keys": Verdict.NO_PERMISSION,
        "rate": Verdict.RATE_LIMITED,
    },
    "huggingface": {
        "invalid": Verdict.INVALID_KEY,
        "permission": Verdict.NO_PERMISSION,
        "credits": Verdict.QUOTA_EXHAUSTED,
        "gone": Verdict.MODEL_MISSING,
        "model": Verdict.MODEL_MISSING,
        "rate": Verdict.RATE_LIMITED,
        "loading": Verdict.ENDPOINT_NOT_READY,
        "down": Verdict.PROVIDER_DOWN,
    },
    "huggingfaceDedicated": {
        "invalid": Verdict.INVALID_KEY,
        "permission": Verdict.NO_PERMISSION,
        "paused": Verdict.ENDPOINT_NOT_READY,
        "sleeping": Verdict.ENDPOINT_NOT_READY,
        "gone": Verdict.ENDPOINT_MISSING,
        "overloaded": Verdict.RATE_LIMITED,
        "length": Verdict.PAYLOAD_TOO_LARGE,
    },
    "jinaAI": {
        "invalid": Verdict.INVALID_KEY,
        "format": Verdict.INVALID_KEY,
        "balance": Verdict.QUOTA_EXHAUSTED,
        "limit": Verdict.QUOTA_EXHAUSTED,
        "payment": Verdict.QUOTA_EXHAUSTED,
        "model": Verdict.MODEL_MISSING,
        "request": Verdict.BAD_REQUEST,
        "rate": Verdict.RATE_LIMITED,
    },
    "mistral": {
        "invalid": Verdict.INVALID_KEY,
        "inactive": Verdict.QUOTA_EXHAUSTED,
        "payment": Verdict.QUOTA_EXHAUSTED,
        "model": Verdict.MODEL_MISSING,
        "length": Verdict.PAYLOAD_TOO_LARGE,
        "request": Verdict.BAD_REQUEST,
        "rate": Verdict.RATE_LIMITED,
        "tier": Verdict.RATE_LIMITED,
    },
    "upstageAI": {
        "invalid": Verdict.INVALID_KEY,
        "nested": Verdict.INVALID_KEY,
        "credit": Verdict.QUOTA_EXHAUSTED,
        "model": Verdict.MODEL_MISSING,
        "rate": Verdict.RATE_LIMITED,
        "length": Verdict.PAYLOAD_TOO_LARGE,
    },
    "voyageAI": {
        "invalid": Verdict.INVALID_KEY,
        "payment": Verdict.RATE_LIMITED,
        "rate": Verdict.RATE_LIMITED,
        "model": Verdict.MODEL_MISSING,
        "length": Verdict.PAYLOAD_TOO_LARGE,
        "request": Verdict.BAD_REQUEST,
        "down": Verdict.PROVIDER_DOWN,
    },
}


@pytest.fixture
def providers(stand_in: StandIn) -> Providers:
    return Providers(stand_in)


@pytest.fixture
def probes(http: Http, providers: Providers) -> ProviderProbes:
    return ProviderProbes(http, providers.urls)


def probe(probes: ProviderProbes, provider: str, key: str = KEY, level: int = EMBEDDING, **more: Any) -> Finding:
    wanted = more.pop("wanted", SERVICES.get(provider, Wanted(model=None, dimension=None, parameters={})))
    return probes.probe(PROVIDERS[provider], Secret(key), wanted, level=level, **{"wake": True, **more})


def test_there_is_a_wire_for_every_provider_that_takes_a_credential() -> None:
    assert set(WIRES) == {provider.id for provider in CATALOGUE if provider.takes_credential} == set(EXTERNAL)
    assert {name: set(troubles) for name, troubles in TROUBLES.items()} == {
        name: set(verdicts) for name, verdicts in EXPECTED.items()
    }


@pytest.mark.parametrize("provider", EXTERNAL)
def test_a_good_key_makes_a_vector(
    provider: str, probes: ProviderProbes, providers: Providers, stand_in: StandIn
) -> None:
    providers.add(provider, KEY)
    finding = probe(probes, provider)
    assert (finding.verdict, finding.level, finding.detail) == (Verdict.OK, EMBEDDING, "")
    assert finding.length == SERVICES[provider].dimension
    asked = stand_in.asked[0]
    assert (asked.method, asked.path, asked.body) == ("POST", *SENT[provider])
    header = "api-key" if provider == "azureOpenAI" else "authorization"
    assert asked.headers[header] == (KEY if provider == "azureOpenAI" else f"Bearer {KEY}")
    assert KEY not in asked.path + str(asked.query) + str(asked.body)


@pytest.mark.sampled(16)
@pytest.mark.parametrize(
    ("provider", "trouble"), [(name, trouble) for name, row in EXPECTED.items() for trouble in row]
)
def test_every_refusal_has_its_verdict(
    provider: str, trouble: str, probes: ProviderProbes, providers: Providers, http: Http
) -> None:
    if trouble != "invalid":
        providers.add(provider, KEY, trouble=trouble)
    finding = probe(probes, provider)
    assert (finding.verdict, finding.level) == (EXPECTED[provider][trouble], EMBEDDING)
    assert finding.http_status == TROUBLES[provider][trouble].status
    assert finding.detail
    assert not any(KEY[start : start + 6] in finding.detail for start in range(len(KEY) - 5))


@pytest.mark.parametrize("provider", CHECKED_AT)
def test_level_one_asks_who_the_key_is_and_never_says_that_it_works(
    provider: str, probes: ProviderProbes, providers: Providers, stand_in: StandIn
) -> None:
    assert probe(probes, provider, level=IDENTITY).verdict is Verdict.INVALID_KEY
    providers.add(provider, KEY)
    finding = probe(probes, provider, level=IDENTITY)
    assert (finding.verdict, finding.level, finding.length) == (Verdict.RECOGNIZED, IDENTITY, None)
    assert stand_in.paths() == [CHECKED_AT[provider]] * 2
    assert {asked.method for asked in stand_in.asked} == {"GET"}


@pytest.mark.parametrize("provider", ["jinaAI", "voyageAI"])
def test_level_one_without_a_free_check_asks_nothing(provider: str, probes: ProviderProbes, stand_in: StandIn) -> None:
    assert probe(probes, provider, level=IDENTITY) == Finding(
        verdict=Verdict.NOT_CHECKED, level=0, detail=NO_FREE_CHECK
    )
    assert stand_in.asked == []


def test_a_restricted_key_is_recognized_by_level_one_and_judged_by_level_two(
    probes: ProviderProbes, providers: Providers
) -> None:
    providers.add("openai", KEY, trouble="scope")
    finding = probe(probes, "openai", level=IDENTITY)
    assert (finding.verdict, finding.notes) == (Verdict.RECOGNIZED, (MAY_NOT_LIST,))
    assert probe(probes, "openai").verdict is Verdict.NO_PERMISSION


def test_a_free_check_that_is_gone_says_nothing_about_the_key(
    probes: ProviderProbes, providers: Providers, stand_in: StandIn
) -> None:
    providers.add("upstageAI", KEY)
    stand_in.fail(times=None, path="/models", status=404)
    assert probe(probes, "upstageAI", level=IDENTITY).verdict is Verdict.NOT_CHECKED


def test_an_endpoint_is_not_woken_unasked(probes: ProviderProbes, providers: Providers, stand_in: StandIn) -> None:
    providers.add("huggingfaceDedicated", KEY)
    finding = probe(probes, "huggingfaceDedicated", wake=False)
    assert (finding.verdict, finding.level, finding.notes) == (Verdict.RECOGNIZED, IDENTITY, (MAY_WAKE,))
    assert stand_in.paths() == [CHECKED_AT["huggingfaceDedicated"]]


def test_nvidia_says_how_it_is_checked_instead(probes: ProviderProbes, stand_in: StandIn) -> None:
    assert probe(probes, "nvidia") == Finding(verdict=Verdict.NOT_CHECKED, level=0, detail=ONLY_THROUGH_ASTRA)
    assert stand_in.asked == []


@pytest.mark.parametrize(
    ("provider", "key", "reason"),
    [
        ("voyageAI", "al-Zq9fXw3Lm7Kp2Vr8", "it is a MongoDB Atlas key, which works at ai.mongodb.com only"),
        ("openai", "sk-admin-Zq9fXw3Lm7Kp2", "it is an administration key of OpenAI, which cannot make embeddings"),
        ("mistral", "schlüssel-Zq9fXw3L", "it has letters that no request can carry"),
    ],
)
@pytest.mark.parametrize("level", [IDENTITY, EMBEDDING])
def test_a_key_of_another_issuer_is_not_sent(
    provider: str, key: str, reason: str, level: int, probes: ProviderProbes, stand_in: StandIn
) -> None:
    assert probe(probes, provider, key, level) == Finding(verdict=Verdict.WRONG_ISSUER, level=0, detail=reason)
    assert stand_in.asked == []


@pytest.mark.parametrize("provider", EXTERNAL)
def test_a_vector_of_another_length_is_found(provider: str, probes: ProviderProbes, providers: Providers) -> None:
    providers.add(provider, KEY, length=7)
    finding = probe(probes, provider)
    assert (finding.verdict, finding.length) == (Verdict.WRONG_DIMENSION, 7)
    assert finding.detail == f"7 dimensions instead of {SERVICES[provider].dimension}"


def test_a_dimension_that_is_not_known_is_neither_sent_nor_compared(
    probes: ProviderProbes, providers: Providers, stand_in: StandIn
) -> None:
    providers.add("openai", KEY)
    wanted = Wanted(model="text-embedding-3-small", dimension=None, parameters={})
    assert probe(probes, "openai", wanted=wanted).length == 1536
    assert "dimensions" not in stand_in.asked[0].body


@pytest.mark.parametrize(
    ("provider", "model"), [("openai", "text-embedding-ada-002"), ("azureOpenAI", "text-embedding-ada-002")]
)
def test_a_model_of_one_length_gets_no_dimension(
    provider: str, model: str, probes: ProviderProbes, providers: Providers, stand_in: StandIn
) -> None:
    providers.add(provider, KEY)
    wanted = Wanted(model=model, dimension=1536, parameters=SERVICES[provider].parameters)
    assert probe(probes, provider, wanted=wanted).verdict is Verdict.OK
    assert "dimensions" not in stand_in.asked[0].body


def test_an_old_jina_model_gets_no_parameters(probes: ProviderProbes, providers: Providers, stand_in: StandIn) -> None:
    providers.add("jinaAI", KEY, length=768)
    wanted = Wanted(model="jina-embeddings-v2-base-de", dimension=768, parameters={})
    assert probe(probes, "jinaAI", wanted=wanted).verdict is Verdict.OK
    assert stand_in.asked[0].body == {"input": ["hi"], "model": "jina-embeddings-v2-base-de"}


def test_organization_and_project_go_along(probes: ProviderProbes, providers: Providers, stand_in: StandIn) -> None:
    providers.add("openai", KEY)
    parameters = {"organizationId": "org-abc", "projectId": "proj_abc"}
    wanted = Wanted(model="text-embedding-3-small", dimension=8, parameters=parameters)
    for level in (IDENTITY, EMBEDDING):
        probe(probes, "openai", wanted=wanted, level=level)
    for asked in stand_in.asked:
        assert asked.headers["openai-organization"] == "org-abc"
        assert asked.headers["openai-project"] == "proj_abc"


def test_a_deployment_of_another_model_is_named(
    probes: ProviderProbes, providers: Providers, stand_in: StandIn
) -> None:
    providers.add("azureOpenAI", KEY)
    body = {"data": [{"embedding": [0.5] * 512}], "model": "text-embedding-3-large"}
    stand_in.fail(status=200, body=body)
    notes = probe(probes, "azureOpenAI").notes
    assert notes == ('the deployment serves "text-embedding-3-large", not "text-embedding-3-small"',)


CRAFTED: Final = ("evil.example.com/", "a@evil.example.com", "evil.example.com#", "../..", "a b", "")


@pytest.mark.parametrize("crafted", CRAFTED)
@pytest.mark.parametrize(
    ("provider", "name"),
    [
        ("azureOpenAI", "resourceName"),
        ("azureOpenAI", "deploymentId"),
        ("huggingfaceDedicated", "endpointName"),
        ("huggingfaceDedicated", "regionName"),
        ("huggingfaceDedicated", "cloudName"),
        ("openai", "organizationId"),
    ],
)
def test_a_crafted_parameter_sends_nothing(provider: str, name: str, crafted: str, http: Http) -> None:
    service = SERVICES[provider]
    wanted = Wanted(model=service.model, dimension=service.dimension, parameters={**service.parameters, name: crafted})
    with pytest.raises(UsageError, match=f'"{name}" must be .*; nothing was sent'):
        probe(ProviderProbes(http, {}), provider, wanted=wanted)


def test_a_crafted_model_sends_nothing(http: Http) -> None:
    wanted = Wanted(model="../../evil", dimension=384, parameters={})
    with pytest.raises(UsageError, match='"model" must be'):
        probe(ProviderProbes(http, {}), "huggingface", wanted=wanted)


def test_without_an_address_of_the_users_own_each_provider_has_its_public_one() -> None:
    hosts = {name: wire.base(SERVICES[name]) for name, wire in WIRES.items()}
    assert hosts == {
        "openai": "https://api.openai.com/v1",
        "azureOpenAI": "https://acme.openai.azure.com/openai",
        "huggingface": "https://router.huggingface.co/hf-inference",
        "huggingfaceDedicated": "https://abc123.us-east-1.aws.endpoints.huggingface.cloud",
        "jinaAI": "https://api.jina.ai/v1",
        "mistral": "https://api.mistral.ai/v1",
        "upstageAI": "https://api.upstage.ai/v1",
        "voyageAI": "https://api.voyageai.com/v1",
    }


ODD_ANSWERS: Final = [
    ({"status": 200, "body": {"data": []}}, Verdict.UNKNOWN),
    ({"status": 200, "body": {"data": [{"embedding": []}]}}, Verdict.UNKNOWN),
    ({"status": 200, "body": {"data": [{"embedding": ["x"]}]}}, Verdict.UNKNOWN),
    ({"status": 200, "body": {"data": [None]}}, Verdict.UNKNOWN),
    ({"status": 200, "body": [1, "x"]}, Verdict.UNKNOWN),
    ({"status": 200, "body": "<html>welcome</html>"}, Verdict.UNKNOWN),
    ({"status": 200, "body": b'{"data": [{"embedding": [0.1, 0.'}, Verdict.UNKNOWN),
    ({"status": 301, "headers": {"Location": "https://evil.example.com/"}}, Verdict.UNKNOWN),
    ({"status": 418}, Verdict.UNKNOWN),
    ({"status": 400, "body": {"error": "odd"}}, Verdict.BAD_REQUEST),
    ({"status": 404}, Verdict.MODEL_MISSING),
    ({"status": 407}, Verdict.NETWORK_BLOCKED),
    ({"status": 408}, Verdict.TIMEOUT),
    ({"status": 409}, Verdict.BAD_REQUEST),
    ({"status": 413}, Verdict.PAYLOAD_TOO_LARGE),
    ({"status": 422, "body": {"detail": [{"msg": "one"}, "two"]}}, Verdict.BAD_REQUEST),
    ({"status": 429, "body": RATE_LIMITED}, Verdict.RATE_LIMITED),
    ({"status": 500, "body": "<html>sorry</html>"}, Verdict.PROVIDER_DOWN),
    ({"status": 502}, Verdict.PROVIDER_DOWN),
    ({"status": 503}, Verdict.PROVIDER_DOWN),
    ({"status": 504}, Verdict.TIMEOUT),
    ({"reset": True}, Verdict.PROVIDER_DOWN),
    ({"truncated": True}, Verdict.PROVIDER_DOWN),
    ({"endless": True}, Verdict.UNKNOWN),
]


@pytest.mark.sampled(6)
@pytest.mark.parametrize(("fault", "verdict"), ODD_ANSWERS, ids=str)
def test_bad_luck_has_a_verdict(
    fault: dict[str, Any], verdict: Verdict, probes: ProviderProbes, providers: Providers, stand_in: StandIn
) -> None:
    providers.add("openai", KEY)
    stand_in.fail(times=None, **fault)
    finding = probe(probes, "openai")
    assert finding.verdict is verdict
    assert len(finding.detail) < 500


def test_a_silent_provider_is_a_timeout(providers: Providers, stand_in: StandIn) -> None:
    providers.add("mistral", KEY)
    stand_in.fail(times=None, hang=True)
    with Http(Limits(total_seconds=0.3)) as impatient:
        finding = probe(ProviderProbes(impatient, providers.urls), "mistral")
    assert (finding.verdict, finding.detail) == (Verdict.TIMEOUT, "Mistral AI did not answer in time")


def test_a_name_that_does_not_resolve_is_no_fault_of_the_key(http: Http) -> None:
    finding = probe(ProviderProbes(http, {"mistral": "https://mistral.invalid/v1"}), "mistral")
    assert finding.verdict is Verdict.DNS
    assert MEANINGS[finding.verdict].side == "unknown"


def test_exhausted_credit_is_not_asked_again(probes: ProviderProbes, providers: Providers, stand_in: StandIn) -> None:
    providers.add("openai", KEY, trouble="quota")
    finding = probe(probes, "openai")
    assert (finding.verdict, finding.upstream_code) == (Verdict.QUOTA_EXHAUSTED, "insufficient_quota")
    assert len(stand_in.asked) == 1


def test_every_cause_on_the_providers_side_says_something_about_the_key() -> None:
    about_the_request = {"header_key_missing", "content_filter"}
    assert set(OF_CAUSE) == {name for side, name in causes() if side == "provider"} - about_the_request


@pytest.mark.parametrize("provider", EXTERNAL)
@pytest.mark.parametrize(
    ("status", "body", "verdict"),
    [
        (401, "", Verdict.INVALID_KEY),
        (403, "<html>", Verdict.NO_PERMISSION),
        (407, "Unauthorized", Verdict.NETWORK_BLOCKED),
        (418, "Unauthorized", Verdict.UNKNOWN),
        (302, "invalid api key", Verdict.UNKNOWN),
        (429, "{}", Verdict.RATE_LIMITED),
        (500, "unauthorized", Verdict.PROVIDER_DOWN),
        (400, "invalid api key", Verdict.INVALID_KEY),
        (429, "invalid api key", Verdict.UNKNOWN),
        (503, "invalid api key", Verdict.UNKNOWN),
    ],
)
def test_a_status_decides_where_no_words_do_and_words_of_little_weight_do_not(
    provider: str, status: int, body: str, verdict: Verdict, probes: ProviderProbes, stand_in: StandIn
) -> None:
    stand_in.fail(times=None, status=status, body=body)
    assert probe(probes, provider).verdict is verdict


def test_every_verdict_has_a_meaning_and_its_side_is_a_word_of_the_contract() -> None:
    assert set(MEANINGS) == set(Verdict)
    assert {meaning.side for meaning in MEANINGS.values()} == {None, "astra", "provider", "unknown"}
    assert PASSED.isdisjoint(REJECTED)
    assert [verdict for verdict in Verdict if "invalid" in MEANINGS[verdict].sentence] == [Verdict.INVALID_KEY]
    assert [verdict for verdict in Verdict if "the key works:" in MEANINGS[verdict].sentence] == [Verdict.OK]


@pytest.mark.parametrize("url", ["http://example.com", "nothing", "https://a:b@example.com"])
def test_an_address_that_may_not_carry_a_key_is_refused(url: str, http: Http) -> None:
    with pytest.raises(UsageError, match=r'"providers.openai.base_url" must'):
        ProviderProbes(http, {"openai": url})


def test_a_provider_of_the_tests_is_one_of_the_catalogue() -> None:
    provider: Provider
    for provider in CATALOGUE:
        if provider.takes_credential:
            model = provider.model(SERVICES[provider.id].model)
            assert model is not None
            assert model.dimension.allows(SERVICES[provider.id].dimension or 0)
