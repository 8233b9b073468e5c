"""Answers are recognized by content; everything else is refused with a clear word, and nothing of it is repeated."""

from __future__ import annotations

import gzip
import json
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from tests.support.answers import a_database_row, a_service, a_vector, as_bytes, collections, providers, tables
from tests.support.canary import canary
from tests.support.recorded import RECORDINGS, exchanges
from vzctl.answers.answer import CollectionsAnswer, DatabasesAnswer, ProvidersAnswer, TablesAnswer
from vzctl.answers.json_text import MAXIMUM_BYTES
from vzctl.answers.recognition import read_answer
from vzctl.domain.drift.observation import (
    Kind,
    ObservedCollection,
    ObservedColumn,
    ObservedDatabase,
    ObservedModel,
    ObservedProvider,
    Remark,
)
from vzctl.domain.state.records import AttachedService, Authentication
from vzctl.errors import UsageError

ID = "5f0c1e0a-7b1d-4c39-9a51-d2f6c0a1b2c3"


def read(document: Any) -> Any:
    return read_answer(as_bytes(document), "answer.json")


def test_a_page_of_databases() -> None:
    row = a_database_row(ID.upper(), "shop")
    row["dataEndpointUrl"] = f"https://{ID}-us-east1.apps.astra.datastax.com/api/rest"
    assert read([row]) == DatabasesAnswer(
        databases=(
            ObservedDatabase(
                id=ID,
                name="shop",
                status="ACTIVE",
                region="us-east1",
                endpoint=f"https://{ID}-us-east1.apps.astra.datastax.com",
                is_vector=True,
            ),
        ),
        organizations=frozenset({"b7c04e19-3f5a-4d82-a96c-0e1d7f2b8a54"}),
    )


def test_one_database_is_no_page() -> None:
    answer = read(a_database_row(ID, "shop"))
    assert (answer.is_page, answer.size) == (False, 1)


def test_an_empty_list_is_a_page_without_databases() -> None:
    assert read([]) == DatabasesAnswer(databases=())


def test_a_database_of_which_little_is_known() -> None:
    row = {"id": ID, "info": {"name": "x", "datacenters": [{"region": "eu"}]}, "status": "pending"}
    assert read([row]).databases == (ObservedDatabase(id=ID, name="x", status="PENDING", region="eu"),)


@pytest.mark.parametrize(
    "url",
    [
        "https://evil.example.com/api/rest",
        f"https://{ID}-us-east1.apps.astra.datastax.com.evil.example.com/",
        f"https://{ID}-us-east1.evilapps.astra.datastax.com@evil.example.com/",
        f"https://user@{ID}-us-east1.apps.astra.datastax.com/",
        f"https://{ID}-us-east1.apps.astra.datastax.com:8443/",
        "https://6f0c1e0a-7b1d-4c39-9a51-d2f6c0a1b2c3-us-east1.apps.astra.datastax.com/",
        "https://[",
    ],
)
def test_an_endpoint_that_is_not_astras_for_this_database_is_not_kept(url: str) -> None:
    answer = read([{**a_database_row(ID, "shop"), "dataEndpointUrl": url}])
    assert answer.databases[0].endpoint is None
    assert [item.code for item in answer.remarks] == ["ENDPOINT_FOREIGN"]


@pytest.mark.parametrize("name", ["a/b", "a@b", " a", "a\x1b[2J", "x" * 201, canary(1, "sk-")])
def test_a_database_whose_name_vzctl_refuses_is_passed_over_and_counts_as_there(name: str) -> None:
    answer = read([a_database_row(ID, name)])
    assert (answer.databases, answer.unreadable, answer.size) == ((), frozenset({ID}), 1)
    (remark,) = answer.remarks
    assert (remark.code, remark.subject) == ("DATABASE_NAME_INVALID", ID)
    assert remark.message.isprintable()
    assert canary(1, "sk-") not in remark.message


