"""The stand-in against the recorded answers of a genuine Data API.

The same request gets the same answer, but for ids, vectors, similarities, and in the catalogue the order of parameters and
the words of help.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import httpx
import pytest

from tests.support.recorded import RECORDINGS, exchanges
from tests.support.standin.astra import CASSANDRA_TOKEN, Astra
from tests.support.standin.data_service import Switches
from tests.support.standin.server import Answer, StandIn
from tests.support.standin.world import SINGLE_TENANT, Cluster, Keyspace, Token

KEYSPACE: Final = "kitchen"
READER: Final = "Cassandra:cmVhZGVy:cmVhZGVy"
SWITCHES: Final = {
    "bad-host": Switches(provider="host"),
    "openai-hang": Switches(provider="hang"),
    "openai-reset": Switches(provider="reset"),
    "openai-dim": Switches(provider="dimension"),
    "vectorize-off-create": Switches(vectorize=False),
    "vectorize-off-find": Switches(vectorize=False),
    "secret-off-create": Switches(stored_credentials=False),
    "secret-off-find": Switches(stored_credentials=False),
    "service-use-401": Switches(service="401"),
    "service-create-404": Switches(service="404"),
    "service-create-503": Switches(service="503"),
    "service-create-html": Switches(service="html"),
    "service-use-empty": Switches(service="empty"),
    "service-use-sleep": Switches(service="sleep"),
    "service-create-refused": Switches(service="refused"),
}
ONLY_FROM_JAVA: Final = frozenset({"openai-bad-json", "openai-empty", "openai-redirect"})
"""Exceptions of the Java program, whose texts name its classes; the stand-in answers them as `UNEXPECTED_SERVER_ERROR`."""
TOKENS: Final = {"wrong-password": "Cassandra:Y2Fzc2FuZHJh:d3Jvbmc=", "reader-insert": READER, "reader-find": READER}
MODELS: Final = {
    "menu_openai": ("openai", "text-embedding-3-small", 8, {}),
    "menu_azure": ("azureOpenAI", "text-embedding-3-small", 8, {"resourceName": "bluefin", "deploymentId": "emb"}),
    "menu_hf": ("huggingface", "sentence-transformers/all-MiniLM-L6-v2", 384, {}),
    "menu_hfd": (
        "huggingfaceDedicated",
        "endpoint-defined-model",
        16,
        {"endpointName": "ep9x7", "regionName": "us-east-1", "cloudName": "aws"},
    ),
    "menu_jina": ("jinaAI", "jina-embeddings-v3", 16, {"task": "text-matching"}),
    "menu_mistral": ("mistral", "mistral-embed", 1024, {}),
    "menu_upstage": ("upstageAI", "solar-embedding-1-large", 4096, {}),
    "menu_voyage": ("voyageAI", "voyage-2", 1024, {}),
    "menu_nvidia": ("nvidia", "NV-Embed-QA", 1024, {}),
    "c1": ("openai", "text-embedding-3-small", 8, {}),
    "c2": ("openai", "text-embedding-3-small", 8, {}),
}
"""Collections that were there before the recording began."""


@pytest.fixture
def astra() -> Iterator[Astra]:
    with StandIn() as stand_in:
        made = Astra(stand_in, self_hosted=True)
        made.world.tokens[READER] = Token(may_write=False)
        made.world.add(Cluster(SINGLE_TENANT, "self-hosted", keyspaces={KEYSPACE: Keyspace()}))
        for provider in made.providers.urls:
            key = made.providers.add(provider, f"key-of-{provider}")
            made.portal.add(f"{provider}-main", provider, key, SINGLE_TENANT)
        made.portal.add("openai-second", "openai", "key-of-openai", SINGLE_TENANT)
        made.providers.add("openai", "key-x")
        for name, (provider, model, dimension, parameters) in MODELS.items():
            service: dict[str, Any] = {"provider": provider, "modelName": model}
            if provider != "nvidia":
                service["authentication"] = {"providerKey": f"{provider}-main"}
            if parameters:
                service["parameters"] = parameters
            options = {"vector": {"dimension": dimension, "metric": "cosine", "service": service}}
            created = post(made, f"/v1/{KEYSPACE}", {"createCollection": {"name": name, "options": options}})
            assert created.json() == {"status": {"ok": 1}}, created.text
            if name != "menu_nvidia":
                insert = {"insertOne": {"document": {"_id": "1", "$vectorize": "hello"}}}
                assert post(made, f"/v1/{KEYSPACE}/{name}", insert).json() == {"status": {"insertedIds": ["1"]}}
        yield made


def post(astra: Astra, path: str, body: Any, token: str = CASSANDRA_TOKEN, **headers: str) -> httpx.Response:
    url = f"{astra.endpoint(SINGLE_TENANT)}{path}"
    return httpx.post(url, json=body, headers={"Token": token, **headers}, trust_env=False)


@pytest.mark.slow
@pytest.mark.parametrize("recording", RECORDINGS, ids=["own", "shared"][: len(RECORDINGS)])
def test_the_same_requests_get_the_same_answers(astra: Astra, recording: Path) -> None:
    differing = {}
    for exchange in exchanges(recording):
        name, request = exchange["id"], exchange["request"]
        prepare(astra, exchange)
        headers = {"x-embedding-api-key": "key-x"} if "x-embedding-api-key" in request["headers"] else {}
        token = TOKENS.get(name, CASSANDRA_TOKEN)
        found = post(astra, request["path"], request["body"], token, **headers)
        seen, expected = neat(name, found.json()), neat(name, exchange["response"]["body"])
        if (found.status_code, seen) != (exchange["response"]["status"], expected):
            differing[name] = (seen, expected)
    assert differing == {}


def prepare(astra: Astra, exchange: dict[str, Any]) -> None:
    """Set the switches as they were, and remove what was removed."""
    name = exchange["id"]
    switches = replace(SWITCHES.get(name, Switches()))
    answer = exchange.get("provider_answer")
    if answer is not None:
        switches.provider = Answer(answer["status"], parsed(answer["body"]))
    if name in ONLY_FROM_JAVA:
        switches.provider = "reset"
    for field_name in ("vectorize", "stored_credentials", "service", "provider"):
        setattr(astra.switches, field_name, getattr(switches, field_name))
    if name == "use-removed-credential":
        astra.portal.scope("openai-main")
    elif name == "header-missing":
        astra.portal.scope("openai-main", SINGLE_TENANT)
    if name == "no-service-insert":
        post(astra, f"/v1/{KEYSPACE}", {"createCollection": {"name": "plain", "options": {"vector": {"dimension": 8}}}})


def parsed(text: str) -> Any:
    try:
        return json.loads(text)
    except ValueError:
        return text


UUID: Final = re.compile(r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}")


def neat(name: str, value: Any) -> Any:
    """Return an answer without what may differ."""
    if name in ONLY_FROM_JAVA:
        return [error["errorCode"] for error in value["errors"]]
    if name.startswith("catalogue"):
        return catalogue(value["status"]["embeddingProviders"])
    if name == "find-keyspaces":
        return sorted(value["status"]["keyspaces"])
    return stripped(value)


def stripped(value: Any) -> Any:
    if isinstance(value, dict):
        return {key: stripped(item) for key, item in value.items() if key != "$similarity"}
    if isinstance(value, list):
        if value and all(isinstance(item, float) for item in value):
            return f"a vector of {len(value)}"
        return [stripped(item) for item in value]
    return "an id" if isinstance(value, str) and UUID.fullmatch(value) else value


def catalogue(providers: dict[str, Any]) -> Any:
    """Return the catalogue without Bedrock, which vzctl has no entry for, and without the words of help."""
    kept = {key: value for key, value in providers.items() if key != "bedrock"}
    return without_help(kept)


def without_help(value: Any) -> Any:
    if isinstance(value, dict):
        hidden = {"help", "hint"} | ({"displayName"} if "required" in value else set())
        return {key: without_help(item) for key, item in sorted(value.items()) if key not in hidden}
    if isinstance(value, list):
        found = [without_help(item) for item in value]
        named = bool(found) and isinstance(found[0], dict) and "name" in found[0]
        return sorted(found, key=lambda item: str(item["name"])) if named else found
    return value
