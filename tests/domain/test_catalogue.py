"""The catalogue as a whole, and how a provider is found, and used with or without a credential."""

from __future__ import annotations

import string
from itertools import product

import pytest
from hypothesis import given
from hypothesis import strategies as st

from vzctl.command import suggest
from vzctl.domain.catalog.catalog import CATALOGUE, check_authentication, find_provider
from vzctl.domain.catalog.provider import Hosting, Parameter, ParameterKind, Provider, Shape
from vzctl.domain.state.records import Authentication
from vzctl.errors import ConflictError, NotFoundError, VzctlError

KNOWN = (
    'known are "azureOpenAI", "huggingface", "huggingfaceDedicated", "jinaAI", "mistral", "nvidia", "openai", '
    '"upstageAI" and "voyageAI"'
)
LIST = suggest("providers list", comment="the providers that vectorize offers")
BY_KEY = (Authentication.CREDENTIAL, Authentication.HEADER)
HEADER = ("x-embedding-api-key",)

# id: display name, hosting, authentication, header names, how the secret is called, live keys at most, refused prefixes
PROVIDERS = {
    "azureOpenAI": ("Azure OpenAI", Hosting.EXTERNAL, BY_KEY, HEADER, "API key", 2, ()),
    "huggingface": ("Hugging Face - Serverless", Hosting.EXTERNAL, BY_KEY, HEADER, "User access token", None, ()),
    "huggingfaceDedicated": (
        "Hugging Face - Dedicated",
        Hosting.EXTERNAL,
        BY_KEY,
        HEADER,
        "User access token",
        None,
        (),
    ),
    "jinaAI": ("Jina AI", Hosting.EXTERNAL, BY_KEY, HEADER, "API key", None, ()),
    "mistral": ("Mistral AI", Hosting.EXTERNAL, BY_KEY, HEADER, "API key", None, ()),
    "nvidia": ("Nvidia", Hosting.ASTRA_HOSTED, (Authentication.NONE,), (), "", None, ()),
    "openai": ("OpenAI", Hosting.EXTERNAL, BY_KEY, HEADER, "API key", None, ("sk-admin-",)),
    "upstageAI": ("Upstage", Hosting.EXTERNAL, BY_KEY, HEADER, "API key", None, ()),
    "voyageAI": ("Voyage AI", Hosting.EXTERNAL, BY_KEY, HEADER, "API key", None, ("al-",)),
}

TASKS = ("retrieval.passage", "retrieval.query", "separation", "classification", "text-matching")
STRING, BOOLEAN = ParameterKind.STRING, ParameterKind.BOOLEAN

# provider: (of the provider or the model, name, kind, required, default, options, shape)
PARAMETERS = {
    "azureOpenAI": [
        (None, "resourceName", STRING, True, None, (), Shape.HOST_LABEL),
        (None, "deploymentId", STRING, True, None, (), Shape.PATH_LABEL),
    ],
    "huggingfaceDedicated": [
        (None, "endpointName", STRING, True, None, (), Shape.HOST_LABEL),
        (None, "regionName", STRING, True, None, (), Shape.HOST_LABEL),
        (None, "cloudName", STRING, True, None, (), Shape.HOST_LABEL),
    ],
    "jinaAI": [
        ("jina-embeddings-v3", "task", STRING, False, "text-matching", TASKS, Shape.TEXT),
        ("jina-embeddings-v3", "late_chunking", BOOLEAN, False, "false", (), Shape.TEXT),
    ],
    "openai": [
        (None, "organizationId", STRING, False, None, (), Shape.TEXT),
        (None, "projectId", STRING, False, None, (), Shape.TEXT),
    ],
    "voyageAI": [(None, "autoTruncate", BOOLEAN, False, "true", (), Shape.TEXT)],
}

