"""Rules for a Data API of one's own: what it says when the credential service that it asks fails, refuses, or is another program.

Each rule has its own way on beside the cause's: whoever runs a Data API runs the service too, and no support is to be asked.
The texts are as exact as the Data API's own, so that they hold with its code and without it.
"""

from __future__ import annotations

from functools import cache
from typing import Final, NamedTuple, Unpack

from vzctl.command import Command, command
from vzctl.domain.diagnosis.make import More, astra
from vzctl.domain.diagnosis.rule import CODE, FREE, Rule


class Help(NamedTuple):
    """What the person does: one sentence, and commands in which `{credential}`, `{database}`, `{provider}` are filled in."""

    advice: str
    steps: tuple[tuple[Command, str], ...]


class _Case(NamedTuple):
    rule: Rule
    help: Help


_CHECK: Final = (
    command("serve check", url="URL", token_file="FILE"),
    "ask as the Data API does: with the URL and the token that are set there",
)
_SERVICE: Final = "sync service is not available"


def _case(
    verdict: tuple[str, str],
    meaning: str,
    example: str,
    groups: tuple[str, ...],
    way_on: Help,
    *,
    may_pass: bool = False,
    **more: Unpack[More],
) -> _Case:
    """A rule named and caused by `verdict`. `may_pass`: the same call may succeed later although nobody changes anything."""
    more["frames"] = (*FREE, *CODE)
    rule = astra(*verdict, meaning, example, *groups, **more)
    return _Case(rule._replace(retryable=may_pass), way_on)


_FAILURES: Final = (
    _case(
        ("credential-service-token-refused", "gateway_error"),
        "The credential service does not accept the token of this Data API: it is revoked, wrong, or not set there.",
        "Embedding Gateway unable to resolve authentication type. Underlying problem: Sync service is not available. "
        "Error Code : 401 response description : No.",
        (_SERVICE, "error code : 401 | error code: 401"),
        Help(
            "Give the Data API a token that is in force; one that was revoked does not come back.",
            (
                _CHECK,
                (command("databases token list", "{database}"), "the tokens in force, and when each was last used"),
                (command("databases token create", "{database}"), "another one, to be set on the Data API"),
            ),
        ),
    ),
    _case(
        ("credential-service-host-refused", "gateway_error"),
        "The credential service answers this machine only, and was called by another name or from another machine.",
        "Underlying problem: Sync service is not available. Error Code : 403 response description : Not here.",
        (_SERVICE, "error code : 403 | error code: 403"),
        Help(
            "Call the service by the address it listens on, or let it listen where the Data API is, with TLS.",
            (_CHECK, (command("serve run", help=True), "where it listens, and its certificate")),
        ),
    ),
    _case(
        ("credential-service-wrong-url", "gateway_error"),
        "Another program answers at the URL of the credential service, or the path in the URL is wrong.",
        "Underlying problem: Sync service is not available. Error Code : 404 response description : Nothing here.",
        (_SERVICE, "error code : 404 | error code: 404 | error code : 405 | error code: 405"),
        Help(
            "Correct the URL of the credential service on the Data API: it ends with the prefix, usually /v1.",
            (_CHECK, (command("serve config", database="{database}"), "what is to be set on the Data API")),
        ),
    ),
    _case(
        ("credential-service-in-trouble", "gateway_error"),
        "The credential service runs, and cannot read its state or its secret store.",
        "Underlying problem: Sync service has internal server error. Error Code: 503; response description: Busy.",
        ("sync service has internal server error", "error code: 503 | error code : 503"),
        Help(
            "Look at the log of the service and at its /readyz, which say why, where it runs.",
            (
                (command("secrets status", check=True), "whether the secret store can be read"),
                (command("state check"), "whether the state is sound"),
            ),
        ),
        may_pass=True,
    ),
    _case(
        ("credential-service-wrong-content-type", "gateway_error"),
        "What answers at the URL of the credential service does not answer in JSON: a proxy's page, or another program.",
        "Server failed: root cause: (ProcessingException) Response could not be mapped to type class "
        "SyncServiceClient$Answer for response with media type text/plain",
        ("syncserviceclient", "media type"),
        Help(
            "Correct the URL, or take the proxy, its login page or its error page out of the way.",
            (_CHECK,),
        ),
    ),
    _case(
        ("credential-service-timed-out", "gateway_error"),
        "The credential service did not answer within the 5 seconds that the Data API waits.",
        "Server failed: root cause: (TimeoutException) The timeout period of 5000ms has been exceeded while executing "
        "GET /v1/databases/D/integrations-type/jinaAI/creds/menus.providerKey",
        ("timeout period of | timed out | timeoutexception", "/integrations-type/", "/creds/"),
        Help(
            "See whether the service is stopped, or a firewall drops what is sent to it; nothing in the path that the text "
            "shows is secret.",
            (_CHECK,),
        ),
        may_pass=True,
    ),
    _case(
        ("credential-service-unreachable", "gateway_error"),
        "Nothing listens where the credential service should be, or no way leads there; inside a container 127.0.0.1 is "
        "the container itself.",
        "Error Message: AbstractChannel$AnnotatedConnectException: Connection refused: credentials/192.0.2.4:8084",
        (
            """
            annotatedconnectexception | an unexpected server error occurred | server failed | annotatednoroute |
            connecttimeoutexception
            """,
            "connection refused | connection timed out | no route to host | network is unreachable",
            ":8084",
        ),
        Help(
            "Start the service, or correct the URL that is set on the Data API.",
            (_CHECK, (command("serve run"), "start it; a unit of systemd starts it for good")),
        ),
        may_pass=True,
    ),
    _case(
        ("credential-service-confirms-nothing", "credential_not_found"),
        "The credential service neither confirmed the credential nor said why: its answer was empty. vzctl always gives a "
        "reason, so that another program or a proxy answers, or Astra does not have the credential.",
        "Invalid credential name for vectorize, with error: Credential validation failed for provider jinaAI.",
        ("credential validation failed for provider",),
        Help(
            "On a Data API of your own see what answers at the service's URL; in Astra compare the name letter by letter.",
            (_CHECK, (command("credentials list"), "the names that exist, and their scopes")),
        ),
        confidence="medium",
    ),
    _case(
        ("shared-secret-off", "auth_type_unsupported"),
        "The Data API takes no stored credential for this provider: SHARED_SECRET is off on a Data API of your own, or "
        "Astra does not offer it.",
        "'createCollection' command option(s) invalid: Service provider 'cohere' does not support authentication key "
        "'providerKey'",
        ("does not support authentication key", "providerkey"),
        Help(
            "Switch SHARED_SECRET on for the provider on the Data API and restart it; in Astra enable the integration, if "
            "there is one.",
            (
                (command("integrations add", "{provider}"), "record that the provider takes stored credentials"),
                (
                    command("serve config", database="{database}"),
                    "the settings, with SHARED_SECRET for each integration",
                ),
            ),
        ),
    ),
)

