"""Rotation at Astra: a person's steps in the Portal's words, each attested, and back again from every one of them."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.cli import Cli, Result, days_ago


def prepare(cli: Cli, databases: int = 1) -> Cli:
    """Make a credential in that many databases, with a collection in the first; everything attested."""
    cli.ok("init", "--control-plane", "astra")
    names = [f"db{number:02}" for number in range(1, databases + 1)]
    for number, name in enumerate(names, start=1):
        cli.ok("databases", "add", name, "--id", f"{number:08x}-1111-4111-8111-111111111111", "--region", "us-east1")
    scope = [word for name in names for word in ("--scope", name)]
    cli.add("openai-prod", *scope, "--set-at", days_ago(100)).attest_all()
    return cli.collect("db01/default/products")


def begin(cli: Cli) -> Result:
    result = cli.rotate()
    assert result.status == 14, result.err
    return result


def attest(cli: Cli, *steps: str, command: str = "resume") -> Result:
    words = [word for step in steps for word in ([step] if step.startswith("--") else ["--attest", step])]
    confirm = ["--confirm", "openai-prod"] if command == "rollback" else []
    return cli.run("rotations", command, "openai-prod", *words, *confirm)


def credential(cli: Cli) -> dict[str, Any]:
    found: dict[str, Any] = cli.document()["credentials"][0]
    return found


def kept(cli: Cli) -> dict[str, Any]:
    """Return what a rollback must give back."""
    found = credential(cli)
    keys = ("id", "name", "provider", "current", "key_set_at", "created_at")
    return {**{key: found[key] for key in keys}, "scope": [item["database"] for item in found["scope"]]}


def told(result: Result) -> list[str]:
    """Return the lines on standard error without those of the outage, which has its own tests."""
    lines = result.err.splitlines()
    begins = next((number for number, line in enumerate(lines) if line.startswith("OUTAGE: ")), None)
    if begins is None:
        return lines
    ends = next(number for number, line in enumerate(lines) if line.startswith("  it ends "))
    return lines[:begins] + lines[ends + 1 :]


def test_each_step_is_shown_in_the_portals_words_and_ends_with_the_documented_exit_code(cli: Cli) -> None:
    prepare(cli)
    removed, recreated, scoped, done = (
        begin(cli),
        attest(cli, "removed"),
        attest(cli, "recreated"),
        attest(cli, "scoped"),
    )
    assert [item.status for item in (removed, recreated, scoped, done)] == [14, 12, 12, 0]
    assert removed.err.splitlines()[:5] == [
        'the rotation of "openai-prod" stands at TESTED',
        'next, by a person: remove the API key "openai-prod"',
        "  open Settings > your organization > Integrations > OpenAI, section API keys",
        "  at openai-prod click More, then Remove API key",
        "  enter the name openai-prod, then click Remove key",
    ]
    assert told(recreated)[:6] == [
        "REMOVED: not observable: there is no Astra token to look with",
        'the rotation of "openai-prod" stands at REMOVED',
        'next, by a person: add the API key "openai-prod"',
        "  open Settings > your organization > Integrations > OpenAI",
        "  click Add API key and enter exactly this name: openai-prod",
        "  paste the API key itself",
    ]
    assert told(scoped)[:5] == [
        "RECREATED: not observable: no database shows it before it is in the scope",
        'the rotation of "openai-prod" stands at RECREATED',
        'next, by a person: add db01 to the scoped databases of "openai-prod"',
        "  open Settings > your organization > Integrations > OpenAI, section API keys",
        "  at openai-prod choose Add databases to scope: db01",
    ]
    assert done.err.splitlines()[1] == (
        'rotated "openai-prod": same name, same provider, 1 in scope; the new key was not tested'
    )


def test_a_rotation_that_an_earlier_vzctl_tested_and_began_is_finished_and_keeps_what_the_test_showed(cli: Cli) -> None:
    prepare(cli, databases=1)
    begin(cli)
    attest(cli, "removed")
    sentence = "tested: it works at the provider, not through db01/ks/products (UNEXPECTED_SERVER_ERROR)"
    text = cli.text()
    assert text.count("\nleaked = false\n") == 1
    cli.state.write_text(text.replace("\nleaked = ", f'\ntest = "{sentence}"\nleaked = '), encoding="utf-8")
    assert cli.ok("rotations", "show", "openai-prod").facts["test"] == sentence
    attest(cli, "recreated")
    done = attest(cli, "scoped")
    assert f"the new key was {sentence}\n" in done.err
    assert "  the provider accepts the new key: seen\n" in done.err
    assert cli.document()["rotations"][0]["key_test"] == {
        "version": cli.document()["rotations"][0]["new_version"],
        "provider": "works",
        "astra": "not_tested",
        "dependent": "db01/ks/products",
        "astra_reason": "UNEXPECTED_SERVER_ERROR",
    }


def test_databases_go_back_into_the_scope_in_groups_of_ten(cli: Cli) -> None:
    prepare(cli, databases=23)
    begin(cli)
    attest(cli, "removed")
    results = [attest(cli, "recreated"), *(attest(cli, "scoped") for _ in range(3))]
    assert [item.status for item in results] == [12, 12, 12, 0]
    assert [item.facts.get("rotation.step") for item in results] == [
        "RECREATED",
        "SCOPED 10/23",
        "SCOPED 20/23",
        "DONE",
    ]
    shown = [
        line.partition("Add databases to scope: ")[2].split(", ")
        for item in results[:3]
        for line in item.err.splitlines()
        if "Add databases to scope" in line
    ]
    assert shown == [[f"db{number:02}" for number in group] for group in (range(1, 11), range(11, 21), range(21, 24))]


def test_several_steps_can_be_attested_at_once_in_their_order(cli: Cli) -> None:
    prepare(cli, databases=11)
    begin(cli)
    result = attest(cli, "removed", "recreated", "scoped", "scoped")
    assert (result.status, result.facts["rotation.step"]) == (0, "DONE")
    assert {item["evidence"] for item in credential(cli)["scope"]} == {"attested"}


@pytest.mark.parametrize(
    ("steps", "stands_at", "following"),
    [
        (("recreated",), "TESTED", '"removed" is next'),
        (("removed", "scoped"), "REMOVED", '"recreated" is next'),
        (("removed", "recreated", "scoped", "scoped"), "DONE", "no step of a person is next"),
    ],
)
def test_steps_that_cannot_follow_each_other_are_refused_and_none_of_them_is_recorded(
    cli: Cli, steps: tuple[str, ...], stands_at: str, following: str
) -> None:
    prepare(cli)
    begin(cli)
    before = cli.everything()
    result = attest(cli, *steps)
    assert (result.status, result.err, cli.everything()) == (
        4,
        f'error: "{steps[-1]}" cannot be attested now: the rotation is at {stands_at} and {following}\n'
        "  next: vzctl rotations show openai-prod\n    # where it stands\n",
        before,
    )


def test_a_wrong_step_past_the_removal_says_that_the_rotation_is_open(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    attest(cli, "removed")
    result = attest(cli, "scoped")
    assert result.status == 12
    assert result.error.startswith('"scoped" cannot be attested now: the rotation is at REMOVED')


def test_a_credential_in_no_database_has_no_scope_to_restore(cli: Cli) -> None:
    cli.ok("init", "--control-plane", "astra")
    cli.run("credentials", "add", "openai-prod", "--provider", "openai", "--secret-stdin", stdin="sk-first")
    cli.attest_all()
    begin(cli)
    assert attest(cli, "removed", "recreated").facts["rotation.step"] == "DONE"


@pytest.mark.parametrize(
    ("attested", "walk_back", "statuses", "new_key_was_used"),
    [
        ([], [], [0], False),
        (["removed"], ["recreated", "scoped", "scoped"], [12, 12, 12, 0], False),
        (["removed", "recreated"], ["removed", "recreated", "scoped", "scoped"], [12, 12, 12, 12, 0], True),
        (["removed", "recreated", "scoped"], ["removed", "recreated", "scoped", "scoped"], [12, 12, 12, 12, 0], True),
        (
            ["removed", "recreated", "scoped", "scoped"],
            ["removed", "recreated", "scoped", "scoped"],
            [12, 12, 12, 12, 0],
            True,
        ),
    ],
    ids=["TESTED", "REMOVED", "RECREATED", "SCOPED 10/11", "DONE"],
)
def test_a_rollback_from_every_step_ends_with_what_was_there_before(
    cli: Cli, attested: list[str], walk_back: list[str], statuses: list[int], new_key_was_used: bool
) -> None:
    prepare(cli, databases=11)
    before = kept(cli)
    begin(cli)
    if attested:
        attest(cli, *attested)
    rollback = ["--yes"] if not attested else ["--confirm", "openai-prod"]
    results = [cli.run("rotations", "rollback", "openai-prod", *rollback)]
    results += [attest(cli, step) for step in walk_back]
    assert [item.status for item in results] == statuses, [item.err for item in results]
    assert kept(cli) == before
    assert "pending" not in credential(cli)
    assert cli.run("state", "check", "--exit-code").status == 0
    assert [row[3] for row in cli.ok("revocations", "list").rows] == (["rolled back"] if new_key_was_used else [])
    held = cli.ok("secrets", "status", "--check").facts
    assert {value for key, value in held.items() if key.endswith("in_store")} == {"present"}


def test_a_rotation_on_its_way_back_offers_only_to_go_on(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    attest(cli, "removed")
    assert attest(cli, command="rollback").status == 12
    shown = cli.ok("rotations", "show", "openai-prod")
    assert (shown.facts["rotation.direction"], told(shown)) == (
        "back",
        [
            "next: vzctl rotations resume openai-prod --attest recreated",
            "  # go on",
            "next: vzctl rotations resume openai-prod",
            "  # nobody has seen REMOVED in force: look",
        ],
    )


def test_going_back_the_old_key_is_pasted_from_reveal(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    attest(cli, "removed")
    result = attest(cli, command="rollback")
    assert "  that is the OLD key: vzctl secrets reveal openai-prod shows it at a terminal\n" in result.err


def test_after_its_end_the_old_key_is_the_previous_one_and_the_new_one_the_pending_before(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    new = attest(cli, "removed")
    assert "  that is the NEW key: vzctl secrets reveal openai-prod --which pending shows it at a terminal\n" in new.err
    assert attest(cli, "recreated", "scoped").status == 0
    cli.run("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    back = attest(cli, "removed")
    assert (
        "  that is the OLD key: vzctl secrets reveal openai-prod --which previous shows it at a terminal\n" in back.err
    )


def test_a_rollback_can_be_attested_in_one_go_and_again_is_harmless(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    attest(cli, "removed", "recreated")
    first = attest(cli, command="rollback")
    again = attest(cli, "removed", command="rollback")
    assert (first.status, again.status) == (12, 12)
    assert attest(cli, "recreated", "scoped").facts["rotation.step"] == "ROLLED_BACK"


@pytest.mark.sampled(8)
@pytest.mark.parametrize("past", [False, True])
@pytest.mark.parametrize(
    "words",
    [
        ("credentials", "edit", "openai-prod", "--note", "x"),
        ("credentials", "remove", "openai-prod", "--confirm", "openai-prod"),
        ("credentials", "rotate", "openai-prod", "--secret-stdin", "--skip-test", "--yes"),
        ("credentials", "add", "openai-prod", "--provider", "openai", "--no-secret", "--if-exists", "update"),
        ("scope", "add", "openai-prod", "other"),
        ("scope", "set", "openai-prod", "--none", "--force", "--yes"),
        ("collections", "forget", "db01/default/products", "--yes"),
        ("collections", "add", "db01/default/x", "--provider", "openai", "--model", "text-embedding-3-small",
         "--credential", "openai-prod"),
        ("tables", "attach", "db01/default/t.c", "--provider", "openai", "--model", "text-embedding-3-small",
         "--credential", "openai-prod"),
        ("databases", "forget", "db01", "--force", "--confirm", "db01"),
        ("secrets", "put", "openai-prod", "--secret-stdin"),
    ],
    ids=" ".join,
)  # fmt: skip
def test_an_open_rotation_blocks_what_would_change_its_promise(cli: Cli, words: tuple[str, ...], past: bool) -> None:
    prepare(cli)
    cli.ok("databases", "add", "other", "--id", "aaaaaaaa-1111-4111-8111-111111111111")
    begin(cli)
    if past:
        attest(cli, "removed")
    before = cli.everything()
    result = cli.run(*words, stdin="sk-third")
    step = "REMOVED" if past else "TESTED"
    assert (result.status, result.err, cli.everything()) == (
        12 if past else 4,
        f'error: a rotation of "openai-prod" is open at step {step}; nothing else may change it meanwhile\n'
        "  next: vzctl rotations resume openai-prod\n    # finish it\n"
        "  next: vzctl rotations rollback openai-prod\n    # take it back\n",
        before,
    )


def test_an_open_rotation_leaves_everything_else_alone(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    attest(cli, "removed")
    assert cli.run("credentials", "add", "other", "--provider", "mistral", "--no-secret").status == 14
    cli.ok("databases", "edit", "db01", "--region", "eu-west1")
    cli.ok("collections", "add", "db01/default/plain")


def test_another_host_takes_over_only_when_told_and_then_needs_the_secret_again(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare(cli)
    begin(cli)
    monkeypatch.setattr("socket.gethostname", lambda: "elsewhere")
    # The other machine has the state and its own, empty store.
    for path in (cli.folder / "state/vzctl/default/state.toml.d/secrets").rglob("*.age"):
        path.unlink()
    refused = attest(cli, "removed")
    assert refused.status == 4
    assert refused.error.endswith('this is "elsewhere"')
    assert "next: vzctl rotations resume openai-prod --take-over\n    # if nobody goes on with it there" in refused.err
    words = ("rotations", "resume", "openai-prod", "--take-over", "--attest", "removed")
    without = cli.run(*words)
    assert (without.status, without.error) == (
        8,
        'the new key of "openai-prod" is not held here; hand it in again',
    )
    other = cli.run(*words, "--secret-stdin", stdin="sk-another")
    assert (other.status, other.error) == (
        4,
        'this is not the key that the rotation of "openai-prod" began with',
    )
    assert cli.run(*words, "--secret-stdin", stdin="sk-second").status == 12
    assert cli.ok("rotations", "show", "openai-prod").facts["rotation.host"] == "elsewhere"
    assert attest(cli, "recreated", "scoped").status == 0


def test_another_key_can_replace_the_staged_one_until_it_is_in_service(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    staged = credential(cli)["pending"]
    words = ("rotations", "resume", "openai-prod", "--replace-secret", "--skip-test", "--secret-stdin")
    assert cli.run(*words, stdin="sk-third").status == 14
    replaced = credential(cli)["pending"]
    assert replaced != staged
    assert attest(cli, "removed").status == 12
    assert cli.run(*words, stdin="sk-fourth").status == 12
    assert cli.ok("rotations", "show", "openai-prod").facts["rotation.step"] == "REMOVED"
    assert attest(cli, "recreated").status == 12
    late = cli.run(*words, stdin="sk-fifth")
    assert (late.status, late.error) == (
        12,
        'the key of "openai-prod" was put into service already; take the rotation back instead',
    )
    assert attest(cli, "scoped").status == 0
    found = cli.ok("credentials", "find", "--secret-stdin", stdin="sk-fourth").rows
    assert [row[2] for row in found] == ["current"]


def test_the_same_key_again_is_no_replacement(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    staged = credential(cli)["pending"]
    words = ("rotations", "resume", "openai-prod", "--replace-secret", "--skip-test", "--secret-stdin")
    assert cli.run(*words, stdin="sk-second").status == 14
    assert credential(cli)["pending"] == staged


def test_a_store_that_fails_past_the_removal_leaves_the_rotation_open_and_says_so(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    attest(cli, "removed")
    (cli.folder / "identity.txt").rename(cli.folder / "elsewhere.txt")
    result = attest(cli, "recreated")
    assert (result.status, cli.neat(result.error)) == (
        12,
        "the identity file `/home/me/identity.txt` is not there; only it opens the secrets of the file store; "
        'the rotation of "openai-prod" stands at REMOVED\n',
    )
    assert "  next: vzctl rotations resume openai-prod\n    # go on\n" in result.err


def test_the_store_holding_another_key_is_not_taken_for_the_staged_one(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    folder = cli.folder / "state/vzctl/default/state.toml.d/secrets"
    old, new = (next(folder.rglob(f"{credential(cli)[role]}.age")) for role in ("current", "pending"))
    new.write_bytes(old.read_bytes())
    result = attest(cli, "removed")
    assert (result.status, result.error) == (
        10,
        'the secret store holds another key for "openai-prod" than the one that was recorded; '
        'the rotation of "openai-prod" stands at TESTED',
    )


def test_a_dry_run_of_resume_and_rollback_shows_and_changes_nothing(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    before = cli.everything()
    resumed = cli.run("rotations", "resume", "openai-prod", "--dry-run", "--attest", "removed")
    rolled = cli.run("rotations", "rollback", "openai-prod", "--dry-run")
    assert (resumed.status, resumed.facts["rotation.step"]) == (0, "TESTED")
    assert (rolled.status, rolled.err) == (0, 'would take back the rotation of "openai-prod" from TESTED\n')
    assert cli.everything() == before


def test_a_finished_rotation_is_followed_by_the_next_and_its_id_still_names_it(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    attest(cli, "removed", "recreated", "scoped")
    first = cli.ok("rotations", "list").rows[0][6]
    assert cli.rotate(key="sk-third").status == 14
    assert [row[1] for row in cli.ok("rotations", "list").rows] == ["DONE", "TESTED"]
    assert [row[1] for row in cli.ok("rotations", "list", "--open").rows] == ["TESTED"]
    assert cli.ok("rotations", "show", first).facts["rotation.step"] == "DONE"
    assert cli.ok("rotations", "show", "openai-prod").facts["rotation.step"] == "TESTED"
    refused = cli.run("rotations", "rollback", first, "--confirm", "openai-prod")
    assert (refused.status, refused.error) == (4, 'a later rotation of "openai-prod" is open')
    in_use = cli.run("revocations", "done", "openai-prod", "--yes")
    assert in_use.status == 0  # the key before the one that an open rotation may go back to


def test_a_key_that_an_open_rotation_may_go_back_to_is_not_marked_as_revoked(cli: Cli) -> None:
    prepare(cli)
    begin(cli)
    attest(cli, "removed", "recreated", "scoped")
    attest(cli, command="rollback")
    result = cli.run("revocations", "done", "openai-prod", "--yes")
    assert (result.status, result.err) == (
        4,
        'error: a rotation of "openai-prod" is open and needs this key\n'
        "  next: vzctl rotations resume openai-prod\n    # finish it first\n",
    )


@pytest.mark.parametrize(
    ("words", "environment", "error"),
    [
        (("--attest", "scoped"), {}, '"scoped" cannot be attested now'),
        ((), {"VZCTL_SECRET_STORE": "env"}, "the secret"),
    ],
)
def test_a_rollback_that_fails_past_the_removal_ends_as_an_open_rotation(
    cli: Cli, words: tuple[str, ...], environment: dict[str, str], error: str
) -> None:
    prepare(cli)
    begin(cli)
    attest(cli, "removed")
    before = cli.document()
    result = cli.run("rotations", "rollback", "openai-prod", "--confirm", "openai-prod", *words, env=environment)
    assert (result.status, cli.document()) == (12, before), result.err
    assert result.error.startswith(error)
    assert 'the rotation of "openai-prod" stands at REMOVED' in result.error


def test_another_new_key_does_not_forget_that_the_leaked_one_was_revoked(cli: Cli) -> None:
    prepare(cli)
    words = ("--leaked", "--revoke-first", "--confirm", "openai-prod")
    assert cli.rotate("openai-prod", *words).status == 14
    assert attest(cli, "revoked", "--skip-look").facts["rotation.step"] == "REVOKED"
    replaced = cli.run(
        "rotations",
        "resume",
        "openai-prod",
        "--replace-secret",
        "--skip-look",
        "--skip-test",
        "--secret-stdin",
        stdin="sk-third",
    )
    assert (replaced.status, replaced.facts["rotation.step"]) == (14, "REVOKED"), replaced.err
    back = attest(cli, command="rollback")
    assert (back.status, back.error) == (
        4,
        'the rotation of "openai-prod" cannot be taken back: the old key is known to others',
    )
    assert attest(cli, "removed", "recreated", "scoped").facts["rotation.step"] == "DONE"
    assert [item["reason"] for item in cli.document()["revocations"] if "done_at" in item] == ["leaked"]


@pytest.mark.parametrize("later_size", [3, 25])
def test_a_manual_step_attests_the_databases_that_were_shown_whatever_a_later_version_would_show(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, later_size: int
) -> None:
    prepare(cli, 12)
    begin(cli)
    attest(cli, "removed", "recreated")
    (row,) = cli.document()["rotations"]
    assert row["group_size"] == 10
    monkeypatch.setattr("vzctl.domain.portal.group_size", lambda: later_size)
    attest(cli, "scoped")
    (row,) = cli.document()["rotations"]
    assert len(row["scoped"]) == 10
