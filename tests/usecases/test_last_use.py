"""When a credential was last known to be in use: from a fetch, a probe, or a sync, whichever is the latest."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from tests.support.cli import SHOP, Cli
from tests.support.live import PRODUCTS, LiveUser, live_user
from tests.support.standin.server import StandIn
from vzctl.store.fetch_record import Fetch, Fetches, write_fetches
from vzctl.store.use_record import read_uses, record_uses

pytestmark = pytest.mark.every_state_store


def last_use(cli: Cli, name: str = "openai-prod") -> tuple[str | None, str | None]:
    found: dict[str, Any] = json.loads(cli.ok("credentials", "show", name, "-o", "json").out)["data"]["credential"]
    (listed,) = (
        row
        for row in json.loads(cli.ok("credentials", "list", "-o", "json").out)["data"]["credentials"]
        if row["name"] == name
    )
    assert (listed["last_used_at"], listed["last_used_source"]) == (found["last_used_at"], found["last_used_source"])
    return found["last_used_at"], found["last_used_source"]


@pytest.fixture
def user(cli: Cli, stand_in: StandIn) -> LiveUser:
    return live_user(cli, stand_in)


def test_a_credential_that_was_never_seen_in_use(cli: Cli) -> None:
    assert last_use(cli.init().add()) == (None, None)


def test_a_fetch_by_a_data_api(cli: Cli) -> None:
    cli.init().add()
    document = cli.document()
    version = document["credentials"][0]["current"]
    at = datetime(2026, 11, 1, 12, tzinfo=UTC)
    path = cli.state.parent / "state.toml.d" / "fetches.json"
    write_fetches(path, document["lineage"], Fetches({(SHOP, version): Fetch(at, at)}))
    assert last_use(cli) == ("2026-11-01T12:00:00Z", "fetch")
    write_fetches(path, "another-lineage", Fetches({(SHOP, version): Fetch(at, at)}))
    assert last_use(cli) == (None, None)


def test_a_probe_that_works_and_one_that_does_not(user: LiveUser) -> None:
    user.astra.portal.scope("openai-prod")
    user.cli.run("probe", PRODUCTS)
    assert last_use(user.cli) == (None, None)
    user.astra.portal.scope("openai-prod", user.tenant)
    user.cli.ok("probe", PRODUCTS)
    at, source = last_use(user.cli)
    assert (at is not None, source) == (True, "probe")


def test_a_probe_records_nothing_where_nothing_may_be_changed(user: LiveUser) -> None:
    user.cli.ok("probe", PRODUCTS, env={"VZCTL_READ_ONLY": "1"})
    assert last_use(user.cli) == (None, None)


def test_a_sync_that_sees_a_dependent(user: LiveUser) -> None:
    user.cli.ok("collections", "forget", PRODUCTS, "--yes")
    user.cli.ok("sync", "--yes")
    at, source = last_use(user.cli)
    assert (at is not None, source) == (True, "sync")


@pytest.mark.parametrize("text", ["", "[]", '{"format": 1}', '{"format": 1, "lineage": "x", "credentials": {"a": 5}}'])
def test_a_record_that_cannot_be_read_counts_as_empty(cli: Cli, text: str) -> None:
    cli.init().add()
    path = cli.state.parent / "state.toml.d" / "uses.json"
    path.write_text(text.replace("x", cli.document()["lineage"]), encoding="utf-8")
    assert last_use(cli) == (None, None)


def test_credentials_that_are_gone_are_not_kept(cli: Cli) -> None:
    path = cli.folder / "uses.json"
    at = datetime(2026, 11, 1, tzinfo=UTC)
    record_uses(path, "l", ["a", "b"], at, ["a", "b"])
    record_uses(path, "l", ["c"], at, ["b", "c"])
    assert read_uses(path, "l") == {"b": at, "c": at}
