"""Play an Astra with databases of 20 collections each: `live_world.py DATABASES STATE CONFIGURATION`.

Writes the state in which all of that is recorded already, and the user's configuration; prints a line when it is ready, and
ends with its standard input. A process of its own, so that it does not wait for the one that measures, and that one stays small.
"""

from __future__ import annotations

import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, Final
from uuid import UUID

TOP: Final = Path(__file__).resolve().parents[1]
if str(TOP) not in sys.path:
    sys.path.insert(0, str(TOP))

from benchmarks.live_sync import COLLECTIONS, KEYSPACE, LATENCY_SECONDS, PAGE, TOKEN  # noqa: E402  (found only now)
from tests.support.standin.astra import Astra  # noqa: E402
from tests.support.standin.server import StandIn  # noqa: E402
from vzctl.clients import devops  # noqa: E402
from vzctl.domain.state.records import (  # noqa: E402
    Authentication,
    Collection,
    ControlPlane,
    Credential,
    Database,
    Evidence,
    Integration,
    Organization,
    ScopeEntry,
    Version,
)
from vzctl.domain.state.state import State  # noqa: E402
from vzctl.store.schema import format_state  # noqa: E402

REGION: Final = "us-east1"
MODEL: Final = "text-embedding-3-small"
DIMENSION: Final = 1536
NAME: Final = "openai-prod"
MADE_AT: Final = datetime(2026, 1, 31, 12, tzinfo=UTC)
SEEN: Final[dict[str, Any]] = {"evidence": Evidence.OBSERVED, "evidence_at": MADE_AT}


def database_id(number: int) -> str:
    """Return an id that is always the same."""
    return str(UUID(int=(number + 1) << 64 | 0x4000 << 64 | 1 << 63))


def names() -> list[str]:
    """Return what every database has."""
    return [f"collection_{number}" for number in range(COLLECTIONS)]


def fill(astra: Astra, databases: int) -> None:
    """Let everything exist."""
    service = {"provider": "openai", "modelName": MODEL, "authentication": {"providerKey": f"{NAME}.providerKey"}}
    vector = {"dimension": DIMENSION, "metric": "cosine", "sourceModel": "other", "service": service}
    options = {"vector": vector, "lexical": {"enabled": False}, "rerank": {"enabled": False}}
    for number in range(databases):
        cluster = astra.add(database_id(number), f"database-{number}", region=REGION)
        cluster.keyspaces[KEYSPACE].collections = dict.fromkeys(names(), options)
    astra.portal.add(NAME, "openai", "no-key", *astra.world.clusters)


def recorded(astra: Astra, databases: int) -> State:
    """Return the state in which everything is as it is."""
    ids = [database_id(number) for number in range(databases)]
    version = Version(id="version", created_at=MADE_AT)
    credential = Credential(
        id="credential",
        name=NAME,
        provider="openai",
        created_at=MADE_AT,
        key_set_at=MADE_AT,
        current=version.id,
        scope=tuple(ScopeEntry(database=item, added_at=MADE_AT, **SEEN) for item in ids),
        versions=(version,),
        **SEEN,
    )
    return State(
        schema=1,
        lineage="11111111-1111-4111-8111-111111111111",
        serial=1,
        vzctl="0.1.0",
        organization=Organization(name="benchmark", control_plane=ControlPlane.ASTRA, fingerprint_salt="00" * 16),
        integrations=(Integration(provider="openai", added_at=MADE_AT, **SEEN),),
        databases=tuple(
            Database(id=item, name=f"database-{number}", region=REGION, endpoint=astra.endpoint(item))
            for number, item in enumerate(ids)
        ),
        credentials=(credential,),
        collections=tuple(
            Collection(
                database=item,
                keyspace=KEYSPACE,
                name=name,
                provider="openai",
                authentication=Authentication.CREDENTIAL,
                credential=NAME,
                model=MODEL,
                dimension=DIMENSION,
                recorded_at=MADE_AT,
            )
            for item in ids
            for name in names()
        ),
    )


def main(databases: int, state: Path, configuration: Path) -> None:
    """Write the files and serve."""
    with StandIn() as stand_in:
        astra = Astra(stand_in)
        fill(astra, databases)
        stand_in.fail(times=None, latency=LATENCY_SECONDS)
        state.parent.mkdir(parents=True, exist_ok=True)
        state.write_bytes(format_state(recorded(astra, databases)))
        state.chmod(0o600)
        configuration.parent.mkdir(parents=True, exist_ok=True)
        configuration.write_text(astra.configuration, encoding="utf-8")
        assert (astra.token, PAGE) == (TOKEN, devops.PAGE)  # what is measured is what is counted with
        print("ready", flush=True)
        sys.stdin.read()


if __name__ == "__main__":
    main(int(sys.argv[1]), Path(sys.argv[2]), Path(sys.argv[3]))
