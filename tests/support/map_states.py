"""States for the map: one in which everything that a map can say is said, and one whose names are hostile."""

from __future__ import annotations

from datetime import timedelta
from typing import Any, Final

from tests.support.builders import (
    NOW,
    a_collection,
    a_column,
    a_credential,
    a_database,
    a_retired_credential,
    a_revocation,
    a_rotation,
    a_scope_entry,
    a_state,
    a_version,
    an_integration,
    an_organization,
    database_id,
)
from vzctl.domain.state.records import ControlPlane, Evidence, Step
from vzctl.domain.state.state import State

HOSTILE: Final = (
    "<script>window.hit=1</script>",
    "</script><script>window.hit=1</script>",
    "<img src=x onerror=window.hit=1>",
    '" onfocus="window.hit=1" x="',
    "' onfocus='window.hit=1",
    "</style><style>body{display:none}",
    "<!-- --> <!--",
    "&lt;b&gt; &quot; &#0;",
    "javascript:window.hit=1",
    "\u202eesrever\u202c \u2066isolate",
    "zero\u200bwidth\ufeff",
    "two\nlines\r\x1b[31m\x00",
    '"] --> evil["',
    "%%{init: {'theme': 'dark'}}%%",
    "%% comment",
    "end",
    "a;b|c`d#e\\f",
    "subgraph x\nend",
    "שלום",
    "検索",
)


def a_worrying_state() -> State:
    """An organization at Astra with everything that a map shows: each kind of branch, fact and problem."""
    shop = a_database("shop", id=database_id(1))
    logs = a_database("logs", id=database_id(2), region="us-east1")
    archive = a_database("archive", id=database_id(3), status="HIBERNATED")
    lonely = a_database("lonely", id=database_id(4), status="PENDING", region=None)
    gone = a_database("gone", id=database_id(5), status="TERMINATED", gone_since=NOW)
    seen: dict[str, Any] = {"evidence": Evidence.OBSERVED, "evidence_at": NOW}
    said: dict[str, Any] = {"evidence": Evidence.ATTESTED, "evidence_at": NOW}
    wanted: dict[str, Any] = {"evidence": Evidence.WANTED, "evidence_at": NOW}
    main = a_credential(
        "openai-prod",
        scope=[
            a_scope_entry(shop, **seen),
            a_scope_entry(logs, **said),
            a_scope_entry(archive, **said, removal_wanted_at=NOW),
        ],
        key_set_at=NOW - timedelta(days=12),
        versions=[a_version("v2"), a_version("v1")],
        previous=("v1",),
        **seen,
    )
    leaked = a_credential(
        "openai-leaked",
        scope=[a_scope_entry(shop, **said)],
        versions=[a_version("w1"), a_version("w2")],
        pending="w2",
        **said,
    )
    fresh = a_credential("openai-next", versions=[a_version("n1", held=False)], key_set_at=NOW, **wanted)
    unknown = a_credential(
        "mistral-1",
        provider="mistral",
        scope=[a_scope_entry(logs, **wanted)],
        key_set_at=None,
        max_age_days=30,
        removal_wanted_at=NOW,
        **said,
    )
    retired = a_retired_credential()
    return a_state(
        control_plane=ControlPlane.ASTRA,
        serial=42,
        organization=an_organization("bookshop", control_plane=ControlPlane.ASTRA),
        integrations=[
            an_integration("openai", **seen),
            an_integration("mistral", **said),
            an_integration("voyageAI", **wanted),
        ],
        databases=[shop, logs, archive, lonely, gone],
        credentials=[main, leaked, fresh, unknown],
        retired=[retired],
        collections=[
            a_collection(shop, "products", credential="openai-prod"),
            a_collection(archive, "tickets", credential="openai-leaked"),
            a_collection(logs, "lines", header=True),
            a_collection(logs, "lost", provider="jinaAI", model="jina-embeddings-v3", credential="jina-old"),
            a_collection(shop, "plain", provider=None, model=None),
        ],
        columns=[
            a_column(shop, "items", "title", credential="openai-prod"),
            a_column(shop, "notes", "body", provider="nvidia", model="NV-Embed-QA", dimension=1024),
            a_column(shop, "odd", "vector", provider="acmeAI", model=None, dimension=3),
        ],
        rotations=[
            a_rotation(leaked, id="r1", step=Step.REMOVED, new_version="w2", leaked=True),
        ],
        revocations=[
            a_revocation(main, "v1", id="rev1"),
            a_revocation(leaked, "w1", id="rev2", reason="leaked"),
            a_revocation(retired, id="rev3", reason="removed"),
        ],
    )


def a_hostile_state(names: tuple[str, ...] = HOSTILE) -> State:
    """A state in which every name that comes from outside is hostile: organization, databases, keyspaces, collections."""
    databases = [a_database(name, id=database_id(number)) for number, name in enumerate(names)]
    return a_state(
        organization=an_organization(names[0] + names[1]),
        databases=databases,
        credentials=[a_credential("openai-prod", scope=databases[: len(databases) // 2])],
        collections=[
            a_collection(databases[number], name, keyspace=name, model=name, credential="openai-prod")
            for number, name in enumerate(names)
        ],
        columns=[a_column(databases[0], name, name, provider=name, model=name) for name in names],
    )


def a_large_state(credentials: int, databases: int) -> State:
    """A state with so many credentials, each of which every database may use."""
    places = [a_database(f"database-{number}", id=database_id(number)) for number in range(databases)]
    return a_state(
        databases=places,
        credentials=[a_credential(f"credential-{number}", scope=places) for number in range(credentials)],
    )
