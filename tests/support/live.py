"""A user whose databases, keys and token exist on a stand-in, so that commands that use the network can be run."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from tests.support.cli import LOGS, SHOP, Cli
from tests.support.standin.astra import Astra
from tests.support.standin.server import StandIn
from tests.support.standin.world import SINGLE_TENANT

KEY: Final = "sk-proj-Zq9fXw3Lm7Kp2Vr8"
OTHER_KEY: Final = "sk-proj-Bn4tGh6Jk1Ds5Wq2"
MODEL: Final = ("--provider", "openai", "--model", "text-embedding-3-small", "--dimension", "8")
PRODUCTS: Final = "shop/default_keyspace/products"
TITLE: Final = "shop/default_keyspace/items.title"
SERVICE: Final = {
    "provider": "openai",
    "modelName": "text-embedding-3-small",
    "authentication": {"providerKey": "openai-prod.providerKey"},
}


@dataclass(frozen=True)
class LiveUser:
    """A person with two databases, one key in the scope of the first, a collection and a column that use it."""

    cli: Cli
    astra: Astra
    stand_in: StandIn

    @property
    def tenant(self) -> str:
        """What the credential service calls the first database."""
        return SINGLE_TENANT if self.astra.self_hosted else SHOP


def live_user(cli: Cli, stand_in: StandIn, plane: str = "local") -> LiveUser:
    """Make everything, here and there, so that it works."""
    astra = Astra(stand_in, self_hosted=plane == "local")
    cli.configure(cli.configuration + astra.configuration)
    cli.environment["ASTRA_DB_APPLICATION_TOKEN"] = astra.token
    assert cli.run("init", "--control-plane", plane).status == 0
    for name, cluster_id in (("shop", SHOP), ("logs", LOGS)):
        astra.add(cluster_id, name)
        words = ("--id", cluster_id, "--region", "us-east1", "--endpoint", astra.endpoint(cluster_id))
        cli.ok("databases", "add", name, *words)
    cli.add("openai-prod", key=KEY)
    if plane == "astra":
        cli.ok("pending", "confirm", "--all")
    cli.ok("collections", "add", PRODUCTS, *MODEL, "--credential", "openai-prod")
    cli.ok("tables", "attach", TITLE, *MODEL, "--credential", "openai-prod")
    user = LiveUser(cli, astra, stand_in)
    astra.providers.add("openai", KEY)
    astra.portal.add("openai-prod", "openai", KEY, user.tenant)
    keyspace = astra.world.clusters[SHOP].keyspaces["default_keyspace"]
    keyspace.collections["products"] = {"vector": {"dimension": 8, "metric": "cosine", "service": dict(SERVICE)}}
    keyspace.documents["products"] = []
    columns = {
        "id": {"type": "text"},
        "title": {"type": "vector", "dimension": 8, "service": dict(SERVICE), "apiSupport": {}},
    }
    keyspace.tables["items"] = {"columns": columns, "primaryKey": {"partitionBy": ["id"], "partitionSort": {}}}
    keyspace.rows["items"] = []
    keyspace.vector_indexes["items"] = {"title"}
    return user
