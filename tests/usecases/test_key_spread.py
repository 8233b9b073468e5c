"""Who fetched a key from the credential service, and until when an old one may still be in use."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from tests.support.cli import LOGS, SHOP, Cli
from vzctl.store.fetch_record import Fetch, Fetches, write_fetches

pytestmark = pytest.mark.every_state_store

LONG_AGO = datetime(2026, 1, 31, 12, 0, tzinfo=UTC)


@pytest.fixture
def rotated(cli: Cli) -> Cli:
    """A rotated key of two databases that ask vzctl."""
    cli.init()
    cli.ok("databases", "add", "logs", "--id", LOGS)
    cli.add("openai-prod", "--scope", "shop", "--scope", "logs")
    for name in ("shop", "logs"):
        cli.ok("databases", "token", "create", name, "--print")
    assert cli.rotate().status == 0
    return cli


def credential(cli: Cli) -> dict[str, Any]:
    found: dict[str, Any] = cli.document()["credentials"][0]
    return found


def record(cli: Cli, *fetches: tuple[str, str]) -> None:
    """Write that these databases fetched these versions: `current` or `previous`."""
    document = credential(cli)
    versions = {"current": document["current"], "previous": document["previous"][0]}
    path = cli.state.parent / "state.toml.d" / "fetches.json"
    found = {(database, versions[which]): Fetch(LONG_AGO, LONG_AGO) for database, which in fetches}
    write_fetches(path, cli.document()["lineage"], Fetches(found))


def show(cli: Cli) -> tuple[dict[str, Any], list[str], list[str]]:
    """Return data of `rotations show`, what is said, and the next commands."""
    document = json.loads(cli.ok("rotations", "show", "openai-prod", "-o", "json").out)
    said = [
        line
        for line in cli.ok("rotations", "show", "openai-prod").err.splitlines()
        if not line.startswith(("next", "  # "))
    ]
    return document["data"], said, [step["command"] for step in document["nextSteps"]]


def test_nothing_is_said_where_no_data_api_asks_vzctl(cli: Cli) -> None:
    cli.init().add()
    assert cli.rotate().status == 0
    data, said, steps = show(cli)
    assert (data["fetches"], data["old_key_free_from"], said, steps) == ([], None, [], [])
    done = cli.ok("revocations", "done", "openai-prod", "--yes")
    assert "warning" not in done.err


def test_a_rotation_shows_who_fetched_the_new_key_and_that_a_cache_is_not_known(rotated: Cli) -> None:
    record(rotated, (SHOP, "previous"), (SHOP, "current"), (LOGS, "previous"))
    data, said, steps = show(rotated)
    at = "2026-01-31T12:00:00Z"
    assert data["fetches"] == [
        {
            "database": {"id": SHOP, "name": "shop"},
            "fetched_new_at": at,
            "fetched_old_at": at,
            "freshness_seconds": None,
        },
        {
            "database": {"id": LOGS, "name": "logs"},
            "fetched_new_at": None,
            "fetched_old_at": at,
            "freshness_seconds": None,
        },
    ]
    assert data["old_key_free_from"] is None
    assert said == [
        "the new key was fetched again by 1 of 2 databases; not yet by logs",
        "for how long the Data API of shop, logs keeps a key is not known, and by default it keeps one that is in use",
    ]
    assert steps == [
        "vzctl databases edit shop --freshness immediate",
        "vzctl databases edit logs --freshness immediate",
    ]


def test_the_longest_cache_says_from_when_the_old_key_can_be_revoked(rotated: Cli) -> None:
    record(rotated, (SHOP, "current"), (LOGS, "current"))
    rotated.ok("databases", "edit", "shop", "--freshness", "30s")
    rotated.ok("databases", "edit", "logs", "--freshness", "1d")
    data, said, steps = show(rotated)
    finished = datetime.fromisoformat(data["rotation"]["finished_at"])
    assert datetime.fromisoformat(data["old_key_free_from"]) == finished + timedelta(days=1)
    assert said[0] == "the new key was fetched again by 2 of 2 databases"
    assert said[1] == (
        "as the Data APIs are set, the old key can be revoked at the provider from " + data["old_key_free_from"] + " on"
    )
    assert steps == []


def test_without_a_cache_the_old_key_can_be_revoked_at_once(rotated: Cli) -> None:
    for name in ("shop", "logs"):
        rotated.ok("databases", "edit", name, "--freshness", "immediate")
    data, said, _ = show(rotated)
    assert data["old_key_free_from"] == data["rotation"]["finished_at"]
    assert said == [
        "the new key was fetched again by 0 of 2 databases; not yet by shop, logs",
        "as the Data APIs are set, none has used the old key since "
        + data["old_key_free_from"]
        + ": it can be revoked at the provider",
    ]
    assert "warning" not in rotated.ok("revocations", "done", "openai-prod", "--yes").err


@pytest.mark.parametrize("words", [["--dry-run"], ["--yes"]], ids=["dry run", "for good"])
def test_a_revocation_before_the_caches_have_let_go_is_warned_of(rotated: Cli, words: list[str]) -> None:
    rotated.ok("databases", "edit", "shop", "--freshness", "immediate")
    rotated.ok("databases", "edit", "logs", "--freshness", "1d")
    result = rotated.ok("revocations", "done", "openai-prod", *words)
    warned = [line for line in result.err.splitlines() if line.startswith("warning")]
    assert len(warned) == 1
    assert warned[0].startswith(
        'warning: the old key of "openai-prod" may still be in use: as the Data APIs are set, the old key can be revoked'
    )


def test_the_key_of_a_removed_credential_may_be_cached_by_those_who_fetched_it(rotated: Cli) -> None:
    document = credential(rotated)
    path = rotated.state.parent / "state.toml.d" / "fetches.json"
    fetched = Fetches({(LOGS, document["current"]): Fetch(LONG_AGO, LONG_AGO)})
    write_fetches(path, rotated.document()["lineage"], fetched)
    rotated.ok("revocations", "done", "openai-prod", "--yes")
    rotated.ok("credentials", "remove", "openai-prod", "--confirm", "openai-prod")
    result = rotated.ok("revocations", "done", "openai-prod", "--yes")
    assert 'warning: the old key of "openai-prod" may still be in use: for how long the Data API of logs' in result.err


def test_a_record_of_another_state_or_of_nothing_says_nothing(rotated: Cli) -> None:
    path = rotated.state.parent / "state.toml.d" / "fetches.json"
    current = credential(rotated)["current"]
    write_fetches(path, "another-lineage", Fetches({(SHOP, current): Fetch(LONG_AGO, LONG_AGO)}))
    assert show(rotated)[0]["fetches"][0]["fetched_new_at"] is None
    for text in ("", "{", "[]", '{"format": 2}', '{"format": 1, "lineage": null}', "\xff", "[" * 100_000):
        path.write_bytes(text.encode("latin-1"))
        assert show(rotated)[0]["fetches"][0]["fetched_new_at"] is None


def test_a_token_shows_when_it_was_used_last(rotated: Cli) -> None:
    path = rotated.state.parent / "state.toml.d" / "fetches.json"
    tokens = rotated.document()["service_tokens"]
    write_fetches(path, rotated.document()["lineage"], Fetches({}, {tokens[0]["id"]: LONG_AGO}))
    rows = rotated.ok("databases", "token", "list").rows
    assert [(row[1], row[3]) for row in rows] == [("shop", "2026-01-31T12:00:00Z"), ("logs", "")]
    assert rotated.ok("databases", "token", "list", "logs").rows == rows[1:]


def test_an_open_rotation_and_one_that_was_taken_back_say_nothing_of_fetches(rotated: Cli) -> None:
    record(rotated, (SHOP, "current"))
    rotated.ok("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    data, said, steps = show(rotated)
    assert (data["fetches"], data["old_key_free_from"], said, steps) == ([], None, [], [])


def test_at_astra_nobody_asks_vzctl(cli: Cli) -> None:
    cli.init("astra").add().attest_all()
    cli.rotate()
    for step in ("removed", "recreated", "scoped"):
        cli.run("rotations", "resume", "openai-prod", "--attest", step)
    data, said, _ = show(cli)
    assert (data["rotation"]["step"], data["fetches"], said) == ("DONE", [], [])
    assert "warning" not in cli.ok("revocations", "done", "openai-prod", "--yes").err
