"""A user with two databases and seven credentials, and the service that is running for most of the tests."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.support.cli import LOGS, Cli
from tests.support.service import Service, make_token, running


@dataclass(frozen=True)
class Place:
    """A user, the tokens of the two databases, and the running service."""

    cli: Cli
    shop: str
    logs: str
    service: Service


def furnished(folder: Path) -> Cli:
    """Make `shop`, which may use six credentials, and `logs`, which may use one of its own."""
    cli = Cli.create(folder).init()
    cli.ok("databases", "add", "logs", "--id", LOGS, "--region", "eu-west1")
    cli.add("openai-prod", key="sk-first")
    cli.add("mistral-prod", key="mistral-first", provider="mistral")
    cli.add("azureOpenAI-prod", key="azure-first", provider="azureOpenAI")
    cli.add("huggingface-prod", key="hf-first", provider="huggingface")
    cli.add("huggingfaceDedicated-prod", key="hf-dedicated-first", provider="huggingfaceDedicated")
    cli.add("openai-logs", "--scope", "logs", key="sk-of-logs")
    cli.ok("credentials", "add", "openai-unheld", "--provider", "openai", "--scope", "shop", "--no-secret")
    return cli


@pytest.fixture
def cli(tmp_path: Path) -> Cli:
    return furnished(tmp_path / "user")


@pytest.fixture(scope="module")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """One service for the tests of a module that change nothing."""
    cli = furnished(tmp_path_factory.mktemp("service"))
    shop, logs = make_token(cli, "shop"), make_token(cli, "logs")
    with running(cli, "-v") as service:
        yield Place(cli, shop, logs, service)