_NOT_AVAILABLE: Final = _case(
    ("credential-service-not-available", "credential_not_found"),
    "The credential service refused: there is no such credential, or the database is not in its scope.",
    'Credential error from SyncService: (CREDENTIAL_NOT_AVAILABLE) the credential "menus" does not exist.',
    ("(credential_not_available)",),
    Help(
        "Run the command in the message when the database should have the credential; it is in force at once.",
        ((command("scope add", "{credential}", "{database}"), "as the message says"),),
    ),
)

_REFUSALS: Final = (
    _case(
        ("credential-service-has-no-key", "credential_not_found"),
        "The credential is recorded and the database may use it, but its key is not in the secret store.",
        'Credential error from SyncService: (CREDENTIAL_HAS_NO_KEY) the credential "menus" has no key.',
        ("(credential_has_no_key)",),
        Help(
            "Whoever has the key puts it into the secret store.",
            ((command("secrets put", "{credential}"), "asks for the key"),),
        ),
    ),
    _case(
        ("credential-service-other-provider", "credential_not_found"),
        "The credential holds a key of another provider than the collection or column names.",
        'Credential error from SyncService: (CREDENTIAL_OF_OTHER_PROVIDER) the credential "menus" is of another.',
        ("(credential_of_other_provider)",),
        Help(
            "Name a credential of the collection's own provider.",
            ((command("credentials list", database="{database}"), "those it may use, with their providers"),),
        ),
    ),
    _case(
        ("credential-service-hosted-provider", "auth_type_unsupported"),
        "The provider takes no stored credential.",
        "Credential error from SyncService: (PROVIDER_TAKES_NO_CREDENTIAL) none can be given.",
        ("(provider_takes_no_credential)",),
        Help(
            "Leave the credential out of the definition.",
            ((command("providers show", "{provider}"), "how it is used"),),
        ),
    ),
    _case(
        ("credential-service-other-tenant", "scope_missing"),
        "The token or certificate that the Data API shows belongs to another database than the one that asks.",
        "Credential error from SyncService: (TENANT_OF_OTHER_DATABASE) another tenant asked.",
        ("(tenant_of_other_database)",),
        Help(
            "Give each database a token of its own, and set it on its own Data API.",
            ((command("databases token create", "{database}"), "for the database that asks"),),
        ),
    ),
)

_CASES: Final = (_NOT_AVAILABLE, *_REFUSALS, *_FAILURES)
"""The service's own words first: they may quote anything."""
SELF_HOSTED: Final = tuple(case.rule for case in _CASES)
FOR_OWN_SERVICE: Final = frozenset(case.rule.id for case in _FAILURES)
"""Rules whose words Astra's own credential service may say too: a state of Astra's plane knows nothing to do about it."""
FINAL_REFUSALS: Final = frozenset(case.rule.id for case in _REFUSALS)
"""Rules of refusals that say exactly why: names and scopes have nothing to do with it."""


@cache
def ways_on() -> dict[str, Help]:
    """Return what is done about each of these rules."""
    return {case.rule.id: case.help for case in _CASES}
