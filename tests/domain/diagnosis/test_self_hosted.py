"""A Data API of one's own: what it says of its credential service, each with its own detail and way on, and what a state adds."""

from __future__ import annotations

import json
import string
from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final

import pytest

from tests.docs.test_pages import is_command
from tests.support.builders import (
    NOW,
    a_collection,
    a_credential,
    a_database,
    a_revocation,
    a_rotation,
    a_service_token,
    a_state,
    a_version,
    database_id,
)
from vzctl.domain.diagnosis.advice import SOURCE, Advised, advised
from vzctl.domain.diagnosis.engine import Verdict, diagnose, judge
from vzctl.domain.diagnosis.payload import read
from vzctl.domain.diagnosis.rules import written_rules
from vzctl.domain.diagnosis.rules_self_hosted import ways_on
from vzctl.domain.diagnosis.self_hosted import OldKeyUser
from vzctl.domain.diagnosis.state_context import StateContext
from vzctl.domain.state.records import ControlPlane, Database, Direction, Rotation, Step
from vzctl.domain.state.state import State

SELF_HOSTED: Final = [rule for rule in written_rules() if rule.id in ways_on()]
GATEWAY: Final = "EMBEDDING_GATEWAY_UNABLE_RESOLVE_AUTHENTICATION_TYPE"
CREDENTIAL: Final = "VECTORIZE_CREDENTIAL_INVALID"
SERVER: Final = "UNEXPECTED_SERVER_ERROR"
KEYS: Final = "EMBEDDING_PROVIDER_AUTHENTICATION_KEYS_NOT_PROVIDED"
UNRESOLVED: Final = "Embedding Gateway unable to resolve authentication type.\nUnderlying problem: "
UNEXPECTED: Final = "An unexpected server error occurred while processing the request. \n\nError Class: "
CHECK: Final = "vzctl serve check --url URL --token-file FILE"
NO_HEADER: Final = (
    "Missing authentication header(s) from embedding request (provider 'openai'): "
    "'x-embedding-api-key' header is missing')."
)
BAD_KEY: Final = (
    "Provider 'openai' returned a HTTP client error with HTTP 401; error message: Incorrect API key provided"
)
ELSEWHERE: Final = UNEXPECTED + (
    "CompletionException\nError Message: AbstractChannel$AnnotatedConnectException: Connection refused: /192.0.2.7:9443"
)