def test_collections_with_every_kind_of_service() -> None:
    answer = read(
        collections(
            keyed=a_vector(a_service(credential="openai-prod")),
            header=a_vector(a_service()),
            hosted=a_vector(a_service("nvidia", "NV-Embed-QA"), 1024),
            azure=a_vector(a_service("azureOpenAI", credential="az.1", resourceName="r", deploymentId="d", none=None)),
            vectors=a_vector(dimension=4),
            bare=None,
            strange=a_vector(a_service("acme", "m", flag=True, nested={"a": [1]}, secret=canary(2, "sk-"))),
        )
    )
    model = "text-embedding-3-small"
    assert answer == CollectionsAnswer(
        collections=(
            ObservedCollection(
                "keyed",
                AttachedService(
                    provider="openai",
                    authentication=Authentication.CREDENTIAL,
                    credential="openai-prod",
                    model=model,
                    dimension=1536,
                ),
            ),
            ObservedCollection(
                "header",
                AttachedService(provider="openai", authentication=Authentication.HEADER, model=model, dimension=1536),
            ),
            ObservedCollection("hosted", AttachedService(provider="nvidia", model="NV-Embed-QA", dimension=1024)),
            ObservedCollection(
                "azure",
                AttachedService(
                    provider="azureOpenAI",
                    authentication=Authentication.CREDENTIAL,
                    credential="az.1",
                    model=model,
                    dimension=1536,
                    parameters={"resourceName": "r", "deploymentId": "d"},
                ),
            ),
            ObservedCollection("vectors", AttachedService(dimension=4)),
            ObservedCollection("bare", AttachedService()),
            ObservedCollection(
                "strange",
                AttachedService(
                    provider="acme",
                    authentication=Authentication.HEADER,
                    model="m",
                    dimension=1536,
                    parameters={"flag": True, "nested": '{"a": [1]}', "secret": "****"},
                ),
            ),
        )
    )


@pytest.mark.parametrize("row", [{"name": "bare"}, {"name": "bare", "options": None}])
def test_a_collection_without_options_is_passed_over_and_counts_as_there(row: dict[str, Any]) -> None:
    answer = read({"status": {"collections": [row, {"name": "plain", "options": {}}]}})
    assert answer == CollectionsAnswer(
        collections=(ObservedCollection("plain", AttachedService()),),
        unreadable=frozenset({"bare"}),
        remarks=(
            Remark(
                "OPTIONS_MISSING",
                Kind.COLLECTIONS,
                "bare",
                'the collection "bare" is passed over: the answer has no "options" of it, so what is recorded stays',
            ),
        ),
    )


def test_a_table_without_a_definition_leaves_all_columns_as_they_are() -> None:
    message = 'the table "bare" is passed over: the answer has no "definition" of it, so what is recorded stays'
    assert read({"status": {"tables": [{"name": "bare"}]}}) == TablesAnswer(
        columns=(), remarks=(Remark("OPTIONS_MISSING", Kind.COLUMNS, "bare", message),), has_more=True
    )


def test_only_vector_columns_of_tables_are_read() -> None:
    answer = read(tables(items={"title": a_vector(a_service(credential="x")), "price": {"type": "float"}}, empty={}))
    service = AttachedService(
        provider="openai",
        authentication=Authentication.CREDENTIAL,
        credential="x",
        model="text-embedding-3-small",
        dimension=1536,
    )
    assert answer == TablesAnswer(columns=(ObservedColumn("items", "title", service),))


@pytest.mark.parametrize(
    ("authentication", "reason"),
    [
        ({"providerKey": "two words.providerKey"}, "its credential \"two words\" cannot be one: it contains ' '"),
        ({"providerKey": f"{'x' * 51}.providerKey"}, "it has 51 characters"),
        ({"accessId": "a.accessId", "secretKey": "b.secretKey"}, "it names several credentials at once"),
        ({"providerKey": canary(3, "sk-")}, "the name of its credential looks like a key"),
    ],
)
def test_a_credential_name_that_vzctl_refuses_is_passed_over(authentication: dict[str, str], reason: str) -> None:
    service = {**a_service(), "authentication": authentication}
    answer = read(collections(odd=a_vector(service)))
    assert (answer.collections, answer.unreadable) == ((), frozenset({"odd"}))
    (remark,) = answer.remarks
    assert (remark.code, remark.kind, remark.subject) == ("NAME_INVALID", Kind.COLLECTIONS, "odd")
    assert reason in remark.message
    assert canary(3, "sk-") not in str(remark)


def test_a_credential_of_two_members_with_one_name_is_that_name() -> None:
    service = {**a_service("bedrock"), "authentication": {"accessId": "aws.accessId", "secretKey": "aws.secretKey"}}
    assert read(collections(one=a_vector(service))).collections[0].service.credential == "aws"


@pytest.mark.parametrize("name", ["a/b", "$(reboot)", "a b", "\x1b[2J", canary(4, "sk-")])
def test_a_collection_that_cannot_be_addressed_is_passed_over(name: str) -> None:
    answer = read({"status": {"collections": [{"name": name, "options": {}}]}})
    assert answer.collections == ()
    (remark,) = answer.remarks
    assert remark.message.isprintable()
    assert canary(4, "sk-") not in str(remark)


