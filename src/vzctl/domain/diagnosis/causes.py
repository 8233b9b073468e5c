"""Every cause that a verdict can name: what it means, and what the person whose side it is on does about it."""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple

from vzctl.command import Command, command
from vzctl.domain.diagnosis.rule import Side, Who


class Cause(NamedTuple):
    """One line of the table of causes."""

    side: Side
    name: str
    meaning: str
    advice: str
    command: Command | None = None
    """What vzctl can show or do about it: `{provider}` and `{code}` are filled in, and without them it is left out."""
    comment: str = ""
    who: Who = "you"
    """Who must act."""


_KEYS_AT: Final = (command("providers show", "{provider}"), "where its keys and limits are looked after")
_MODELS: Final = (command("providers show", "{provider}"), "the models, dimensions and parameters that Astra takes")
_CODE: Final = (command("explain", "{code}"), "what this code says")
_NAMES: Final = (command("credentials list"), "the names that exist, and their scopes")

_ASTRA: Final[tuple[tuple[str, str, str, tuple[Command, str] | None], ...]] = (
    (
        "credential_not_found",
        "Astra does not know the credential by that name for this provider.",
        "Compare the name letter by letter, then put the database into the credential's scope.",
        _NAMES,
    ),
    (
        "scope_missing",
        "The database is not in the credential's scope.",
        "Put the database into the scope and wait a few minutes.",
        _NAMES,
    ),
    (
        "propagation_delay",
        "Something was changed minutes ago and is not in force everywhere yet; only the state tells this.",
        "Wait ten minutes and send the same call again before you change anything.",
        None,
    ),
    (
        "gateway_error",
        "The embedding gateway, or the credential service behind it, failed by itself.",
        "Send the call again; when it stays, give Astra's support the time and the request id.",
        _CODE,
    ),
    (
        "header_key_missing",
        "No key came with the request, and none is stored for this collection or column.",
        "Send the key in the header `x-embedding-api-key`, or attach a credential.",
        _NAMES,
    ),
    (
        "auth_type_unsupported",
        "Astra does not offer this way to authenticate for the provider.",
        "Choose a way that the provider's page lists.",
        _MODELS,
    ),
    (
        "provider_not_supported",
        "Astra's catalogue does not have the provider, or it is switched off.",
        "Check the spelling of the provider, and that its integration is enabled.",
        (command("providers list"), "the providers, as the Data API spells them"),
    ),
    (
        "model_not_supported",
        "Astra's catalogue does not have the model for this provider.",
        "Choose a model from the catalogue.",
        _MODELS,
    ),
    (
        "model_deprecated",
        "Astra has retired the model.",
        "Make a new collection or column with a model that is still there and embed the documents again.",
        _MODELS,
    ),
    (
        "bad_provider_parameters",
        "A parameter of the provider is missing, unknown or wrong, and Astra refused it.",
        "Correct the parameter in the definition of the collection or column.",
        _MODELS,
    ),
    (
        "bad_collection_options",
        "The options of the collection are refused.",
        "Correct the options; the message names the one that is wrong.",
        _CODE,
    ),
    (
        "dimension_mismatch",
        "A vector is not as long as the collection or column declares.",
        "Use the model and dimension that it was made with, or make a new one.",
        _MODELS,
    ),
    (
        "usage_vector_and_vectorize",
        "A document has both a vector and a text to embed.",
        "Send `$vector` or `$vectorize`, not both.",
        _CODE,
    ),
    (
        "usage_bad_vectorize_value",
        "The value of `$vectorize` is no text, or an empty one.",
        "Send a text that is not empty.",
        _CODE,
    ),
    (
        "usage_no_vectorize_service",
        "The collection or column has no embedding service.",
        "Send vectors yourself, or use one that was made with a service.",
        _CODE,
    ),
    (
        "usage_no_vector",
        "A vector operation was asked of something that has no vectors.",
        "Use a collection or column with vectors.",
        _CODE,
    ),
    (
        "usage_sort_conflict",
        "The sort mixes a vector with something that does not go with it.",
        "Sort by the vector alone.",
        _CODE,
    ),
    (
        "usage_multiple_vector_sorts",
        "More than one vector column is sorted by.",
        "Sort by one vector column at a time.",
        _CODE,
    ),
    (
        "document_too_large",
        "A document, or a part of it, is larger than the Data API takes.",
        "Split the document, or leave the long field out of the index.",
        _CODE,
    ),
    ("invalid_request", "The Data API refuses how the request is written.", "Correct the request.", _CODE),
    (
        "client_document_format",
        "The client library could not turn the data into documents, or back.",
        "Look at the shape of the documents that were handed to the client.",
        None,
    ),
    (
        "collection_unknown",
        "The keyspace has no such collection or table.",
        "Check the name, the keyspace and the database.",
        (command("collections list"), "the collections that are recorded"),
    ),
    (
        "collection_exists",
        "There is a collection or table of that name, with other settings.",
        "Use it with the options that it has, or choose another name.",
        (command("collections list"), "the collections that are recorded"),
    ),
    (
        "collection_limit",
        "The database has as many collections or indexes as it may have.",
        "Delete what is not needed, or use another database.",
        None,
    ),
    ("keyspace_unknown", "The database has no such keyspace.", "Check the keyspace's name, or create it.", None),
    ("index_missing", "The operation needs an index that is not there.", "Create the index.", _CODE),
    (
        "astra_auth",
        "Astra does not accept the application token, or none came.",
        "Send an application token of this organization that is in force; the embedding key is not to blame.",
        None,
    ),
    (
        "astra_permission",
        "The token is right, but its role may not do this.",
        "Use a token whose role may, for example Database Administrator.",
        None,
    ),
    (
        "devops_api_error",
        "The DevOps API, the Astra CLI or Terraform refused.",
        "Read the message: it is about the organization or the database, not about embeddings.",
        None,
    ),
    (
        "db_hibernated",
        "The database is hibernated, or is being resumed.",
        "Resume it in the Portal, wait until it is ACTIVE, and send the call again.",
        (command("databases list"), "the statuses that are recorded"),
    ),
    (
        "astra_unavailable",
        "Astra cannot serve the call now.",
        "Send the call again later; check the database's status and Astra's status page.",
        None,
    ),
    (
        "astra_server_bug",
        "The Data API failed in a way that it did not foresee.",
        "Report it to Astra's support with the whole message.",
        _CODE,
    ),
    (
        "client_timeout",
        "The client gave up waiting for Astra.",
        "Raise the client's time limit, or send fewer documents at once.",
        None,
    ),
)

