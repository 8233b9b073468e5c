"""The answer to `findEmbeddingProviders`, made from the catalogue that vzctl itself was compared with the real one."""

from __future__ import annotations

from typing import Any, Final

from vzctl.domain.catalog.catalog import CATALOGUE
from vzctl.domain.catalog.provider import Model, Parameter, Provider
from vzctl.domain.state.records import Authentication

URLS: Final = {
    "openai": "https://api.openai.com/v1/",
    "azureOpenAI": "https://{resourceName}.openai.azure.com/openai/deployments/{deploymentId}/embeddings?api-version=2024-02-01",
    "huggingface": "https://router.huggingface.co/hf-inference/models/{modelId}/pipeline/feature-extraction",
    "huggingfaceDedicated": "https://{endpointName}.{regionName}.{cloudName}.endpoints.huggingface.cloud/embeddings",
    "jinaAI": "https://api.jina.ai/v1/embeddings",
    "mistral": "https://api.mistral.ai/v1/embeddings",
    "nvidia": "https://us-west-2.api-dev.ai.datastax.com/nvidia/v1/embeddings/nv-embed-qa-v4",
    "upstageAI": "https://api.upstage.ai/v1/solar/embeddings",
    "voyageAI": "https://api.voyageai.com/v1/embeddings",
}
ASTRA_ONLY: Final = frozenset({"nvidia/nv-embedqa-e5-v5"})


def embedding_providers(options: dict[str, Any] | None, *, stored: bool) -> dict[str, Any]:
    """Return every provider; `filterModelStatus` leaves out all models that are not of this status."""
    status = (options or {"filterModelStatus": "SUPPORTED"}).get("filterModelStatus") or "SUPPORTED"
    return {provider.id: _provider(provider, status, stored=stored) for provider in CATALOGUE}


def _provider(provider: Provider, status: str, *, stored: bool) -> dict[str, Any]:
    forwarded = "api-key" if provider.id == "azureOpenAI" else "Authorization"
    header = Authentication.HEADER in provider.authentication
    ways: dict[str, Any] = {
        "HEADER": {"enabled": header, "tokens": _tokens("x-embedding-api-key", forwarded) if header else []},
        "NONE": {"enabled": Authentication.NONE in provider.authentication, "tokens": []},
        "SHARED_SECRET": {
            "enabled": provider.takes_credential and stored,
            "tokens": _tokens("providerKey", forwarded) if provider.takes_credential else [],
        },
    }
    if not provider.is_external:
        ways = {"NONE": ways["NONE"]}
    models = [model for model in provider.models if model.name not in ASTRA_ONLY and status == "SUPPORTED"]
    return {
        "displayName": provider.display_name,
        "url": URLS[provider.id],
        "supportedAuthentication": ways,
        "parameters": [
            {
                "name": item.name,
                "required": item.required,
                "type": item.kind.value.upper(),
                "defaultValue": item.default,
                "validation": {},
                "help": item.help,
            }
            for item in provider.parameters
        ],
        "models": [_model(model) for model in sorted(models, key=lambda model: model.name)],
    }


def _tokens(accepted: str, forwarded: str) -> list[dict[str, str]]:
    return [{"accepted": accepted, "forwarded": forwarded}]


def _model(model: Model) -> dict[str, Any]:
    parameters = [_model_parameter(item) for item in model.parameters]
    if not model.dimension.is_fixed:
        default = model.dimension.default
        length = {
            "name": "vectorDimension",
            "type": "number",
            "required": True,
            "defaultValue": None if default is None else str(default),
            "validation": {"numericRange": [model.dimension.minimum, model.dimension.maximum]},
        }
        parameters = [length, *parameters]
    return {
        "name": model.name,
        "apiModelSupport": {"status": "SUPPORTED"},
        "vectorDimension": model.dimension.minimum if model.dimension.is_fixed else None,
        "parameters": parameters,
    }


def _model_parameter(item: Parameter) -> dict[str, Any]:
    return {
        "name": item.name,
        "type": item.kind.value,
        "required": item.required,
        "defaultValue": item.default,
        "validation": {},
    }
