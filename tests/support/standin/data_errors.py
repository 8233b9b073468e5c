"""The errors of a Data API, in its own words."""

from __future__ import annotations

import uuid
from typing import Any

from tests.support.standin.server import Answer


class DataApiError(Exception):
    """Ends a command with this error."""

    def __init__(self, code: str, family: str, scope: str, title: str, message: str, status: int = 200) -> None:
        super().__init__(code)
        self.status = status
        self.error = {
            "id": str(uuid.uuid4()),
            "family": family,
            "scope": scope,
            "errorCode": code,
            "title": title,
            "message": message,
        }


def bad_options(problem: str) -> DataApiError:
    text = f"'createCollection' command option(s) invalid: {problem}\n\nResend 'createCollection' with valid options."
    return DataApiError(
        "INVALID_CREATE_COLLECTION_OPTIONS", "REQUEST", "SCHEMA", "Invalid options for createCollection", text
    )


def credential_invalid(reason: str) -> DataApiError:
    return DataApiError(
        "VECTORIZE_CREDENTIAL_INVALID",
        "REQUEST",
        "SCHEMA",
        "Invalid credential name for vectorize",
        f"Invalid credential name for vectorize, with error: {reason}",
    )


def vectorize_off() -> DataApiError:
    return DataApiError(
        "VECTORIZE_FEATURE_NOT_AVAILABLE",
        "REQUEST",
        "SCHEMA",
        "Vectorize feature not available",
        "Vectorize feature is not available in the environment.",
    )


def exists_differently(name: str) -> DataApiError:
    return DataApiError(
        "EXISTING_COLLECTION_DIFFERENT_SETTINGS",
        "REQUEST",
        "SCHEMA",
        "Collection already exists with different settings",
        f"Collection '{name}' already exists but with settings different from ones passed with 'createCollection' command."
        "\n\nIf you need to change collection settings you will need to 'deleteCollection', then re-create with new settings.",
    )


def not_configured(name: str) -> DataApiError:
    return DataApiError(
        "EMBEDDING_SERVICE_NOT_CONFIGURED",
        "REQUEST",
        "SCHEMA",
        "Embedding service not configured for collection",
        f"Collection '{name}' does not have embedding service configured: cannot vectorize data.\n\nCollection must be "
        "recreated with embedding service configuration to allow vectorization.",
    )


def column_not_configured(place: str, configured: list[str], others: list[str]) -> DataApiError:
    return DataApiError(
        "UNSUPPORTED_VECTORIZE_WHEN_MISSING_VECTORIZE_DEFINITION",
        "REQUEST",
        "DOCUMENT",
        "Vectorize not supported on column with missing vectorize configuration",
        "Vectorize can only be used with columns that have a vectorize configuration. \n\nVectorize configuration can be "
        "added when the table is created or later using the `alterTable` command.\n\n"
        f"The table {place} defines the vector columns with vectorize definition: "
        f"{', '.join(f'{item}(vector)' for item in configured)}.\n"
        f"The command included the following vector columns without vectorize definition: "
        f"{', '.join(f'{item}(vector)' for item in others)}.\n\n"
        "Resend the command using only vector columns with a vectorize definition.",
    )


def unresolved(problem: str) -> DataApiError:
    return DataApiError(
        "EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE",
        "SERVER",
        "EMBEDDING_PROVIDER",
        "Embedding Gateway unable to resolve authentication type",
        f"Embedding Gateway unable to resolve authentication type.\nUnderlying problem: {problem}      ",
    )


def header_missing(provider: str) -> DataApiError:
    return DataApiError(
        "EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED",
        "SERVER",
        "EMBEDDING_PROVIDER",
        "Authentication header(s) missing from embedding request",
        f"Missing authentication header(s) from embedding request (provider '{provider}'): 'x-embedding-api-key' header is"
        " missing').",
    )


def timed_out(provider: str, status: str, message: str) -> DataApiError:
    return DataApiError(
        "EMBEDDING_PROVIDER_TIMEOUT",
        "SERVER",
        "EMBEDDING_PROVIDER",
        "The Embedding Provider request timed out",
        "The command called an embedding provider to vectorize text, but the provider did not respond within the allowed "
        f"time.\n\nThe embedding provider was: {provider}.\nThe HTTP status code was: {status}.\nThe error message was: "
        f"{message}.\n\nIt is safe to retry this request.",
    )


def bad_host(provider: str, host: str) -> DataApiError:
    return DataApiError(
        "EMBEDDING_PROVIDER_BAD_HOST_NAME",
        "SERVER",
        "EMBEDDING_PROVIDER",
        "Bad parameter(s) cause bad provider URL",
        f"The bad parameter(s) cause bad host name in Provider URL.\nThe embedding provider was: {provider}.\nUnderlying "
        f"error class: UnknownHostException\nUnderlying error message: {host}: Name or service not known\n\nReview the Error "
        "Message before retrying this request.",
    )


def refused_by_provider(provider: str, status: int, message: str) -> DataApiError:
    if status in (408, 504):
        return timed_out(provider, str(status), message)
    if status == 429:
        return DataApiError(
            "EMBEDDING_PROVIDER_RATE_LIMITED",
            "SERVER",
            "EMBEDDING_PROVIDER",
            "Embedding provider rate limited the request",
            f"Provider '{provider}' rate limited the request with HTTP 429; error message: {message}",
        )
    kind = "client" if status < 500 else "server"
    return DataApiError(
        f"EMBEDDING_PROVIDER_{kind.upper()}_ERROR",
        "SERVER",
        "EMBEDDING_PROVIDER",
        f"The Embedding Provider returned a HTTP {kind} error",
        f"Provider '{provider}' returned a HTTP {kind} error with HTTP {status}; error message: {message}",
    )