_PROVIDER: Final[tuple[tuple[str, str, str, tuple[Command, str] | None], ...]] = (
    (
        "header_key_missing",
        "A call straight to the provider carried no key.",
        "Set the key where this program reads it.",
        _KEYS_AT,
    ),
    (
        "invalid_key",
        "The provider does not accept the key.",
        "Check the key at the provider; when it is gone or wrong, make a new one and rotate the credential.",
        _KEYS_AT,
    ),
    (
        "key_permission_denied",
        "The key is right, but may not do this.",
        "Give the key the permission at the provider, or use another key.",
        _KEYS_AT,
    ),
    (
        "model_access_denied",
        "The account or project may not use this model.",
        "Allow the model for the project at the provider.",
        _KEYS_AT,
    ),
    (
        "region_unsupported",
        "The provider does not serve the country or region that the call came from.",
        "Call from another region, or use another provider.",
        None,
    ),
    (
        "network_blocked",
        "A network rule of the provider's account keeps the caller out.",
        "Allow the caller's addresses in the account's network rules.",
        None,
    ),
    (
        "rate_limited",
        "The account sends more than its rate allows.",
        "Wait and send slower, or ask the provider for a higher rate.",
        _KEYS_AT,
    ),
    (
        "quota_exhausted",
        "The account's money or plan is used up: waiting does not help.",
        "Top up, or raise the plan or the limit at the provider.",
        _KEYS_AT,
    ),
    ("input_too_long", "One text is longer than the model takes.", "Split the text into shorter ones.", _MODELS),
    (
        "batch_too_large",
        "One call has more texts or tokens than the provider takes.",
        "Send fewer documents in one call.",
        _MODELS,
    ),
    ("invalid_input", "The provider refuses the content that was sent.", "Correct the text that was sent.", None),
    (
        "content_filter",
        "The provider's content filter refused the text.",
        "Change the text, or the filter's settings at the provider.",
        None,
    ),
    (
        "model_not_found",
        "The provider does not know the model.",
        "Check the model's name, and that the account has it.",
        _MODELS,
    ),
    (
        "deployment_not_found",
        "The deployment or resource is not there.",
        "Check resource name and deployment at the provider against the definition.",
        _MODELS,
    ),
    ("model_deprecated", "The provider has retired the model.", "Move to a model that is still served.", _MODELS),
    (
        "bad_provider_parameters",
        "The provider refuses a parameter.",
        "Correct the parameter in the definition of the collection or column.",
        _MODELS,
    ),
    (
        "endpoint_retired",
        "The address that was called is no longer served.",
        "Use a version of the client that knows the new address.",
        None,
    ),
    ("endpoint_paused", "The endpoint is paused or scaled to zero.", "Start the endpoint at the provider.", None),
    ("model_loading", "The model is being loaded.", "Wait a minute and send the call again.", None),
    (
        "bad_host",
        "The host name that the parameters make does not exist.",
        "Correct the resource or endpoint name in the definition.",
        _MODELS,
    ),
    (
        "provider_unavailable",
        "The provider cannot serve the call now.",
        "Send the call again later; look at the provider's status page.",
        None,
    ),
    (
        "provider_timeout",
        "The provider did not answer in time.",
        "Send the call again; if it stays, send fewer texts in one call, and check the provider's status page.",
        None,
    ),
    (
        "provider_bad_response",
        "The provider's answer was empty or could not be read.",
        "Send the call again; when it stays, ask the provider's support.",
        None,
    ),
    (
        "provider_bad_request",
        "The provider refuses the request and says no more.",
        "Compare model, dimension and parameters with what the provider takes.",
        _MODELS,
    ),
)

