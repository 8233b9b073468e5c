"""Rules of last resort: a provider's bare status, network errors that only a host can place, and what stays unknown."""

from __future__ import annotations

from typing import Final

from vzctl.domain.diagnosis.make import provider, unknown
from vzctl.domain.diagnosis.rule import ANSWER, FREE, Rule
from vzctl.domain.diagnosis.words import BLOCK_PAGE, DNS, NETWORK, REFUSED, RESET, TEMPORARY, TLS

HOST_NAMES: Final = (
    provider(
        "host-unknown",
        "bad_host",
        "The host name does not exist; where it is built from parameters, one of them is wrong.",
        "getaddrinfo ENOTFOUND acme9.openai.azure.com",
        DNS,
        none=TEMPORARY,
        hosts=("named",),
        places=("provider",),
    ),
)

UNPLACED: Final = (
    unknown(
        "block-page",
        "insufficient_detail",
        "What guards a host blocked the call, and the page does not say whose host it is.",
        "Sorry, you have been blocked. You are unable to access this site.",
        BLOCK_PAGE,
        advice="Find the address that was called: its guard (a CDN or a firewall) blocks the caller's address or network.",
        confidence="medium",
    ),
    provider(
        "host-refused",
        "provider_unavailable",
        "The provider's host does not take the connection.",
        "connect ECONNREFUSED api.jina.ai:443",
        f"{REFUSED} | {RESET} | {NETWORK}",
        hosts=("provider",),
        places=("provider",),
        confidence="medium",
    ),
    provider(
        "called-refused",
        "provider_unavailable",
        "The provider that the client names does not take the connection.",
        "Error communicating with OpenAI: ('Connection aborted.', 104)",
        "error communicating with openai | connect to ollama | ollama server | connection to openai",
        f"{REFUSED} | {RESET} | {NETWORK}",
        frames=FREE,
        confidence="medium",
    ),
    provider(
        "host-tls",
        "provider_unavailable",
        "No encrypted connection with the provider's host came about.",
        "SSL: CERTIFICATE_VERIFY_FAILED for api.voyageai.com",
        TLS,
        hosts=("provider",),
        places=("provider",),
        confidence="low",
    ),
    unknown(
        "client-configuration",
        "client_config",
        "The program that made the call lacks a setting or a package; the text does not say that Astra or a "
        "provider was asked.",
        "Did not find voyage_api_key in the environment variable `VOYAGE_API_KEY`",
        """
        environment variable | api_key client option | modulenotfounderror | no module named | importerror |
        cannot import name | pip install | could not import | unexpected keyword argument | validation error for |
        cannot find module | missing credentials. please pass | no default value for | attributeerror: |
        is not a constructor | is not a function | winerror 126
        """,
    ),
    unknown(
        "refused",
        "connection_refused",
        "Something refused the connection, and the text does not name its host.",
        "[Errno 111] Connection refused",
        REFUSED,
    ),
    unknown(
        "dns",
        "dns_failure",
        "A host name could not be resolved, and the text does not say whose it is.",
        "[Errno -2] Name or service not known",
        DNS,
    ),
    unknown(
        "reset",
        "connection_reset",
        "Something closed the connection, and the text does not name its host.",
        "read ECONNRESET",
        RESET,
    ),
    unknown(
        "header-missing",
        "header_key_missing",
        "A request carried no key or token, and the text does not say to whom it went.",
        "401: Missing Authorization header",
        """
        missing authorization | missing authentication | authorization header is missing |
        authorization header missing | no authorization header | missing header: authorization |
        authorization header required | authentication header missing | no auth header |
        authorization header is required
        """,
    ),
)


