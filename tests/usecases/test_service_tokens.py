"""Service tokens: made once, handed over in a private file, kept as a hash, gone with their database."""

from __future__ import annotations

import hashlib
import re
import stat
from pathlib import Path

import pytest

from tests.support.cli import LOGS, SHOP, Cli

FORM = re.compile(r"vzt_[0-9a-f]{12}_[0-9a-f]{64}")


@pytest.fixture
def shop(cli: Cli) -> Cli:
    cli.init()
    cli.ok("databases", "add", "logs", "--id", LOGS)
    return cli


def test_a_token_goes_into_a_file_for_its_owner_alone_and_only_its_hash_is_kept(shop: Cli) -> None:
    path = shop.folder / "shop.token"
    result = shop.ok("databases", "token", "create", "shop", "--out", str(path), "--note", "node 1")
    token = path.read_text(encoding="utf-8")
    assert FORM.fullmatch(token)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    (kept,) = shop.document()["service_tokens"]
    assert kept == {
        "id": token.split("_")[1],
        "database": SHOP,
        "sha256": hashlib.sha256(token.encode()).hexdigest(),
        "created_at": kept["created_at"],
        "note": "node 1",
    }
    everything = b"".join(shop.everything().values())
    assert token.encode() not in everything
    assert token[-64:].encode() not in everything
    assert token[-64:] not in result.out + result.err
    assert result.facts["token"] == ""


@pytest.mark.parametrize("output", ["plain", "json", "human"])
def test_a_token_is_printed_only_when_asked_for(shop: Cli, output: str) -> None:
    printed = shop.ok("databases", "token", "create", "shop", "--print", "-o", output, env={"COLUMNS": "200"})
    (token,) = FORM.findall(printed.out)
    assert token not in printed.err
    kept = shop.document()["service_tokens"][0]
    assert kept["sha256"] == hashlib.sha256(token.encode()).hexdigest()


def test_a_token_overwrites_nothing(shop: Cli) -> None:
    path = shop.folder / "shop.token"
    path.write_text("important", encoding="utf-8")
    before = shop.everything()
    result = shop.run("databases", "token", "create", "shop", "--out", str(path))
    assert (result.status, result.error) == (4, f'"{path}" exists already; a token overwrites nothing')
    dangling = shop.folder / "link"
    dangling.symlink_to(shop.folder / "elsewhere")
    assert shop.run("databases", "token", "create", "shop", "--out", str(dangling)).status == 4
    assert (path.read_text(encoding="utf-8"), shop.everything()) == ("important", before)
    assert not (shop.folder / "elsewhere").exists()


def test_a_token_that_could_not_be_recorded_leaves_no_file(shop: Cli) -> None:
    path = shop.folder / "shop.token"
    folder = shop.state.parent
    lock = folder / "state.toml.d" / "lock"
    lock.unlink(missing_ok=True)
    lock.mkdir()
    result = shop.run("databases", "token", "create", "shop", "--out", str(path))
    assert result.status == 9
    assert not path.exists()


def test_two_tokens_stand_side_by_side_and_one_is_revoked(shop: Cli) -> None:
    for name in ("a", "b"):
        shop.ok("databases", "token", "create", "shop", "--out", name)
    first, second = (item["id"] for item in shop.document()["service_tokens"])
    result = shop.ok("databases", "token", "revoke", "shop", first, "--yes")
    assert result.err.startswith(f'revoked the service token {first} of the database "shop"\n')
    assert [item["id"] for item in shop.document()["service_tokens"]] == [second]
    again = shop.run("databases", "token", "revoke", "shop", first, "--yes")
    assert (again.status, again.error) == (3, f'the database "shop" has no service token "{first}"')
    other = shop.run("databases", "token", "revoke", "logs", second, "--yes")
    assert (other.status, other.error) == (3, f'the database "logs" has no service token "{second}"')


def test_a_database_with_tokens_is_forgotten_with_them_by_force_only(shop: Cli) -> None:
    shop.ok("databases", "token", "create", "shop", "--print")
    token = shop.document()["service_tokens"][0]["id"]
    refused = shop.run("databases", "forget", "shop", "--yes")
    assert (refused.status, refused.error) == (
        4,
        f'1 fact about "shop" would be forgotten with it: service token {token}',
    )
    shop.ok("databases", "forget", "shop", "--force", "--confirm", "shop")
    assert "service_tokens" not in shop.document()


def test_what_identifies_a_database_is_shown_with_it(shop: Cli) -> None:
    shop.ok("databases", "token", "create", "shop", "--print")
    shop.ok("databases", "edit", "shop", "--certificate-name", "shop.example", "--freshness", "5m")
    facts = shop.ok("databases", "show", "shop").facts
    names = ("certificate_name", "freshness_seconds", "service_token_count")
    assert [facts[f"database.{name}"] for name in names] == ["shop.example", "300", "1"]
    shop.ok("databases", "edit", "shop", "--no-certificate-name", "--freshness", "immediate")
    facts = shop.ok("databases", "show", "shop").facts
    assert [facts[f"database.{name}"] for name in names] == ["", "0", "1"]


@pytest.mark.parametrize("text", ["", "30", "s", "-1s", "1.5s", "8d", "0x1s", "³s", "1s ", "forever", "9999999s"])
def test_a_freshness_that_is_none_is_refused(shop: Cli, text: str) -> None:
    result = shop.run("databases", "edit", "shop", f"--freshness={text}")
    assert (result.status, "is no freshness" in result.error) == (2, True)


@pytest.mark.parametrize("name", [" x", "x\ny", "ä.example", "x" * 201])
def test_a_certificate_name_that_no_certificate_can_have_is_refused(shop: Cli, name: str) -> None:
    result = shop.run("databases", "edit", "shop", "--certificate-name", name)
    assert (result.status, "cannot be the name in a certificate" in result.error) == (2, True)


def test_the_file_of_a_token_is_relative_to_the_working_directory(shop: Cli) -> None:
    shop.ok("databases", "token", "create", "shop", "--out", "here.token")
    assert FORM.fullmatch((Path(shop.folder) / "here.token").read_text(encoding="utf-8"))