_UNKNOWN: Final[tuple[tuple[str, str, str, tuple[Command, str] | None], ...]] = (
    (
        "insufficient_detail",
        "The text does not say whose error it is.",
        "Get the complete message: the answer's body, and the address that was called.",
        None,
    ),
    (
        "connection_refused",
        "Something refused the connection, and the text does not say what was called.",
        "Find the address that was called.",
        None,
    ),
    (
        "connection_reset",
        "A connection broke, and the text does not say to whom.",
        "Find the address that was called, and send the call again.",
        None,
    ),
    (
        "dns_failure",
        "A host name could not be resolved by the machine that called, or the text does not say whose it is.",
        "Find the host name; check the network of the machine.",
        None,
    ),
    (
        "client_config",
        "The program that calls is not configured rightly.",
        "Check the settings of the client: which service, which address, which key.",
        None,
    ),
    (
        "header_key_missing",
        "A key is missing, and the text does not say for whom.",
        "Find out which service was called; set its key, or attach a credential.",
        _NAMES,
    ),
)


WHO: Final[dict[tuple[Side, str], Who]] = {
    ("astra", "propagation_delay"): "no_one",
    ("astra", "gateway_error"): "astra",
    ("astra", "astra_unavailable"): "astra",
    ("astra", "astra_server_bug"): "astra",
    ("provider", "invalid_key"): "your_account",
    ("provider", "key_permission_denied"): "your_account",
    ("provider", "model_access_denied"): "your_account",
    ("provider", "network_blocked"): "your_account",
    ("provider", "quota_exhausted"): "your_account",
    ("provider", "endpoint_paused"): "your_account",
    ("provider", "rate_limited"): "no_one",
    ("provider", "model_loading"): "no_one",
    ("provider", "provider_unavailable"): "provider",
    ("provider", "provider_timeout"): "provider",
    ("provider", "provider_bad_response"): "provider",
}
"""Who must act about a cause, where it is not you: your request, your client, or how either is configured."""


@cache
def causes() -> dict[tuple[Side, str], Cause]:
    """Return every cause by side and name, in the order of the documentation."""
    tables: tuple[tuple[Side, tuple[tuple[str, str, str, tuple[Command, str] | None], ...]], ...] = (
        ("astra", _ASTRA),
        ("provider", _PROVIDER),
        ("unknown", _UNKNOWN),
    )
    return {
        (side, name): Cause(
            side,
            name,
            meaning,
            advice,
            command=step[0] if step else None,
            comment=step[1] if step else "",
            who=WHO.get((side, name), "you"),
        )
        for side, table in tables
        for name, meaning, advice, step in table
    }