CASES: Final = {
    "token revoked": (
        GATEWAY,
        UNRESOLVED + "Sync service is not available. Error Code : 401 response description : Unauthorized.",
        ("gateway_error", "credential service token refused", False),
        [CHECK, "vzctl databases token list DB", "vzctl databases token create DB"],
    ),
    "called by another name": (
        GATEWAY,
        UNRESOLVED + "Sync service is not available. Error Code : 403 response description : Forbidden.",
        ("gateway_error", "credential service host refused", False),
        [CHECK, "vzctl serve run --help"],
    ),
    "wrong URL": (
        GATEWAY,
        UNRESOLVED + "Sync service is not available. Error Code : 404 response description : Not Found.",
        ("gateway_error", "credential service wrong url", False),
        [CHECK, "vzctl serve config --database DB"],
    ),
    "in trouble": (
        GATEWAY,
        UNRESOLVED + "Sync service has internal server error. Error Code: 503; response description: Unavailable.",
        ("gateway_error", "credential service in trouble", True),
        ["vzctl secrets status --check", "vzctl state check"],
    ),
    "wrong content type": (
        SERVER,
        UNEXPECTED + "ProcessingException\nError Message: Response could not be mapped to type class io.stargate.sgv2."
        "jsonapi.syncservice.SyncServiceClient$ValidateResponse for response with media type text/plain",
        ("gateway_error", "credential service wrong content type", False),
        [CHECK],
    ),
    "time-out": (
        SERVER,
        UNEXPECTED + "NoStackTraceTimeoutException\nError Message: The timeout period of 5000ms has been exceeded while "
        "executing GET /v1/databases/SINGLE-TENANT/integrations-type/mistral/creds/recipes.providerKey for server "
        "192.0.2.7:9443",
        ("gateway_error", "credential service timed out", True),
        [CHECK],
    ),
    "unreachable": (
        SERVER,
        UNEXPECTED + "CompletionException\nError Message: io.netty.channel.AbstractChannel$AnnotatedConnectException: "
        "Connection refused: keys.internal/192.0.2.7:8084",
        ("gateway_error", "credential service unreachable", True),
        [CHECK, "vzctl serve run"],
    ),
    "no way there": (
        SERVER,
        UNEXPECTED + "AnnotatedNoRouteToHostException\nError Message: No route to host: /192.0.2.7:8084",
        ("gateway_error", "credential service unreachable", True),
        [CHECK, "vzctl serve run"],
    ),
    "empty answer at creation": (
        CREDENTIAL,
        "Invalid credential name for vectorize, with error: Credential validation failed for provider mistral.",
        ("credential_not_found", "credential service confirms nothing", False),
        [CHECK, "vzctl credentials list"],
    ),
    "SHARED_SECRET off": (
        "INVALID_CREATE_COLLECTION_OPTIONS",
        "'createCollection' command option(s) invalid: Service provider 'mistral' does not support authentication key "
        "'providerKey'\n\nResend it.",
        ("auth_type_unsupported", "shared secret off", False),
        ["vzctl integrations add mistral", "vzctl serve config --database DB"],
    ),
    "not available": (
        GATEWAY,
        UNRESOLVED + 'Credential error from SyncService: (CREDENTIAL_NOT_AVAILABLE) the credential "recipes" does not exist '
        'or may not be used by the database "blog"; if it should be, run "vzctl scope add recipes blog".',
        ("credential_not_found", "credential service not available", False),
        ["vzctl scope add NAME DB"],
    ),
    "no key": (
        CREDENTIAL,
        'Invalid credential name for vectorize, with error: (CREDENTIAL_HAS_NO_KEY): the credential "recipes" of the '
        'database "blog" has no key in the secret store.',
        ("credential_not_found", "credential service has no key", False),
        ["vzctl secrets put NAME"],
    ),
    "other provider": (
        GATEWAY,
        UNRESOLVED + "Credential error from SyncService: (CREDENTIAL_OF_OTHER_PROVIDER) the credential \"recipes\" of the "
        'database "blog" holds a key of Mistral AI and was asked for as one of "openai".',
        ("credential_not_found", "credential service other provider", False),
        ["vzctl credentials list --database DB"],
    ),
    "hosted provider": (
        CREDENTIAL,
        "Invalid credential name for vectorize, with error: (PROVIDER_TAKES_NO_CREDENTIAL): NVIDIA takes no credential, so "
        'none can be given to the database "blog"; "vzctl providers show nvidia" says how it is used.',
        ("auth_type_unsupported", "credential service hosted provider", False),
        ["vzctl providers show nvidia"],
    ),
    "other tenant": (
        GATEWAY,
        UNRESOLVED + "Credential error from SyncService: (TENANT_OF_OTHER_DATABASE) the tenant asked with what identifies "
        'the database "blog".',
        ("scope_missing", "credential service other tenant", False),
        ["vzctl databases token create DB"],
    ),
}  # fmt: skip


def an_answer(code: str, message: str) -> str:
    return json.dumps({"errors": [{"message": message, "errorCode": code, "family": "SERVER"}]})


def only(text: str) -> Verdict:
    (verdict,) = diagnose(text)
    return verdict


@pytest.mark.parametrize(("code", "message", "expected", "commands"), CASES.values(), ids=CASES)
@pytest.mark.parametrize("has_code", [True, False], ids=["answer", "exception"])
def test_each_case_has_its_own_detail_and_way_on(
    code: str, message: str, expected: tuple[str, str, bool], commands: list[str], has_code: bool
) -> None:
    text = an_answer(code, message) if has_code else f"astrapy.exceptions.DataAPIResponseException: {message}"
    verdict = only(text)
    assert (verdict.side, verdict.cause, verdict.detail, verdict.retryable) == ("astra", *expected)
    assert verdict.code == code or not has_code
    assert [str(step.command) for step in advised(verdict).steps] == commands


def test_the_cases_reach_every_rule() -> None:
    assert {only(an_answer(code, message)).rule for code, message, _, _ in CASES.values()} == {
        rule.id for rule in SELF_HOSTED
    }


def test_no_two_rules_have_the_same_detail_or_advice() -> None:
    details = Counter(rule.detail for rule in SELF_HOSTED)
    advice = Counter(way_on.advice for way_on in ways_on().values())
    assert [text for text, times in (details + advice).items() if times > 1] == []


@pytest.mark.parametrize("rule", SELF_HOSTED, ids=lambda rule: rule.id)
def test_a_way_on_is_a_sentence_with_commands_that_exist(rule: Any) -> None:
    way_on = ways_on()[rule.id]
    assert (way_on.advice[0].isupper(), way_on.advice[-1]) == (True, ".")
    assert way_on.steps
    for command, comment in way_on.steps:
        fields = {name for _, name, _, _ in string.Formatter().parse(str(command)) if name}
        assert fields <= {"credential", "database", "provider"}
        assert is_command(str(command).split()[1:])
        assert comment


