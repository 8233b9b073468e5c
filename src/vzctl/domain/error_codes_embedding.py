"""Error codes about making embeddings and reranking: providers, models, keys, the embedding gateway.

Neither family nor scope gives the side here: both hold codes of Astra's own parts beside those of the provider.
"""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, described, section

_GATEWAY: Final = (
    described(
        "EMBEDDING_GATEWAY_NOT_AVAILABLE",
        "The Data API could not reach Astra's embedding gateway, so the provider was never asked.",
        "Retry after a short wait; if it lasts, look at Astra's status page and open a support ticket.",
        vectorize=True,
    ),
    described(
        "EMBEDDING_GATEWAY_RATE_LIMITED",
        "Astra's embedding gateway, not the provider, is throttling this organization.",
        "Send fewer $vectorize requests at once and retry with growing pauses; ask Astra support to raise the limit.",
        vectorize=True,
    ),
    described(
        "EMBEDDING_GATEWAY_REQUEST_PROCESSING_ERROR",
        "Astra's embedding gateway accepted the request and then failed while working on it.",
        "Read the underlying problem first, check the credential and its scope when it names one, else retry.",
        how_to_decide="A text about a credential (null, not found) is credential_not_found; anything else is the gateway.",
        vectorize=True,
    ),
    described(
        "EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE",
        "The stored credential could not be turned into a key: the credential service refused, failed or did not know it.",
        "Check that the credential exists under exactly that name and that the database is in its scope, then retry.",
        how_to_decide=(
            '"Credential error from SyncService" means the credential is unknown or not in scope; an "Error Code" of '
            "401, 404 or 5xx means that the credential service itself failed."
        ),
        vectorize=True,
    ),
    described(
        "EMBEDDING_GATEWAY_UNEXPECTED_RESPONSE",
        "Astra's embedding gateway answered with something that the Data API cannot use.",
        "Retry once; if it comes again, send the error's id and time to Astra support.",
        vectorize=True,
    ),
)

_PROVIDER: Final = (
    described(
        "EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED",
        "The Data API had no key for the provider: no header came with the request and no stored credential gave one.",
        "Store a credential, put this database into its scope and attach it, or send the key in x-embedding-api-key.",
        how_to_decide=(
            "The text speaks of a missing header also when a stored credential is attached but empty or unknown to the "
            "credential service: look at what the collection uses before adding a header."
        ),
        vectorize=True,
    ),
    described(
        "EMBEDDING_PROVIDER_BAD_HOST_NAME",
        "The provider's address, made from the collection's parameters, is no host name that exists.",
        "Correct the resource, region or endpoint name; a collection must be created anew for that, a column attached again.",
        vectorize=True,
    ),
    described(
        "EMBEDDING_PROVIDER_CLIENT_ERROR",
        "The provider refused the request with an HTTP 4xx: the key, its rights, the model, the quota or the input.",
        'Read what follows "error message:": it is the provider\'s own text and names what to change there.',
        how_to_decide=(
            "401 is mostly the key (invalid_key), 403 a right or region, 404 a model or deployment, 400 and 422 the input "
            "or parameters, 402 money; right after a rotation a 401 may be an old key in a cache."
        ),
        vectorize=True,
    ),
    described(
        "EMBEDDING_PROVIDER_RATE_LIMITED",
        "The provider answered HTTP 429: too many requests or tokens in a time, or an account that has run dry.",
        "Wait and send smaller batches more slowly; when the text speaks of quota, billing or credit, top up the account.",
        how_to_decide="Words like quota, billing, balance or plan mean quota_exhausted, and then waiting does not help.",
        vectorize=True,
    ),
    described(
        "EMBEDDING_PROVIDER_SERVER_ERROR",
        "The provider failed with an HTTP 5xx, for example overloaded, restarting or still loading the model.",
        "Retry with growing pauses and look at the provider's status page.",
        how_to_decide='A text such as "loading" or "paused" names the state of a dedicated endpoint or model.',
        vectorize=True,
    ),
    described(
        "EMBEDDING_PROVIDER_TIMEOUT",
        "The provider did not answer in time, though the Data API tried several times.",
        "Retry with fewer or shorter texts in one request; if it stays, ask the provider.",
        how_to_decide="Releases until 2025 gave this code to other timeouts too; without a provider in the text, be careful.",
        vectorize=True,
    ),
    described(
        "EMBEDDING_PROVIDER_UNAVAILABLE",
        "Despite its name not an outage: this Data API does not support that provider or that model.",
        "Compare provider and model with `vzctl providers list` and create the collection, or attach the column, with others.",
        how_to_decide="The underlying problem names either the provider (provider_not_supported) or the model.",
        vectorize=True,
    ),
    described(
        "EMBEDDING_PROVIDER_UNEXPECTED_RESPONSE",
        "The provider answered, but without usable vectors: none, another number of them, another length, or no JSON.",
        "Compare the declared dimension with what the model makes, and a custom endpoint with the expected format; else retry.",
        vectorize=True,
    ),
    described(
        "EMBEDDING_REQUEST_ENCODING_ERROR",
        "The Data API could not put together the message for the provider; nothing was sent.",
        "Report it to Astra support with provider, model and underlying problem; another text may get through.",
        vectorize=True,
    ),
    described(
        "EMBEDDING_RESPONSE_DECODING_ERROR",
        "The provider's answer arrived but is not in the form that the Data API understands.",
        "Retry; when every call fails alike, the provider changed its format: tell Astra support as well as the provider.",
        vectorize=True,
    ),
)

