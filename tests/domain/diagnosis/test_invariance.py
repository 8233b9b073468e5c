"""What is around an error and says nothing about it: the client's class, source lines, boxes, line breaks, other credentials."""

from __future__ import annotations

import json
import re
import textwrap
from collections.abc import Callable
from datetime import timedelta
from typing import Final

import pytest

from tests.domain.diagnosis.support import known_errors
from tests.support.builders import NOW, a_credential, a_database, a_rotation, a_state, database_id
from vzctl.domain.diagnosis.engine import Verdict, diagnose, judge
from vzctl.domain.diagnosis.payload import read
from vzctl.domain.diagnosis.state_context import StateContext
from vzctl.domain.state.records import ControlPlane, Step
from vzctl.domain.state.state import State

Seen = tuple[str, str, str | None]

KNOWN: Final = known_errors()
RAISED: Final = re.compile(r"[\w.]+(?:Error|Exception|Timeout)\w*: ")
DIRECT: Final = [
    known
    for known in KNOWN
    if known.side == "provider" and "EMBEDDING_PROVIDER" not in known.text and not known.text.startswith("Traceback")
]
CLASSES: Final = (
    "mistralai.models.sdkerror.SDKError",
    "voyageai.error.InvalidRequestError",
    "cohere.errors.UnprocessableEntityError",
    "huggingface_hub.errors.HfHubHTTPError",
    "openai.APIStatusError",
)
"""Classes that say nothing about the case: what an authentication error says is that."""


def seen(verdict: Verdict) -> Seen:
    return verdict.side, verdict.cause, verdict.provider


def judged(text: str) -> list[Seen]:
    return [seen(verdict) for verdict in diagnose(text)]


def raised(text: str) -> str:
    return text if RAISED.match(text) else f"RuntimeError: {text}"


def test_the_class_of_a_client_changes_nothing() -> None:
    differing = {}
    for known in DIRECT:
        said = RAISED.sub("", known.text, count=1)
        answers = {name: judged(f"{name}: {said}") for name in CLASSES}
        if len({tuple(answer) for answer in answers.values()}) > 1:
            differing[said] = answers
    assert len(DIRECT) > 60
    assert differing == {}


@pytest.mark.parametrize("library", ["openai", "mistralai", "voyageai", "cohere", "huggingface_hub"])
@pytest.mark.parametrize("name", ["AuthenticationError", "RateLimitError", "APIConnectionError", "NotFoundError"])
def test_a_class_alone_names_no_provider(library: str, name: str) -> None:
    text = f"{library}.{name}: Error code: 401 - {{'error': {{'message': 'Invalid token', 'host': 'gateway.example.com'}}}}"
    assert [verdict.provider for verdict in diagnose(text)] == [None]


@pytest.mark.parametrize(
    ("text", "provider"),
    [
        ("openai.NotFoundError: 404 for url https://api.mistral.ai/v1/embeddings", "mistral"),
        ("openai.RateLimitError: 429, see https://openrouter.ai/api/v1/embeddings", None),
        ("openai.AuthenticationError: {'code': '401', 'message': 'Access denied due to invalid subscription key or wrong "
         "API endpoint.'}", "azureOpenAI"),
        ("voyageai.error.APIError: exceeded limits at https://llm.example.com/v1/embeddings: slow down", None),
        ("ChatOpenAI failed: OpenAIError: the model is overloaded", None),
        ("Provider 'jinaAI' returned a HTTP client error with HTTP 401; error message: openai says no", "jinaAI"),
        ("io.stargate.VoyageAIEmbeddingProvider$EmbeddingResponse.data() is null", "voyageAI"),
    ],
)  # fmt: skip
def test_hosts_sentences_bodies_and_the_data_api_name_the_provider(text: str, provider: str | None) -> None:
    assert [verdict.provider for verdict in diagnose(text)] == [provider]