@pytest.mark.parametrize(
    ("code", "message", "expected"),
    [
        (SERVER, ELSEWHERE, ("unknown", "connection_refused", "code.inside-refused")),
        (
            SERVER,
            UNEXPECTED
            + "TimeoutException\nError Message: The timeout period of 5000ms has been exceeded while executing "
            "POST /v1/embeddings for server api.mistral.ai:443",
            ("provider", "provider_timeout", "code.inside-provider-timeout"),
        ),
        (
            SERVER,
            UNEXPECTED
            + "ProcessingException\nError Message: GET /v1/databases/D/integrations-type/openai/creds/k.providerKey",
            ("astra", "gateway_error", "code.inside-credential-service"),
        ),
        (
            GATEWAY,
            UNRESOLVED + "Sync service is not available. Error Code : 429 response description : Slow.",
            ("astra", "gateway_error", "code.credential-service-down"),
        ),
        (
            "INVALID_CREATE_COLLECTION_OPTIONS",
            "Service provider 'cohere' does not support authentication key 'accessId'",
            ("astra", "auth_type_unsupported", "code.authentication-unsupported"),
        ),
        (KEYS, NO_HEADER, ("astra", "header_key_missing", f"code.{KEYS}")),
    ],
    ids=["another port", "provider's time-out", "no media type", "another status", "another key", "header"],
)
def test_what_is_only_alike_stays_what_it_is(code: str, message: str, expected: tuple[str, str, str]) -> None:
    verdict = only(an_answer(code, message))
    assert (verdict.side, verdict.cause, verdict.rule) == expected


# ------------------------------------------------------------------ what a state adds

SHOP: Final = a_database("shop", id=database_id(1))
BLOG: Final = a_database("blog", id=database_id(2))
MAIN: Final = a_credential(
    "openai-prod",
    scope=[SHOP, BLOG],
    versions=[a_version("v-old"), a_version("v-new")],
    current="v-new",
    previous=("v-old",),
)
TURNED: Final = NOW - timedelta(hours=3)
REVOKED: Final = a_revocation(MAIN, "v-old", done_at=NOW - timedelta(hours=1))


def a_turn(**parts: Any) -> Rotation:
    fields = {"step": Step.DONE, "old_version": "v-old", "new_version": "v-new", "finished_at": TURNED, **parts}
    return a_rotation(MAIN, **fields)


def a_shop(**parts: Any) -> State:
    return a_state(**{"databases": [SHOP, BLOG], "credentials": [MAIN], **parts})


def ask(
    state: State,
    text: str,
    *,
    database: Database | None = None,
    users: Sequence[OldKeyUser] = (),
    now: datetime = NOW,
) -> Advised:
    context = StateContext(state, now, lambda _: tuple(users))
    payload = read(text)
    (verdict,) = judge(payload)
    return context.enrich(verdict, context.clues(payload.whole.text, database))


def told(found: Advised) -> tuple[str, str, str, list[str], list[str]]:
    """Return side, cause and rule, what the state said, and the commands."""
    said = [text for text, meaning in found.verdict.evidence if meaning == SOURCE]
    return (
        found.verdict.side,
        found.verdict.cause,
        found.verdict.rule,
        said,
        [str(step.command) for step in found.steps],
    )


UNTIL: Final = NOW + timedelta(minutes=5)
SINCE: Final = NOW - timedelta(minutes=5)
CACHED: Final = 'the old key of "openai-prod" is revoked, and the Data API of {} may still have it cached'
NOT_STALE: Final = ("provider", "invalid_key", "provider.key-refused")


def test_a_revoked_key_that_a_cache_may_have_is_not_the_providers_fault() -> None:
    state = a_shop(rotations=[a_turn()], revocations=[REVOKED])
    found = ask(state, BAD_KEY, database=SHOP, users=[OldKeyUser(SHOP.id, UNTIL), OldKeyUser(BLOG.id, None)])
    assert told(found) == (
        "astra",
        "propagation_delay",
        "state.stale-cache",
        [CACHED.format("shop")],
        ["vzctl rotations show openai-prod"],
    )
    assert (found.verdict.detail, found.verdict.confidence, found.verdict.retryable) == (
        "stale cache after a rotation",
        "medium",
        True,
    )
    moment = UNTIL.strftime("%Y-%m-%dT%H:%M:%SZ")
    assert found.advice == f"Wait until {moment}, when its cache has let go of the key, or restart that Data API."
    assert found.verdict.explanation == (
        f"T{CACHED.format('shop')[1:]}: the stored key is not to blame. "
        "By the text alone it would be provider, invalid_key."
    )