def test_a_column_with_a_dot_in_its_name_is_passed_over() -> None:
    answer = read(tables(items={"a.b": a_vector()}))
    assert answer.remarks == (
        Remark(
            "NAME_INVALID",
            Kind.COLUMNS,
            "items.a.b",
            "the column \"items.a.b\" is passed over: a column with a '.' in its name cannot be told from its table",
        ),
    )


def test_a_provider_whose_name_is_no_word_is_passed_over() -> None:
    answer = read(collections(odd=a_vector(a_service("x; reboot"))))
    assert [item.message for item in answer.remarks] == [
        'the collection "odd" is passed over: its provider\'s name is no word'
    ]


LONG = "of at most 256 characters"


@pytest.mark.parametrize(
    ("service", "reason"),
    [
        ({**a_service(), "authentication": {"providerKey": ""}}, "the name of its credential is empty"),
        ({**a_service(), "provider": "open\x1bai"}, f'its "provider" is no printable text {LONG}'),
        ({**a_service(), "provider": ""}, "the name of its provider is empty"),
        ({**a_service(), "modelName": "x" * 257}, f'its "modelName" is no printable text {LONG}'),
        ({**a_service(), "parameters": {"a\nb": 1}}, f"the name of a parameter is no printable text {LONG}"),
    ],
)
def test_one_service_that_cannot_be_recorded_spoils_nothing_else(service: dict[str, Any], reason: str) -> None:
    seen = read(collections(odd=a_vector(service), good=a_vector()))
    assert seen == CollectionsAnswer(
        collections=(ObservedCollection("good", AttachedService(dimension=1536)),),
        unreadable=frozenset({"odd"}),
        remarks=(Remark("NAME_INVALID", Kind.COLLECTIONS, "odd", f'the collection "odd" is passed over: {reason}'),),
    )
    assert read(tables(t={"odd": a_vector(service)})).unreadable == {"t.odd"}


def test_one_database_that_cannot_be_recorded_spoils_nothing_else() -> None:
    odd = {**DATABASE, "info": {"name": "odd", "region": "a\nb"}}
    good = a_database_row(f"{ID[:-1]}4", "good")
    answer = read([odd, good])
    assert ([item.name for item in answer.databases], answer.unreadable) == (["good"], frozenset({ID}))
    message = f'the database "odd" is passed over: its "region" is no printable text {LONG}'
    assert answer.remarks[-1:] == (Remark("DATABASE_UNREADABLE", Kind.DATABASES, ID, message),)


def test_embedding_providers() -> None:
    assert read(providers(openai=True, bedrock=False)) == ProvidersAnswer(
        providers=(
            ObservedProvider("openai", True, (ObservedModel("text-embedding-3-small", "SUPPORTED"),)),
            ObservedProvider("bedrock", False, (ObservedModel("text-embedding-3-small", "SUPPORTED"),)),
        )
    )


def test_a_page_state_says_that_there_is_more() -> None:
    assert read({"status": {"collections": [], "nextPageState": "abc"}}).has_more
    assert read({"status": {"tables": []}, "data": {"nextPageState": "abc"}}).has_more
    assert not read({"status": {"collections": [], "nextPageState": None}}).has_more


def test_unknown_fields_are_none_of_its_business() -> None:
    row = {**a_database_row(ID, "shop"), "later": {"deep": [1, {"x": None}]}}
    assert read([row]) == read([a_database_row(ID, "shop")])