def wrong_length(provider: str, expected: int, actual: int) -> DataApiError:
    return DataApiError(
        "EMBEDDING_PROVIDER_UNEXPECTED_RESPONSE",
        "SERVER",
        "EMBEDDING_PROVIDER",
        "The Embedding Provider returned an unexpected response",
        "The Embedding Provider returned an unexpected response.\nUnderlying problem: Embedding provider "
        f"'{provider}' did not return expected embedding length. Expect: '{expected}'. Actual: '{actual}'.",
    )


def unexpected(kind: str, message: str) -> DataApiError:
    return DataApiError(
        "UNEXPECTED_SERVER_ERROR",
        "SERVER",
        "",
        "Unexpected server error",
        f"An unexpected server error occurred while processing the request. \n\nError Class: {kind}\nError Message: {message}"
        "\n\nReview the Error Message before retrying this request.",
    )


def unauthenticated() -> DataApiError:
    return DataApiError(
        "UNAUTHENTICATED_REQUEST",
        "REQUEST",
        "SECURITY",
        "Authentication failed",
        "Authentication failed for request due to invalid token.\n\nResend with valid authentication token.",
        401,
    )


def no_token() -> DataApiError:
    return DataApiError(
        "MISSING_AUTHENTICATION_TOKEN",
        "REQUEST",
        "SECURITY",
        "Authentication token missing from request",
        "Authentication token missing from the request.\n\nResend with an authentication token.",
        401,
    )


def unauthorized(place: str) -> DataApiError:
    return DataApiError(
        "UNAUTHORIZED_ACCESS",
        "REQUEST",
        "SECURITY",
        "Unauthorized access to the database",
        "The command is not authorized to perform the action on the database. \n\nThe authentication details provided with "
        "the command do not allow it to perform the action is was attempting, such as reading or writing data. \n\nThe "
        f"command used the keyspace and table or collection: {place}.\n\nResend the command using the correct "
        "authentication details.",
        401,
    )


def unknown_column(name: str, place: str) -> DataApiError:
    return DataApiError(
        "CANNOT_VECTORIZE_UNKNOWN_COLUMNS",
        "REQUEST",
        "SCHEMA",
        "Cannot vectorize unknown columns",
        f"The table {place} has no column {name}.",
    )


def no_collection(name: str) -> DataApiError:
    return DataApiError(
        "COLLECTION_NOT_EXIST",
        "REQUEST",
        "SCHEMA",
        "Collection does not exist",
        f"Collection does not exist, collection name: {name}",
    )


def no_keyspace(name: str) -> DataApiError:
    return DataApiError(
        "KEYSPACE_DOES_NOT_EXIST",
        "REQUEST",
        "DATABASE",
        "Keyspace does not exist",
        f"Unknown keyspace '{name}', you must create it first",
    )


def document_exists(document_id: Any) -> DataApiError:
    return DataApiError(
        "DOCUMENT_ALREADY_EXISTS",
        "REQUEST",
        "DOCUMENT",
        "Document already exists",
        f"Cannot insert the document: a document with the _id {document_id!r} already exists in the collection.",
    )


def document_too_large(size: int, limit: int) -> DataApiError:
    return DataApiError(
        "SHRED_DOC_LIMIT_VIOLATION",
        "REQUEST",
        "DOCUMENT",
        "Document size limitation violated",
        f"Document size limitation violated: document size ({size} characters) exceeds maximum allowed ({limit}).",
    )


def too_many_documents(limit: int, number: int) -> DataApiError:
    return DataApiError(
        "COMMAND_FIELD_VALUE_INVALID",
        "REQUEST",
        "",
        "Command field value is invalid",
        f"The field 'documents' holds {number} documents: amount of documents to insert is over the max limit ({limit}).",
    )


def vector_beside_vectorize() -> DataApiError:
    return DataApiError(
        "INVALID_USAGE_OF_VECTORIZE",
        "REQUEST",
        "DOCUMENT",
        "Invalid usage of $vectorize",
        "The `$vector` and `$vectorize` fields cannot be used together in one document.",
    )


def unsupported_query() -> DataApiError:
    return DataApiError(
        "UNSUPPORTED_DATABASE_QUERY",
        "SERVER",
        "DATABASE",
        "Unsupported database query",
        "The database does not support the query that the command needs: line 1:81 mismatched input 'AND' expecting ')'.",
    )


def no_vector_index(place: str, vectors: list[str], indexed: list[str], name: str) -> DataApiError:
    return DataApiError(
        "CANNOT_VECTOR_SORT_NON_INDEXED_VECTOR_COLUMNS",
        "REQUEST",
        "SORT",
        "Cannot vector sort on non-indexed vector columns",
        "The command attempted to sort vector columns that are not indexed.\n\n"
        f"The table {place} defines the vector columns: {', '.join(f'{item}(vector)' for item in vectors)}.\n"
        f"And has indexes on the vector columns: {', '.join(indexed) or '[None]'}.\n"
        f"The command attempted to sort vector columns: {name}.",
    )


def answer(error: DataApiError, **more: Any) -> Answer:
    """Return the answer of a command that ended with an error."""
    return Answer(error.status, {**more, "errors": [error.error]})
