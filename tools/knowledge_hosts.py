"""The check of `hosts.toml`."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Annotated, Any

from pydantic import Field, StringConstraints

from tools.knowledge_schema import Entry, Host, Lower, Url, shape_faults

Port = Annotated[int, Field(ge=1, le=65535)]


class AstraEnvironment(Entry):
    """Where Astra is reached: these hosts are sent a token."""

    devops_url: Url
    apps_domain: Host


class AstraEnvironments(Entry):
    """The environments of Astra, by the names that settings use."""

    prod: AstraEnvironment
    dev: AstraEnvironment
    test: AstraEnvironment


class Astra(Entry):
    """Whose hosts are Astra's in the text of an error."""

    domains: list[Host]
    devops_domain: Host
    libraries: list[Lower]
    environments: AstraEnvironments


class Local(Entry):
    """Ports of services on the user's own machine."""

    provider_ports: list[Port]
    data_api_ports: list[Port]


class OtherServices(Entry):
    """Services that make embeddings and are no provider of vectorize."""

    hosts: list[Host]
    libraries: list[Lower]


class Hosts(Entry):
    """The hosts that are no provider's own."""

    documentation_prefixes: list[Annotated[str, StringConstraints(pattern=r"^[a-z]+\.$")]]
    astra: Astra
    local: Local
    other_services: OtherServices


def host_faults(sections: Mapping[str, Any]) -> Iterator[str]:
    """Yield the faults of `hosts.toml`."""
    yield from shape_faults(Hosts, sections["hosts"])
