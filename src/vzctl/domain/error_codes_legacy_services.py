"""Legacy error codes about embeddings, reranking, the server and the database; older Data APIs still answer with them."""

from __future__ import annotations

from typing import Final

from vzctl.domain.error_codes_entry import ErrorCode, described, section

_EMBEDDING: Final = (
    described(
        "EBG_NOT_AVAILABLE",
        "First spelling of the code for an embedding gateway at Astra that could not be reached.",
        "Retry shortly; update a self-hosted Data API, for this release was short-lived.",
        vectorize=True,
        replaced_by=("EMBEDDING_GATEWAY_NOT_AVAILABLE",),
    ),
    described(
        "EMBEDDING_GATEWAY_ERROR_RATE_LIMIT",
        "The tenant's own limit at Astra's embedding gateway was reached; the provider did not throttle.",
        "Slow down $vectorize requests and retry; ask Astra support when the limit is too low.",
        vectorize=True,
        replaced_by=("EMBEDDING_GATEWAY_RATE_LIMITED",),
    ),
    described(
        "EMBEDDING_GATEWAY_PROCESSING_ERROR",
        "Older code for an embedding gateway at Astra that failed over a request, often over its credential.",
        "When the text says that the credential is null or not found, repair name and scope; otherwise retry.",
        how_to_decide="getCredential and a null credential mean credential_not_found; other texts the gateway itself.",
        vectorize=True,
        replaced_by=("EMBEDDING_GATEWAY_REQUEST_PROCESSING_ERROR",),
    ),
    described(
        "EMBEDDING_PROVIDER_API_KEY_MISSING",
        "Older code for a request to embed without the key header, where no stored key stepped in.",
        "Send x-embedding-api-key, or attach a stored credential.",
        vectorize=True,
        replaced_by=("EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED",),
    ),
    described(
        "EMBEDDING_PROVIDER_INVALID_REQUEST",
        "Older code for a provider that refused the request with an HTTP 4xx; its own text was not passed on.",
        "Call the provider directly with the same key and model to see its reason.",
        how_to_decide="Only the HTTP status hints at the cause: 401 key, 403 right, 404 model, 400 input.",
        vectorize=True,
        replaced_by=("EMBEDDING_PROVIDER_CLIENT_ERROR",),
    ),
    described(
        "EMBEDDING_PROVIDER_INVALID_RESPONSE",
        "Older code for an answer of the provider that holds no usable vectors.",
        "Retry; check model and dimension when it comes every time.",
        vectorize=True,
        replaced_by=("EMBEDDING_PROVIDER_UNEXPECTED_RESPONSE",),
    ),
    described(
        "EMBEDDING_PROVIDER_UNAVAILBLE",
        "Misspelled like this by old releases: the provider answered with an HTTP status that is no error and no success.",
        "Check an endpoint of your own for redirects, and retry; it is not the later UNAVAILABLE, which means unsupported.",
        vectorize=True,
        replaced_by=("EMBEDDING_PROVIDER_UNEXPECTED_RESPONSE",),
    ),
    described(
        "INVALID_PARAMETER_VALIDATION_TYPE",
        "The server's own catalogue describes a provider's parameter with a rule that does not exist.",
        "Self-hosted: correct the embedding configuration file; on Astra report it.",
        vectorize=True,
        replaced_by=("INTERNAL_SERVER_ERROR",),
    ),
    described(
        "RERANKING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED",
        "Older spelling, with KEYS, for a reranking request without a key.",
        "Add the reranking-api-key header to findAndRerank.",
        replaced_by=("RERANKING_PROVIDER_AUTHENTICATION_KEY_NOT_PROVIDED",),
    ),
    described(
        "SERVER_EMBEDDING_GATEWAY_NOT_AVAILABLE",
        "Older code, with SERVER in front, for Astra's embedding gateway being out of reach.",
        "Retry; a self-hosted Data API that has no gateway must have it switched off.",
        vectorize=True,
        replaced_by=("EMBEDDING_GATEWAY_NOT_AVAILABLE",),
    ),
    described(
        "UNAVAILABLE_EMBEDDING_SERVICE",
        "Very old code for $vectorize on a collection that has no embedding service.",
        "Send $vector, or create the collection with a service.",
        vectorize=True,
        replaced_by=("EMBEDDING_SERVICE_NOT_CONFIGURED",),
    ),
    described(
        "UNSUPPORTED_COMMAND_EMBEDDING_SERVICE",
        "createEmbeddingService, a command of early previews, was sent to a server that takes services from its settings.",
        "Name the service in the vector options of createCollection.",
        vectorize=True,
    ),
    described(
        "UNSUPPORTED_PROVIDER_MODEL",
        "The reranking model asked for is deprecated or gone.",
        "Choose a supported model from findRerankingProviders.",
        replaced_by=("DEPRECATED_AI_MODEL", "END_OF_LIFE_AI_MODEL"),
    ),
    described(
        "VECTORIZECONFIG_CHECK_FAIL",
        "The stored embedding settings of a collection could not be read back; users seldom saw it.",
        "Create the collection again; report it when it was made by the Data API.",
        vectorize=True,
        replaced_by=("INTERNAL_SERVER_ERROR",),
    ),
    described(
        "VECTORIZE_INVALID_AUTHENTICATION_TYPE",
        "The way of authenticating asked for the service is not offered for that provider here.",
        "Use what `vzctl providers show PROVIDER` lists: stored credential, header or none.",
        vectorize=True,
        replaced_by=("INVALID_CREATE_COLLECTION_OPTIONS",),
    ),
    described(
        "VECTORIZE_INVALID_SHARED_KEY_VALUE_FORMAT",
        "The credential in the authentication block is not written as NAME.providerKey.",
        "Give providerKey the credential's name, with one .providerKey at its end at most.",
        vectorize=True,
        replaced_by=("VECTORIZE_CREDENTIAL_INVALID",),
    ),
    described(
        "VECTORIZE_MODEL_DEPRECATED",
        "First code for an embedding model that Astra has retired.",
        "Choose a model that `vzctl providers show PROVIDER` lists.",
        vectorize=True,
        replaced_by=("DEPRECATED_AI_MODEL", "END_OF_LIFE_AI_MODEL"),
    ),
    described(
        "VECTORIZE_SERVICE_NOT_REGISTERED",
        "No embedding service is registered under the provider's name that was given.",
        "Check the spelling of the provider, capitals included, with findEmbeddingProviders.",
        vectorize=True,
        replaced_by=("EMBEDDING_PROVIDER_UNAVAILABLE",),
    ),
    described(
        "VECTORIZE_SERVICE_TYPE_NOT_ENABLED",
        "The provider is known to this Data API but switched off in its settings.",
        "Self-hosted: enable the provider in the configuration; on Astra enable the integration.",
        vectorize=True,
        replaced_by=("EMBEDDING_PROVIDER_UNAVAILABLE",),
    ),
    described(
        "VECTORIZE_SERVICE_TYPE_UNAVAILABLE",
        "Not an outage: the provider or model of the collection is unknown to this Data API or disabled in it.",
        "Read the name after the colon, and compare it with the catalogue, letter by letter.",
        how_to_decide="The name in the text is a provider's (provider_not_supported) or a model's (model_not_supported).",
        vectorize=True,
        replaced_by=("EMBEDDING_PROVIDER_UNAVAILABLE",),
    ),
    described(
        "VECTORIZE_SERVICE_TYPE_UNSUPPORTED",
        "This release has no code for the provider that the settings name.",
        "Update a self-hosted Data API, or use another provider.",
        vectorize=True,
        replaced_by=("EMBEDDING_PROVIDER_UNAVAILABLE",),
    ),
)

