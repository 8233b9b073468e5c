"""The vectorize service of a collection or column: checked when it is created, used when a text comes."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from tests.support.standin import data_errors as errors
from tests.support.standin.portal import NOT_FOUND, Portal
from tests.support.standin.providers import Account, Providers
from tests.support.standin.server import Answer
from vzctl.domain.catalog.catalog import CATALOGUE
from vzctl.domain.catalog.provider import Provider

CATALOGUE_BY_ID: Final = {provider.id: provider for provider in CATALOGUE}
HOSTED_LENGTH: Final = 1024


@dataclass(slots=True)
class Switches:
    """What the operator of a self-hosted Data API sets."""

    vectorize: bool = True
    stored_credentials: bool = True
    service: str | None = None
    """What the credential service does instead of its work: a status such as `503`, `empty`, `html`, `sleep`, `refused`."""
    provider: Answer | str | None = None
    """What a provider does instead of its work: an answer, or `hang`, `reset`, `dimension`, `host`."""


def suffixed(authentication: Mapping[str, str]) -> dict[str, str]:
    """Return names as the Data API stores them: with the member's name at the end."""
    return {
        member: name if name.endswith(f".{member}") and name != f".{member}" else f"{name}.{member}"
        for member, name in authentication.items()
    }


def checked(
    service: Mapping[str, Any], dimension: int | None, database: str, portal: Portal, switches: Switches
) -> tuple[dict[str, Any], int]:
    """Return the service as it is stored, and the dimension; raise what the Data API would answer."""
    if not switches.vectorize:
        raise errors.vectorize_off()
    provider = CATALOGUE_BY_ID.get(service.get("provider", ""))
    if provider is None:
        raise errors.bad_options(f"Service provider '{service.get('provider')}' is not supported")
    authentication = suffixed(service.get("authentication") or {})
    for member in authentication:
        if member != "providerKey" or not provider.is_external or not switches.stored_credentials:
            raise errors.bad_options(f"Service provider '{provider.id}' does not support authentication key '{member}'")
    for credential in authentication.values():
        _validate(portal, database, provider.id, credential, switches)
    parameters = _parameters(provider, service)
    model = provider.model(service.get("modelName"))
    if model is None:
        name = service.get("modelName")
        raise errors.bad_options(f"Model name '{name}' for provider '{provider.id}' is not supported")
    found = _dimension(model.dimension, dimension)
    stored: dict[str, Any] = {"provider": provider.id, "modelName": model.name}
    if authentication:
        stored["authentication"] = authentication
    if parameters:
        stored["parameters"] = dict(sorted(parameters.items()))
    return stored, found


def _parameters(provider: Provider, service: Mapping[str, Any]) -> dict[str, Any]:
    parameters = dict(service.get("parameters") or {})
    for parameter in provider.parameters:
        if parameter.required and parameter.name not in parameters:
            raise errors.bad_options(f"Required parameter '{parameter.name}' for the provider '{provider.id}' missing")
    return parameters


def _dimension(allowed: Any, given: int | None) -> int:
    if allowed.is_fixed:
        if given is not None and given != allowed.minimum:
            raise errors.bad_options(
                f"The provided dimension value '{given}' doesn't match the model's supported dimension value "
                f"'{allowed.minimum}'"
            )
        return int(allowed.minimum)
    length = given if given is not None else allowed.default
    if length is None or not allowed.allows(length):
        raise errors.bad_options(
            f"The provided dimension value ({length}) is not within the supported numeric range "
            f"[{allowed.minimum}, {allowed.maximum}]"
        )
    return int(length)


def _validate(portal: Portal, database: str, provider: str, name: str, switches: Switches) -> None:
    _service_fault(switches.service, f"/v1/databases/{database}/integrations-type/{provider}/creds/{name}/valid")
    if switches.service == "empty":
        raise errors.credential_invalid(f"Credential validation failed for provider {provider}")
    if not portal.is_valid(database, provider, name):
        raise errors.credential_invalid(f"({NOT_FOUND}): Credential not found.")