def test_of_a_cache_that_nobody_described_the_bound_is_asked_for() -> None:
    state = a_shop(rotations=[a_turn()], revocations=[REVOKED])
    found = ask(state, BAD_KEY, users=[OldKeyUser(SHOP.id, UNTIL), OldKeyUser(BLOG.id, None)])
    assert told(found)[2:] == (
        "state.stale-cache",
        [CACHED.format("shop, blog")],
        ["vzctl rotations show openai-prod", "vzctl databases edit blog --freshness immediate"],
    )
    assert found.advice == "Restart that Data API: by default its cache keeps a key for as long as it is in use."


def test_a_cache_that_nobody_described_is_not_to_blame_for_ever() -> None:
    long_revoked = a_revocation(MAIN, "v-old", done_at=NOW - timedelta(days=2))
    state = a_shop(rotations=[a_turn(finished_at=NOW - timedelta(days=3))], revocations=[long_revoked])
    assert told(ask(state, BAD_KEY, users=[OldKeyUser(SHOP.id, None)]))[:3] == NOT_STALE


def test_when_every_cache_has_let_go_the_key_in_use_is_bad() -> None:
    minutes_ago = a_turn(finished_at=NOW - timedelta(minutes=6))
    state = a_shop(rotations=[minutes_ago], revocations=[REVOKED])
    found = ask(state, BAD_KEY, users=[OldKeyUser(SHOP.id, SINCE)])
    assert told(found) == (
        *NOT_STALE,
        ['the only credential that can be meant is "openai-prod"'],
        ["vzctl credentials rotate openai-prod", "vzctl providers show openai"],
    )


@pytest.mark.parametrize(
    ("parts", "users"),
    [
        ({"rotations": [a_turn()], "revocations": [REVOKED]}, []),
        ({"rotations": [a_turn()], "revocations": [a_revocation(MAIN, "v-old")]}, [OldKeyUser(SHOP.id, UNTIL)]),
        ({"rotations": [a_turn()], "revocations": [a_revocation(MAIN, "v-new", done_at=NOW)]}, [OldKeyUser(SHOP.id, UNTIL)]),
        ({"rotations": [a_turn(step=Step.ROLLED_BACK)], "revocations": [REVOKED]}, [OldKeyUser(SHOP.id, UNTIL)]),
        ({"rotations": [a_turn(direction=Direction.BACK)], "revocations": [REVOKED]}, [OldKeyUser(SHOP.id, UNTIL)]),
        ({"revocations": [REVOKED]}, [OldKeyUser(SHOP.id, UNTIL)]),
        (
            {"rotations": [a_turn()], "revocations": [REVOKED], "control_plane": ControlPlane.ASTRA},
            [OldKeyUser(SHOP.id, UNTIL)],
        ),
    ],
    ids=["nobody asks", "not revoked", "another key revoked", "rolled back", "on the way back", "no rotation", "Astra"],
)  # fmt: skip
def test_without_a_revoked_key_in_a_cache_nothing_is_stale(parts: dict[str, Any], users: list[OldKeyUser]) -> None:
    assert told(ask(a_shop(**parts), BAD_KEY, users=users))[:3] == NOT_STALE


def test_a_lack_of_permission_is_no_stale_cache() -> None:
    text = (
        "Provider 'openai' returned a HTTP client error with HTTP 403; error message: You have insufficient permissions"
    )
    state = a_shop(rotations=[a_turn()], revocations=[REVOKED])
    assert told(ask(state, text, users=[OldKeyUser(SHOP.id, UNTIL)]))[1] == "key_permission_denied"


def test_who_has_an_old_key_is_asked_for_once_a_rotation() -> None:
    asked: list[str] = []

    def users(rotation: Rotation) -> tuple[OldKeyUser, ...]:
        asked.append(rotation.id)
        return (OldKeyUser(SHOP.id, UNTIL),)

    context = StateContext(a_shop(rotations=[a_turn()], revocations=[REVOKED]), NOW, users)
    for _ in range(3):
        payload = read(BAD_KEY)
        context.enrich(judge(payload)[0], context.clues(payload.whole.text, None))
    assert asked == ["r1"]


STORED: Final = a_collection(SHOP, "products", credential="openai-prod")
BY_HEADER: Final = a_collection(BLOG, "posts", header=True)


