"""The embedding providers: what each takes, how each authenticates, and how each words its refusals.

A key's `trouble` is a word of `TROUBLES`, the provider's real answer to it; the texts are those that people quote in public.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Callable, Mapping
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, field
from functools import partial
from typing import Any, Final

from tests.support.standin.server import Answer, Asked, StandIn
from tests.support.standin.vectors import vector

LENGTHS: Final = {
    "text-embedding-3-small": 1536,
    "text-embedding-3-large": 3072,
    "text-embedding-ada-002": 1536,
    "jina-embeddings-v3": 1024,
    "mistral-embed": 1024,
    "solar-embedding-1-large-query": 4096,
    "solar-embedding-1-large-passage": 4096,
    "voyage-2": 1024,
    "voyage-large-2": 1536,
    "sentence-transformers/all-MiniLM-L6-v2": 384,
    "intfloat/multilingual-e5-large": 1024,
    "BAAI/bge-small-en-v1.5": 384,
    "BAAI/bge-base-en-v1.5": 768,
    "NV-Embed-QA": 1024,
}
_BELOW: Final = {"azureOpenAI": "/openai", "huggingface": "/hf-inference", "huggingfaceDedicated": ""}
EXTERNAL: Final = (
    "openai",
    "azureOpenAI",
    "huggingface",
    "huggingfaceDedicated",
    "jinaAI",
    "mistral",
    "upstageAI",
    "voyageAI",
)


def _openai(status: int, message: str, code: str | None = None, kind: str = "invalid_request_error") -> Answer:
    return Answer(status, {"error": {"message": message, "type": kind, "param": None, "code": code}})


def _azure(status: int, code: str, message: str) -> Answer:
    return Answer(status, {"error": {"code": code, "message": message}})


def _mistral(status: int, message: str, kind: str, code: str) -> Answer:
    body = {"object": "error", "message": message, "type": kind, "param": None, "code": code, "raw_status_code": status}
    return Answer(status, body)


def _detail(status: int, detail: Any, code: str | None = None) -> Answer:
    return Answer(status, {"detail": detail} if code is None else {"detail": detail, "code": code})


def _error(status: int, error: Any) -> Answer:
    return Answer(status, {"error": error})


def _message(status: int, message: str) -> Answer:
    return Answer(status, {"message": message})


TROUBLES: Final[dict[str, dict[str, Answer]]] = {
    "openai": {
        "invalid": _openai(
            401,
            "Incorrect API key provided: {echo}. You can find your API key at https://platform.openai.com/account/api-keys.",
            "invalid_api_key",
        ),
        "scope": _openai(
            401, "You have insufficient permissions for this operation. Missing scopes: model.request.", None
        ),
        "organization": _openai(401, "You must be a member of an organization to use the API"),
        "address": _openai(401, "Your request was made from an IP address that is not authorized", "ip_not_authorized"),
        "project": _openai(
            403, "Project `proj_abc` does not have access to model `text-embedding-3-small`", "model_not_found"
        ),
        "kind": _openai(403, "You are not allowed to generate embeddings from this model"),
        "country": _openai(
            403,
            "Country, region, or territory not supported",
            "unsupported_country_region_territory",
            "request_forbidden",
        ),
        "model": _openai(404, "The model `x` does not exist or you do not have access to it.", "model_not_found"),
        "quota": _openai(
            429,
            "You exceeded your current quota, please check your plan and billing details.",
            "insufficient_quota",
            "insufficient_quota",
        ),
        "rate": _openai(429, "Rate limit reached for text-embedding-3-small", "rate_limit_exceeded", "tokens"),
        "length": _openai(
            400, "This model's maximum context length is 8192 tokens, however you requested 9001 tokens."
        ),
        "request": _openai(400, "'$.input' is invalid. Please check the API reference."),
        "down": _openai(503, "The server is currently overloaded with other requests.", None, "server_error"),
        "broken": _openai(500, "The server had an error while processing your request.", None, "server_error"),
    },
    "azureOpenAI": {
        "invalid": _azure(
            401,
            "401",
            "Access denied due to invalid subscription key or wrong API endpoint. Make sure to provide a valid key for an"
            " active subscription and use a correct regional API endpoint for your resource.",
        ),
        "deployment": _azure(404, "DeploymentNotFound", "The API deployment for this resource does not exist."),
        "path": _azure(404, "404", "Resource not found"),
        "kind": _azure(
            400, "OperationNotSupported", "The embeddings operation does not work with the specified model, gpt-4o."
        ),
        "network": _azure(403, "403", "Access denied due to Virtual Network/Firewall rules."),
        "private": _azure(403, "403", "Public access is disabled. Please configure private endpoint."),
        "keys": _azure(403, "AuthenticationTypeDisabled", "Key based authentication is disabled for this resource."),
        "rate": _azure(429, "429", "Requests to the Embeddings_Create Operation have exceeded call rate limit."),
    },
    "huggingface": {
        "invalid": _error(401, "Invalid credentials in Authorization header"),
        "permission": _error(
            403,
            "This authentication method does not have sufficient permissions to call Inference Providers on behalf of user"
            " acme",
        ),
        "credits": _error(402, "You have exceeded your monthly included credits for Inference Providers."),
        "gone": _error(404, "Not Found"),
        "model": _error(400, "Model x is not supported by provider hf-inference."),
        "rate": _error(429, "Too many requests"),
        "loading": _error(503, "Model x is currently loading"),
        "down": _error(502, "Bad Gateway"),
    },
    "huggingfaceDedicated": {
        "invalid": _error(401, "Invalid credentials in Authorization header"),
        "permission": _error(403, "Forbidden"),
        "paused": _error(400, "Bad Request: Invalid state"),
        "sleeping": _error(503, "503 Service Unavailable"),
        "gone": _error(404, "Not Found"),
        "overloaded": Answer(429, {"message": "Model is overloaded", "code": 429, "type": "overloaded"}),
        "length": Answer(
            413, {"message": "`inputs` must have less than 512 tokens.", "code": 413, "type": "validation"}
        ),
    },
    "jinaAI": {
        "invalid": _detail(401, "Failed to authenticate with the provided api key."),
        "format": _detail(401, "Invalid format", "AUTH_INVALID_FORMAT"),
        "balance": _detail(
            403, "Account balance not enough to run this query, please recharge.", "AUTHZ_INSUFFICIENT_BALANCE"
        ),
        "limit": _detail(403, "Resource limit exceeded", "AUTHZ_RESOURCE_LIMIT_EXCEEDED"),
        "payment": _detail(402, "Payment required"),
        "model": _detail(400, "Model x not found", "INPUT_MODEL_NOT_FOUND"),
        "request": _detail(422, [{"loc": ["body", "task"], "msg": "extra fields not permitted"}]),
        "rate": _detail(429, "Per-minute token rate limit exceeded"),
    },
    "mistral": {
        "invalid": _detail(401, "Invalid API Key"),
        "inactive": _message(403, "Inactive subscription or usage limit reached"),
        "payment": _message(402, "Payment required"),
        "model": _mistral(400, "Invalid model: x", "invalid_model", "1500"),
        "length": _mistral(400, "Too many tokens in batch. Max is 16384 got 20000", "invalid_request_prompt", "3210"),
        "request": _detail(422, [{"loc": ["body"], "msg": "Field required"}]),
        "rate": _mistral(429, "Rate limit exceeded", "rate_limited", "1300"),
        "tier": _mistral(
            429, "Service tier capacity exceeded for this model.", "service_tier_capacity_exceeded", "3505"
        ),
    },
    "upstageAI": {
        "invalid": _message(401, "Unauthorized"),
        "nested": _openai(401, "API key suspended or invalid.", None),
        "credit": _message(403, "Insufficient credit"),
        "model": _message(404, "Model not found"),
        "rate": _message(429, "Too many requests"),
        "length": _openai(400, "This model's maximum context length is 4000 tokens."),
    },
    "voyageAI": {
        "invalid": _detail(401, "Provided API key is invalid."),
        "payment": _detail(
            429,
            "You have not yet added your payment method in the billing page and will have reduced rate limits of 3 RPM.",
        ),
        "rate": _detail(429, "Rate limit exceeded."),
        "model": _detail(400, "Model x is not supported."),
        "length": _detail(400, "The example at index 0 in your batch has too many tokens and does not fit."),
        "request": _detail(422, [{"loc": ["body"], "msg": "field required"}]),
        "down": _detail(503, "The server is overloaded"),
    },
}
"""For each provider what it answers to a key with this trouble. All of them but `invalid` recognize the key."""


@dataclass(slots=True)
class Account:
    """One key at a provider: its trouble, if it has one, and the length of its vectors, if that is its own."""

    trouble: str | None = None
    length: int | None = None
    checks_too: bool = True
    """Whether the trouble shows in the identity check as well, and not only when something is embedded."""


@dataclass(slots=True)
class Providers:
    """All providers on one stand-in; `urls` are the base URLs for `[providers.ID] base_url`."""

    stand_in: StandIn
    prefix: str = ""
    everyone: Account | None = None
    """The account of every key that has none of its own."""
    accounts: dict[tuple[str, str], Account] = field(default_factory=dict)
    urls: dict[str, str] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def __post_init__(self) -> None:
        for name in EXTERNAL:
            self.urls[name] = self.stand_in.mount(f"{self.prefix}/{name}", partial(self._serve, name)) + _BELOW.get(
                name, "/v1"
            )

    def add(self, provider: str, key: str, **account: Any) -> str:
        """Make a key valid; return it."""
        with self._guard:
            self.accounts[provider, key] = Account(**account)
        return key

    def revoke(self, provider: str, key: str) -> None:
        """Make a key invalid."""
        with self._guard:
            del self.accounts[provider, key]

    def account(self, provider: str, key: str) -> Account | None:
        """Return the account of a key, None for one that is not valid."""
        return self.accounts.get((provider, key), self.everyone)

    @property
    def configuration(self) -> str:
        """The lines of a user's configuration that lead here."""
        return "".join(f'[providers.{name}]\nbase_url = "{url}"\n' for name, url in self.urls.items())

    def _serve(self, provider: str, asked: Asked) -> Answer:
        key = _key_of(provider, asked.headers)
        if key is None:
            return TROUBLES[provider]["invalid"]
        wire = _WIRES[provider]
        if (asked.method, asked.path) in wire.checks:
            return self._check(provider, key)
        found = wire.embed(asked)
        if found is None:
            return Answer(404, {"detail": "Not Found"})
        if isinstance(found, Answer):
            return found
        return self.embed(provider, key, *found)

    def _check(self, provider: str, key: str) -> Answer:
        account = self.account(provider, key)
        if account is None:
            return _echoed(TROUBLES[provider]["invalid"], key)
        if account.trouble is not None and account.checks_too:
            return _echoed(TROUBLES[provider][account.trouble], key)
        return Answer(200, {"object": "list", "data": [{"id": name, "object": "model"} for name in LENGTHS]})

    def embed(self, provider: str, key: str | None, model: str, length: int | None, texts: list[str]) -> Answer:
        """Return what the provider answers to a request for embeddings with this key."""
        account = self.account(provider, key or "")
        if account is None:
            return _echoed(TROUBLES[provider]["invalid"], key or "")
        if account.trouble is not None:
            return _echoed(TROUBLES[provider][account.trouble], key or "")
        return self.answer(provider, account, model, length, texts)

    def answer(self, provider: str, account: Account, model: str, length: int | None, texts: list[str]) -> Answer:
        """Return vectors in this provider's form, of the account's own length, or the one asked for, or the model's."""
        made = account.length or length or LENGTHS.get(model)
        if made is None:
            return TROUBLES[provider].get("model", _detail(404, "model not found"))
        vectors = [vector(text, made) for text in texts]
        if provider == "huggingface":
            return Answer(200, vectors)
        rows = [{"object": "embedding", "index": number, "embedding": item} for number, item in enumerate(vectors)]
        usage = {"prompt_tokens": len(texts), "total_tokens": len(texts)}
        return Answer(200, {"object": "list", "data": rows, "model": model, "usage": usage})


