"""The catalogue against the recorded `findEmbeddingProviders` of a genuine Data API."""

from __future__ import annotations

from pathlib import Path
from typing import Any, Final

import pytest

from tests.support.recorded import RECORDINGS, exchanges
from vzctl.domain.catalog.catalog import CATALOGUE
from vzctl.domain.catalog.parameters import DIMENSION_PARAMETER
from vzctl.domain.catalog.provider import Dimension, Model, Parameter, Provider
from vzctl.domain.state.records import Authentication

AUTHENTICATION: Final = {
    "SHARED_SECRET": Authentication.CREDENTIAL,
    "HEADER": Authentication.HEADER,
    "NONE": Authentication.NONE,
}
HEADER_ONLY: Final = {"bedrock"}
LISTED_BY_ASTRA_ONLY: Final = {"nvidia/nv-embedqa-e5-v5"}
JINA_TASKS_IN_HELP: Final = "Available options are: "


pytestmark = pytest.mark.parametrize("recording", RECORDINGS, ids=["own", "shared"][: len(RECORDINGS)])


def recorded_providers(recording: Path) -> dict[str, Any]:
    entry = next(exchange for exchange in exchanges(recording) if exchange["id"] == "catalogue")
    providers: dict[str, Any] = entry["response"]["body"]["status"]["embeddingProviders"]
    return {name: provider for name, provider in sorted(providers.items()) if name not in HEADER_ONLY}


def of_recorded(provider: dict[str, Any]) -> dict[str, Any]:
    ways = provider["supportedAuthentication"]
    return {
        "display_name": provider["displayName"],
        "authentication": {AUTHENTICATION[way] for way, facts in ways.items() if facts["enabled"]},
        "headers": [token["accepted"] for token in ways.get("HEADER", {}).get("tokens", [])],
        "parameters": [parameter_of_recorded(item) for item in provider["parameters"]],
        "models": {model["name"]: model_of_recorded(model) for model in provider["models"]},
    }


def model_of_recorded(model: dict[str, Any]) -> dict[str, Any]:
    others = [item for item in model["parameters"] if item["name"] != DIMENSION_PARAMETER]
    return {
        "dimension": dimension_of_recorded(model),
        "parameters": [parameter_of_recorded(item) for item in others],
    }


def dimension_of_recorded(model: dict[str, Any]) -> Dimension:
    if model["vectorDimension"] is not None:
        return Dimension.fixed(model["vectorDimension"])
    (item,) = (item for item in model["parameters"] if item["name"] == DIMENSION_PARAMETER)
    minimum, maximum = item["validation"]["numericRange"]
    default = item["defaultValue"]
    return Dimension(minimum=minimum, maximum=maximum, default=None if default is None else int(default))


def parameter_of_recorded(item: dict[str, Any]) -> tuple[object, ...]:
    _, _, options = item["help"].partition(JINA_TASKS_IN_HELP)
    return (
        item["name"],
        item["type"].lower(),
        item["required"],
        item["defaultValue"],
        tuple(options.partition(". ")[0].split(", ")) if options else (),
    )


def of_catalogue(provider: Provider) -> dict[str, Any]:
    return {
        "display_name": provider.display_name,
        "authentication": set(provider.authentication),
        "headers": list(provider.header_names),
        "parameters": [parameter_of_catalogue(item) for item in provider.parameters],
        "models": {
            model.name: model_of_catalogue(model) for model in provider.models if model.name not in LISTED_BY_ASTRA_ONLY
        },
    }


def model_of_catalogue(model: Model) -> dict[str, Any]:
    return {"dimension": model.dimension, "parameters": [parameter_of_catalogue(item) for item in model.parameters]}


def parameter_of_catalogue(item: Parameter) -> tuple[object, ...]:
    return item.name, item.kind.value, item.required, item.default, item.options


def test_the_catalogue_is_the_recorded_one(recording: Path) -> None:
    assert {provider.id: of_catalogue(provider) for provider in CATALOGUE} == {
        name: of_recorded(provider) for name, provider in recorded_providers(recording).items()
    }


def test_help_texts_begin_as_the_recorded_ones(recording: Path) -> None:
    recorded = recorded_providers(recording)
    for provider in CATALOGUE:
        texts = {item["name"]: item["help"] for item in recorded[provider.id]["parameters"]}
        for model in recorded[provider.id]["models"]:
            texts |= {item["name"]: item["help"] for item in model["parameters"]}
        ours = {item.name: item.help for model in provider.models for item in provider.parameters_of(model)}
        assert [name for name, text in ours.items() if not texts[name].startswith(text)] == []