def _status(
    name: str, cause: str, meaning: str, example_status: int, *statuses: int, providers: tuple[str, ...] = ()
) -> Rule:
    sample = providers[0] if providers else "upstageAI"
    return provider(
        f"status-{name}",
        cause,
        meaning,
        f"Provider '{sample}' returned a HTTP client error with HTTP {example_status}; error message: x",
        statuses=(example_status, *statuses),
        places=("provider",),
        providers=providers,
        frames=ANSWER,
        confidence="medium",
    )


STATUSES: Final = (
    _status("unauthorized", "invalid_key", "The provider does not accept the key (HTTP 401).", 401),
    _status(
        "forbidden", "key_permission_denied", "The provider knows the key and does not allow the call (HTTP 403).", 403
    ),
    _status(
        "deployment",
        "deployment_not_found",
        "Azure knows no such deployment or resource (HTTP 404).",
        404,
        providers=("azureOpenAI",),
    ),
    _status("not-found", "model_not_found", "The provider knows no such model or address (HTTP 404).", 404),
    _status("timeout", "provider_timeout", "The provider did not answer in time.", 408, 504, 524),
    _status("gone", "endpoint_retired", "What was called does not exist any more at the provider (HTTP 410).", 410),
    _status("too-large", "batch_too_large", "The request is too large for the provider (HTTP 413).", 413),
    _status(
        "parameters", "bad_provider_parameters", "The provider refuses a parameter of the request (HTTP 422).", 422
    ),
    _status("rate", "rate_limited", "The provider is asked too often (HTTP 429).", 429),
    _status("region", "region_unsupported", "The provider does not serve the place of the caller (HTTP 451).", 451),
    _status(
        "failed",
        "provider_unavailable",
        "The provider failed by itself.",
        500,
        424,
        501,
        502,
        503,
        507,
        520,
        521,
        522,
        523,
        525,
        529,
        530,
    ),
    _status(
        "bad-request",
        "provider_bad_request",
        "The provider refused the request and does not say why.",
        400,
        405,
        406,
        409,
        411,
        415,
    ),
)

WORDS: Final = (
    provider(
        "words-unauthorized",
        "invalid_key",
        "The provider does not accept the key.",
        "jina: Unauthorized",
        "unauthorized | unauthenticated | invalid token | authentication failed",
        places=("provider",),
        confidence="low",
    ),
    provider(
        "words-forbidden",
        "key_permission_denied",
        "The provider does not allow the call.",
        "voyage: Forbidden",
        "forbidden | access denied | permission denied",
        places=("provider",),
        confidence="low",
    ),
    provider(
        "words-not-found",
        "model_not_found",
        "The provider knows no such model or address.",
        "mistral: 'Not Found'",
        "notfounderror | not_found_error | 'not found' | \"not found\" | 404 not found",
        places=("provider",),
        confidence="low",
    ),
    provider(
        "words-failed",
        "provider_unavailable",
        "The provider failed by itself.",
        "cohere: internal server error",
        """
        internal server error | bad gateway | service unavailable | internalservererror | internal error encountered |
        internal error
        """,
        places=("provider",),
        confidence="low",
    ),
    provider(
        "words-bad-request",
        "provider_bad_request",
        "The provider refused the request and does not say why.",
        "openai.BadRequestError: refused",
        "badrequesterror | bad request | invalid_request_error",
        places=("provider",),
        confidence="low",
    ),
)

HOST_ALONE: Final = (
    provider(
        "host-alone",
        "provider_bad_request",
        "An error at an address of the provider, which does not say what is wrong.",
        "Error: request to https://api.upstage.ai/v1/solar went wrong",
        "error | fail | exception | no route",
        hosts=("provider",),
        places=("provider",),
        frames=FREE,
        confidence="low",
    ),
)

_WRAPPED: Final = unknown(
    "wrapper",
    "insufficient_detail",
    "The text is only what a client wraps around an error: what happened inside is not in it.",
    "AstraDBVectorStore.add_texts could not insert all requested documents",
    "error | exception | failed | could not | status | unable",
    confidence="low",
)


LAST: Final = (_WRAPPED,)