@dataclass(frozen=True, slots=True)
class _Wire:
    checks: frozenset[tuple[str, str]]
    embed: Callable[[Asked], tuple[str, int | None, list[str]] | Answer | None]


def _key_of(provider: str, headers: Mapping[str, str]) -> str | None:
    if provider == "azureOpenAI":
        return headers.get("api-key")
    scheme, _, key = headers.get("authorization", "").partition(" ")
    return key if scheme == "Bearer" and key else None


def _echoed(answer: Answer, key: str) -> Answer:
    """OpenAI repeats the ends of a wrong key, as in `sk-inval****-key`."""
    if not isinstance(answer.body, dict) or not isinstance(answer.body.get("error"), dict):
        return answer
    error = dict(answer.body["error"])
    error["message"] = str(error["message"]).replace("{echo}", f"{key[:8]}{'*' * 12}{key[-4:]}")
    return Answer(answer.status, {"error": error}, answer.headers)


def _fields(
    provider: str, asked: Asked, required: AbstractSet[str], optional: AbstractSet[str] = frozenset()
) -> Answer | None:
    """Refuse a body that this provider would refuse, so that a wrong request does not pass a test."""
    if asked.method != "POST" or not isinstance(asked.body, dict):
        return Answer(405, {"detail": "Method Not Allowed"})
    names = set(asked.body)
    if required - names or names - required - optional:
        return Answer(422, {"detail": f"{provider}: unexpected fields {sorted(names ^ required)}"})
    return None