def _service_fault(fault: str | None, path: str) -> None:
    reasons = {"401": "Unauthorized", "404": "Not Found", "503": "Service Unavailable"}
    if fault in ("401", "404"):
        raise errors.unresolved(
            f"Sync service is not available. Error Code : {fault} response description : {reasons[fault]}."
        )
    if fault == "503":
        raise errors.unresolved(
            f"Sync service has internal server error. Error Code: {fault}; response description: {reasons[fault]}."
        )
    if fault == "html":
        raise errors.unexpected(
            "ProcessingException",
            "Response could not be mapped to type class io.stargate.sgv2.jsonapi.syncservice.SyncServiceClient"
            "$ValidateResponse for response with media type text/html;charset=utf-8",
        )
    if fault == "sleep":
        raise errors.unexpected(
            "NoStackTraceTimeoutException",
            f"The timeout period of 5000ms has been exceeded while executing GET {path} for server 127.0.0.1:8084",
        )
    if fault == "refused":
        raise errors.unexpected(
            "CompletionException",
            "io.netty.channel.AbstractChannel$AnnotatedConnectException: Connection refused: /127.0.0.1:8084",
        )


@dataclass(frozen=True, slots=True)
class Embedder:
    """Makes vectors for the texts of a request: the key from its header, else the stored one, else none."""

    providers: Providers
    portal: Portal
    switches: Switches
    database: str
    token: str
    header: str | None

    def vectors(self, service: Mapping[str, Any], dimension: int, texts: list[str]) -> list[list[float]]:
        """Return a vector a text; raise what the Data API would answer."""
        provider = service["provider"]
        key = self._key(provider, service)
        reply = self._ask(provider, key, service, dimension, texts)
        if reply.status != 200:
            raise errors.refused_by_provider(provider, reply.status, _message(provider, reply))
        found = _vectors(reply)
        if len(found[0]) != dimension:
            raise errors.wrong_length(provider, dimension, len(found[0]))
        return found

    def _key(self, provider: str, service: Mapping[str, Any]) -> str | None:
        if provider == "nvidia":
            return None
        if self.header is not None:
            return self.header
        name = (service.get("authentication") or {}).get("providerKey")
        if name is None:
            raise errors.header_missing(provider)
        _service_fault(
            self.switches.service, f"/v1/databases/{self.database}/integrations-type/{provider}/creds/{name}"
        )
        if self.switches.service == "empty":
            raise errors.header_missing(provider)
        key = self.portal.key(self.database, provider, name, self.token)
        if key is None:
            raise errors.unresolved(f"Credential error from SyncService: ({NOT_FOUND}) Credential not found.")
        return key

    def _ask(
        self, provider: str, key: str | None, service: Mapping[str, Any], dimension: int, texts: list[str]
    ) -> Answer:
        fault = self.switches.provider
        if isinstance(fault, Answer):
            return fault
        if fault == "hang":
            raise errors.timed_out(provider, "<CLIENT SOCKET TIMEOUT>", "<CLIENT SOCKET TIMEOUT>")
        if fault == "reset":
            raise errors.unexpected("IOException", "Connection was closed")
        if fault == "host":
            raise errors.bad_host(provider, f"{service['parameters']['resourceName']}.openai.azure.com")
        if fault == "dimension":
            dimension = 12
        if provider == "nvidia":
            return self.providers.answer("nvidia", Account(length=HOSTED_LENGTH), "", None, texts)
        return self.providers.embed(provider, key, service["modelName"], dimension, texts)


def _vectors(reply: Answer) -> list[list[float]]:
    body = reply.body
    rows = body if isinstance(body, list) else [row["embedding"] for row in body["data"]]
    return [list(map(float, row)) for row in rows]


def _message(provider: str, reply: Answer) -> str:
    """Return what the Data API passes on of a provider's words: a JSON text keeps its quotes."""
    body = reply.body
    if isinstance(body, str):
        return body
    if provider == "mistral" and reply.status == 401:
        return "Unauthorized"
    error = body.get("error") if isinstance(body, dict) else None
    found = error.get("message") if isinstance(error, dict) else error
    if found is None and isinstance(body, dict):
        found = body.get("message") or body.get("detail")
    return json.dumps(found if found is not None else body, ensure_ascii=False)
