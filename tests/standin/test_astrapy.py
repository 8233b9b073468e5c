"""A real client works with the stand-in: what it relies on is there, and its errors are read as the real ones."""

from __future__ import annotations

import uuid
import warnings
from typing import Any

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the client's own dependencies warn of is not the subject
    import astrapy
    from astrapy.admin import DataAPIDatabaseAdmin
    from astrapy.constants import Environment
    from astrapy.database import Database
    from astrapy.exceptions import DataAPIResponseException

from tests.standin.conftest import KEY, definition
from tests.support.standin.astra import TOKEN, Astra

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning", "ignore::pytest.PytestUnraisableExceptionWarning")


def test_a_collection_with_a_credential_takes_texts_and_finds_them(database: Database) -> None:
    collection: Any = database.create_collection("products", definition=definition())
    collection.insert_one({"_id": "1", "$vectorize": "a red shoe"})
    collection.insert_many([{"_id": "2", "$vectorize": "a green hat"}, {"_id": "3", "$vectorize": "a blue sock"}])
    found = collection.find(sort={"$vectorize": "a green hat"}, limit=1, include_similarity=True).to_list()
    assert [item["_id"] for item in found] == ["2"]
    assert found[0]["$similarity"] == pytest.approx(1.0)
    assert collection.find_one(sort={"$vectorize": "a blue sock"})["_id"] == "3"


def test_a_list_with_explanations_names_the_credential_as_it_is_stored(database: Database) -> None:
    database.create_collection("products", definition=definition())
    assert database.list_collection_names() == ["products"]
    (described,) = database.list_collections()
    assert described.name == "products"
    vector = described.definition.vector
    assert vector is not None
    assert vector.service is not None
    assert vector.service.authentication == {"providerKey": "openai-prod.providerKey"}


def test_errors_are_read(astra: Astra, database: Database) -> None:
    with pytest.raises(DataAPIResponseException) as caught:
        database.create_collection("products", definition=definition("nobody"))
    assert caught.value.error_descriptors[0].error_code == "VECTORIZE_CREDENTIAL_INVALID"
    collection: Any = database.create_collection("products", definition=definition())
    astra.providers.revoke("openai", KEY)
    with pytest.raises(DataAPIResponseException, match='HTTP 401; error message: "Incorrect API key provided'):
        collection.insert_one({"$vectorize": "x"})
    astra.portal.remove("openai-prod")
    with pytest.raises(DataAPIResponseException, match="CREDENTIAL_NOT_FOUND"):
        collection.insert_one({"$vectorize": "x"})


def test_the_catalogue_is_listed(database: Database) -> None:
    admin = database.get_database_admin()
    assert isinstance(admin, DataAPIDatabaseAdmin)
    found = admin.find_embedding_providers().embedding_providers
    assert found["openai"].display_name == "OpenAI"
    assert found["nvidia"].models[0].name == "NV-Embed-QA"


def test_databases_are_listed_page_by_page(astra: Astra) -> None:
    for number in range(2, 60):
        astra.add(str(uuid.UUID(int=number)), f"database-{number}")
    admin = astrapy.DataAPIClient(environment=Environment.PROD).get_admin(token=TOKEN)
    options: Any = {
        "dev_ops_api_url_options": astrapy.api_options.DevOpsAPIURLOptions(dev_ops_url=astra.devops_url[:-3])
    }
    found = admin.with_options(api_options=astrapy.api_options.APIOptions(**options)).list_databases()
    assert len(found) == 59
    assert {item.status for item in found} == {"ACTIVE"}
