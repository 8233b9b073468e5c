"""The providers that Astra DB vectorize offers, as data, and the checks of a service against them (rules 2 and 12).

Sources: `findEmbeddingProviders` of the open-source Data API, compared by a test, and what Astra lists beyond it:
stored credentials for external providers and a second NVIDIA model. A live answer of the Data API wins over this table.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Final

from vzctl.command import suggest
from vzctl.domain.catalog.parameters import (
    Value,
    listed,
    parameter_faults,
    parameters_with_defaults,
    parse_parameters,
    show_step,
    shown,
)
from vzctl.domain.catalog.provider import (
    Dimension,
    EmbeddingService,
    Hosting,
    KeyHint,
    Model,
    Parameter,
    ParameterKind,
    Provider,
    Shape,
)
from vzctl.domain.state.names import did_you_mean, nearest
from vzctl.domain.state.records import Authentication
from vzctl.errors import ConflictError, NotFoundError, UsageError

ENDPOINT_DEFINED_MODEL: Final = "endpoint-defined-model"

_HUGGING_FACE_KEY: Final = KeyHint(
    pattern=r"(?:hf_|api_org_)[A-Za-z0-9]{34}",
    expected='begin with "hf_" or "api_org_", followed by 34 letters and digits',
)
_HUGGING_FACE_CONSOLE: Final = "huggingface.co/settings/tokens"
_HUGGING_FACE_KILL: Final = "delete the old token; a refresh instead would give it a new value"
_JINA_TASKS: Final = ("retrieval.passage", "retrieval.query", "separation", "classification", "text-matching")
_LEGACY: Final = "legacy at Voyage AI since 2026-01-15, deprecated from 2027-06-01, retired on 2027-12-01"


def _model(name: str, dimension: int, *notes: str) -> Model:
    return Model(name=name, dimension=Dimension.fixed(dimension), notes=notes)


def _range(name: str, minimum: int, maximum: int, default: int | None, *notes: str) -> Model:
    return Model(name=name, dimension=Dimension(minimum=minimum, maximum=maximum, default=default), notes=notes)


def _required(name: str, shape: Shape, help_text: str) -> Parameter:
    return Parameter(name=name, required=True, shape=shape, help=help_text)


CATALOGUE: Final[tuple[Provider, ...]] = (
    Provider(
        id="azureOpenAI",
        display_name="Azure OpenAI",
        models=(
            _range("text-embedding-3-large", 256, 3072, 1536, "above 1536 the Data API's own tests failed"),
            _range("text-embedding-3-small", 2, 1536, 1536),
            _model("text-embedding-ada-002", 1536),
        ),
        parameters=(
            _required("resourceName", Shape.HOST_LABEL, "Azure OpenAI Service name"),
            _required("deploymentId", Shape.PATH_LABEL, "Deployment name"),
        ),
        key_hint=KeyHint(
            pattern=r"[0-9a-f]{32}|[A-Za-z0-9]{84}", expected="are 32 hexadecimal digits, or 84 characters"
        ),
        console="portal.azure.com > your Azure OpenAI resource > Keys and Endpoint",
        kill_action="regenerate the slot of the old key (Key 1 or Key 2); it stops at once, the other slot goes on",
        maximum_live_keys=2,
        notes=(
            "the deployment decides the real model; the model named here only sets the dimension rules",
            "a resource has exactly two keys, both valid: note which slot (1 or 2) a credential holds",
        ),
    ),
    Provider(
        id="huggingface",
        display_name="Hugging Face - Serverless",
        credential_label="User access token",
        models=(
            _model("BAAI/bge-base-en-v1.5", 768),
            _model("BAAI/bge-large-en-v1.5", 1024),
            _model("BAAI/bge-small-en-v1.5", 384),
            _model("intfloat/multilingual-e5-large", 1024),
            _model("intfloat/multilingual-e5-large-instruct", 1024, "may no longer be served this way"),
            _model("sentence-transformers/all-MiniLM-L6-v2", 384),
        ),
        key_hint=_HUGGING_FACE_KEY,
        console=_HUGGING_FACE_CONSOLE,
        kill_action=_HUGGING_FACE_KILL,
        notes=('a fine-grained token needs the permission "Make calls to Inference Providers"',),
    ),
    Provider(
        id="huggingfaceDedicated",
        display_name="Hugging Face - Dedicated",
        credential_label="User access token",
        default_model=ENDPOINT_DEFINED_MODEL,
        models=(
            _range(ENDPOINT_DEFINED_MODEL, 2, 3072, None, "the name may be left out, the dimension must be given"),
        ),
        parameters=(
            _required("endpointName", Shape.HOST_LABEL, "Add the first part of the dedicated endpoint URL"),
            _required("regionName", Shape.HOST_LABEL, "Add the second part of the dedicated endpoint URL"),
            _required("cloudName", Shape.HOST_LABEL, "Add the third part of the dedicated endpoint URL"),
        ),
        key_hint=_HUGGING_FACE_KEY,
        console=_HUGGING_FACE_CONSOLE,
        kill_action=_HUGGING_FACE_KILL,
        notes=(
            "nothing compares the dimension with the endpoint when a collection is created: a wrong one fails later",
            "a request wakes an endpoint that is scaled to zero, and its billing starts",
            "a fine-grained token needs the permission to call Inference Endpoints",
        ),
    ),
    Provider(
        id="jinaAI",
        display_name="Jina AI",
        models=(
            _model("jina-embeddings-v2-base-code", 768),
            _model("jina-embeddings-v2-base-de", 768),
            _model("jina-embeddings-v2-base-en", 768),
            _model("jina-embeddings-v2-base-es", 768),
            _model("jina-embeddings-v2-base-zh", 768),
            Model(
                name="jina-embeddings-v3",
                dimension=Dimension(minimum=1, maximum=1024, default=1024),
                parameters=(
                    Parameter(
                        name="task",
                        default="text-matching",
                        options=_JINA_TASKS,
                        help="Select the downstream task for which the embeddings will be used.",
                    ),
                    Parameter(
                        name="late_chunking",
                        kind=ParameterKind.BOOLEAN,
                        default="false",
                        help="Apply the late chunking technique to leverage the model's long-context capabilities",
                    ),
                ),
                notes=("the task is sent unchanged for inserts and for searches",),
            ),
        ),
        key_hint=KeyHint(pattern=r"jina_[A-Za-z0-9_-]{20,}", expected='begin with "jina_"'),
        console="jina.ai/api-dashboard/key-manager",
        kill_action="delete the old key; how soon it stops is not known",
    ),
    Provider(
        id="mistral",
        display_name="Mistral AI",
        models=(_model("mistral-embed", 1024),),
        console="console.mistral.ai > API Keys",
        kill_action="delete the old key, after the new one is in use",
        notes=(
            "keys of one workspace share its rate limits, and work only once it has a plan or a payment method",
            "a key may have been made with an expiry date",
        ),
    ),
    Provider(
        id="nvidia",
        display_name="Nvidia",
        hosting=Hosting.ASTRA_HOSTED,
        authentication=(Authentication.NONE,),
        header_names=(),
        credential_label="",
        models=(
            _model("NV-Embed-QA", 1024),
            _model("nvidia/nv-embedqa-e5-v5", 1024, "listed by Astra, not by the open-source Data API"),
        ),
        notes=("enabled by default, without credential and scope", "only in databases of supported regions"),
    ),
    Provider(
        id="openai",
        display_name="OpenAI",
        models=(
            _range("text-embedding-3-large", 256, 3072, 3072),
            _range("text-embedding-3-small", 2, 1536, 1536),
            _model("text-embedding-ada-002", 1536),
        ),
        parameters=(
            Parameter(name="organizationId", help="Organization ID will be passed as an OpenAI organization"),
            Parameter(name="projectId", help="Project ID will be passed as an OpenAI project header"),
        ),
        key_hint=KeyHint(
            pattern=r"sk-[A-Za-z0-9_-]{20,}",
            expected='begin with "sk-"',
            refused_prefixes=(("sk-admin-", "it is an administration key of OpenAI, which cannot make embeddings"),),
        ),
        console="platform.openai.com > API keys",
        kill_action="delete the old key; it stops at once",
        notes=(
            "use the key of a service account in a project of its own: deleting a person deletes that person's keys",
            "a restricted key needs the permission for embeddings, and its project must allow the model",
        ),
    ),
    Provider(
        id="upstageAI",
        display_name="Upstage",
        models=(_model("solar-embedding-1-large", 4096),),
        key_hint=KeyHint(pattern=r"up_[A-Za-z0-9]{20,}", expected='begin with "up_"'),
        console="console.upstage.ai/api-keys",
        kill_action="delete the old key; how soon it stops is not known",
        notes=("the Data API sends one text a request, so bulk inserts are slow",),
    ),
    Provider(
        id="voyageAI",
        display_name="Voyage AI",
        models=(
            _model("voyage-2", 1024),
            _model("voyage-code-2", 1536, _LEGACY),
            _model("voyage-finance-2", 1024, _LEGACY),
            _model("voyage-large-2", 1536),
            _model("voyage-large-2-instruct", 1024),
            _model("voyage-law-2", 1024, _LEGACY),
            _model("voyage-multilingual-2", 1024),
        ),
        parameters=(
            Parameter(
                name="autoTruncate",
                kind=ParameterKind.BOOLEAN,
                default="true",
                help="Whether to truncate the input texts to fit within the context length.",
            ),
        ),
        key_hint=KeyHint(
            pattern=r"pa-[A-Za-z0-9_-]{43}",
            expected='begin with "pa-", followed by 43 characters',
            refused_prefixes=(("al-", "it is a MongoDB Atlas key, which works at ai.mongodb.com only"),),
        ),
        console="dash.voyageai.com > API keys",
        kill_action="delete the old key; how soon it stops is not known",
        notes=("an account without a payment method may make 3 requests a minute",),
    ),
)

_SHORT_NAMES: Final = {"azure": "azureOpenAI", "jina": "jinaAI", "voyage": "voyageAI"}
_UNSUPPORTED: Final = {"bedrock": "Amazon Bedrock", "cohere": "Cohere", "vertexai": "Google Vertex AI"}
_HEADER_ONLY: Final = ("bedrock", "cohere")
_IGNORED: Final = str.maketrans("", "", " -_.")


@dataclass(frozen=True, slots=True, kw_only=True)
class ResolvedService:
    """A service that the catalogue allows: model and dimension decided, given parameters typed."""

    provider: str
    model: str
    dimension: int
    parameters: dict[str, Value]


def find_provider(text: str) -> Provider:
    """Return the provider that `text` names by id or display name, whatever the case, spaces and punctuation."""
    spellings = _spellings()
    folded = _folded(text)
    provider = spellings.get(folded)
    if provider is not None:
        return provider
    step = suggest("providers list", comment="the providers that vectorize offers")
    unsupported = _unsupported(folded)
    if unsupported is not None:
        raise NotFoundError(unsupported, code="PROVIDER_UNSUPPORTED", next_steps=(step,))
    near = dict.fromkeys(f'"{spellings[spelling].id}"' for spelling in nearest(folded, spellings))
    advice = f"did you mean {' or '.join(near)}?" if near else f"known are {listed(item.id for item in CATALOGUE)}"
    raise NotFoundError(f"there is no provider {shown(text)}; {advice}", code="PROVIDER_UNKNOWN", next_steps=(step,))


def check_service(
    provider: Provider, model_name: str | None, dimension: int | None, parameters: Mapping[str, object]
) -> ResolvedService:
    """Return the service with its defaults decided, or raise `UsageError` that names what is allowed (rule 12)."""
    model = provider.model(model_name)
    if model is None:
        raise _model_fault(provider, model_name)
    length = model.dimension.default if dimension is None else dimension
    if length is None:
        raise UsageError(
            f'the model "{model.name}" has no default dimension; give one from {model.dimension.text}',
            code="DIMENSION_REQUIRED",
            next_steps=(show_step(provider),),
        )
    for fault in (*_dimension_faults(provider, model, length), *parameter_faults(provider, model, parameters)):
        raise fault
    return ResolvedService(
        provider=provider.id,
        model=model.name,
        dimension=length,
        parameters=parse_parameters(provider, model, parameters),
    )


def service_problems(
    provider_id: str, model_name: str | None, dimension: int | None, parameters: Mapping[str, object]
) -> tuple[str, ...]:
    """Return a sentence for everything in an existing service that the catalogue does not allow; never raise.

    What was not recorded (None) is not judged, nor are the providers that work by header only: they have no entry here.
    """
    provider = _by_id(provider_id)
    if provider is None:
        if provider_id in _HEADER_ONLY:
            return ()
        return (_unsupported(provider_id) or f"there is no provider {shown(provider_id)}",)
    model = provider.model(model_name)
    if model is None:
        return () if model_name is None else (_model_fault(provider, model_name).message,)
    dimension_faults = () if dimension is None else _dimension_faults(provider, model, dimension)
    return tuple(fault.message for fault in (*dimension_faults, *parameter_faults(provider, model, parameters)))


def check_authentication(provider: Provider, authentication: Authentication) -> None:
    """Rule 2: raise `ConflictError` unless the provider can be used this way."""
    if authentication in provider.authentication:
        return
    step = suggest("providers show", provider.id, comment="how it is used")
    if not provider.is_external:
        raise ConflictError(
            f"the provider {provider.display_name} is hosted by Astra: it takes no credential, no header and no scope",
            code="PROVIDER_TAKES_NO_CREDENTIAL",
            next_steps=(step,),
        )
    raise ConflictError(
        f"the provider {provider.display_name} is external: it needs a credential, or a key in the header "
        f"{listed(provider.header_names)} of each request",
        code="AUTHENTICATION_UNSUPPORTED",
        next_steps=(step,),
    )


def same_embedding(one: EmbeddingService, other: EmbeddingService) -> bool:
    """Tell whether vectors of both compare: provider, model, dimension and parameters equal, defaults filled in.

    An unrecorded dimension (None) of a model that offers several equals only another unrecorded one.
    """
    return _essence(one) == _essence(other)


def _essence(service: EmbeddingService) -> tuple[str | None, str | None, int | None, dict[str, object]]:
    provider = None if service.provider is None else _by_id(service.provider)
    model = None if provider is None else provider.model(service.model)
    if provider is None or model is None:
        return service.provider, service.model, service.dimension, dict(service.parameters)
    dimension = service.dimension
    if dimension is None and model.dimension.is_fixed:
        dimension = model.dimension.default
    return provider.id, model.name, dimension, parameters_with_defaults(provider, model, service.parameters)


def _by_id(provider_id: str) -> Provider | None:
    return next((provider for provider in CATALOGUE if provider.id == provider_id), None)


def _folded(text: str) -> str:
    return text.casefold().translate(_IGNORED)


def _spellings() -> dict[str, Provider]:
    spellings = {_folded(name): provider for provider in CATALOGUE for name in (provider.display_name, provider.id)}
    return spellings | {name: spellings[_folded(provider_id)] for name, provider_id in _SHORT_NAMES.items()}


def _unsupported(text: str) -> str | None:
    """Return the sentence for a provider that the Data API knows and vectorize's integrations do not offer, or None."""
    folded = _folded(text)
    for provider_id, name in _UNSUPPORTED.items():
        if folded in (provider_id, _folded(name)):
            if provider_id in _HEADER_ONLY:
                return f"{name} takes its key by header only, with each request: no integration, no stored credential"
            return f"{name} is not offered by Astra DB vectorize"
    return None


def _model_fault(provider: Provider, name: str | None) -> UsageError:
    names = [model.name for model in provider.models]
    fault = "a model must be named" if name is None else f"there is no model {shown(name)}"
    advice = "" if name is None else did_you_mean(name, names)
    message = f"{fault}; {provider.display_name} offers {listed(names)}{advice}"
    return UsageError(message, code="MODEL_UNKNOWN", next_steps=(show_step(provider),))


def _dimension_faults(provider: Provider, model: Model, length: int) -> tuple[UsageError, ...]:
    if model.dimension.allows(length):
        return ()
    makes = "always makes" if model.dimension.is_fixed else "makes"
    message = (
        f'the model "{model.name}" of {provider.display_name} {makes} {model.dimension.text} dimensions, not {length}'
    )
    return (UsageError(message, code="DIMENSION_OUT_OF_RANGE", next_steps=(show_step(provider),)),)