def _at(path: str, provider: str, required: set[str], optional: set[str]) -> Callable[[Asked], Any]:
    def embed(asked: Asked) -> Any:
        if asked.path != path:
            return None
        refused = _fields(provider, asked, required, optional)
        if refused is not None:
            return refused
        texts = asked.body["input"]
        return asked.body["model"], asked.body.get("dimensions"), [texts] if isinstance(texts, str) else texts

    return embed


def _azure_embed(asked: Asked) -> Any:
    found = re.fullmatch(r"/openai/deployments/([^/]+)/embeddings", asked.path)
    if found is None or asked.query.get("api-version") != "2024-02-01":
        return TROUBLES["azureOpenAI"]["path"]
    if found[1] == "missing":
        return TROUBLES["azureOpenAI"]["deployment"]
    refused = _fields("azureOpenAI", asked, {"input", "model"}, {"dimensions"})
    return refused or (asked.body["model"], asked.body.get("dimensions"), asked.body["input"])


def _huggingface_embed(asked: Asked) -> Any:
    found = re.fullmatch(r"/hf-inference/models/(.+)/pipeline/feature-extraction", asked.path)
    if found is None:
        return None
    return _fields("huggingface", asked, {"inputs"}, {"options"}) or (found[1], None, asked.body["inputs"])


