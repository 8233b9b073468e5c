"""All of it together: Astra, or a self-hosted Data API, with the providers behind it, on one server."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from typing import Any, Final

from tests.support.standin.data_api import DataApi
from tests.support.standin.data_service import Switches
from tests.support.standin.devops import DevOps
from tests.support.standin.portal import Portal
from tests.support.standin.providers import Providers
from tests.support.standin.server import StandIn
from tests.support.standin.world import SINGLE_TENANT, Cluster, Token, World

TOKEN: Final = "AstraCS:kEsTrLclient:0f1e2d3c4b5a69788796a5b4c3d2e1f0"
CASSANDRA_TOKEN: Final = "Cassandra:Y2Fzc2FuZHJh:Y2Fzc2FuZHJh"


@dataclass(slots=True)
class Astra:
    """A world with one good token. `self_hosted` databases share the tenant `SINGLE-TENANT`, as the real ones do."""

    stand_in: StandIn
    self_hosted: bool = False
    prefix: str = ""
    world: World = field(default_factory=World)
    portal: Portal = field(default_factory=Portal)
    switches: Switches = field(default_factory=Switches)
    providers: Providers = field(init=False)
    devops_url: str = field(init=False)
    data_url: str = field(init=False)
    _data: DataApi = field(init=False)

    def __post_init__(self) -> None:
        self.providers = Providers(self.stand_in, self.prefix)
        tenant = SINGLE_TENANT if self.self_hosted else None
        self._data = DataApi(self.world, self.portal, self.providers, tenant, self.switches)
        self.devops_url = self.stand_in.mount(f"{self.prefix}/devops/v2", DevOps(self.world).serve)
        self.data_url = self.stand_in.mount(f"{self.prefix}/db", self._data.serve)
        self.world.tokens[self.token] = Token()

    @property
    def token(self) -> str:
        """The token that may do everything."""
        return CASSANDRA_TOKEN if self.self_hosted else TOKEN

    @property
    def configuration(self) -> str:
        """The lines of a user's configuration that lead here."""
        return f'{self.providers.configuration}[astra]\ndevops_url = "{self.devops_url}"\n'

    def endpoint(self, cluster_id: str) -> str:
        """Return the endpoint of a database."""
        return f"{self.data_url}/{cluster_id}"

    def root(self, cluster_id: str) -> str:
        """Let this database be the only one of the host, as a real endpoint has it; return the endpoint."""
        self.stand_in.mount("/v1", lambda asked: self._data.serve(replace(asked, path=f"/{cluster_id}/v1{asked.path}")))
        return self.stand_in.url

    def add(self, cluster_id: str, name: str, **facts: Any) -> Cluster:
        """Let a database exist."""
        return self.world.add(Cluster(cluster_id, name, **facts))
