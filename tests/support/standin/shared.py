"""One stand-in for all tests of a run that need no misfortune: providers that know every key, and ones that know none.

Its databases are those of `tests.support.organization`; on the plane `astra` they are listed by the DevOps API.
"""

from __future__ import annotations

import atexit
from functools import cache
from typing import Any, Final

from tests.support.canary import canary
from tests.support.cli import LOGS, SHOP
from tests.support.standin.astra import Astra
from tests.support.standin.providers import Account
from tests.support.standin.server import StandIn
from tests.support.standin.world import Keyspace, Token

LENIENT: Final = "lenient"
STRICT: Final = "strict"
TOKEN: Final = f"AstraCS:{canary(77, '')}"


@cache
def shared() -> dict[str, Astra]:
    """Return the two kinds, on a server that runs until the tests are over."""
    stand_in = StandIn()
    stand_in.__enter__()
    atexit.register(stand_in.__exit__)
    found = {name: Astra(stand_in, prefix=f"/{name}") for name in (LENIENT, STRICT)}
    found[LENIENT].providers.everyone = Account()
    for astra in found.values():
        astra.world.tokens[TOKEN] = Token()
        astra.portal.anybody = canary(78)
        for name, cluster_id in (("shop", SHOP), ("logs", LOGS)):
            astra.add(cluster_id, name, keyspaces={"default": _keyspace()})
    return found


def filled_in(text: str, providers: str) -> str:
    """Return the text with the endpoints of the databases in their places."""
    astra = shared()[providers]
    return text.replace("<<shop>>", astra.endpoint(SHOP)).replace("<<logs>>", astra.endpoint(LOGS))


def _keyspace() -> Keyspace:
    service: dict[str, Any] = {
        "provider": "openai",
        "modelName": "text-embedding-3-small",
        "authentication": {"providerKey": "openai-prod.providerKey"},
    }
    vector = {"dimension": 1536, "metric": "cosine", "service": service}
    columns: dict[str, Any] = {"id": {"type": "text"}}
    for name in ("vector", "sent", "dropped"):
        columns[name] = {"type": "vector", "dimension": 1536, "service": service, "apiSupport": {}}
    return Keyspace(
        collections={"products": {"vector": vector}},
        documents={"products": []},
        tables={"orders": {"columns": columns, "primaryKey": {"partitionBy": ["id"], "partitionSort": {}}}},
        rows={"orders": []},
    )
