"""A service against the catalogue: model, dimension, parameters, and whether two services make comparable vectors."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzctl.command import NextStep, suggest
from vzctl.domain.catalog.catalog import (
    CATALOGUE,
    ResolvedService,
    check_service,
    find_provider,
    same_embedding,
    service_problems,
)
from vzctl.domain.catalog.provider import Provider
from vzctl.domain.state.records import Column
from vzctl.errors import UsageError, VzctlError

AZURE = {"resourceName": "contoso", "deploymentId": "embed_3.small"}
ENDPOINT = {"endpointName": "abc123", "regionName": "us-east-1", "cloudName": "aws"}
NEEDED: dict[str, dict[str, str]] = {"azureOpenAI": AZURE, "huggingfaceDedicated": ENDPOINT}

# provider, model, minimum, maximum, default
MODELS: list[tuple[str, str, int, int, int | None]] = [
    ("azureOpenAI", "text-embedding-3-large", 256, 3072, 1536),
    ("azureOpenAI", "text-embedding-3-small", 2, 1536, 1536),
    ("azureOpenAI", "text-embedding-ada-002", 1536, 1536, 1536),
    ("huggingface", "BAAI/bge-base-en-v1.5", 768, 768, 768),
    ("huggingface", "BAAI/bge-large-en-v1.5", 1024, 1024, 1024),
    ("huggingface", "BAAI/bge-small-en-v1.5", 384, 384, 384),
    ("huggingface", "intfloat/multilingual-e5-large", 1024, 1024, 1024),
    ("huggingface", "intfloat/multilingual-e5-large-instruct", 1024, 1024, 1024),
    ("huggingface", "sentence-transformers/all-MiniLM-L6-v2", 384, 384, 384),
    ("huggingfaceDedicated", "endpoint-defined-model", 2, 3072, None),
    ("jinaAI", "jina-embeddings-v2-base-code", 768, 768, 768),
    ("jinaAI", "jina-embeddings-v2-base-de", 768, 768, 768),
    ("jinaAI", "jina-embeddings-v2-base-en", 768, 768, 768),
    ("jinaAI", "jina-embeddings-v2-base-es", 768, 768, 768),
    ("jinaAI", "jina-embeddings-v2-base-zh", 768, 768, 768),
    ("jinaAI", "jina-embeddings-v3", 1, 1024, 1024),
    ("mistral", "mistral-embed", 1024, 1024, 1024),
    ("nvidia", "NV-Embed-QA", 1024, 1024, 1024),
    ("nvidia", "nvidia/nv-embedqa-e5-v5", 1024, 1024, 1024),
    ("openai", "text-embedding-3-large", 256, 3072, 3072),
    ("openai", "text-embedding-3-small", 2, 1536, 1536),
    ("openai", "text-embedding-ada-002", 1536, 1536, 1536),
    ("upstageAI", "solar-embedding-1-large", 4096, 4096, 4096),
    ("voyageAI", "voyage-2", 1024, 1024, 1024),
    ("voyageAI", "voyage-code-2", 1536, 1536, 1536),
    ("voyageAI", "voyage-finance-2", 1024, 1024, 1024),
    ("voyageAI", "voyage-large-2", 1536, 1536, 1536),
    ("voyageAI", "voyage-large-2-instruct", 1024, 1024, 1024),
    ("voyageAI", "voyage-law-2", 1024, 1024, 1024),
    ("voyageAI", "voyage-multilingual-2", 1024, 1024, 1024),
]


def problem(
    provider: str, model: str | None, dimension: int | None, parameters: dict[str, object]
) -> tuple[str, str, tuple[NextStep, ...]]:
    with pytest.raises(UsageError) as caught:
        check_service(find_provider(provider), model, dimension, parameters)
    error = caught.value
    assert error.next_steps == (suggest("providers show", provider, comment="its models, dimensions and parameters"),)
    return error.code, error.message, error.next_steps


def test_the_table_names_every_model() -> None:
    assert [(provider, model) for provider, model, *_ in MODELS] == [
        (provider.id, model.name) for provider in CATALOGUE for model in provider.models
    ]


@pytest.mark.parametrize(("provider", "model", "minimum", "maximum", "default"), MODELS)
def test_dimensions_of_every_model(provider: str, model: str, minimum: int, maximum: int, default: int | None) -> None:
    needed: dict[str, Any] = NEEDED.get(provider, {})
    for given_dimension in dict.fromkeys((None, minimum, maximum)):
        length = default if given_dimension is None else given_dimension
        if length is None:
            continue
        resolved = ResolvedService(provider=provider, model=model, dimension=length, parameters=needed)
        assert check_service(find_provider(provider), model, given_dimension, needed) == resolved
        assert service_problems(provider, model, given_dimension, needed) == ()
    for length in (minimum - 1, maximum + 1, 0, -maximum):
        code, message, _ = problem(provider, model, length, needed)
        span = f"always makes {minimum}" if minimum == maximum else f"makes {minimum} to {maximum}"
        name = find_provider(provider).display_name
        assert code == "DIMENSION_OUT_OF_RANGE"
        assert message == f'the model "{model}" of {name} {span} dimensions, not {length}'
        assert service_problems(provider, model, length, needed) == (message,)


def test_a_dedicated_endpoint_needs_its_dimension() -> None:
    for model in (None, "endpoint-defined-model"):
        assert problem("huggingfaceDedicated", model, None, {**ENDPOINT})[:2] == (
            "DIMENSION_REQUIRED",
            'the model "endpoint-defined-model" has no default dimension; give one from 2 to 3072',
        )


def test_a_dedicated_endpoint_needs_no_model() -> None:
    assert check_service(find_provider("huggingfaceDedicated"), None, 384, ENDPOINT) == ResolvedService(
        provider="huggingfaceDedicated", model="endpoint-defined-model", dimension=384, parameters={**ENDPOINT}
    )
    assert service_problems("huggingfaceDedicated", None, 384, ENDPOINT) == ()


@pytest.mark.parametrize(
    ("provider", "model", "message"),
    [
        (
            "openai",
            "text-embedding-3-smal",
            (
                'there is no model "text-embedding-3-smal"; OpenAI offers "text-embedding-3-large", '
                '"text-embedding-3-small" and "text-embedding-ada-002"; did you mean "text-embedding-3-small" or '
                '"text-embedding-3-large" or "text-embedding-ada-002"?'
            ),
        ),
        (
            "mistral",
            "MISTRAL-EMBED",
            'there is no model "MISTRAL-EMBED"; Mistral AI offers "mistral-embed"; did you mean "mistral-embed"?',
        ),
        (
            "nvidia",
            "xyz",
            'there is no model "xyz"; Nvidia offers "NV-Embed-QA" and "nvidia/nv-embedqa-e5-v5"',
        ),
        ("upstageAI", "", 'there is no model ""; Upstage offers "solar-embedding-1-large"'),
        (
            "huggingfaceDedicated",
            "BAAI/bge-m3",
            'there is no model "BAAI/bge-m3"; Hugging Face - Dedicated offers "endpoint-defined-model"',
        ),
        ("mistral", None, 'a model must be named; Mistral AI offers "mistral-embed"'),
    ],
)
def test_unknown_models(provider: str, model: str | None, message: str) -> None:
    assert problem(provider, model, 5, {"foreign": "x"})[:2] == ("MODEL_UNKNOWN", message)
    judged = () if model is None else (message,)
    assert service_problems(provider, model, 5, {"foreign": "x"}) == judged


@pytest.mark.parametrize(
    ("provider", "model", "given_parameters", "typed"),
    [
        ("openai", "text-embedding-3-small", {}, {}),
        (
            "openai",
            "text-embedding-3-small",
            {"projectId": "proj_1", "organizationId": "org-1"},
            {"organizationId": "org-1", "projectId": "proj_1"},
        ),
        ("openai", "text-embedding-3-small", {"projectId": "p" * 256}, {"projectId": "p" * 256}),
        ("azureOpenAI", "text-embedding-3-small", AZURE, AZURE),
        (
            "azureOpenAI",
            "text-embedding-3-small",
            {**AZURE, "resourceName": "0" * 63},
            {**AZURE, "resourceName": "0" * 63},
        ),
        ("jinaAI", "jina-embeddings-v3", {"late_chunking": "true"}, {"late_chunking": True}),
        ("jinaAI", "jina-embeddings-v3", {"late_chunking": "FALSE"}, {"late_chunking": False}),
        ("jinaAI", "jina-embeddings-v3", {"late_chunking": False}, {"late_chunking": False}),
        ("jinaAI", "jina-embeddings-v3", {"task": "retrieval.query"}, {"task": "retrieval.query"}),
        ("jinaAI", "jina-embeddings-v3", {"task": "retrieval.passage"}, {"task": "retrieval.passage"}),
        ("jinaAI", "jina-embeddings-v3", {"task": "separation"}, {"task": "separation"}),
        ("jinaAI", "jina-embeddings-v3", {"task": "classification"}, {"task": "classification"}),
        ("jinaAI", "jina-embeddings-v3", {"task": "text-matching"}, {"task": "text-matching"}),
        ("voyageAI", "voyage-2", {"autoTruncate": True}, {"autoTruncate": True}),
        ("voyageAI", "voyage-2", {"autoTruncate": "False"}, {"autoTruncate": False}),
    ],
)
def test_parameters_become_typed(
    provider: str, model: str, given_parameters: dict[str, Any], typed: dict[str, Any]
) -> None:
    resolved = check_service(find_provider(provider), model, None, given_parameters)
    found = find_provider(provider).model(model)
    assert found is not None
    assert found.dimension.default is not None
    assert resolved == ResolvedService(
        provider=provider, model=model, dimension=found.dimension.default, parameters=typed
    )
    assert list(resolved.parameters) == list(typed)
    assert [type(value) for value in resolved.parameters.values()] == [type(value) for value in typed.values()]
    assert service_problems(provider, model, None, given_parameters) == ()


LABEL = 'at most 63 letters, digits and "-", the first a letter or a digit'
PATH = 'at most 256 letters, digits, "-", "_" and ".", the first a letter or a digit'
TEXT = "1 to 256 printable ASCII characters without spaces"
TASK = '"retrieval.passage", "retrieval.query", "separation", "classification" and "text-matching"'
SMALL = "text-embedding-3-small"
V3 = "jina-embeddings-v3"
V2 = "jina-embeddings-v2-base-en"
AZURE_PARAMETERS = '"resourceName" and "deploymentId"'
MISSING, UNKNOWN, INVALID = "PARAMETER_MISSING", "PARAMETER_UNKNOWN", "PARAMETER_INVALID"


def refused(provider: str, name: str, seen: str, allowed: str) -> str:
    return f'the parameter "{name}" of {provider} is {seen}; allowed: {allowed}'


@pytest.mark.parametrize(
    ("provider", "model", "given_parameters", "code", "messages"),
    [
        (
            "azureOpenAI",
            SMALL,
            {},
            MISSING,
            [
                f'the parameter "resourceName" is missing; Azure OpenAI needs {AZURE_PARAMETERS}',
                f'the parameter "deploymentId" is missing; Azure OpenAI needs {AZURE_PARAMETERS}',
            ],
        ),
        (
            "azureOpenAI",
            SMALL,
            {"resourcename": "a", "deploymentId": "b"},
            MISSING,
            [
                f'the parameter "resourceName" is missing; Azure OpenAI needs {AZURE_PARAMETERS}',
                (
                    f'there is no parameter "resourcename": the model "{SMALL}" of Azure OpenAI takes '
                    f'{AZURE_PARAMETERS}; did you mean "resourceName"?'
                ),
            ],
        ),
        (
            "huggingfaceDedicated",
            None,
            {"endpointName": "a", "regionName": "b"},
            MISSING,
            [
                (
                    'the parameter "cloudName" is missing; Hugging Face - Dedicated needs "endpointName", '
                    '"regionName" and "cloudName"'
                )
            ],
        ),
        (
            "mistral",
            "mistral-embed",
            {"task": "x"},
            UNKNOWN,
            ['there is no parameter "task": the model "mistral-embed" of Mistral AI takes none'],
        ),
        (
            "jinaAI",
            V2,
            {"task": "separation"},
            UNKNOWN,
            [f'there is no parameter "task": the model "{V2}" of Jina AI takes none'],
        ),
        (
            "openai",
            SMALL,
            {"vectorDimension": 8},
            UNKNOWN,
            [
                (
                    f'there is no parameter "vectorDimension": the model "{SMALL}" of OpenAI takes '
                    '"organizationId" and "projectId"; the dimension is not given as a parameter'
                )
            ],
        ),
        (
            "openai",
            SMALL,
            {"sk-" + "a" * 30: "x", "projectId": ""},
            UNKNOWN,
            [
                (
                    f'there is no parameter a text that looks like a key: the model "{SMALL}" of OpenAI takes '
                    '"organizationId" and "projectId"'
                ),
                refused("OpenAI", "projectId", '""', TEXT),
            ],
        ),
        ("jinaAI", V3, {"task": "Separation"}, INVALID, [refused("Jina AI", "task", '"Separation"', TASK)]),
        ("jinaAI", V3, {"task": ""}, INVALID, [refused("Jina AI", "task", '""', TASK)]),
        ("jinaAI", V3, {"task": True}, INVALID, [refused("Jina AI", "task", "of the type bool", TASK)]),
        *(
            (
                "jinaAI",
                V3,
                {"late_chunking": value},
                INVALID,
                [refused("Jina AI", "late_chunking", seen, '"true" and "false"')],
            )
            for value, seen in (
                ("yes", '"yes"'),
                ("", '""'),
                ("1", '"1"'),
                (1, "of the type int"),
                (None, "of the type NoneType"),
            )
        ),
        *(
            ("openai", SMALL, {"projectId": value}, INVALID, [refused("OpenAI", "projectId", seen, TEXT)])
            for value, seen in (
                ("a b", '"a b"'),
                ("a\r\nX-Evil: 1", '"a\\r\\nX-Evil: 1"'),
                ("projé", '"projé"'),
                ("\ud800", '"\\ud800"'),
                ("x" * 257, '"' + "x" * 100 + '…"'),
                ("sk-" + "q" * 30 + " ", "a text that looks like a key"),
                (7, "of the type int"),
                (["a"], "of the type list"),
            )
        ),
        *(
            (
                "azureOpenAI",
                SMALL,
                {**AZURE, "resourceName": value},
                INVALID,
                [refused("Azure OpenAI", "resourceName", seen, LABEL)],
            )
            for value, seen in (
                ("evil.example/", '"evil.example/"'),
                ("a.b", '"a.b"'),
                ("a_b", '"a_b"'),
                ("-a", '"-a"'),
                ("a@b", '"a@b"'),
                ("a#", '"a#"'),
                ("é", '"é"'),
                ("a\n", '"a\\n"'),
                ("a" * 64, '"' + "a" * 64 + '"'),
            )
        ),
        *(
            (
                "azureOpenAI",
                SMALL,
                {**AZURE, "deploymentId": value},
                INVALID,
                [refused("Azure OpenAI", "deploymentId", seen, PATH)],
            )
            for value, seen in (
                ("../x", '"../x"'),
                ("a/b", '"a/b"'),
                ("_a", '"_a"'),
                ("a?b", '"a?b"'),
                ("a%2f", '"a%2f"'),
            )
        ),
        *(
            (
                "huggingfaceDedicated",
                None,
                {**ENDPOINT, name: "a.b"},
                INVALID,
                [refused("Hugging Face - Dedicated", name, '"a.b"', LABEL)],
            )
            for name in ENDPOINT
        ),
        (
            "voyageAI",
            "voyage-2",
            {"autoTruncate": 0},
            INVALID,
            [refused("Voyage AI", "autoTruncate", "of the type int", '"true" and "false"')],
        ),
    ],
)
def test_parameters_that_are_refused(
    provider: str, model: str | None, given_parameters: dict[str, object], code: str, messages: list[str]
) -> None:
    dimension = 8 if model in (None, SMALL) else None
    assert problem(provider, model, dimension, given_parameters)[:2] == (code, messages[0])
    assert service_problems(provider, model, dimension, given_parameters) == tuple(messages)


@pytest.mark.parametrize("name", ["resourceName", "deploymentId"])
def test_a_key_given_as_a_parameter_is_refused_and_not_repeated(name: str) -> None:
    given = {"resourceName": "my-openai", "deploymentId": "embedding-1", name: f"sk-proj-{'aB3' * 16}"}
    assert service_problems("azureOpenAI", SMALL, 1536, given) == (
        f'the parameter "{name}" is kept in clear text, and its value is a key; replace the key at its provider',
    )


def test_every_problem_is_named_at_once() -> None:
    assert service_problems("azureOpenAI", SMALL, 1, {"deploymentId": "/"}) == (
        f'the model "{SMALL}" of Azure OpenAI makes 2 to 1536 dimensions, not 1',
        f'the parameter "resourceName" is missing; Azure OpenAI needs {AZURE_PARAMETERS}',
        refused("Azure OpenAI", "deploymentId", '"/"', PATH),
    )


@pytest.mark.parametrize(
    ("provider", "problems"),
    [
        ("nonesuch", ('there is no provider "nonesuch"',)),
        ("OpenAI", ('there is no provider "OpenAI"',)),
        ("", ('there is no provider ""',)),
        ("vertexai", ("Google Vertex AI is not offered by Astra DB vectorize",)),
        ("bedrock", ()),
        ("cohere", ()),
    ],
)
def test_problems_of_providers_outside_the_catalogue(provider: str, problems: tuple[str, ...]) -> None:
    assert service_problems(provider, "any", 5, {"region": "us-east-1"}) == problems


# ---------------------------------------------------------------- properties

ANY_TEXT = st.text() | st.sampled_from(
    [*(model for _, model, *_ in MODELS), *AZURE, *ENDPOINT, "task", "late_chunking"]
)
ANY_VALUE = st.none() | st.booleans() | st.integers() | st.floats() | ANY_TEXT | st.lists(st.text(), max_size=2)
ANY_PARAMETERS = st.dictionaries(ANY_TEXT, ANY_VALUE, max_size=5)
ANY_DIMENSION = st.none() | st.integers() | st.integers(0, 4097)


@given(
    provider=st.sampled_from(CATALOGUE), model=st.none() | ANY_TEXT, dimension=ANY_DIMENSION, parameters=ANY_PARAMETERS
)
def test_check_service_answers_or_raises_what_was_foreseen(
    provider: Provider, model: str | None, dimension: int | None, parameters: dict[str, object]
) -> None:
    problems = service_problems(provider.id, model, dimension, parameters)
    resolved, raised = None, None
    try:
        resolved = check_service(provider, model, dimension, parameters)
    except VzctlError as error:
        raised = error
    if resolved is None:
        assert raised is not None
        assert raised.message.isprintable()
        assert problems == () or raised.code == "DIMENSION_REQUIRED" or raised.message == problems[0]
        return
    assert problems == ()
    assert check_service(provider, resolved.model, resolved.dimension, resolved.parameters) == resolved
    assert same_embedding(resolved, resolved)


@given(provider=ANY_TEXT, model=st.none() | ANY_TEXT, dimension=ANY_DIMENSION, parameters=ANY_PARAMETERS)
def test_service_problems_never_raises(
    provider: str, model: str | None, dimension: int | None, parameters: dict[str, object]
) -> None:
    assert all(sentence.isprintable() for sentence in service_problems(provider, model, dimension, parameters))


@given(provider=st.sampled_from(CATALOGUE), value=st.text(min_size=1), name=st.sampled_from([*AZURE, *ENDPOINT]))
def test_an_accepted_label_cannot_leave_its_place_in_a_url(provider: Provider, value: str, name: str) -> None:
    needed = NEEDED.get(provider.id, {})
    if name not in needed:
        return
    if not service_problems(provider.id, provider.models[0].name, 256, {**needed, name: value}):
        assert not set(value) & set("/:@?#\\% \t\r\n")
        assert "." not in value or name == "deploymentId"


# ---------------------------------------------------------------- same_embedding


def column(provider: str | None, model: str | None, dimension: int | None, parameters: dict[str, Any]) -> Column:
    return Column(
        database="d",
        keyspace="k",
        table="t",
        column="c",
        provider=provider,
        model=model,
        dimension=dimension,
        parameters=parameters,
    )


Service = tuple[str | None, str | None, int | None, dict[str, Any]]


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (("openai", SMALL, 8, {}), ("openai", SMALL, 8, {}), True),
        (("openai", SMALL, 8, {}), ("openai", SMALL, 9, {}), False),
        (("openai", SMALL, 1536, {}), ("openai", "text-embedding-ada-002", 1536, {}), False),
        (("openai", SMALL, 8, {}), ("azureOpenAI", SMALL, 8, {}), False),
        (("openai", SMALL, 8, {}), ("openai", SMALL, 8, {"projectId": "p"}), False),
        (("openai", SMALL, 8, {}), (None, None, 8, {}), False),
        ((None, None, 8, {}), (None, None, 8, {}), True),
        (("openai", "text-embedding-ada-002", None, {}), ("openai", "text-embedding-ada-002", 1536, {}), True),
        (("openai", SMALL, None, {}), ("openai", SMALL, 1536, {}), False),
        (("openai", SMALL, None, {}), ("openai", SMALL, None, {}), True),
        (("jinaAI", V3, 8, {}), ("jinaAI", V3, 8, {"task": "text-matching"}), True),
        (("jinaAI", V3, 8, {}), ("jinaAI", V3, 8, {"late_chunking": False, "task": "text-matching"}), True),
        (("jinaAI", V3, 8, {"late_chunking": "false"}), ("jinaAI", V3, 8, {"late_chunking": False}), True),
        (("jinaAI", V3, 8, {}), ("jinaAI", V3, 8, {"late_chunking": True}), False),
        (("jinaAI", V3, 8, {}), ("jinaAI", V3, 8, {"task": "separation"}), False),
        (("jinaAI", V3, 8, {"task": "new"}), ("jinaAI", V3, 8, {"task": "new"}), True),
        (("jinaAI", V3, 8, {"task": "new"}), ("jinaAI", V3, 8, {}), False),
        (("voyageAI", "voyage-2", 1024, {"autoTruncate": True}), ("voyageAI", "voyage-2", None, {}), True),
        (("voyageAI", "voyage-2", 1024, {"autoTruncate": "false"}), ("voyageAI", "voyage-2", None, {}), False),
        (
            ("huggingfaceDedicated", None, 8, ENDPOINT),
            ("huggingfaceDedicated", "endpoint-defined-model", 8, ENDPOINT),
            True,
        ),
        (
            ("huggingfaceDedicated", None, 8, ENDPOINT),
            ("huggingfaceDedicated", None, 8, {**ENDPOINT, "endpointName": "other"}),
            False,
        ),
        (("bedrock", "titan", 8, {"region": "a"}), ("bedrock", "titan", 8, {"region": "a"}), True),
        (("bedrock", "titan", 8, {"region": "a"}), ("bedrock", "titan", 8, {"region": "b"}), False),
        (("openai", "gone", 8, {}), ("openai", "gone", 8, {}), True),
    ],
)
def test_same_embedding(one: Service, other: Service, same: bool) -> None:
    assert same_embedding(column(*one), column(*other)) is same
    assert same_embedding(column(*other), column(*one)) is same


def test_a_checked_service_compares_with_a_recorded_one() -> None:
    checked = check_service(find_provider("jina"), V3, None, {"late_chunking": "false"})
    assert same_embedding(checked, column("jinaAI", V3, 1024, {}))
    assert not same_embedding(checked, column("jinaAI", V3, 512, {}))
