"""What is sent to each provider: the same that the Data API sends, with one short word for a text."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any, Final

from vzctl.clients.host_label import host_label, model_path, path_label
from vzctl.clients.message import SecretHeader
from vzctl.secret import Secret

PROVIDER_KEY: Final = "a provider key"
WORD: Final = "hi"
AZURE_VERSION: Final = "2024-02-01"
HUGGING_FACE_IDENTITY: Final = "https://huggingface.co"


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """The service that a key is tested for: what a collection or column declares."""

    model: str | None
    dimension: int | None
    parameters: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Address:
    """Where a request goes, and what is in it; `body` is None for a GET."""

    url: str
    body: Any = None


Make = Callable[[str, Wanted], Address]


@dataclass(frozen=True, slots=True, kw_only=True)
class Wire:
    """How to talk to one provider. `check` is None where no request is free; `wakes` where one may start a machine."""

    base: Callable[[Wanted], str]
    embed: Make
    check: Make | None = None
    identity_base: str | None = None
    header: Callable[[Secret], SecretHeader]
    headers: Callable[[Wanted], Mapping[str, str]] = lambda _: {}
    wakes: bool = False


def _bearer(key: Secret) -> SecretHeader:
    return SecretHeader("Authorization", key, "Bearer ", PROVIDER_KEY)


def _api_key(key: Secret) -> SecretHeader:
    return SecretHeader("api-key", key, what=PROVIDER_KEY)


def _fixed(url: str) -> Callable[[Wanted], str]:
    return lambda _: url


def _azure_base(wanted: Wanted) -> str:
    return f"https://{host_label('resourceName', wanted.parameters.get('resourceName'))}.openai.azure.com/openai"


def _dedicated_base(wanted: Wanted) -> str:
    labels = (host_label(name, wanted.parameters.get(name)) for name in ("endpointName", "regionName", "cloudName"))
    return f"https://{'.'.join(labels)}.endpoints.huggingface.cloud"


def _takes_length(model: str) -> bool:
    return model != "text-embedding-ada-002"


def _with_length(body: dict[str, Any], wanted: Wanted, takes_length: Callable[[str], bool]) -> dict[str, Any]:
    if wanted.dimension is not None and takes_length(wanted.model or ""):
        body["dimensions"] = wanted.dimension
    return body


def _openai(base: str, wanted: Wanted) -> Address:
    return Address(f"{base}/embeddings", _with_length({"input": [WORD], "model": wanted.model}, wanted, _takes_length))


def _openai_headers(wanted: Wanted) -> Mapping[str, str]:
    names = (("organizationId", "OpenAI-Organization"), ("projectId", "OpenAI-Project"))
    return {header: path_label(name, wanted.parameters[name]) for name, header in names if name in wanted.parameters}


def _azure(base: str, wanted: Wanted) -> Address:
    deployment = path_label("deploymentId", wanted.parameters.get("deploymentId"))
    body = _with_length({"input": [WORD], "model": wanted.model}, wanted, _takes_length)
    return Address(f"{base}/deployments/{deployment}/embeddings?api-version={AZURE_VERSION}", body)


def _hugging_face(base: str, wanted: Wanted) -> Address:
    url = f"{base}/models/{model_path(wanted.model)}/pipeline/feature-extraction"
    return Address(url, {"inputs": [WORD], "options": {"waitForModel": True}})


def _jina(base: str, wanted: Wanted) -> Address:
    body: dict[str, Any] = {"input": [WORD], "model": wanted.model}
    if wanted.model == "jina-embeddings-v3":
        _with_length(body, wanted, lambda _: True)
        body |= {name: wanted.parameters[name] for name in ("task", "late_chunking") if name in wanted.parameters}
    return Address(f"{base}/embeddings", body)


def _mistral(base: str, wanted: Wanted) -> Address:
    return Address(f"{base}/embeddings", {"input": [WORD], "model": wanted.model, "encoding_format": "float"})


def _upstage(base: str, wanted: Wanted) -> Address:
    return Address(f"{base}/solar/embeddings", {"input": WORD, "model": f"{wanted.model}-query"})


def _voyage(base: str, wanted: Wanted) -> Address:
    body: dict[str, Any] = {"input_type": "query", "input": [WORD], "model": wanted.model}
    if "autoTruncate" in wanted.parameters:
        body["truncation"] = wanted.parameters["autoTruncate"]
    return Address(f"{base}/embeddings", body)


def _get(path: str) -> Make:
    return lambda base, _: Address(f"{base}{path}")


def _post(path: str, body: Any) -> Make:
    return lambda base, _: Address(f"{base}{path}", body)


WIRES: Final = {
    "openai": Wire(
        base=_fixed("https://api.openai.com/v1"),
        embed=_openai,
        check=_get("/models"),
        header=_bearer,
        headers=_openai_headers,
    ),
    "azureOpenAI": Wire(
        base=_azure_base,
        embed=_azure,
        check=_get(f"/models?api-version={AZURE_VERSION}"),
        header=_api_key,
    ),
    "huggingface": Wire(
        base=_fixed("https://router.huggingface.co/hf-inference"),
        embed=_hugging_face,
        check=_get("/api/whoami-v2"),
        identity_base=HUGGING_FACE_IDENTITY,
        header=_bearer,
    ),
    "huggingfaceDedicated": Wire(
        base=_dedicated_base,
        embed=_post("/embeddings", {"input": [WORD]}),
        check=_get("/api/whoami-v2"),
        identity_base=HUGGING_FACE_IDENTITY,
        header=_bearer,
        wakes=True,
    ),
    "jinaAI": Wire(base=_fixed("https://api.jina.ai/v1"), embed=_jina, header=_bearer),
    "mistral": Wire(base=_fixed("https://api.mistral.ai/v1"), embed=_mistral, check=_get("/models"), header=_bearer),
    "upstageAI": Wire(base=_fixed("https://api.upstage.ai/v1"), embed=_upstage, check=_get("/models"), header=_bearer),
    "voyageAI": Wire(base=_fixed("https://api.voyageai.com/v1"), embed=_voyage, header=_bearer),
}
"""By provider id; NVIDIA has none: it runs inside of Astra, and only the Data API reaches it."""