DATABASE = a_database_row(ID, "shop")
BAD = {
    "empty": (b"", "is empty", "ANSWER_EMPTY"),
    "blank": (b" \n\t", "is empty", "ANSWER_EMPTY"),
    "gzip": (gzip.compress(b"[]"), "is compressed with gzip: unpack it first", "ANSWER_NOT_JSON"),
    "UTF-16": ("[]".encode("utf-16"), "is UTF-16: save it as UTF-8", "ANSWER_NOT_JSON"),
    "not UTF-8": (b'[\n"\xff"]', "is not UTF-8 from line 2 on", "ANSWER_NOT_JSON"),
    "binary": (bytes(range(256)), "is not UTF-8 from line 2 on", "ANSWER_NOT_JSON"),
    "cut off": (as_bytes([DATABASE])[:-30], "is cut off in line 1", "ANSWER_NOT_JSON"),
    "cut off in a list": (b'[\n{"a": 1},', "is cut off in line 2", "ANSWER_NOT_JSON"),
    "text": (b"# a\nb", "is not JSON from line 1 on", "ANSWER_NOT_JSON"),
    "depth": (b"[" * 100_000, "is nested too deeply (more than 64 levels)", "ANSWER_NOT_JSON"),
    "closed depth": (b"[" * 100_000 + b"]" * 100_000, "is nested too deeply (more than 64 levels)", "ANSWER_NOT_JSON"),
    "objects in depth": (b'{"a":' * 100_000, "is nested too deeply (more than 64 levels)", "ANSWER_NOT_JSON"),
    "NaN": (b'{"a": NaN}', "has a number that is none in JSON", "ANSWER_NOT_JSON"),
    "huge number": (b"9" * 5_000, "has a number that is none in JSON", "ANSWER_NOT_JSON"),
    "key twice": (b'{"a": 1, "a": 2}', "has an object with the same key twice", "ANSWER_DUPLICATE"),
    "too large": (
        b" " * MAXIMUM_BYTES + b"[]",
        f"is larger than {MAXIMUM_BYTES} bytes: no answer is",
        "ANSWER_TOO_LARGE",
    ),
    "database twice": (as_bytes([DATABASE, DATABASE]), f"has the database {ID} twice", "ANSWER_DUPLICATE"),
    "collection twice": (
        b'{"status": {"collections": [{"name": "a"}, {"name": "a"}]}}',
        'has the collection "a" twice',
        "ANSWER_DUPLICATE",
    ),
    "table twice": (
        b'{"status": {"tables": [{"name": "a"}, {"name": "a"}]}}',
        'has the table "a" twice',
        "ANSWER_DUPLICATE",
    ),
    "errors": (
        b'{"errors": [{"message": "no"}]}',
        "is the answer to a request that failed: it has errors",
        "ANSWER_OF_FAILURE",
    ),
    "request": (b'{"findCollections": {}}', "is a request, not the answer to it", "ANSWER_UNKNOWN"),
    "collection names": (
        b'{"status": {"collections": ["a"]}}',
        "has the names of collections only, not their services; ask for them: "
        '{"findCollections": {"options": {"explain": true}}}',
        "ANSWER_NOT_EXPLAINED",
    ),
    "table names": (
        b'{"status": {"tables": ["a"]}}',
        "has the names of tables only, not their services; ask for them: "
        '{"listTables": {"options": {"explain": true}}}',
        "ANSWER_NOT_EXPLAINED",
    ),
}
NO_ANSWERS = [
    1,
    "text",
    None,
    True,
    {},
    {"status": 1},
    {"status": {"keyspaces": []}},
    [1],
    [[]],
    [{"id": ID}],
    {"data": 1},
]
MALFORMED = {
    "id": ([{**DATABASE, "id": "shop"}], 'database 1 has an "id" that is no UUID'),
    "no name": ([{**DATABASE, "info": {}}], 'database 1 has no "name", or it is no text'),
    "status": ([{**DATABASE, "status": "so so"}], 'database 1 has a "status" that is no word'),
    "no status": ([{**DATABASE, "status": None}], 'database 1 has no "status", or it is no text'),
    "region": ([{**DATABASE, "info": {"name": "x", "region": 5}}], 'database 1 has a "region" that is no text'),
    "collections": ({"status": {"collections": 1}}, '"collections" is no list'),
    "collection": ({"status": {"collections": [{"name": "a"}, "b"]}}, "collection 2 is no object"),
    "collection name": ({"status": {"collections": [{}]}}, 'collection 1 has no "name", or it is no text'),
    "options": ({"status": {"collections": [{"name": "a", "options": 1}]}}, 'collection 1, "options", is no object'),
    "dimension": (
        collections(a={"dimension": 0}),
        'the collection "a" has a "dimension" that is no whole number above 0',
    ),
    "service": (collections(a={"service": {"modelName": "m"}}), 'the collection "a" has a service without "provider"'),
    "key": (
        collections(a={"service": {"provider": "openai", "authentication": {"providerKey": 5}}}),
        'the collection "a" has no "providerKey", or it is no text',
    ),
    "providers": ({"status": {"embeddingProviders": []}}, '"embeddingProviders" is no object'),
    "provider": ({"status": {"embeddingProviders": {"a": 1}}}, "provider 1 is no object"),
    "provider name": ({"status": {"embeddingProviders": {"": {}}}}, "provider 1 has a name that is no word"),
    "model name": (
        {"status": {"embeddingProviders": {"a": {"models": [{"name": "a\nb"}]}}}},
        'provider 1 has a model that cannot be read: its "name" is no printable text of at most 256 characters',
    ),
    "model": ({"status": {"embeddingProviders": {"a": {"models": [{}]}}}}, "provider 1 has a model without a name"),
}


