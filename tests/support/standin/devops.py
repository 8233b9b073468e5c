"""The DevOps API: databases, page by page."""

from __future__ import annotations

from typing import Any

from tests.support.standin.server import Answer, Asked
from tests.support.standin.world import Cluster, World


class DevOps:
    """Answers `GET /databases` and `GET /databases/ID` below its base URL."""

    def __init__(self, world: World) -> None:
        self._world = world

    def serve(self, asked: Asked) -> Answer:
        scheme, _, text = asked.headers.get("authorization", "").partition(" ")
        token = self._world.tokens.get(text) if scheme == "Bearer" else None
        if token is None:
            return Answer(401, {"errors": [{"ID": 2000107, "message": "JWT not valid"}]})
        if not token.may_see_databases:
            return Answer(
                403, {"errors": [{"ID": 2000059, "message": "you do not have permission to perform this action"}]}
            )
        with self._world.guard:
            found = self._world.visible(token)
            if asked.path == "/databases":
                return self._page(found, asked)
            wanted = asked.path.removeprefix("/databases/")
            for cluster in found:
                if cluster.id == wanted:
                    return Answer(200, described(cluster))
        return Answer(404, {"errors": [{"ID": 2000015, "message": f"database {wanted} not found"}]})

    def _page(self, found: list[Cluster], asked: Asked) -> Answer:
        if asked.query.get("include") != "all":
            found = [item for item in found if item.status != "TERMINATED"]
        found = sorted(found, key=lambda item: item.id)
        after = asked.query.get("starting_after", "")
        limit = int(asked.query.get("limit", "25"))
        return Answer(200, [described(item) for item in found if item.id > after][:limit])


def described(cluster: Cluster) -> dict[str, Any]:
    """Return a database as the DevOps API describes it; the secure bundle's URL is a secret."""
    return {
        "id": cluster.id,
        "orgId": cluster.organization,
        "ownerId": "owner",
        "info": {
            "name": cluster.name,
            "keyspace": next(iter(cluster.keyspaces), ""),
            "dbType": "vector" if cluster.is_vector else None,
            "keyspaces": list(cluster.keyspaces),
            "datacenters": [
                {
                    "id": f"{cluster.id}-1",
                    "name": "dc-1",
                    "tier": "serverless",
                    "status": "",
                    "cloudProvider": "GCP",
                    "region": cluster.region,
                    "secureBundleUrl": "https://bundles.example.com/secret?X-Amz-Signature=kEsTrLbundle",
                }
            ],
            "cloudProvider": "GCP",
            "tier": "serverless",
            "region": cluster.region,
        },
        "status": cluster.look(),
        "observedStatus": "OK",
        "creationTime": "2026-01-31T12:00:00Z",
        "dataEndpointUrl": f"https://{cluster.id}-{cluster.region}.apps.astra.datastax.com/api/rest",
    }
