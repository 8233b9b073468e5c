"""Write a state file of a given size: `make_state.py CREDENTIALS DATABASES PER_SCOPE FILE`. The same numbers, the same bytes.

A process of its own: the measuring one must stay small, because the peak memory of a child counts from its parent's.
"""

from __future__ import annotations

import random
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import Final

from vzctl.domain.state.records import (
    ControlPlane,
    Credential,
    Database,
    Integration,
    Organization,
    ScopeEntry,
    Version,
)
from vzctl.domain.state.state import State
from vzctl.store.schema import format_state

PROVIDERS: Final = ("openai", "mistral", "voyageAI", "jinaAI", "upstageAI")
REGIONS: Final = ("us-east1", "us-east-2", "europe-west4", "ap-south-1")
MADE_AT: Final = datetime(2026, 1, 31, 12, tzinfo=UTC)


def make_state(credentials: int, databases: int, per_scope: int) -> State:
    """Return a state of the `local` plane whose credentials each have one version and `per_scope` databases."""
    chance = random.Random(1)

    def digits(count: int) -> str:
        return "".join(chance.choices("0123456789abcdef", k=count))

    known = tuple(
        Database(
            id="-".join(digits(count) for count in (8, 4, 4, 4, 12)),
            name=f"database-{number}",
            region=REGIONS[number % len(REGIONS)],
        )
        for number in range(databases)
    )

    def credential(number: int) -> Credential:
        version = Version(id=digits(12), created_at=MADE_AT, fingerprint=f"hm:{digits(16)}", held=True)
        return Credential(
            id=digits(12),
            name=f"credential-{number}",
            provider=PROVIDERS[number % len(PROVIDERS)],
            created_at=MADE_AT,
            key_set_at=MADE_AT,
            current=version.id,
            scope=tuple(ScopeEntry(database=item.id, added_at=MADE_AT) for item in chance.sample(known, per_scope)),
            versions=(version,),
        )

    return State(
        schema=1,
        lineage="11111111-1111-4111-8111-111111111111",
        serial=1,
        vzctl="0.1.0",
        organization=Organization(name="benchmark", control_plane=ControlPlane.LOCAL, fingerprint_salt="00" * 16),
        integrations=tuple(Integration(provider=name, added_at=MADE_AT) for name in PROVIDERS),
        databases=known,
        credentials=tuple(credential(number) for number in range(credentials)),
    )


if __name__ == "__main__":
    *numbers, path = sys.argv[1:]
    Path(path).write_bytes(format_state(make_state(*map(int, numbers))))