def refusal(data: bytes) -> UsageError:
    with pytest.raises(UsageError) as caught:
        read_answer(data, "answer.json")
    return caught.value


@pytest.mark.parametrize(("data", "reason", "code"), BAD.values(), ids=BAD)
def test_bad_input_gets_a_clear_word(data: bytes, reason: str, code: str) -> None:
    error = refusal(data)
    assert (error.message, error.code) == (f'"answer.json" {reason}; nothing was changed', code)


@pytest.mark.parametrize("document", NO_ANSWERS)
def test_other_json_is_told_what_is_read(document: Any) -> None:
    error = refusal(as_bytes(document))
    assert error.code == "ANSWER_UNKNOWN"
    assert error.message.endswith(
        "is JSON, but no answer that sync reads: GET /v2/databases, findEmbeddingProviders, findCollections and "
        "listTables with explain; nothing was changed"
    )


@pytest.mark.parametrize(("document", "reason"), MALFORMED.values(), ids=MALFORMED)
def test_a_wrong_form_is_named_with_its_place(document: Any, reason: str) -> None:
    error = refusal(as_bytes(document))
    assert (error.message, error.code) == (
        f'"answer.json" has the form of an answer, but {reason}; nothing was changed',
        "ANSWER_INVALID",
    )


def test_a_byte_order_mark_is_no_fault() -> None:
    assert read_answer(b"\xef\xbb\xbf[]", "answer.json") == DatabasesAnswer(databases=())


GOOD = [
    [DATABASE],
    collections(a=a_vector(a_service(credential="x"))),
    tables(t={"v": a_vector(a_service(credential="x", autoTruncate=True))}),
    providers(openai=True),
]
json_values = st.recursive(
    st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text()),
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(), inner, max_size=3)),
    max_leaves=5,
)


@st.composite
def spoiled(draw: st.DrawFn) -> bytes:
    """Return a genuine answer in which any one value is another one, or any bytes of it are lost."""
    document = json.loads(json.dumps(draw(st.sampled_from(GOOD))))
    if draw(st.booleans()):
        data = as_bytes(document)
        start = draw(st.integers(0, len(data)))
        return data[:start] + draw(st.binary(max_size=3)) + data[start + draw(st.integers(0, 20)) :]
    parent = document
    while True:
        key = draw(st.sampled_from(list(parent) if isinstance(parent, dict) else list(range(len(parent)))))
        inner = parent[key]
        if not isinstance(inner, (dict, list)) or not inner or draw(st.integers(0, 3)) == 0:
            parent[key] = draw(json_values)
            return json.dumps(document).encode("utf-8", "surrogatepass")
        parent = inner


@given(st.one_of(st.binary(max_size=200), spoiled()))
@example(b'{"status": {"collections": [{"name": "a", "options": {"vector": {"dimension": 1e999}}}]}}')
def test_whatever_comes_is_an_answer_or_a_clear_refusal(data: bytes) -> None:
    message = refusal_or_none(data)
    assert message is None or (message.isprintable() and message.startswith('"answer.json" '))


def refusal_or_none(data: bytes) -> str | None:
    try:
        read_answer(data, "answer.json")
    except UsageError as error:
        return error.message
    return None


@pytest.mark.parametrize("recording", RECORDINGS, ids=["own", "shared"][: len(RECORDINGS)])
def test_answers_of_a_genuine_data_api_are_recognized(recording: Path) -> None:
    answers = {exchange["id"]: exchange["response"]["body"] for exchange in exchanges(recording)}
    assert len(read(answers["find-collections-explain"]).collections) == 14
    assert len(read(answers["list-tables-explain"]).columns) == 3
    assert "openai" in {item.id for item in read(answers["catalogue"]).providers}
    assert refusal(as_bytes(answers["find-collections"])).code == "ANSWER_NOT_EXPLAINED"
    assert refusal(as_bytes(answers["list-tables"])).code == "ANSWER_NOT_EXPLAINED"
    assert refusal(as_bytes(answers["find-keyspaces"])).code == "ANSWER_UNKNOWN"
