"""The state is the authority at every request; a broken one or a store in trouble is told apart and never shown."""

from __future__ import annotations

import os
import shutil
import stat
from pathlib import Path

import pytest

from tests.service.conftest import furnished
from tests.support.cli import Cli
from tests.support.data_api import CredentialFailedError, DataApi
from tests.support.service import make_token, running

UNAVAILABLE = {
    "credentials": {},
    "errors": [
        {
            "ID": "SERVICE_UNAVAILABLE",
            "message": "the credential service cannot give out keys at the moment; its own log and /readyz say why",
        }
    ],
}


def refusal(api: DataApi, name: str = "openai-prod") -> str:
    with pytest.raises(CredentialFailedError) as failed:
        api.key("openai", name)
    return str(failed.value)


def test_a_rotation_its_rollback_a_scope_and_a_removal_are_in_force_on_the_next_request(cli: Cli) -> None:
    with running(cli, "--database", "shop") as service:
        api = service.data_api()
        assert api.key("openai", "openai-prod") == "sk-first"
        assert cli.rotate().status == 0
        assert api.key("openai", "openai-prod") == "sk-second"
        cli.ok("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
        assert api.key("openai", "openai-prod") == "sk-first"
        cli.ok("scope", "remove", "openai-prod", "shop", "--yes")
        assert "vzctl scope add openai-prod shop" in refusal(api)
        cli.ok("scope", "add", "openai-prod", "shop")
        assert api.key("openai", "openai-prod") == "sk-first"
        cli.ok("credentials", "remove", "openai-prod", "--confirm", "openai-prod")
        assert "does not exist" in refusal(api)
        cli.add("openai-prod", key="sk-third")
        assert api.key("openai", "openai-prod") == "sk-third"


def test_during_a_rotation_the_current_key_is_served_until_the_flip(cli: Cli) -> None:
    with running(cli, "--database", "shop") as service:
        api = service.data_api()
        assert cli.rotate().status == 0
        backups = sorted((cli.state.parent / "state.toml.d" / "backups").glob("*.toml"))
        steps = [path for path in backups if "[[rotations]]" in path.read_text(encoding="utf-8")]
        assert len(steps) >= 2
        flipped = cli.state.read_bytes()
        for step in steps:
            cli.state.write_bytes(step.read_bytes())
            assert api.key("openai", "openai-prod") == "sk-first", step.name
        cli.state.write_bytes(flipped)
        assert api.key("openai", "openai-prod") == "sk-second"


def test_a_new_and_a_revoked_token_count_from_the_next_request_on(cli: Cli) -> None:
    first = make_token(cli, "shop", "first")
    with running(cli) as service:
        old, path = (
            service.data_api(first),
            "/v1/databases/SINGLE-TENANT/integrations-type/openai/creds/openai-prod.providerKey",
        )
        assert old.get(path).status == 200
        new = service.data_api(make_token(cli, "shop", "second"))
        assert (old.get(path).status, new.get(path).status) == (200, 200)
        cli.ok("databases", "token", "revoke", "shop", first.split("_")[1], "--yes")
        assert (old.get(path).status, new.get(path).status) == (401, 200)
        cli.ok("databases", "forget", "shop", "--force", "--confirm", "shop")
        assert new.get(path).status == 401


@pytest.mark.sampled(2)
@pytest.mark.parametrize("damage", ["cut off", "gone", "of the other plane", "a folder"])
def test_a_state_that_cannot_be_used_leaves_the_last_good_one_in_force(cli: Cli, tmp_path: Path, damage: str) -> None:
    sound = cli.state.read_bytes()
    with running(cli, "--database", "shop") as service:
        api = service.data_api()
        assert api.key("openai", "openai-prod") == "sk-first"
        cli.state.unlink()
        if damage == "cut off":
            cli.state.write_bytes(sound[: len(sound) // 2])
        elif damage == "of the other plane":
            other = Cli.create(tmp_path / "other").init("astra")
            shutil.copy(other.state, cli.state)
        elif damage == "a folder":
            cli.state.mkdir()
        assert api.key("openai", "openai-prod") == "sk-first"
        # A key that was not asked for before the damage is served too: the state in memory is whole.
        assert api.key("mistral", "mistral-prod") == "mistral-first"
        line = service.event("state_not_usable")
        ready = api.get("/readyz")
        assert (ready.status, ready.document["ready"], ready.document["reasons"]) == (503, False, [line["code"]])
        if damage == "a folder":
            cli.state.rmdir()
        cli.state.write_bytes(sound)
        assert api.get("/readyz").status == 200
        assert api.key("openai", "openai-prod") == "sk-first"


@pytest.mark.slow
def test_a_state_behind_a_link_that_is_switched_is_another_state(cli: Cli, tmp_path: Path) -> None:
    other = furnished(tmp_path / "other")
    assert other.rotate("openai-prod", key="sk-of-the-other").status == 0
    link = tmp_path / "current.toml"
    link.symlink_to(cli.state)
    with running(cli, "--database", "shop", "--state", str(link)) as service:
        api = service.data_api()
        assert api.key("openai", "openai-prod") == "sk-first"
        shutil.copytree(other.state.parent / "state.toml.d", cli.folder / "other" / "state.toml.d")
        shutil.copy(other.state, cli.folder / "other" / "state.toml")
        fresh = tmp_path / "fresh.toml"
        fresh.symlink_to(cli.folder / "other" / "state.toml")
        os.rename(fresh, link)
        # The secret store is still the first user's, so the other state's key is not there: no key of before is served.
        assert "has no key in the secret store" in refusal(api)
        assert service.event("refused")["reason"] == "SECRET_NOT_HELD"


def test_a_locked_store_is_told_apart_from_a_missing_secret_which_the_caller_can_hand_in(cli: Cli) -> None:
    identity = cli.folder / "identity.txt"
    private = identity.read_text(encoding="utf-8")
    identity.unlink()
    with running(cli, "--database", "shop") as service:
        api = service.data_api()
        path = api.path("openai", "openai-prod")
        locked = api.get(path)
        assert (locked.status, locked.document) == (503, UNAVAILABLE)
        said = service.event("unavailable")
        assert (said["reason"], "identity.txt" in said["message"]) == ("SECRET_STORE_LOCKED", True)
        assert api.get("/readyz").document == {
            "ready": False,
            "reasons": ["SECRET_STORE_LOCKED"],
            "warnings": [said["message"]],
        }
        identity.write_text(private, encoding="utf-8")
        identity.chmod(0o600)
        ready = api.get("/readyz")
        assert (ready.status, ready.document) == (200, {"ready": True, "reasons": [], "warnings": []})
        for stored in (cli.state.parent / "state.toml.d" / "secrets").rglob("*.age"):
            if "mistral" not in stored.name:
                stored.unlink()
        for check in ("", "/valid"):
            missing = api.get(api.path("mistral", "mistral-prod") + check)
            assert (missing.status, missing.document) == (
                200,
                {
                    "credentials": {},
                    "errors": [
                        {
                            "ID": "CREDENTIAL_HAS_NO_KEY",
                            "message": 'the credential "mistral-prod" of the database "shop" has no key in the secret '
                            'store; whoever has the key runs "vzctl secrets put mistral-prod"',
                        }
                    ],
                },
            )
        said = service.event("refused", 2)
        assert (said["reason"], said["credential"]) == ("SECRET_NOT_HELD", "mistral-prod.providerKey")
        warned = api.get("/readyz")
        assert (warned.status, warned.document) == (
            200,
            {"ready": True, "reasons": [], "warnings": ["SECRET_NOT_HELD"]},
        )


@pytest.mark.parametrize("leaves_folder", [False, True], ids=["folder missing", "folder empty"])
def test_secrets_that_are_gone_all_at_once_are_trouble_with_the_store(cli: Cli, *, leaves_folder: bool) -> None:
    folder = cli.state.parent / "state.toml.d" / "secrets"
    aside = folder.with_name("unmounted")
    with running(cli, "--database", "shop") as service:
        api = service.data_api()
        assert api.key("openai", "openai-prod") == "sk-first"
        folder.rename(aside)
        if leaves_folder:
            folder.mkdir()
        for check in ("", "/valid"):
            missing = api.get(api.path("mistral", "mistral-prod") + check)
            assert (missing.status, missing.document) == (503, UNAVAILABLE)
        said = service.event("unavailable")
        assert (said["reason"], str(folder) in said["message"]) == ("SECRET_STORE_MISSING", True)
        ready = api.get("/readyz")
        assert (ready.status, ready.document["reasons"]) == (503, ["SECRET_STORE_MISSING"])
        assert api.key("openai", "openai-prod") == "sk-first"
        never_stored = api.get(api.path("openai", "openai-unheld"))
        assert (never_stored.status, never_stored.document["errors"][0]["ID"]) == (200, "CREDENTIAL_HAS_NO_KEY")
        if leaves_folder:
            folder.rmdir()
        aside.rename(folder)
        assert api.key("mistral", "mistral-prod") == "mistral-first"
        assert api.get("/readyz").document == {"ready": True, "reasons": [], "warnings": []}


def test_trouble_with_the_store_is_over_when_no_key_is_left_to_read(cli: Cli) -> None:
    credentials = {item["name"]: item for item in cli.document()["credentials"]}
    folder = cli.state.parent / "state.toml.d" / "secrets" / cli.document()["lineage"]
    for name, credential in credentials.items():
        if name != "openai-prod" and "current" in credential and (folder / credential["id"]).exists():
            (folder / credential["id"] / f"{credential['current']}.age").write_bytes(b"not an age file")
    with running(cli, "--database", "shop") as service:
        api = service.data_api()
        assert api.key("openai", "openai-prod") == "sk-first"
        assert api.get(api.path("mistral", "mistral-prod")).status == 503
        ready = api.get("/readyz")
        assert (ready.status, len(ready.document["reasons"])) == (503, 1)
        for name in credentials.keys() - {"openai-prod"}:
            cli.ok("credentials", "remove", name, "--keep-secret", "--confirm", name)
        assert api.get("/readyz").document == {"ready": True, "reasons": [], "warnings": []}


STORE = """
case $1 in
*) [ -e outage ] && exit 3 ;;
esac
case $1 in
set) cat >"$2" ;;
get) [ -e hang ] && exec sleep 1000; [ -f "$2" ] || exit 3; cat "$2" ;;
delete) rm -f "$2" ;;
esac
"""


def with_exec_store(folder: Path) -> Cli:
    """Return a user whose store hangs as long as a file `hang` is there."""
    cli = Cli.create(folder)
    (folder / "store.sh").write_text(STORE.replace('"$2"', '"$(echo "$2" | tr / ,)"'), encoding="utf-8")
    verbs = "".join(f'{verb} = ["sh", "store.sh", "{verb}", "{{item}}"]\n' for verb in ("get", "set", "delete"))
    cli.configure(f'[secrets]\nstore = "exec"\n[secrets.exec]\n{verbs}')
    return cli.init().add("openai-prod").add("mistral-prod", provider="mistral", key="mistral-first")


@pytest.mark.slow
def test_a_store_that_hangs_is_answered_for_in_time_and_what_is_known_is_served(tmp_path: Path) -> None:
    cli = with_exec_store(tmp_path / "user")
    with running(cli, "--database", "shop") as service:
        api = service.data_api()
        assert api.key("openai", "openai-prod") == "sk-first"
        (cli.folder / "hang").touch()
        # The Data API's own limit is on this connection: an answer after 5 s would be an exception here.
        stuck = api.get(api.path("mistral", "mistral-prod"))
        assert (stuck.status, stuck.document) == (503, UNAVAILABLE)
        assert service.event("unavailable")["reason"] == "no answer in time"
        assert api.key("openai", "openai-prod") == "sk-first"
        assert service.end() == 0


@pytest.mark.slow
def test_an_outage_of_the_store_is_never_reported_as_a_missing_key(tmp_path: Path) -> None:
    """Status and output of the commands are the same as for an absent item, which the service has met before."""
    cli = with_exec_store(tmp_path / "user")
    cli.add("openai-lost", key="sk-lost")
    document = cli.document()
    lost = next(item["id"] for item in document["credentials"] if item["name"] == "openai-lost")
    for stored in cli.folder.glob(f"{document['lineage']},{lost},*"):
        stored.unlink()
    with running(cli, "--database", "shop") as service:
        api = service.data_api()
        assert "has no key in the secret store" in refusal(api, "openai-lost")
        (cli.folder / "outage").touch()
        for provider, name in (("openai", "openai-prod"), ("openai", "openai-lost"), ("mistral", "mistral-prod")):
            answer = api.get(api.path(provider, name))
            assert (name, answer.status, answer.document) == (name, 503, UNAVAILABLE)
        assert api.get("/readyz").status == 503
        for words in (("secrets", "status", "--check"), ("secrets", "test")):
            assert (words, cli.run(*words).status) == (words, 10)
        (cli.folder / "outage").unlink()
        assert api.key("openai", "openai-prod") == "sk-first"
        assert "has no key in the secret store" in refusal(api, "openai-lost")
        assert api.get("/readyz").status == 200


@pytest.mark.slow
def test_the_reason_of_a_store_that_fails_is_in_the_log_and_the_caller_does_not_learn_it(tmp_path: Path) -> None:
    cli = with_exec_store(tmp_path / "user")
    broken = 'echo "no route to the vault" >&2; cat openai-held; exit 9\n'
    (cli.folder / "openai-held").write_text("sk-first\n", encoding="utf-8")
    (cli.folder / "store.sh").write_text(broken, encoding="utf-8")
    with running(cli, "--database", "shop") as service:
        api = service.data_api()
        probed = api.get("/readyz").document
        message = (
            "the `get` command of the exec store (`sh`) ended with exit status 9 for `openai-prod`: "
            "no route to the vault"
        )
        assert probed == {"ready": False, "reasons": ["SECRET_STORE_FAILED"], "warnings": [message]}
        assert api.get("/readyz").document == probed
        failed = api.get(api.path("openai", "openai-prod"))
        assert (failed.status, failed.document) == (503, UNAVAILABLE)
        assert service.event("store_not_usable")["message"] == message
        said = service.event("unavailable")
        assert (said["reason"], said["message"]) == ("SECRET_STORE_FAILED", message)
        assert [line["event"] for line in service.log].count("store_not_usable") == 1
        assert "sk-first" not in "\n".join(service.lines)


def test_keys_leave_the_memory_with_their_credential(cli: Cli) -> None:
    with running(cli, "--database", "shop") as service:
        api = service.data_api()

        def kept() -> str:
            text = api.get("/metrics").body.decode()
            return next(line for line in text.splitlines() if line.startswith("vzctl_serve_keys_in_memory "))

        api.key("openai", "openai-prod")
        api.key("mistral", "mistral-prod")
        assert kept() == "vzctl_serve_keys_in_memory 2.0"
        cli.ok("credentials", "remove", "mistral-prod", "--confirm", "mistral-prod")
        refusal(api, "mistral-prod")
        assert kept() == "vzctl_serve_keys_in_memory 1.0"
        assert cli.rotate().status == 0
        api.get("/readyz")
        assert kept() == "vzctl_serve_keys_in_memory 0.0"


def test_the_record_of_fetches_is_beside_the_state_and_private(cli: Cli) -> None:
    with running(cli, "--database", "shop") as service:
        service.data_api().key("openai", "openai-prod")
        assert service.end() == 0
    path = cli.state.parent / "state.toml.d" / "fetches.json"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert "sk-first" not in path.read_text(encoding="utf-8")
