"""Programs of the user's own that make and revoke keys: rotation by age without a person."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.support.cli import Cli
from tests.support.live import KEY, OTHER_KEY, LiveUser, live_user
from tests.support.standin.server import StandIn
from vzctl.clients.message import LEFT_OUT
from vzctl.errors import ExitStatus

MINT = ("credentials", "rotate", "openai-prod", "--mint", "--yes")


@pytest.fixture
def user(cli: Cli) -> Iterator[LiveUser]:
    with StandIn() as stand_in:
        yield live_user(cli, stand_in)


def programs(user: LiveUser, *, mint: str = "", revoke: str = "") -> Path:
    """Configure shell scripts; return the file into which they write what they were given."""
    told = user.cli.folder / "told.txt"
    lines = []
    for verb, script in (("mint", mint), ("revoke", revoke)):
        if script:
            path = user.cli.folder / f"{verb}.sh"
            path.write_text(f"{script.replace('TOLD', str(told))}\n", encoding="utf-8")
            lines.append(f'[rotation.{verb}]\nopenai = ["sh", "{path}", "{{credential}}", "{{provider}}"]\n')
    user.cli.configure(user.cli.configuration + "".join(lines))
    return told


def test_a_key_is_made_tested_put_into_service_and_the_old_one_revoked(user: LiveUser) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    told = programs(user, mint=f'echo "$1 $2" >TOLD; echo {OTHER_KEY}', revoke="cat >>TOLD")
    result = user.cli.run(*MINT)
    assert result.status == 0, result.err
    assert told.read_text(encoding="utf-8") == "openai-prod openai\n"
    assert "the new key was tested: it works at the provider" in result.err
    user.astra.providers.revoke("openai", KEY)
    user.astra.portal.credentials["openai-prod"].key = OTHER_KEY
    result = user.cli.run("revocations", "done", "openai-prod", "--revoke", "--check", "--yes")
    assert (result.status, result.err.splitlines()[:2]) == (
        0,
        ['[rotation.revoke] revoked the old key of "openai-prod"', 'OpenAI rejects the old key of "openai-prod"'],
    )
    assert told.read_text(encoding="utf-8") == f"openai-prod openai\n{KEY}"
    assert KEY[8:] not in result.out + result.err


def test_programs_get_no_variable_that_has_a_secret(user: LiveUser) -> None:
    token, other = user.cli.environment["ASTRA_DB_APPLICATION_TOKEN"], "sk-proj-of-another-credential"
    user.astra.providers.add("openai", OTHER_KEY)
    told = programs(user, mint=f"env >>TOLD; echo {OTHER_KEY}", revoke="env >>TOLD")
    user.cli.configure(user.cli.configuration + '[secrets.env]\nopenai-dev = "KEY_OF_DEV"\n')
    carried = {"KEY_OF_DEV": other, "COPY": f"{other}\n", "OTHER_TOKEN": token, "HEADER": f"Bearer {token}"}
    carried |= {"OLD_KEY": f'{{"key": "{KEY}"}}', "VAULT_TOKEN": "hvs.stays"}
    assert user.cli.run(*MINT, "--token-env", "OTHER_TOKEN", env=carried).status == 0
    minted = told.read_text(encoding="utf-8")
    assert user.cli.run("revocations", "done", "openai-prod", "--revoke", "--yes", env=carried).status == 0
    revoked = told.read_text(encoding="utf-8").removeprefix(minted)
    for shown, stays in ((minted, True), (revoked, False)):
        assert [word for word in (token, other, "ASTRA_DB_APPLICATION_TOKEN") if word in shown] == []
        assert ("VAULT_TOKEN=hvs.stays\n" in shown, KEY in shown) == (True, stays)


def test_a_key_that_does_not_pass_its_test_is_revoked_again(user: LiveUser) -> None:
    told = programs(user, mint=f"echo {OTHER_KEY}", revoke="cat >TOLD")
    before = user.cli.everything()
    result = user.cli.run(*MINT)
    assert (result.status, '  the key that was made for "openai-prod" was revoked again\n' in result.err) == (
        ExitStatus.PROVIDER,
        True,
    )
    assert told.read_text(encoding="utf-8") == OTHER_KEY
    assert user.cli.everything() == before


def test_or_it_is_said_that_it_is_left_there(user: LiveUser) -> None:
    programs(user, mint=f"echo {OTHER_KEY}")
    result = user.cli.run(*MINT)
    assert 'the key that was made for "openai-prod" is left at the provider: [rotation.revoke]' in result.err
    assert OTHER_KEY[8:] not in result.err


def test_a_question_that_nobody_answers_leaves_no_key(user: LiveUser) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    told = programs(user, mint=f"echo {OTHER_KEY}", revoke="cat >TOLD")
    result = user.cli.run("credentials", "rotate", "openai-prod", "--mint")
    assert (result.status, told.read_text(encoding="utf-8")) == (ExitStatus.INPUT_REQUIRED, OTHER_KEY)


@pytest.mark.parametrize(
    ("script", "words"),
    [
        ("exit 3", "it ended with status 3"),
        ("echo two words", "it printed something else than one key on one line"),
        ("true", "it printed something else than one key on one line"),
        ("printf '\\377'", "it printed something else than one key on one line"),
        ("echo the quota of keys is used up >&2; exit 1", "it ended with status 1"),
    ],
)
def test_a_program_that_makes_no_key_changes_nothing(script: str, words: str, user: LiveUser) -> None:
    programs(user, mint=script)
    before = user.cli.everything()
    result = user.cli.run(*MINT, "-o", "json")
    document = json.loads(result.out)
    assert (result.status, document["code"]) == (ExitStatus.PROVIDER, "MINT_FAILED")
    assert document["message"].endswith(words)
    assert ("it said: the quota of keys is used up" in document["error"]["evidence"]) == ("quota" in script)
    assert user.cli.everything() == before


@pytest.mark.parametrize(
    ("script", "evidence"),
    [
        ("echo Qm7Zt4Rb9Wc2Lx5; echo no room for Qm7Zt4Rb9Wc2Lx5 >&2", ["it said: no room for ****"]),
        ("""echo '{"k": "Qm7Zt4Rb9Wc2Lx5"}'; echo no room for Qm7Z t4Rb 9Wc2 Lx5 >&2""", [f"it said: {LEFT_OUT}"]),
        ("printf '%070000d' 1; echo no room for Qm7Zt4Rb9Wc2Lx5 >&2", []),
    ],
)
def test_what_a_program_printed_before_it_failed_is_not_in_its_words(
    script: str, evidence: list[str], user: LiveUser
) -> None:
    programs(user, mint=f"{script}; exit 1")
    document = json.loads(user.cli.run(*MINT, "-o", "json").out)
    assert (document["code"], document["error"]["evidence"]) == ("MINT_FAILED", evidence)


@pytest.mark.parametrize(
    ("name", "status"), [("INT", ExitStatus.INTERRUPTED), ("TERM", ExitStatus.TERMINATED), ("HUP", ExitStatus.HANGUP)]
)
def test_one_signal_ends_the_wait_for_a_key(name: str, status: ExitStatus, user: LiveUser) -> None:
    told = programs(user, mint=f"kill -{name} $PPID; sleep 20; echo made >TOLD; exit 1")
    before = user.cli.everything()
    result = user.cli.run(*MINT)
    assert (result.status, told.exists()) == (status, False)
    assert 'the program that makes a key for "openai-prod" was ended: it is not known whether' in result.err
    assert "interrupted; nothing more was changed" in result.err
    assert user.cli.everything() == before


def test_a_signal_revokes_the_keys_that_were_made_before(user: LiveUser) -> None:
    user.cli.add("openai-dev", key="sk-proj-of-dev-first")
    made = user.cli.folder / "made"
    script = f"test -e {made} && kill -TERM $PPID && sleep 20; touch {made}; echo {OTHER_KEY}"
    told = programs(user, mint=script, revoke="cat >>TOLD")
    (user.cli.folder / "batch.jsonl").write_text('{"name": "openai-prod"}\n{"name": "openai-dev"}\n', encoding="utf-8")
    before = user.cli.everything()
    result = user.cli.run("credentials", "rotate", "--from", "batch.jsonl", "--mint", "--skip-test", "--yes")
    assert (result.status, told.read_text(encoding="utf-8")) == (ExitStatus.TERMINATED, OTHER_KEY)
    assert 'the key that was made for "openai-prod" was revoked again\n' in result.err
    assert user.cli.everything() == before


def test_a_program_that_is_not_there(user: LiveUser) -> None:
    user.cli.configure(user.cli.configuration + '[rotation.mint]\nopenai = ["/nowhere/program"]\n')
    result = user.cli.run(*MINT)
    assert (result.status, "it could not be started" in result.err) == (ExitStatus.PROVIDER, True)


def test_without_a_program_nothing_is_done(user: LiveUser) -> None:
    result = user.cli.run(*MINT)
    assert (result.status, "names no program for openai" in result.err) == (ExitStatus.USAGE, True)
    assert user.cli.run("credentials", "rotate", "openai-prod", "--mint", "--secret-stdin").status == ExitStatus.USAGE
    assert user.cli.run("credentials", "rotate", "--from", "x", "--mint").status == ExitStatus.USAGE


def test_a_dry_run_makes_no_key(user: LiveUser) -> None:
    told = programs(user, mint="touch TOLD")
    assert user.cli.run("credentials", "rotate", "openai-prod", "--mint", "--dry-run").status == 0
    assert not told.exists()


def rotated(user: LiveUser) -> None:
    result = user.cli.run(
        "credentials", "rotate", "openai-prod", "--skip-test", "--yes", "--secret-stdin", stdin=OTHER_KEY
    )
    assert result.status == 0


def test_a_key_that_could_not_be_revoked_stays_on_the_list(user: LiveUser) -> None:
    rotated(user)
    programs(user, revoke="cat >&2; exit 1")
    before = user.cli.everything()
    result = user.cli.run("revocations", "done", "openai-prod", "--revoke", "--yes")
    assert (result.status, "[rotation.revoke] for openai failed: it ended with status 1" in result.err) == (
        ExitStatus.PROVIDER,
        True,
    )
    assert KEY[8:] not in result.err
    assert user.cli.everything() == before


def test_a_key_that_is_still_in_use_is_not_revoked(user: LiveUser) -> None:
    user.cli.add("openai-twin", key=KEY)
    rotated(user)
    told = programs(user, revoke="cat >TOLD")
    result = user.cli.run("revocations", "done", "openai-prod", "--revoke", "--yes")
    assert (result.status, 'openai-twin still uses the old key of "openai-prod"' in result.err) == (
        ExitStatus.CONFLICT,
        True,
    )
    assert not told.exists()


def test_revoking_needs_its_program(user: LiveUser) -> None:
    rotated(user)
    assert user.cli.run("revocations", "done", "openai-prod", "--revoke", "--yes").status == ExitStatus.USAGE


# --- several at once

BATCH = ("credentials", "rotate", "--from", "due.jsonl", "--mint", "--yes")
KEYS = {"openai-prod": OTHER_KEY, "openai-dev": "sk-proj-of-dev-second"}
MINT_EACH = "case $1 in " + " ".join(f"{name}) echo {key} ;;" for name, key in KEYS.items()) + " esac"


@pytest.fixture
def two(user: LiveUser) -> LiveUser:
    """A user with two keys that are due."""
    user.cli.add("openai-dev", key="sk-proj-of-dev-first")
    (user.cli.folder / "due.jsonl").write_text("".join(f'{{"name": "{name}"}}\n' for name in KEYS), encoding="utf-8")
    return user


def test_keys_are_made_for_a_whole_batch(two: LiveUser) -> None:
    for key in KEYS.values():
        two.astra.providers.add("openai", key)
    programs(two, mint=MINT_EACH)
    result = two.cli.run(*BATCH)
    assert (result.status, "2 of 2 done" in result.err) == (0, True), result.err
    for key in KEYS.values():
        found = two.cli.run("credentials", "find", "--secret-stdin", stdin=key)
        assert [row[2] for row in found.rows] == ["current"], found.out


def test_keys_of_a_batch_that_does_not_begin_are_revoked_again(two: LiveUser) -> None:
    two.astra.providers.add("openai", OTHER_KEY)  # the other one is unknown to the provider
    told = programs(two, mint=MINT_EACH, revoke="cat >>TOLD; echo >>TOLD")
    before = two.cli.everything()
    result = two.cli.run(*BATCH)
    assert result.status == ExitStatus.PROVIDER
    assert told.read_text(encoding="utf-8").split() == list(KEYS.values())
    assert '  the key that was made for "openai-dev" was revoked again\n' in result.err
    assert two.cli.everything() == before


def test_a_program_that_fails_for_the_second_leaves_no_key_of_the_first(two: LiveUser) -> None:
    two.astra.providers.add("openai", OTHER_KEY)
    told = programs(two, mint=f"[ $1 = openai-prod ] && echo {OTHER_KEY}", revoke="cat >>TOLD")
    result = two.cli.run(*BATCH)
    assert (result.status, told.read_text(encoding="utf-8")) == (ExitStatus.PROVIDER, OTHER_KEY)


@pytest.mark.parametrize(
    ("line", "words", "says"),
    [
        ('{"name": "openai-prod", "secret_env": "KEY"}', ("--mint",), "needs no secret with --mint"),
        ('{"name": "openai-prod"}', (), 'needs exactly one of "secret_env"'),
        ('{"name": "openai-prod", "none": true}', (), "needs secret_env or secret_file, and neither"),
        ('{"name": "nobody"}', ("--mint",), 'no credential "nobody"'),
    ],
)
def test_a_batch_that_says_something_else_makes_no_key(
    two: LiveUser, line: str, words: tuple[str, ...], says: str
) -> None:
    told = programs(two, mint="echo made >TOLD; echo sk-proj-something")
    (two.cli.folder / "due.jsonl").write_text(line + "\n", encoding="utf-8")
    result = two.cli.run("credentials", "rotate", "--from", "due.jsonl", "--yes", *words)
    assert (result.status in (2, 3), says in result.err, told.exists()) == (True, True, False), result.err


def test_a_dry_run_of_a_batch_makes_no_key(two: LiveUser) -> None:
    told = programs(two, mint="echo made >TOLD; echo sk-proj-something")
    result = two.cli.run(*BATCH, "--dry-run")
    assert (result.status, told.exists()) == (0, False)


@pytest.mark.parametrize(
    ("words", "says"),
    [(("--until", "removed"), "does not stop at removed"), (("--wait", "-5"), "--wait takes seconds from 0")],
)
def test_a_batch_with_a_wrong_option_makes_no_key_and_begins_nothing(
    two: LiveUser, words: tuple[str, ...], says: str
) -> None:
    told = programs(two, mint="echo made >TOLD; echo sk-proj-something")
    for dry_run in ((), ("--dry-run",)):
        result = two.cli.run(*BATCH, *words, *dry_run)
        assert (result.status, says in result.err, told.exists()) == (2, True, False), result.err
    assert "rotations" not in two.cli.document()


def test_a_batch_that_stops_at_a_step_says_what_is_still_open(two: LiveUser) -> None:
    for key in KEYS.values():
        two.astra.providers.add("openai", key)
    programs(two, mint=MINT_EACH)
    result = two.cli.run(*BATCH, "--until", "staged")
    assert (result.status, "0 of 2 done, 2 still open" in result.err) == (0, True), result.err
    assert [item["step"] for item in two.cli.document()["rotations"]] == ["STAGED", "STAGED"]


# --- what goes wrong after a key was made, or revoked


def test_a_made_key_that_the_store_did_not_take_is_revoked_again(cli: Cli) -> None:
    with StandIn() as stand_in:
        user = live_user(cli, stand_in)
        user.astra.providers.add("openai", OTHER_KEY)
        # The program that keeps secrets takes what the probe brings, and no key.
        told = programs(user, mint=f"echo {OTHER_KEY}", revoke="cat >TOLD")
        refuse = cli.folder / "refuse"
        store = cli.folder / "store.sh"
        store.write_text(
            f'd={cli.folder}/kept; mkdir -p $d; f=$d/$(echo "$2" | tr / _)\n'
            f"case $1 in get) [ -f $f ] && cat $f || exit 3 ;; set) cat >$f.new; "
            f"if [ -f {refuse} ] && grep -q {OTHER_KEY} $f.new; then rm $f.new; exit 1; fi; mv $f.new $f ;; "
            "delete) rm -f $f ;; esac\n",
            encoding="utf-8",
        )
        calls = "".join(f'{verb} = ["sh", "{store}", "{verb}", "{{item}}"]\n' for verb in ("get", "set", "delete"))
        cli.configure(cli.configuration.replace('store = "file"', 'store = "exec"') + f"[secrets.exec]\n{calls}")
        assert cli.run("secrets", "put", "openai-prod", "--secret-stdin", "--yes", stdin=KEY).status == 0
        refuse.touch()
        result = cli.run(*MINT)
        assert result.status == ExitStatus.SECRET_STORE, result.err
        assert '  the key that was made for "openai-prod" was revoked again\n' in result.err
        assert told.read_text(encoding="utf-8") == OTHER_KEY
        assert cli.run("rotations", "rollback", "openai-prod", "--yes").status == 0


def revoked_twice(user: LiveUser) -> tuple[str, str]:
    """Return the ids of two keys to revoke."""
    for key in KEYS.values():
        user.astra.providers.add("openai", key)
    for name, key in KEYS.items():
        assert user.cli.rotate(name, key=key).status == 0
    first, second = (item["id"] for item in user.cli.document()["revocations"])
    return first, second


def test_each_revocation_is_recorded_before_the_next_one_is_begun(two: LiveUser) -> None:
    first, second = revoked_twice(two)
    programs(two, revoke="[ $1 = openai-prod ]")
    result = two.cli.run("revocations", "done", first, second, "--revoke", "--yes", "-o", "json")
    document = json.loads(result.out)
    assert (result.status, document["changed"]) == (ExitStatus.PROVIDER, True)
    assert '[rotation.revoke] revoked the old key of "openai-prod"' in document["error"]["evidence"]
    assert [row[0] for row in two.cli.ok("revocations", "list").rows] == [second]


def test_a_provider_that_still_accepts_a_revoked_key_is_asked_again(user: LiveUser) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    assert user.cli.rotate(key=OTHER_KEY).status == 0
    programs(user, revoke="exit 0")  # the provider has not heard of it
    words = ("revocations", "done", "openai-prod", "--revoke", "--check", "--yes")
    result = user.cli.run(*words, "--wait", "0.5")
    assert (result.status, "still accepts the old key" in result.err) == (ExitStatus.CONFLICT, True)
    assert '  [rotation.revoke] revoked the old key of "openai-prod"' in result.err
    assert 'waiting until OpenAI rejects the old key of "openai-prod"' in result.err
    (entry,) = user.cli.document()["revocations"]
    assert f"next: vzctl revocations done {entry['id']} --check\n    # ask again, once it is revoked" in result.err
    user.astra.providers.revoke("openai", KEY)
    user.astra.portal.credentials["openai-prod"].key = OTHER_KEY
    assert user.cli.run("revocations", "done", "openai-prod", "--check", "--yes").status == 0


def test_the_token_for_looking_at_dependants_may_come_from_another_variable(user: LiveUser) -> None:
    user.astra.providers.add("openai", OTHER_KEY)
    assert user.cli.rotate(key=OTHER_KEY).status == 0
    user.astra.providers.revoke("openai", KEY)
    user.astra.portal.credentials["openai-prod"].key = OTHER_KEY
    token = user.cli.environment.pop("ASTRA_DB_APPLICATION_TOKEN")
    words = ("revocations", "done", "openai-prod", "--check", "--yes", "--token-env", "MINE")
    result = user.cli.run(*words, env={"MINE": token})
    assert (result.status, "2 of 2 dependants seen to work" in result.err) == (0, True), result.err
