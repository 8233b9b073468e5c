"""`diagnose` beside a credential service: an old key that a cache may still have, as the service recorded it."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.cli import LOGS, SHOP, Cli
from vzctl.store.fetch_record import Fetch, Fetches, write_fetches

LONG_AGO = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)
BAD_KEY = "Provider 'openai' returned a HTTP client error with HTTP 401; error message: Incorrect API key provided"


def verdict(cli: Cli, *words: str) -> tuple[str, list[str], list[str]]:
    """Return the rule, what the state said, and the commands."""
    data: dict[str, Any] = json.loads(cli.ok("diagnose", *words, "-o", "json", stdin=BAD_KEY).out)["data"]
    said = [item["text"] for item in data["evidence"] if item["meaning"] == "the state file"]
    return data["rule"], said, [step["command"] for step in data["nextSteps"]]


@pytest.fixture
def revoked(cli: Cli) -> Cli:
    """A key of two databases that was rotated and whose old version was revoked; only shop fetched the old one."""
    cli.init()
    cli.ok("databases", "add", "logs", "--id", LOGS)
    cli.add("openai-prod", "--scope", "shop", "--scope", "logs")
    assert cli.rotate().status == 0
    cli.ok("revocations", "done", "openai-prod", "--yes")
    document = cli.document()
    old = document["rotations"][0]["old_version"]
    path = cli.state.parent / "state.toml.d" / "fetches.json"
    write_fetches(path, document["lineage"], Fetches({(SHOP, old): Fetch(LONG_AGO, LONG_AGO)}))
    return cli


def test_a_revoked_key_that_a_data_api_fetched_may_still_be_in_its_cache(revoked: Cli) -> None:
    assert verdict(revoked) == (
        "state.stale-cache",
        ['the old key of "openai-prod" is revoked, and the Data API of shop may still have it cached'],
        ["vzctl rotations show openai-prod", "vzctl databases edit shop --freshness immediate"],
    )


def test_a_data_api_that_never_asked_has_nothing_in_its_cache(revoked: Cli) -> None:
    assert verdict(revoked, "--database", "logs")[0] == "state.propagation"


def test_a_data_api_without_a_cache_lets_the_blame_stay_with_the_key(revoked: Cli) -> None:
    revoked.ok("databases", "edit", "shop", "--freshness", "immediate")
    assert verdict(revoked, "--database", "shop") == (
        "provider.key-refused",
        ['the only credential that can be meant is "openai-prod"'],
        ["vzctl credentials rotate openai-prod", "vzctl providers show openai"],
    )


def test_a_bound_that_has_not_passed_says_until_when(revoked: Cli) -> None:
    revoked.ok("databases", "edit", "shop", "--freshness", "1h")
    rule, _, commands = verdict(revoked, "--database", "shop")
    assert (rule, commands) == ("state.stale-cache", ["vzctl rotations show openai-prod"])


def test_where_no_data_api_asked_the_service_a_change_minutes_ago_is_all_that_is_known(revoked: Cli) -> None:
    (revoked.state.parent / "state.toml.d" / "fetches.json").unlink()
    assert verdict(revoked)[0] == "state.propagation"