# One more spelling a line, all of which a person may type.
SPELLINGS = {
    "azureOpenAI": (
        "azureOpenAI",
        "AZUREOPENAI",
        "azureopenai",
        "Azure OpenAI",
        "azure-openai",
        "Azure Open A.I.",
        "azure",
    ),
    "huggingface": (
        "huggingface",
        "HuggingFace",
        "hugging face",
        "hugging-face",
        "Hugging Face - Serverless",
        "hugging face serverless",
        "huggingface_serverless",
    ),
    "huggingfaceDedicated": (
        "huggingfaceDedicated",
        "HUGGINGFACEDEDICATED",
        "Hugging Face - Dedicated",
        "hugging face dedicated",
        "hugging.face.dedicated",
        "huggingface-dedicated",
    ),
    "jinaAI": ("jinaAI", "jinaai", "Jina AI", "jina-ai", "jina_ai", "jina", "JINA", "jina.ai"),
    "mistral": ("mistral", "Mistral", "Mistral AI", "mistral ai", "mistral-ai", "mistralai"),
    "nvidia": ("nvidia", "NVIDIA", "Nvidia", " nvidia "),
    "openai": ("openai", "OpenAI", "open-ai", "Open AI", "OPENAI", "open_ai"),
    "upstageAI": ("upstageAI", "upstage", "Upstage", "upstageai", "upstage-ai", "Upstage AI"),
    "voyageAI": ("voyageAI", "voyage", "Voyage", "Voyage AI", "voyage-ai", "VOYAGEAI"),
}


def facts(provider: Provider) -> tuple[object, ...]:
    hint = provider.key_hint
    return (
        provider.display_name,
        provider.hosting,
        provider.authentication,
        provider.header_names,
        provider.credential_label,
        provider.maximum_live_keys,
        tuple(prefix for prefix, _ in hint.refused_prefixes) if hint else (),
    )


def parameter_facts(owner: str | None, parameter: Parameter) -> tuple[object, ...]:
    return (
        owner,
        parameter.name,
        parameter.kind,
        parameter.required,
        parameter.default,
        parameter.options,
        parameter.shape,
    )


def parameters(provider: Provider) -> list[tuple[object, ...]]:
    own = [parameter_facts(None, item) for item in provider.parameters]
    return own + [parameter_facts(model.name, item) for model in provider.models for item in model.parameters]


def test_the_catalogue_is_the_nine_providers_in_order() -> None:
    assert {provider.id: facts(provider) for provider in CATALOGUE} == PROVIDERS
    assert [provider.id for provider in CATALOGUE] == sorted(PROVIDERS)


def test_parameters() -> None:
    assert {provider.id: parameters(provider) for provider in CATALOGUE if parameters(provider)} == PARAMETERS


@pytest.mark.parametrize("provider", CATALOGUE, ids=lambda provider: provider.id)
def test_names_are_unique_and_sorted(provider: Provider) -> None:
    names = [model.name for model in provider.models]
    assert names == sorted(set(names))
    for model in provider.models:
        taken = [parameter.name for parameter in provider.parameters_of(model)]
        assert sorted(taken) == sorted(set(taken))
    assert provider.default_model is None or provider.default_model in names


@pytest.mark.parametrize("provider", CATALOGUE, ids=lambda provider: provider.id)
def test_who_takes_a_credential_says_where_its_keys_are_made_and_revoked(provider: Provider) -> None:
    words = (provider.credential_label, provider.console, provider.revocation_instructions)
    assert [bool(word) for word in words] == [provider.takes_credential] * 3
    assert provider.takes_credential == provider.is_external


@pytest.mark.parametrize("provider", CATALOGUE, ids=lambda provider: provider.id)
def test_texts_are_fit_to_be_shown(provider: Provider) -> None:
    texts = [provider.console, provider.revocation_instructions, *provider.notes]
    texts += [note for model in provider.models for note in model.notes]
    texts += [item.help for model in provider.models for item in provider.parameters_of(model)]
    texts += [provider.key_hint.expected] if provider.key_hint else []
    assert [text for text in texts if not text.isprintable() or "://" in text or text != text.strip()] == []


# ---------------------------------------------------------------- find_provider


@pytest.mark.parametrize(
    ("provider_id", "text"), [(provider_id, text) for provider_id, texts in SPELLINGS.items() for text in texts]
)
def test_a_provider_is_found_by_any_spelling(provider_id: str, text: str) -> None:
    assert find_provider(text).id == provider_id


def test_there_is_a_spelling_test_for_every_provider() -> None:
    assert list(SPELLINGS) == [provider.id for provider in CATALOGUE]


@given(data=st.data(), provider=st.sampled_from(CATALOGUE))
def test_case_and_punctuation_never_matter(data: st.DataObject, provider: Provider) -> None:
    name = data.draw(st.sampled_from([provider.id, provider.display_name]))
    typed = "".join(
        (character.upper() if data.draw(st.booleans()) else character.lower()) + data.draw(st.text("-_. ", max_size=2))
        for character in name
    )
    assert find_provider(typed) is provider


