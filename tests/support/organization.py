"""A small organization of everything there is, made by commands: once for each control plane, copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final

from tests.support.cli import LOGS, SHOP, Cli

ARCHIVE: Final = "33333333-3333-4333-8333-333333333333"
MODEL: Final = ("--provider", "openai", "--model", "text-embedding-3-small", "--dimension", "1536")


def make_organization(cli: Cli, plane: str, keys: Mapping[str, str]) -> None:
    """Make three databases, integrations with and without credentials, collections, columns, rotations and revocations.

    `openai-leaked` has an open rotation that a person has to go on with, `mistral-prod` one that is done. On `astra` all
    that has to be is confirmed; the addition of `openai-wanted` and a removal still wait for a person.
    """
    _run(cli, "init", "--control-plane", plane, "--organization", "acme")
    _run(cli, "databases", "add", "shop", "--id", SHOP, "--region", "us-east1")
    _run(
        cli, "databases", "add", "logs", "--id", LOGS, "--region", "eu-west1", "--endpoint", "https://logs.example.com"
    )
    _run(cli, "databases", "add", "archive", "--id", ARCHIVE, "--status", "PENDING")
    _run(cli, "integrations", "add", "voyageAI")
    scope = ("--scope", "shop", "--scope", "logs")
    _run(cli, *_add("openai-prod", "openai"), *scope, "--note", "of the shop", key=keys["openai-prod"])
    _run(cli, *_add("openai-leaked", "openai"), "--scope", "shop", key=keys["openai-leaked"])
    _run(cli, *_add("mistral-prod", "mistral"), "--scope", "shop", key=keys["mistral-prod"])
    _run(cli, "credentials", "add", "openai-unheld", "--provider", "openai", "--no-secret", "--set-at", "2025-01-31")
    if plane == "astra":
        _run(cli, "pending", "confirm", "--all")
    _run(cli, "collections", "add", "shop/default/products", *MODEL, "--credential", "openai-prod")
    _run(cli, "collections", "add", "shop/default/plain")
    _run(cli, "collections", "add", "logs/default/lines", *MODEL, "--header")
    _run(cli, "tables", "attach", "shop/default/orders.vector", *MODEL, "--credential", "openai-prod")
    rotate = ("--skip-test", "--yes", "--secret-stdin")
    _run(cli, "credentials", "rotate", "mistral-prod", *rotate, key=keys["mistral-next"])
    if plane == "astra":
        for step in ("removed", "recreated", "scoped"):
            _run(cli, "rotations", "resume", "mistral-prod", "--attest", step, "--skip-look")
    leaked = ("--leaked", "--revoke-first", "--confirm", "openai-leaked")
    _run(cli, "credentials", "rotate", "openai-leaked", *leaked, *rotate, key=keys["openai-leaked-next"])
    if plane == "astra":
        _run(cli, *_add("openai-wanted", "openai"), "--scope", "shop", key=keys["openai-wanted"])
        _run(cli, "scope", "remove", "openai-prod", "logs", "--yes")


def copy_organization(original: Cli, folder: Path) -> Cli:
    """Return another user, who has a copy of the state and of the `file` store."""
    cli = Cli.create(folder)
    shutil.copytree(original.folder / "state", folder / "state", dirs_exist_ok=True)
    return cli


def _add(name: str, provider: str) -> Sequence[str]:
    return ("credentials", "add", name, "--provider", provider, "--secret-stdin")


def _run(cli: Cli, *words: str, key: str = "") -> None:
    result = cli.run(*words, stdin=key)
    # On `astra` most of these end with "a person's step is next", and a rotation stays open past its removal.
    assert result.status in (0, 12, 14), f"{words}: {result.status}: {result.err}"