_RERANKING: Final = (
    described(
        "RERANKING_PROVIDER_TIMEOUT",
        "The reranking service did not answer in time.",
        "Retry findAndRerank with a smaller limit, so that fewer passages are ranked.",
    ),
)

_RERANKING_SCHEMA: Final = (
    described(
        "RERANKING_FEATURE_NOT_ENABLED",
        "Reranking is switched off for this database.",
        "Create the collection without rerank, use another database, or switch the feature on in a Data API of your own.",
    ),
    described(
        "RERANKING_PROVIDER_AUTHENTICATION_KEY_NOT_PROVIDED",
        "The reranking service needs a key, and the request brought none.",
        "Send the key in the reranking-api-key header.",
    ),
    described(
        "RERANKING_PROVIDER_CLIENT_ERROR",
        "The reranking service refused the request with an HTTP 4xx.",
        "Read the service's text; the hosted service is asked with the Astra token, so a 401 is for you or Astra support.",
        how_to_decide="The HTTP status and text after it tell a refused token from a refused query or passage.",
    ),
    described(
        "RERANKING_PROVIDER_RATE_LIMITED",
        "The reranking service answered that it gets too many requests.",
        "Pause between findAndRerank calls and retry.",
    ),
    described(
        "RERANKING_PROVIDER_SERVER_ERROR",
        "The reranking service failed with an HTTP 5xx.",
        "Retry; if it lasts, tell Astra support, who host the default reranking service.",
    ),
    described(
        "RERANKING_PROVIDER_UNEXPECTED_RESPONSE",
        "The reranking service sent an answer that cannot be read as ranks.",
        "Retry once, then give Astra support the text after the HTTP status.",
    ),
    described(
        "RERANKING_SERVICE_TYPE_UNAVAILABLE",
        "This Data API does not offer the reranking provider or model that was asked for.",
        "Choose one that findRerankingProviders lists.",
    ),
)

_CONFIGURATION: Final = (
    described(
        "DEPRECATED_AI_MODEL",
        "The model is on its way out: what exists may go on using it, nothing new may.",
        "Create the collection or attach the column with a model that is still supported.",
        vectorize=True,
    ),
    described(
        "END_OF_LIFE_AI_MODEL",
        "The model is gone from Astra's catalogue and works for nobody any more.",
        "Make a new collection with a supported model and embed the texts again: old vectors cannot be compared with new ones.",
        vectorize=True,
    ),
    described(
        "EMBEDDING_SERVICE_NOT_CONFIGURED",
        "The collection was created without an embedding service, so $vectorize means nothing to it.",
        "Send vectors of your own, or create a collection with a service in its vector options.",
        vectorize=True,
    ),
    described(
        "INVALID_VECTORIZE_FIELD_CONFIGURATION",
        "The vectorize settings stored with one column of this table cannot be read.",
        "Attach the column again with addVectorize; if that fails too, report the underlying problem.",
        vectorize=True,
    ),
    described(
        "INVALID_VECTORIZE_TABLE_CONFIGURATION",
        "The vectorize settings stored with this table as a whole cannot be read.",
        "Find out what wrote them other than the Data API, then attach every vectorize column anew.",
        vectorize=True,
    ),
    described(
        "VECTORIZE_CREDENTIAL_INVALID",
        "The credential named for the service was not accepted: unknown, spelled otherwise, or not scoped to this database.",
        "Check the exact name and the scope with `vzctl credentials show NAME`; after a change of minutes ago just wait.",
        how_to_decide=(
            "The text at the end decides: a credential that was not found or not valid, or a failure of the credential "
            "service (an HTTP status, a connection), which is gateway_error."
        ),
        vectorize=True,
    ),
    described(
        "VECTORIZE_FEATURE_NOT_AVAILABLE",
        "Vectorize is switched off in this Data API.",
        "Self-hosted: set STARGATE_JSONAPI_OPERATIONS_VECTORIZE_ENABLED=true and restart; on Astra ask support.",
        vectorize=True,
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = (
    *section("SERVER", "EMBEDDING_PROVIDER", (*_GATEWAY, *_PROVIDER)),
    *section("SERVER", "RERANKING_PROVIDER", _RERANKING),
    *section("REQUEST", "SCHEMA", (*_RERANKING_SCHEMA, *_CONFIGURATION)),
)