@pytest.mark.parametrize(
    ("text", "code", "message"),
    [
        ("opnai", "PROVIDER_UNKNOWN", 'there is no provider "opnai"; did you mean "openai" or "azureOpenAI"?'),
        ("Voyager", "PROVIDER_UNKNOWN", 'there is no provider "Voyager"; did you mean "voyageAI"?'),
        ("mistrall", "PROVIDER_UNKNOWN", 'there is no provider "mistrall"; did you mean "mistral"?'),
        (
            "huggingface inference",
            "PROVIDER_UNKNOWN",
            'there is no provider "huggingface inference"; did you mean "huggingface" or "huggingfaceDedicated"?',
        ),
        ("", "PROVIDER_UNKNOWN", f'there is no provider ""; {KNOWN}'),
        ("-", "PROVIDER_UNKNOWN", f'there is no provider "-"; {KNOWN}'),
        ("xyzzy", "PROVIDER_UNKNOWN", f'there is no provider "xyzzy"; {KNOWN}'),
        ("zz\x1b[31m", "PROVIDER_UNKNOWN", f'there is no provider "zz\\x1b[31m"; {KNOWN}'),
        ("z" * 200, "PROVIDER_UNKNOWN", f'there is no provider "{"z" * 100}…"; {KNOWN}'),
        ("sk-" + "q" * 40, "PROVIDER_UNKNOWN", f"there is no provider a text that looks like a key; {KNOWN}"),
        *product(
            ("bedrock", "Bedrock", "Amazon Bedrock", "amazon-bedrock"),
            ["PROVIDER_UNSUPPORTED"],
            ["Amazon Bedrock takes its key by header only, with each request: no integration, no stored credential"],
        ),
        (
            "COHERE",
            "PROVIDER_UNSUPPORTED",
            "Cohere takes its key by header only, with each request: no integration, no stored credential",
        ),
        *product(
            ("vertexai", "Vertex AI", "Google Vertex AI"),
            ["PROVIDER_UNSUPPORTED"],
            ["Google Vertex AI is not offered by Astra DB vectorize"],
        ),
    ],
)
def test_a_provider_that_is_not_offered(text: str, code: str, message: str) -> None:
    with pytest.raises(NotFoundError) as caught:
        find_provider(text)
    assert (caught.value.code, caught.value.message, caught.value.next_steps) == (code, message, (LIST,))


@given(text=st.text() | st.text(string.printable))
def test_any_text_finds_a_provider_or_a_foreseen_error(text: str) -> None:
    message = ""
    try:
        assert find_provider(text) in CATALOGUE
    except VzctlError as error:
        message = error.message
    assert message.isprintable()


# ---------------------------------------------------------------- check_authentication


@pytest.mark.parametrize(
    ("provider", "authentication"),
    [
        (provider, authentication)
        for provider in CATALOGUE
        for authentication in (BY_KEY if provider.id != "nvidia" else [Authentication.NONE])
    ],
    ids=str,
)
def test_authentication_that_works(provider: Provider, authentication: Authentication) -> None:
    check_authentication(provider, authentication)


@pytest.mark.parametrize("authentication", [Authentication.CREDENTIAL, Authentication.HEADER])
def test_an_astra_hosted_provider_takes_no_credential(authentication: Authentication) -> None:
    with pytest.raises(ConflictError) as caught:
        check_authentication(find_provider("nvidia"), authentication)
    assert (caught.value.code, caught.value.message, caught.value.next_steps) == (
        "PROVIDER_TAKES_NO_CREDENTIAL",
        "the provider Nvidia is hosted by Astra: it takes no credential, no header and no scope",
        (suggest("providers show", "nvidia", comment="how it is used"),),
    )


@pytest.mark.parametrize("provider", [item for item in CATALOGUE if item.id != "nvidia"], ids=lambda item: item.id)
def test_an_external_provider_needs_a_key(provider: Provider) -> None:
    with pytest.raises(ConflictError) as caught:
        check_authentication(provider, Authentication.NONE)
    assert (caught.value.code, caught.value.message, caught.value.next_steps) == (
        "AUTHENTICATION_UNSUPPORTED",
        (
            f"the provider {provider.display_name} is external: it needs a credential, or a key in the header "
            '"x-embedding-api-key" of each request'
        ),
        (suggest("providers show", provider.id, comment="how it is used"),),
    )
