"""A real client, connected to a stand-in with one database and one key."""

from __future__ import annotations

import gc
import uuid
import warnings
from collections.abc import Iterator

import pytest

with warnings.catch_warnings():
    warnings.simplefilter("ignore")  # what the client's own dependencies warn of is not the subject
    import astrapy
    from astrapy.constants import Environment, VectorMetric
    from astrapy.database import Database
    from astrapy.info import CollectionDefinition, CollectionVectorOptions, VectorServiceOptions

from tests.support.standin.astra import TOKEN, Astra
from tests.support.standin.server import StandIn

KEY = "sk-proj-Zq9fXw3Lm7Kp2Vr8"


@pytest.fixture(autouse=True)
def _connections_end_here() -> Iterator[None]:
    """The client leaves its connections to the garbage collector: let it come while their warnings are not errors."""
    yield
    gc.collect()


@pytest.fixture
def astra() -> Iterator[Astra]:
    with StandIn() as stand_in:
        made = Astra(stand_in)
        cluster = made.add(str(uuid.UUID(int=1)), "shop")
        made.providers.add("openai", KEY)
        made.portal.add("openai-prod", "openai", KEY, cluster.id)
        yield made


@pytest.fixture
def database(astra: Astra) -> Database:
    client = astrapy.DataAPIClient(environment=Environment.OTHER)
    (cluster,) = astra.world.clusters.values()
    return client.get_database(astra.root(cluster.id), token=TOKEN, keyspace="default_keyspace")


def definition(credential: str = "openai-prod", dimension: int = 8) -> CollectionDefinition:
    service = VectorServiceOptions(
        provider="openai", model_name="text-embedding-3-small", authentication={"providerKey": credential}
    )
    vector = CollectionVectorOptions(dimension=dimension, metric=VectorMetric.COSINE, service=service)
    return CollectionDefinition(vector=vector)
