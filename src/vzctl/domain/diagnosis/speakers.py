"""Which provider an error is from, by what only that provider says.

A client's class or module names a library and no provider: many services take calls of OpenAI's client. What decides is a
host, what the Data API says about its provider, a fixed sentence, or the form of a body. A word in prose is a guess, and
none is made where a host is named.
"""

from __future__ import annotations

from typing import Final, NamedTuple

from vzctl.domain.pattern import Pattern

_NAMES: Final = (
    ("azureopenai", "azureOpenAI"),
    ("azure openai", "azureOpenAI"),
    ("azure", "azureOpenAI"),
    ("huggingfacededicated", "huggingfaceDedicated"),
    ("huggingface", "huggingface"),
    ("hugging face", "huggingface"),
    ("hf-inference", "huggingface"),
    ("text-embeddings-inference", "huggingface"),
    ("sentence-transformers", "huggingface"),
    ("jinaai", "jinaAI"),
    ("jina", "jinaAI"),
    ("mistral", "mistral"),
    ("nvidia", "nvidia"),
    ("nv-embed", "nvidia"),
    ("upstageai", "upstageAI"),
    ("upstage", "upstageAI"),
    ("solar-embedding", "upstageAI"),
    ("voyageai", "voyageAI"),
    ("voyage", "voyageAI"),
    ("cohere", "cohere"),
    ("bedrock", "bedrock"),
    ("titan-embed", "bedrock"),
    ("vertexai", "vertexai"),
    ("vertex ai", "vertexai"),
    ("openai", "openai"),
)
"""Names in prose, and of models that one provider makes."""
_MODELS_OF_MANY: Final = ("text-embedding-ada", "text-embedding-3")
"""Models that more than one provider serves: a provider is meant, and not which."""
_BY_ID: Final = {provider.lower(): provider for _, provider in _NAMES}

_SENTENCES: Final[tuple[tuple[str, tuple[str, ...]], ...]] = (
    (
        "azureOpenAI",
        (
            "azure openai api version",
            "azure openai's content management policy",
            "azure openai service",
            "responsibleaipolicyviolation",
            "invalid subscription key or wrong api endpoint",
            "missing subscription key",
            "api deployment for this resource does not exist",
            "deploymentnotfound",
            "cognitiveservices.azure.com",
            "microsoft.cognitiveservices/",
            "virtual network/firewall rules",
            "public access is disabled. please configure private endpoint",
            "principal does not have access to api/operation",
            "authenticationtypedisabled",
            "insufficientquota",
            "tokens per minute (thousands)",
            "openai s0 pricing tier",
            "aka.ms/oai",
            "vectorization endpoint returned",
            "operation does not work with the specified model",
        ),
    ),
    (
        "huggingfaceDedicated",
        ("bad request: invalid state",),
    ),
    (
        "huggingface",
        (
            "api-inference.huggingface.co",
            "invalid credentials in authorization header",
            "invalid username or password",
            "call inference providers",
            "monthly included credits",
            "supported by provider hf-inference",
            "supported by provider: hf-inference",
            "subscribe to pro to get",
        ),
    ),
    (
        "jinaAI",
        (
            "authz_insufficient_balance",
            "authz_resource_limit_exceeded",
            "auth_invalid_api_key",
            "auth_missing_api_key",
            "auth_invalid_format",
            "input_model_not_found",
            "failed to authenticate with the provided api key",
            "rate_token_limit_exceeded",
            "rate_request_limit_exceeded",
            "rate_concurrency_limit_exceeded",
        ),
    ),
    (
        "mistral",
        (
            "inactive subscription or usage limit reached",
            "service tier capacity exceeded",
            "service_tier_capacity_exceeded",
            "too many tokens in batch. max is",
            "raw_status_code",
            "requests rate limit exceeded",
        ),
    ),
    (
        "voyageAI",
        (
            "provided api key is invalid.",
            "max allowed tokens per submitted batch is",
            "3 rpm and 10k tpm",
            "added your payment method in the billing page",
            "request to model 'voyage-",
            "dash.voyageai.com",
            "dashboard.voyageai.com",
        ),
    ),
    (
        "nvidia",
        ("urn:kaizen:", "in ensemble 'nvidia", "build.nvidia.com", "has reached its end of life on 20"),
    ),
    (
        "bedrock",
        (
            "invokemodel operation",
            "bedrock:invokemodel",
            "security token included in the request is invalid",
            "amazon.titan-embed",
        ),
    ),
    (
        "cohere",
        ("trial key, which is limited to", "dashboard.cohere.com", "valid input_type must be provided"),
    ),
    (
        "vertexai",
        ("online_prediction_requests_per_base_model", "permission 'aiplatform.", "publisher model `projects/"),
    ),
    (
        "openai",
        (
            "platform.openai.com",
            "help.openai.com",
            "in organization org-",
            "project `proj_",
            "openai-organization header should match",
            "unsupported_country_region_territory",
            "country, region, or territory not supported",
            "max_tokens_per_request",
            "missing scopes: ",
            "sk-proj-",
            "sk-svcacct-",
            "requests per min (rpm)",
            "tokens per min (tpm)",
            "must be a member of an organization to use the api",
            "please reduce your prompt; or completion length",
            "you exceeded your current quota, please check your plan and billing details",
            "overloaded with other requests. sorry about that",
            "does not exist or you do not have access to it",
        ),
    ),
)
"""Sentences and codes that only one provider has. In lower case; the first provider that has one is meant."""
_NOT_OPENAI: Final = ("ai.google.dev", "gemini", "generativelanguage", "x.ai", "deepseek", "dashscope", "groq")
"""Services that say some of OpenAI's sentences too, and name themselves beside them."""
_SHAPES: Final = (
    (Pattern(r"['\"]?code['\"]?: ?['\"](?:401|403|404|429)['\"], ?['\"]?message['\"]?:"), "azureOpenAI"),
    (Pattern(r"['\"]message['\"]: ?['\"]unauthorized['\"], ?['\"]request_id['\"]:"), "mistral"),
    (
        Pattern(r"['\"]type['\"]: ?['\"]invalid_model['\"], ?['\"]param['\"]:.{0,20}['\"]code['\"]: ?['\"]1500['\"]"),
        "mistral",
    ),
    (Pattern(r"is currently loading['\"], ?['\"]estimated_time['\"]:"), "huggingface"),
    (Pattern(r"['\"]type['\"]: ?['\"]about:blank['\"], ?['\"]title['\"]:.{0,200}end of life"), "nvidia"),
)
"""Forms of a body that only one provider writes."""
_TOLD: Final = (
    Pattern(r"\bprovider(?:['\"]?: ?| was: ?| )['\"]?([a-z]{5,24})\b"),
    Pattern(r"\bfor (?:service )?provider ['\"]([a-z]{5,24})['\"]"),
    Pattern(r"(?<![a-z])([a-z]{5,24}?)embeddingprovider\b"),
)
"""What the Data API, or a program's own log, says about the provider that it called."""
_IDENTIFIER: Final = Pattern(
    r"(?<![\w.@/-])@?(?:openai|azure|mistralai|voyageai|cohere|huggingface_hub|huggingface|jina|vertexai|upstage|"
    r"langchain\w{0,40}|llama_index|litellm|botocore|google|bedrock|nvidia)"
    r"(?:(?:[./]|::)(?!com\b|ai\b|co\b|net\b|cloud\b)[A-Za-z_@][\w-]{0,80}){1,10}"
    r"|\b\w{0,60}(?:openai|azure|mistral|cohere|voyage|huggingface|jina|nvidia|upstage|bedrock|vertexai)\w{0,60}\b"
    r"|\bopenai[ -]compatible\b|\bcommunicating with openai\b"
)
"""Words of programs: modules, classes, settings. In a text in lower case, names that stand alone are among them."""