def test_a_missing_header_where_nobody_sends_one_is_an_empty_answer() -> None:
    found = ask(a_shop(collections=[STORED]), an_answer(KEYS, NO_HEADER))
    assert told(found) == (
        "astra",
        "header_key_missing",
        "state.service-empty",
        ['a stored credential gives the key of "shop/default_keyspace/products": no header is to be sent'],
        [CHECK],
    )
    assert found.verdict.detail == "credential service answered nothing"
    assert found.advice == (
        "See what answers at the URL of the credential service; vzctl always gives the key or a reason."
    )


def test_of_many_collections_a_few_are_named() -> None:
    collections = [a_collection(SHOP, f"c{number}", credential="openai-prod") for number in range(5)]
    (said,) = told(ask(a_shop(collections=collections), NO_HEADER, database=SHOP))[3]
    assert said.endswith('"shop/default_keyspace/c2" and 2 more: no header is to be sent')


@pytest.mark.parametrize(
    ("collections", "text", "database", "rule"),
    [
        ([STORED, BY_HEADER], NO_HEADER, None, "astra.embedding-header-missing"),
        ([STORED, BY_HEADER], NO_HEADER, SHOP, "state.service-empty"),
        ([STORED, BY_HEADER], NO_HEADER, BLOG, "astra.embedding-header-missing"),
        ([STORED, BY_HEADER], NO_HEADER + " collection 'products'", None, "state.service-empty"),
        ([STORED, BY_HEADER], NO_HEADER + " collection 'posts'", None, "state.header"),
        ([], NO_HEADER, None, "astra.embedding-header-missing"),
        ([STORED], NO_HEADER.replace("openai", "mistral"), None, "astra.embedding-header-missing"),
        ([STORED], NO_HEADER.replace(" (provider 'openai')", ""), None, "astra.embedding-header-missing"),
    ],
    ids=["either", "hint", "hint of header", "named", "named of header", "none", "other provider", "no provider"],
)
def test_a_missing_header_is_an_empty_answer_only_where_all_have_a_credential(
    collections: list[Any], text: str, database: Database | None, rule: str
) -> None:
    assert ask(a_shop(collections=collections), text, database=database).verdict.rule == rule


def test_a_database_out_of_scope_comes_before_an_empty_answer() -> None:
    narrow = a_credential("openai-prod", scope=[BLOG])
    state = a_shop(credentials=[narrow], collections=[STORED])
    found = ask(state, NO_HEADER + " collection 'products'", database=SHOP)
    assert told(found)[2] == "state.scope"


def test_a_refused_connection_to_somebody_leads_to_the_service_where_data_apis_have_one() -> None:
    marked = a_database("wiki", id=database_id(3), certificate_name="wiki.internal")
    state = a_shop(databases=[SHOP, BLOG, marked], service_tokens=[a_service_token(SHOP)])
    assert told(ask(state, an_answer(SERVER, ELSEWHERE))) == (
        "unknown",
        "connection_refused",
        "code.inside-refused",
        ["the Data API of shop, wiki asks a credential service, which may be what refused"],
        [CHECK, "vzctl serve run"],
    )
    assert told(ask(a_shop(), an_answer(SERVER, ELSEWHERE)))[3:] == ([], [])


def test_names_are_filled_into_the_commands() -> None:
    code, message, _, _ = CASES["no key"]
    state = a_shop(credentials=[MAIN, a_credential("recipes", provider="mistral", scope=[BLOG])])
    assert told(ask(state, an_answer(code, message)))[2:] == (
        "astra.credential-service-has-no-key",
        [],
        ["vzctl secrets put recipes"],
    )
    code, message, _, _ = CASES["token revoked"]
    assert told(ask(a_shop(), an_answer(code, message), database=BLOG))[4] == [
        CHECK,
        "vzctl databases token list blog",
        "vzctl databases token create blog",
    ]


def test_a_refusal_for_the_scope_is_looked_up_in_the_state() -> None:
    code, message, _, _ = CASES["not available"]
    state = a_shop(credentials=[a_credential("recipes", provider="mistral", scope=[SHOP])])
    assert told(ask(state, an_answer(code, message))) == (
        "astra",
        "scope_missing",
        "state.scope",
        ['"blog" is not in the scope of "recipes"'],
        ["vzctl scope add recipes blog"],
    )


def test_a_state_of_astra_knows_no_service_of_ones_own() -> None:
    code, message, _, _ = CASES["token revoked"]
    found = ask(a_shop(control_plane=ControlPlane.ASTRA), an_answer(code, message))
    assert told(found)[4] == [f"vzctl explain {GATEWAY}"]
    assert "support" in found.advice