SOURCE: Final = (
    "Traceback (most recent call last):\n"
    '  File "/srv/app/vectors.py", line 88, in embed_documents\n'
    "    reply = self._post(rate_limit, input_type, dimensions, timeout, astra_collection, content_filter)\n"
    "            ^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^^\n"
    '  File "/srv/app/vectors.py", line 52, in _post\n'
    '    raise InvalidApiKeyError("model_not_found: insufficient_quota")\n'
)
CAUSED: Final = "\nThe above exception was the direct cause of the following exception:\n\n"
JAVA: Final = (
    "\n\tat com.acme.RateLimitError.timeout(InsufficientQuota.java:12)\n\tat org.acme.InvalidApiKey.of(Overloaded.java:3)"
    "\n\t... 12 more"
)
SCRIPT: Final = (
    "\n    at rate_limit (/app/invalid_api_key.js:1:2)\n    at async timeout (file:///app/overloaded.mjs:3:4)"
)
GO: Final = "\n\ngoroutine 1 [running]:\nmain.rate_limit(0x1)\n\t/srv/app/insufficient_quota.go:12 +0x1d"
NUMBERED: Final = (
    "╭─ Traceback (most recent call last) ─╮\n│ ❱ 52 │ raise RateLimitError(insufficient_quota) │\n╰──────╯\n"
)
STATEMENTS: Final = """\
  // COLLECTION_NOT_EXIST: Incorrect API key provided
  /* EMBEDDING_PROVIDER_RATE_LIMITED */
  if (error.code === 'EMBEDDING_PROVIDER_TIMEOUT') {
    throw new DataAPIResponseError('DOCUMENT_ALREADY_EXISTS');
  } catch (InvalidKeyException e) {
except DataAPIResponseException as error:  # KEYSPACE_DOES_NOT_EXIST
    raise AuthenticationError("Incorrect API key provided: sk-****") from None"""
"""Lines of programs that name errors which did not happen."""
AROUND: Final[dict[str, Callable[[str], str]]] = {
    "Python": lambda text: SOURCE + raised(text),
    "Python, chained": lambda text: SOURCE + "KeyError: 1\n" + CAUSED + SOURCE + raised(text),
    "Python, without indentation": lambda text: "\n".join(map(str.strip, SOURCE.split("\n"))) + raised(text),
    "Python, drawn": lambda text: NUMBERED + raised(text),
    "Java": lambda text: raised(text) + JAVA,
    "Java, caused": lambda text: f"x.Outer: failed{JAVA}\nCaused by: {raised(text)}{JAVA}",
    "script": lambda text: text + SCRIPT,
    "Go": lambda text: text + GO,
    "statements above": lambda text: f"loading stopped\n{STATEMENTS}\n{raised(text)}",
    "statements below": lambda text: f"{raised(text)}\n{STATEMENTS}",
    "a comment below a frame": lambda text: (
        f"{text}{SCRIPT}\n  // throw new DataAPIResponseError('COLLECTION_NOT_EXIST')"
    ),
}
OUTSIDE: Final[dict[str, Callable[[str], str]]] = {
    "bare": lambda text: text,
    "in JSON": lambda text: json.dumps({"msg": text}),
    "behind a log's prefix": lambda text: f"2026-01-02 03:04:05,678 ERROR [w-1] jobs - {text}",
    "in a container's log": lambda text: "\n".join(f"web-1  | {line}" for line in text.split("\n")),
}


@pytest.mark.sampled(10)
@pytest.mark.parametrize("outside", OUTSIDE.values(), ids=OUTSIDE)
@pytest.mark.parametrize("around", AROUND.values(), ids=AROUND)
def test_source_lines_and_frames_change_nothing(around: Callable[[str], str], outside: Callable[[str], str]) -> None:
    alone = {known.text: judged(known.text) for known in KNOWN if _stands_alone(known.text)}
    assert len(alone) > 100
    assert {text: judged(outside(around(text))) for text in alone} == alone


def _stands_alone(text: str) -> bool:
    """Whether a text is one message, and no trace, list, or quotation of its own."""
    return "\n" not in text and not text.startswith(("Traceback", "{", "[", "File"))


def cut(text: str, width: int) -> list[str]:
    """Break as a terminal does: at the edge, whatever stands there."""
    return [line[place : place + width] for line in text.split("\n") for place in range(0, max(1, len(line)), width)]


def wrapped(text: str, width: int) -> list[str]:
    """Break as programs do: between words, and longer words at the edge."""
    return [part for line in text.split("\n") for part in textwrap.wrap(line, width, break_on_hyphens=False) or [""]]