class Speaker(NamedTuple):
    """A provider, and whether the text proves that it is this one."""

    provider: str | None
    is_certain: bool


NOBODY: Final = Speaker(None, is_certain=False)


def speaker(text: str, of_host: str | None, *, names_other: bool) -> Speaker:
    """Return the provider that `text`, in lower case, is from. `names_other`: it has the address of another service."""
    for shape in _TOLD:
        told = shape.compiled.search(text)
        if told is not None and told[1] in _BY_ID:
            return Speaker(_BY_ID[told[1]], is_certain=True)
    if of_host is not None:
        return Speaker(of_host, is_certain=True)
    said = _said(text)
    if said is not None:
        return Speaker(said, is_certain=True)
    return NOBODY if names_other else Speaker(_in_prose(text), is_certain=False)


def mentions_provider(text: str) -> bool:
    """Whether `text`, in lower case, has a provider's name in it at all: as a library, a model, or in prose."""
    return any(name in text for name, _ in _NAMES) or any(name in text for name in _MODELS_OF_MANY)


def _said(text: str) -> str | None:
    for provider, sentences in _SENTENCES:
        if any(sentence in text for sentence in sentences):
            if provider == "openai" and any(name in text for name in _NOT_OPENAI):
                return None
            return provider
    return next((provider for shape, provider in _SHAPES if shape.compiled.search(text)), None)


def _in_prose(text: str) -> str | None:
    """Return the first provider that prose names, OpenAI's name last: many call what is compatible with it so."""
    prose = _IDENTIFIER.compiled.sub(lambda match: match[0] if match[0] in _BY_PROSE else " ", text)
    found = [
        (provider == "openai", position, rank, provider)
        for rank, (name, provider) in enumerate(_NAMES)
        if (position := prose.find(name)) >= 0
    ]
    return min(found)[3] if found else None


_BY_PROSE: Final = frozenset(name for name, _ in _NAMES)
