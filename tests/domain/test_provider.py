"""What a provider, a dimension and a key hint say about themselves."""

from __future__ import annotations

import pytest

from vzctl.domain.catalog.catalog import find_provider
from vzctl.domain.catalog.provider import Dimension, Hosting, KeyHint, Model, Parameter, Provider
from vzctl.domain.state.records import Authentication

HINT = KeyHint(pattern=r"ab-[0-9]{4}", expected='begin with "ab-"', refused_prefixes=(("ab-9", "nines cannot embed"),))
MODEL = Model(
    name="one",
    dimension=Dimension.fixed(8),
    parameters=(Parameter(name="depth", help="how deep"),),
)
PROVIDER = Provider(
    id="acme",
    display_name="Acme",
    models=(MODEL, Model(name="two", dimension=Dimension(minimum=2, maximum=4, default=None))),
    parameters=(Parameter(name="project", help="whose"),),
)

OPENAI_ADMIN = "it is an administration key of OpenAI, which cannot make embeddings"
VOYAGE_ATLAS = "it is a MongoDB Atlas key, which works at ai.mongodb.com only"


@pytest.mark.parametrize(
    ("dimension", "is_fixed", "text", "allowed", "refused"),
    [
        (Dimension.fixed(1024), True, "1024", (1024,), (1023, 1025, 0, -1024)),
        (Dimension(minimum=2, maximum=1536, default=1536), False, "2 to 1536", (2, 3, 1535, 1536), (1, 1537, 0, -2)),
    ],
)
def test_dimension(
    dimension: Dimension, is_fixed: bool, text: str, allowed: tuple[int, ...], refused: tuple[int, ...]
) -> None:
    assert (dimension.is_fixed, dimension.text) == (is_fixed, text)
    assert [dimension.allows(length) for length in allowed] == [True] * len(allowed)
    assert [dimension.allows(length) for length in refused] == [False] * len(refused)


def test_fixed_dimension_is_its_own_default() -> None:
    assert Dimension.fixed(8) == Dimension(minimum=8, maximum=8, default=8)


def test_a_provider_is_external_unless_it_says_otherwise() -> None:
    hosted = Provider(
        id="here",
        display_name="Here",
        hosting=Hosting.ASTRA_HOSTED,
        authentication=(Authentication.NONE,),
        models=(MODEL,),
    )
    assert (PROVIDER.is_external, PROVIDER.takes_credential) == (True, True)
    assert (hosted.is_external, hosted.takes_credential) == (False, False)


def test_external_does_not_mean_that_a_credential_can_be_stored() -> None:
    header_only = Provider(id="h", display_name="H", authentication=(Authentication.HEADER,), models=(MODEL,))
    assert (header_only.is_external, header_only.takes_credential) == (True, False)


def test_hosting_is_spelled_as_it_is_shown() -> None:
    assert [str(hosting) for hosting in Hosting] == ["external", "astra-hosted"]


@pytest.mark.parametrize("name", ["ONE", " one", "", "three", None])
def test_a_model_is_found_by_its_exact_name_only(name: str | None) -> None:
    assert PROVIDER.model(name) is None


def test_a_model_is_found() -> None:
    assert PROVIDER.model("one") is MODEL


def test_the_default_model_is_found_without_a_name() -> None:
    provider = Provider(id="d", display_name="D", models=(MODEL,), default_model="one")
    assert (provider.model(None), provider.model("one"), provider.model("two")) == (MODEL, MODEL, None)


def test_parameters_of_the_provider_come_before_those_of_the_model() -> None:
    assert [item.name for item in PROVIDER.parameters_of(MODEL)] == ["project", "depth"]


@pytest.mark.parametrize(
    ("text", "looks_right", "refusal"),
    [
        ("ab-1234", True, None),
        ("ab-12345", False, None),
        ("ab-1234\n", False, None),
        ("xab-1234", False, None),
        ("", False, None),
        ("ab-9234", False, "nines cannot embed"),
        ("ab-9", False, "nines cannot embed"),
    ],
)
def test_key_hint(text: str, looks_right: bool, refusal: str | None) -> None:
    assert (HINT.looks_right(text), HINT.refusal(text)) == (looks_right, refusal)


@pytest.mark.parametrize(
    ("provider", "text", "looks_right", "refusal"),
    [
        ("openai", "sk-proj-" + "a" * 40, True, None),
        ("openai", "sk-svcacct-" + "A_b-9" * 20, True, None),
        ("openai", "sk-" + "a" * 48, True, None),
        ("openai", "sk-short", False, None),
        ("openai", "pk-" + "a" * 48, False, None),
        ("openai", "sk-admin-" + "a" * 40, False, OPENAI_ADMIN),
        ("azureOpenAI", "0123456789abcdef" * 2, True, None),
        ("azureOpenAI", "0123456789ABCDEF" * 2, False, None),
        ("azureOpenAI", "a" * 52 + "JQQJ99" + "B" * 26, True, None),
        ("azureOpenAI", "a" * 83, False, None),
        ("huggingface", "hf_" + "a" * 34, True, None),
        ("huggingface", "hf_" + "a" * 33, False, None),
        ("huggingface", "api_org_" + "Z9" * 17, True, None),
        ("huggingfaceDedicated", "hf_" + "a" * 34, True, None),
        ("huggingfaceDedicated", "hf_" + "-" * 34, False, None),
        ("jinaAI", "jina_" + "a_-9" * 15, True, None),
        ("jinaAI", "jina-" + "a" * 60, False, None),
        ("upstageAI", "up_" + "a" * 29, True, None),
        ("upstageAI", "up_" + "a" * 19, False, None),
        ("voyageAI", "pa-" + "a_-" * 14 + "a", True, None),
        ("voyageAI", "pa-" + "a" * 42, False, None),
        ("voyageAI", "al-" + "a" * 43, False, VOYAGE_ATLAS),
    ],
)
def test_key_hints_of_the_catalogue(provider: str, text: str, looks_right: bool, refusal: str | None) -> None:
    hint = find_provider(provider).key_hint
    assert hint is not None
    assert (hint.looks_right(text), hint.refusal(text)) == (looks_right, refusal)


@pytest.mark.parametrize("provider", ["mistral", "nvidia"])
def test_providers_without_a_key_hint(provider: str) -> None:
    assert find_provider(provider).key_hint is None
