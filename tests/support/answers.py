"""Answers in the genuine shapes, small: a test names only what it is about."""

from __future__ import annotations

import json
from typing import Any, Final

ASTRA: Final = "apps.astra.datastax.com"


def a_database_row(database_id: str, name: str, *, region: str = "us-east1", status: str = "ACTIVE") -> dict[str, Any]:
    """Return one item of `GET /v2/databases`."""
    return {
        "id": database_id,
        "orgId": "b7c04e19-3f5a-4d82-a96c-0e1d7f2b8a54",
        "info": {"name": name, "region": region, "dbType": "vector", "datacenters": [{"region": region}]},
        "status": status,
        "observedStatus": status,
        "dataEndpointUrl": f"https://{database_id}-{region}.{ASTRA}/api/rest",
    }


def a_service(
    provider: str = "openai", model: str = "text-embedding-3-small", credential: str | None = None, **parameters: Any
) -> dict[str, Any]:
    """Return a `service` as the Data API shows it: the credential's name with its suffix."""
    service: dict[str, Any] = {"provider": provider, "modelName": model}
    if credential is not None:
        service["authentication"] = {"providerKey": f"{credential}.providerKey"}
    if parameters:
        service["parameters"] = parameters
    return service


def a_vector(service: dict[str, Any] | None = None, dimension: int = 1536) -> dict[str, Any]:
    """Return a vector, of a collection or as a column."""
    return {"type": "vector", "dimension": dimension, **({"service": service} if service is not None else {})}


def collections(**named: dict[str, Any] | None) -> dict[str, Any]:
    """Return the explained answer of `findCollections`; None is a collection without vectors."""
    rows = [
        {"name": name, "options": {"lexical": {"enabled": False}, **({"vector": vector} if vector else {})}}
        for name, vector in named.items()
    ]
    return {"status": {"collections": rows}}


def tables(**named: dict[str, dict[str, Any]]) -> dict[str, Any]:
    """Return the explained answer of `listTables`; every table has a text column `id` too."""
    rows = [
        {"name": name, "definition": {"columns": {"id": {"type": "text"}, **columns}, "primaryKey": {}}}
        for name, columns in named.items()
    ]
    return {"status": {"tables": rows}}


def providers(**named: bool) -> dict[str, Any]:
    """Return the answer of `findEmbeddingProviders`: whether each takes stored keys. Every one has one supported model."""
    found = {
        name: {
            "displayName": name,
            "supportedAuthentication": {"SHARED_SECRET": {"enabled": stored, "tokens": []}},
            "models": [{"name": "text-embedding-3-small", "apiModelSupport": {"status": "SUPPORTED"}}],
        }
        for name, stored in named.items()
    }
    return {"status": {"embeddingProviders": found}}


def as_bytes(document: Any) -> bytes:
    """Return the document as a file has it."""
    return json.dumps(document).encode()