_EMBEDDING_SCOPE: Final = (
    described(
        "CLIENT_ERROR",
        "Announced for an HTTP 4xx of the embedding provider, under a name that says nothing of it.",
        "Read the provider's text in the message; outside the scope EMBEDDING_PROVIDER the word proves nothing.",
        how_to_decide="The scope beside the code decides: only EMBEDDING_PROVIDER makes the error the provider's.",
        vectorize=True,
        replaced_by=("EMBEDDING_PROVIDER_CLIENT_ERROR",),
    ),
    described(
        "SERVER_ERROR",
        "Announced for an HTTP 5xx of the embedding provider, under a name that sounds like Astra's.",
        "Retry, after a look at the scope: without EMBEDDING_PROVIDER in it the word proves nothing.",
        how_to_decide="The scope beside the code decides: only EMBEDDING_PROVIDER makes the error the provider's.",
        vectorize=True,
        replaced_by=("EMBEDDING_PROVIDER_SERVER_ERROR",),
    ),
)

_SERVER: Final = (
    described(
        "CONCURRENCY_FAILURE",
        "Several transactions changed one document at the same time and this one lost.",
        "Retry after a random pause.",
        replaced_by=("FAILED_CONCURRENT_OPERATIONS",),
    ),
    described(
        "DATABASE_READ_FAILED",
        "Early code for a read that replicas answered with failures.",
        "Retry the read; check the nodes when it stays.",
        replaced_by=("FAILED_READ_REQUEST",),
    ),
    described(
        "DRIVER_CLOSED_CONNECTION",
        "Early code for a connection to the database that was closed under a request.",
        "Retry; a new connection is opened by itself.",
        replaced_by=("UNEXPECTED_DRIVER_ERROR",),
    ),
    described(
        "DRIVER_TIMEOUT",
        "Early code for a database driver that waited too long.",
        "Retry with a smaller request.",
        replaced_by=("TIMEOUT_READING_DATA", "TIMEOUT_WRITING_DATA"),
    ),
    described(
        "ERROR_APPLYING_CODEC",
        "A value could not be turned into the database's form of its column's type.",
        "Check that the value fits the column; report it when it plainly does.",
        replaced_by=("INVALID_COLUMN_VALUES",),
    ),
    described(
        "NO_NODE_AVAILABLE",
        "Early code for a database none of whose nodes could take the query.",
        "Wake or wait for the database, then retry.",
        replaced_by=("FAILED_TO_CONNECT_TO_DATABASE",),
    ),
    described(
        "SERVER_CLOSED_CONNECTION",
        "The database closed the connection while a request was under way.",
        "Retry; read back first when it was a write.",
        replaced_by=("UNEXPECTED_DRIVER_ERROR",),
    ),
    described(
        "SERVER_COORDINATOR_FAILURE",
        "The node that led the query failed in a way without a code of its own.",
        "Retry, and look at the root cause in the text when it repeats.",
        replaced_by=("UNEXPECTED_DRIVER_ERROR",),
    ),
    described(
        "SERVER_DRIVER_FAILURE",
        "The database driver failed, and the old code tells no more than that.",
        "Judge by the root cause in the text; report a Java exception.",
        replaced_by=("UNEXPECTED_DRIVER_ERROR",),
    ),
    described(
        "SERVER_DRIVER_TIMEOUT",
        "The database did not answer a read or write before the driver gave up.",
        "Retry; check whether a write took effect, and make batches smaller.",
        replaced_by=("TIMEOUT_READING_DATA", "TIMEOUT_WRITING_DATA"),
    ),
    described(
        "SERVER_FAILURE",
        "Short-lived code for a driver that failed for no listed reason.",
        "Retry once, then report the text.",
        replaced_by=("UNEXPECTED_DRIVER_ERROR",),
    ),
    described(
        "SERVER_INTERNAL_ERROR",
        "The Data API found itself in a situation that its authors had excluded.",
        "Report the text; a missing URL parameter in it means that the embedding service lacks a setting.",
        replaced_by=("INTERNAL_SERVER_ERROR",),
    ),
    described(
        "SERVER_NO_NODE_AVAILABLE",
        "None of the database's nodes could be used for the query.",
        "Check that the database is not hibernated or parked, and retry.",
        replaced_by=("FAILED_TO_CONNECT_TO_DATABASE", "UNAVAILABLE_DATABASE"),
    ),
    described(
        "SERVER_QUERY_CONSISTENCY_FAILURE",
        "Fewer replicas agreed on the result than the query required.",
        "Retry; look at replication and nodes of a self-hosted database.",
        replaced_by=("FAILED_READ_REQUEST", "FAILED_WRITE_REQUEST"),
    ),
    described(
        "SERVER_QUERY_EXECUTION_FAILURE",
        "The database began the query and could not finish it.",
        "Read the root cause; overload passes, a guardrail or limit does not.",
        replaced_by=("UNEXPECTED_DRIVER_ERROR",),
    ),
    described(
        "SERVER_READ_FAILED",
        "Replicas answered a read with failures rather than data.",
        "Retry the read; tombstones or a broken index may be behind it when it stays.",
        replaced_by=("FAILED_READ_REQUEST",),
    ),
    described(
        "SERVER_TIMEOUT",
        "Short-lived code for a database driver that ran out of time.",
        "Retry; narrow the query.",
        replaced_by=("TIMEOUT_READING_DATA", "TIMEOUT_WRITING_DATA"),
    ),
    described(
        "SERVER_UNHANDLED_ERROR",
        "An exception reached the top of the older Data API uncaught, whatever threw it.",
        "Look for the root cause in brackets, or paste the whole text into `vzctl diagnose`.",
        how_to_decide=(
            "A provider's host, or a timeout or malformed answer during $vectorize: the provider; the credential service, "
            "CQL, gRPC of the gateway or an IllegalArgumentException: astra."
        ),
        vectorize=True,
        replaced_by=("UNEXPECTED_SERVER_ERROR",),
    ),
)

_DATABASE_SCOPE: Final = (
    described(
        "CLOSED_CONNECTION",
        "Announced for tables: the connection to the database was closed in the middle of a command.",
        "Retry the command on the table; look first whether a row was written.",
        replaced_by=("UNEXPECTED_DRIVER_ERROR",),
    ),
    described(
        "TABLE_WRITE_TIMEOUT",
        "A write to a table was not confirmed in time.",
        "Read the row, then write again.",
        replaced_by=("TIMEOUT_WRITING_DATA",),
    ),
)

CODES: Final[tuple[ErrorCode, ...]] = (
    *section("", "", (*_EMBEDDING, *_SERVER)),
    *section("SERVER", "EMBEDDING_PROVIDER", _EMBEDDING_SCOPE),
    *section("SERVER", "DATABASE", _DATABASE_SCOPE),
)