def boxed(lines: list[str], width: int, sides: str) -> str:
    """Draw a box; `sides`: its corner, its top, its side."""
    corner, top, side = sides[0], sides[1], sides[2]
    edge = corner + top * (width + 2) + corner
    return "\n".join([edge, *(f"{side} {line.ljust(width)} {side}" for line in lines), edge])


@pytest.mark.sampled(10)
@pytest.mark.parametrize("width", [34, 43, 58, 76])
@pytest.mark.parametrize("sides", ["╭─│", "+-|", "***", ""], ids=["drawn", "plain", "stars", "none"])
@pytest.mark.parametrize("broken", [cut, wrapped])
def test_a_box_and_broken_words_change_hardly_any_verdict_and_never_swap_a_side(
    broken: Callable[[str, int], list[str]], sides: str, width: int
) -> None:
    differing = []
    swapped = []
    for known in KNOWN:
        lines = broken(known.text, width)
        (found, *_) = judged(boxed(lines, width, sides) if sides else "\n".join(lines))
        if found[:2] != (known.side, known.cause):
            differing.append(known.text)
        if {found[0], known.side} == {"astra", "provider"}:
            swapped.append(known.text)
    assert swapped == []
    assert len(differing) <= len(KNOWN) // 25, differing


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("Rate limit reached for m in organization org-x: try again in 9s", "rate_limited"),
        ("You exceeded your current quota, please check your plan and billing details", "quota_exhausted"),
        ("401 Unauthorized for url 'https://api.voyageai.com/v1/embeddings'", "invalid_key"),
        ("The model is overloaded, says api.openai.com", "provider_unavailable"),
    ],
)
def test_a_break_may_be_anywhere(text: str, expected: str) -> None:
    causes = {place: judged(text[:place] + "\n" + text[place:])[0][1] for place in range(1, len(text))}
    wrong = {text[:place]: cause for place, cause in causes.items() if cause != expected}
    assert len(wrong) <= len(text) // 12, wrong


SHOP: Final = a_database("shop", id=database_id(1))
PROVIDERS: Final = ("openai", "azureOpenAI", "mistral", "voyageAI", "jinaAI", "huggingface", "upstageAI")


def just_rotated(*providers: str, control_plane: ControlPlane = ControlPlane.ASTRA) -> State:
    """Return a state in which a credential of each provider got a new key two minutes ago."""
    credentials = [a_credential(f"{provider}-main", provider=provider, scope=[SHOP]) for provider in providers]
    rotations = [
        a_rotation(credential, step=Step.DONE, finished_at=NOW - timedelta(minutes=2)) for credential in credentials
    ]
    return a_state(databases=[SHOP], credentials=credentials, rotations=rotations, control_plane=control_plane)


def with_state(state: State, text: str) -> list[Seen]:
    context = StateContext(state, NOW)
    payload = read(text)
    clues = context.clues(payload.whole.text, None)
    return [seen(context.enrich(verdict, clues).verdict) for verdict in judge(payload)]


@pytest.mark.parametrize("control_plane", ControlPlane)
def test_a_credential_of_another_provider_that_was_just_rotated_changes_nothing(control_plane: ControlPlane) -> None:
    differing = {}
    for known in KNOWN:
        alone = judged(known.text)
        others = [provider for provider in PROVIDERS if provider not in {provider for _, _, provider in alone}]
        found = with_state(just_rotated(*others, control_plane=control_plane), known.text)
        if [verdict[:2] for verdict in found] != [verdict[:2] for verdict in alone]:
            differing[known.text] = (found, alone)
    assert differing == {}


def test_whatever_was_rotated_a_provider_that_was_called_directly_stays_the_side() -> None:
    state = just_rotated(*PROVIDERS)
    direct = [known for known in DIRECT if not any(verdict.is_passed_on for verdict in diagnose(known.text))]
    assert len(direct) > 60
    assert {known.text: with_state(state, known.text)[0][0] for known in direct} == {
        known.text: "provider" for known in direct
    }


def test_a_key_that_the_data_api_sent_minutes_after_a_rotation_is_the_caches() -> None:
    text = "Provider 'openai' returned a HTTP client error with HTTP 401; error message: Incorrect API key provided"
    assert with_state(just_rotated("openai"), text) == [("astra", "propagation_delay", "openai")]
    assert with_state(just_rotated("mistral"), text) == [("provider", "invalid_key", "openai")]