def _dedicated_embed(asked: Asked) -> Any:
    if asked.path != "/embeddings":
        return None
    return _fields("huggingfaceDedicated", asked, {"input"}) or ("endpoint", 384, asked.body["input"])


_MODELS: Final = frozenset({("GET", "/v1/models")})
_WHOAMI: Final = frozenset({("GET", "/api/whoami-v2"), ("GET", "/hf-inference/api/whoami-v2")})
_WIRES: Final = {
    "openai": _Wire(_MODELS, _at("/v1/embeddings", "openai", {"input", "model"}, {"dimensions"})),
    "azureOpenAI": _Wire(frozenset({("GET", "/openai/models")}), _azure_embed),
    "huggingface": _Wire(_WHOAMI, _huggingface_embed),
    "huggingfaceDedicated": _Wire(_WHOAMI, _dedicated_embed),
    "jinaAI": _Wire(
        frozenset(), _at("/v1/embeddings", "jinaAI", {"input", "model"}, {"dimensions", "task", "late_chunking"})
    ),
    "mistral": _Wire(_MODELS, _at("/v1/embeddings", "mistral", {"input", "model"}, {"encoding_format"})),
    "upstageAI": _Wire(_MODELS, _at("/v1/solar/embeddings", "upstageAI", {"input", "model"}, set())),
    "voyageAI": _Wire(frozenset(), _at("/v1/embeddings", "voyageAI", {"input", "model", "input_type"}, {"truncation"})),
}
