"""No lock is held while a person thinks: what changed in between is noticed, and nothing is lost."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.cli import LOGS, Cli
from tests.usecases.meanwhile import before_reading, before_the_lock, context_of, while_asked
from vzctl.domain.state.records import Step
from vzctl.errors import ConflictError, NotFoundError, RotationOpenError, VzctlError
from vzctl.secret import Secret
from vzctl.usecases.change import changed_meanwhile
from vzctl.usecases.collections.add import AddCollection, add_collection
from vzctl.usecases.collections.collection import COLLECTIONS
from vzctl.usecases.context import Context
from vzctl.usecases.credentials.add import AddCredential, add_credential
from vzctl.usecases.credentials.edit import EditCredential, edit_credential
from vzctl.usecases.credentials.remove import RemoveCredential, remove_credential
from vzctl.usecases.credentials.rotate import RotateCredential, rotate_batch, rotate_credential
from vzctl.usecases.databases.add import AddDatabase, add_database
from vzctl.usecases.databases.forget import ForgetDatabase, forget_database
from vzctl.usecases.dependents.forget import ForgetDependent, forget_dependent
from vzctl.usecases.dependents.service import Service
from vzctl.usecases.integrations.remove import RemoveIntegration, remove_integration
from vzctl.usecases.pending.confirm import confirm_pending
from vzctl.usecases.pending.drop import drop_pending
from vzctl.usecases.pending.step import ChangePending
from vzctl.usecases.revocations.done import FinishRevocations, finish_revocations
from vzctl.usecases.rotations.resume import ResumeRotation, resume_rotation
from vzctl.usecases.rotations.rollback import RollBackRotation, roll_back_rotation
from vzctl.usecases.scope.change import ChangeScope, change_scope
from vzctl.usecases.secrets.put import PutSecret, put_secret
from vzctl.usecases.tables.attach import AttachColumn, attach_column
from vzctl.usecases.tables.column import COLUMNS
from vzctl.usecases.tables.detach import DetachColumn, detach_column

pytestmark = pytest.mark.every_state_store

SMALL = Service(provider="openai", model="text-embedding-3-small", credential="openai-prod")
LARGE = Service(provider="openai", model="text-embedding-3-large", credential="openai-prod")


def refused(kind: type[VzctlError], code: str, message: str, work: Callable[[], object]) -> None:
    with pytest.raises(kind) as caught:
        work()
    assert (type(caught.value), caught.value.code, caught.value.message) == (kind, code, message)


def refused_as_changed(work: Callable[[], object], *subjects: str) -> None:
    """The plan that was shown no longer applies: exit 4, nothing written, the subjects named."""
    with pytest.raises(ConflictError) as caught:
        work()
    expected = changed_meanwhile(*subjects)
    assert (caught.value.code, caught.value.message) == (expected.code, expected.message)


def busy(cli: Cli) -> Cli:
    """Make a credential in two databases, with a collection in the first."""
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    return cli.add("openai-prod", "--scope", "shop", "--scope", "logs").collect()


def a_rotation(name: str = "openai-prod", key: str = "sk-second") -> RotateCredential:
    return RotateCredential(name=name, source=lambda: Secret(key), skip_test=True)


def test_a_credential_that_got_dependants_while_asked_is_not_removed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(cli)
    context = while_asked(cli, monkeypatch, lambda: cli.collect("logs/default/new"))
    refused_as_changed(lambda: remove_credential(context, RemoveCredential("openai-prod")), "openai-prod")
    assert [row[0] for row in cli.ok("credentials", "list").rows] == ["openai-prod"]


def test_a_credential_that_was_rotated_while_asked_is_not_removed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init().add()
    context = while_asked(cli, monkeypatch, cli.rotate)
    refused_as_changed(lambda: remove_credential(context, RemoveCredential("openai-prod")), "openai-prod")
    assert cli.ok("credentials", "find", "--secret-stdin", "-o", "plain", stdin="sk-second").rows[0][2] == "current"


def test_a_credential_that_lost_dependants_while_asked_is_not_removed_either(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(cli)
    context = while_asked(cli, monkeypatch, lambda: cli.ok("collections", "forget", "shop/default/products", "--yes"))
    refused_as_changed(lambda: remove_credential(context, RemoveCredential("openai-prod")), "openai-prod")


def test_a_scope_that_would_lose_more_than_was_asked_about_is_not_changed(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(cli).ok("databases", "add", "third", "--id", "33333333-3333-4333-8333-333333333333")
    context = while_asked(cli, monkeypatch, lambda: cli.ok("scope", "add", "openai-prod", "third"))
    refused_as_changed(lambda: change_scope(context, ChangeScope("set", "openai-prod", ["shop"])), "openai-prod")
    assert len(cli.document()["credentials"][0]["scope"]) == 3


def test_a_rotation_does_not_begin_on_what_changed_while_asked(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(cli)
    context = while_asked(cli, monkeypatch, lambda: cli.ok("scope", "remove", "openai-prod", "logs", "--yes"))
    refused_as_changed(lambda: rotate_credential(context, a_rotation()), "openai-prod")
    assert cli.ok("rotations", "list").out == ""


def test_two_people_do_not_rotate_the_same_credential_at_once(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init("astra").add().attest_all()
    context = while_asked(cli, monkeypatch, lambda: cli.rotate(key="sk-theirs"))
    refused(
        ConflictError,
        "ROTATION_OPEN",
        'a rotation of "openai-prod" is open at step TESTED; nothing else may change it meanwhile',
        lambda: rotate_credential(context, a_rotation()),
    )


def test_a_batch_stops_at_the_credential_that_changed_and_says_what_was_not_begun(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.init()
    names = ["one", "two", "three", "four"]
    for name in names:
        cli.add(name, key=f"sk-{name}")
    cli.ok("credentials", "edit", "four", "--note", "holds the new key already")
    context = while_asked(cli, monkeypatch, lambda: cli.ok("credentials", "edit", "two", "--note", "changed"))
    requests = [a_rotation(name, f"sk-{name}" if name == "four" else f"sk-{name}-new") for name in names]
    outcome = rotate_batch(context, requests)
    assert [(item.name, item.code, int(item.exit_code), item.changed) for item in outcome.data.items] == [
        ("one", "OK", 0, True),
        ("two", "CHANGED_MEANWHILE", 4, False),
        ("three", "NOT_STARTED", 11, False),
        ("four", "OK", 0, False),
    ]
    assert (outcome.status.name, outcome.changed) == ("PARTIAL", True)
    assert outcome.summary == (
        'one: ok: rotated "one": same name, same provider, 1 in scope; the new key was not tested',
        f"two: changed_meanwhile: {changed_meanwhile('two').message}",
        "three: not_started: an earlier item failed",
        "four: ok: it holds this key already",
        "2 of 4 done",
    )


def test_a_column_that_changed_while_asked_is_not_replaced(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    busy(cli)
    address = "shop/default/events.vector"
    attach = ("tables", "attach", address, "--provider", "openai", "--model", "text-embedding-3-small")
    cli.ok(*attach, "--credential", "openai-prod")
    context = while_asked(cli, monkeypatch, lambda: cli.ok("tables", "detach", address, "--yes"))
    refused_as_changed(lambda: attach_column(context, AttachColumn(address, LARGE, replace=True)), address)
    assert cli.ok("tables", "show", address).facts["column.provider"] == ""


def test_a_rotation_that_moved_on_while_asked_is_not_turned_back(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init("astra").add().attest_all()
    assert cli.rotate().status == 14
    context = while_asked(
        cli, monkeypatch, lambda: cli.run("rotations", "resume", "openai-prod", "--attest", "removed")
    )
    refused(
        RotationOpenError,
        "CHANGED_MEANWHILE",
        f'{changed_meanwhile("openai-prod").message}; the rotation of "openai-prod" stands at REMOVED',
        lambda: roll_back_rotation(context, RollBackRotation(name="openai-prod")),
    )
    assert cli.ok("rotations", "show", "openai-prod").facts["rotation.step"] == "REMOVED"


def test_a_rotation_that_a_restore_took_away_is_not_walked(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init("astra").add().attest_all()
    before = cli.document()["serial"]
    assert cli.rotate().status == 14
    context = before_the_lock(cli, monkeypatch, lambda: cli.rewind(before))
    refused(
        ConflictError,
        "CHANGED_MEANWHILE",
        "the rotation is no longer in the state; it was restored or edited meanwhile",
        lambda: resume_rotation(context, ResumeRotation(name="openai-prod", attests=(Step.REMOVED,))),
    )


def test_the_state_becoming_unreadable_past_the_removal_is_reported_as_itself(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.init("astra").add().attest_all()
    assert cli.rotate().status == 14
    assert cli.run("rotations", "resume", "openai-prod", "--attest", "removed").status == 12
    context = before_the_lock(cli, monkeypatch, lambda: cli.put_text(""))
    with pytest.raises(VzctlError) as caught:
        resume_rotation(context, ResumeRotation(name="openai-prod", attests=(Step.RECREATED,)))
    assert (caught.value.code, caught.value.exit_status) == ("STATE_BROKEN", 9)


def test_a_name_taken_while_the_key_was_typed_is_refused(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init()

    def typed() -> Secret:
        cli.add("openai-prod", key="sk-theirs")
        return Secret("sk-mine")

    context = context_of(cli, monkeypatch)
    refused(
        ConflictError,
        "CREDENTIAL_EXISTS",
        'the credential "openai-prod" exists already',
        lambda: add_credential(context, AddCredential("openai-prod", "openai", typed)),
    )
    assert [row[0] for row in cli.ok("credentials", "find", "--secret-stdin", stdin="sk-theirs").rows] == [
        "openai-prod"
    ]


def test_a_key_is_not_put_under_a_credential_that_was_rotated_meanwhile(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.init().ok("credentials", "add", "openai-prod", "--provider", "openai", "--no-secret")

    def typed() -> Secret:
        assert cli.rotate("openai-prod", "--confirm", "openai-prod").status == 0
        return Secret("sk-first")

    context = context_of(cli, monkeypatch)
    refused_as_changed(lambda: put_secret(context, PutSecret("openai-prod", typed)), "openai-prod")


def test_the_same_database_is_not_recorded_twice(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init()
    context = before_the_lock(cli, monkeypatch, lambda: cli.ok("databases", "add", "logs"))
    refused(
        ConflictError,
        "DATABASE_EXISTS",
        'the database "logs" is recorded already',
        lambda: add_database(context, AddDatabase("logs")),
    )
    assert [row[0] for row in cli.ok("databases", "list").rows] == ["shop", "logs"]


def test_the_same_collection_is_not_recorded_twice(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init()
    context = before_the_lock(cli, monkeypatch, lambda: cli.ok("collections", "add", "shop/default/x"))
    refused(
        ConflictError,
        "COLLECTION_EXISTS",
        'the collection "shop/default/x" is recorded already',
        lambda: add_collection(context, AddCollection("shop/default/x")),
    )


def begin_to_rotate(cli: Cli) -> Callable[[], object]:
    """Return an action after which a rotation of `openai-prod` is past its point of no return."""

    def action() -> None:
        assert cli.rotate().status == 14
        assert cli.run("rotations", "resume", "openai-prod", "--attest", "removed").status == 12

    return action


CHANGES: Sequence[tuple[str, Callable[[Context], object]]] = (
    ("edit", lambda context: edit_credential(context, EditCredential("openai-prod", note="x"))),
    ("remove", lambda context: remove_credential(context, RemoveCredential("openai-prod"))),
    ("scope", lambda context: change_scope(context, ChangeScope("add", "openai-prod", ["logs"]))),
    (
        "forget a collection",
        lambda context: forget_dependent(context, COLLECTIONS, ForgetDependent("shop/default/products")),
    ),
    ("add a collection", lambda context: add_collection(context, AddCollection("shop/default/x", SMALL))),
    ("attach", lambda context: attach_column(context, AttachColumn("shop/default/t.c", SMALL))),
    ("detach", lambda context: detach_column(context, DetachColumn("shop/default/t.one"))),
    ("forget a database", lambda context: forget_database(context, ForgetDatabase("shop", force=True))),
    ("confirm", lambda context: confirm_pending(context, ChangePending(["add-scope:openai-prod:third"]))),
    ("drop", lambda context: drop_pending(context, ChangePending(["add-scope:openai-prod:third"]))),
    (
        "update",
        lambda context: add_credential(
            context, AddCredential("openai-prod", "openai", None, note="x", if_exists="update")
        ),
    ),
)


@pytest.mark.sampled(5)
@pytest.mark.parametrize("work", [work for _, work in CHANGES], ids=[name for name, _ in CHANGES])
def test_a_rotation_begun_just_before_the_lock_wins(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, work: Callable[[Context], object]
) -> None:
    cli.init("astra").ok("databases", "add", "logs", "--id", LOGS)
    cli.ok("databases", "add", "third", "--id", "33333333-3333-4333-8333-333333333333")
    cli.add().attest_all().collect()
    small = ("--provider", "openai", "--model", "text-embedding-3-small", "--credential", "openai-prod")
    cli.ok("tables", "attach", "shop/default/t.one", *small)
    assert cli.run("scope", "add", "openai-prod", "third").status == 14
    context = before_the_lock(cli, monkeypatch, begin_to_rotate(cli))
    refused(
        RotationOpenError,
        "ROTATION_OPEN",
        'a rotation of "openai-prod" is open at step REMOVED; nothing else may change it meanwhile',
        lambda: work(context),
    )
    assert cli.document()["rotations"][0]["step"] == "REMOVED"


def test_a_key_that_a_rotation_begun_meanwhile_needs_is_not_marked_as_revoked(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.init("astra").add().attest_all()
    assert cli.rotate().status == 14
    steps = ("--attest", "removed", "--attest", "recreated", "--attest", "scoped")
    cli.ok("rotations", "resume", "openai-prod", *steps)
    back = ("rotations", "rollback", "openai-prod", "--confirm", "openai-prod")
    context = while_asked(cli, monkeypatch, lambda: cli.run(*back))
    refused(
        ConflictError,
        "ROTATION_OPEN",
        'a rotation of "openai-prod" is open and needs this key',
        lambda: finish_revocations(context, FinishRevocations(["openai-prod"])),
    )
    assert cli.ok("revocations", "list").rows[0][5] == ""


def test_a_credential_added_while_asked_keeps_its_integration(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init().ok("integrations", "add", "openai")
    context = while_asked(cli, monkeypatch, cli.add)
    refused(
        ConflictError,
        "INTEGRATION_HAS_CREDENTIALS",
        "the OpenAI integration still has 1 credential: openai-prod",
        lambda: remove_integration(context, RemoveIntegration("openai")),
    )


def test_a_step_that_somebody_dropped_meanwhile_is_not_confirmed(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init("astra")
    assert cli.run("integrations", "add", "openai").status == 14
    step = "add-integration:openai"
    context = before_the_lock(cli, monkeypatch, lambda: cli.ok("pending", "drop", step, "--yes"))
    refused(
        NotFoundError,
        "PENDING_NOT_FOUND",
        f'there is no pending step "{step}"',
        lambda: confirm_pending(context, ChangePending([step])),
    )


def test_a_column_forgotten_meanwhile_is_not_detached(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init()
    address = "shop/default/t.c"
    cli.ok("tables", "attach", address, "--provider", "nvidia", "--model", "NV-Embed-QA")
    context = while_asked(cli, monkeypatch, lambda: cli.ok("tables", "forget", address, "--yes"))
    refused(
        NotFoundError,
        "COLUMN_NOT_FOUND",
        f'there is no table column "{address}"',
        lambda: detach_column(context, DetachColumn(address)),
    )


def age_files(cli: Cli) -> list[str]:
    """Return the version ids in the store, by looking at the disk."""
    return sorted(path.stem for path in (cli.folder / "state").rglob("*.age"))


def test_of_two_processes_that_add_the_same_name_one_wins_and_leaves_the_only_bytes(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.init()
    context = before_the_lock(cli, monkeypatch, lambda: cli.add(key="sk-theirs"), nth=2)
    refused(
        ConflictError,
        "CHANGED_MEANWHILE",
        'another process adds "openai-prod" at this moment',
        lambda: add_credential(context, AddCredential("openai-prod", "openai", lambda: Secret("sk-mine"))),
    )
    cli.ok("secrets", "purge", "--yes")
    assert age_files(cli) == [cli.document()["credentials"][0]["current"]]
    assert cli.ok("credentials", "find", "--secret-stdin", stdin="sk-theirs").rows[0][2] == "current"


@pytest.mark.parametrize("taken_back", [True, False])
def test_of_two_processes_that_walk_the_same_rotation_one_stops(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, taken_back: bool
) -> None:
    cli.init("astra").add().attest_all()
    verb = ("rollback", "--yes") if taken_back else ("resume", "--secret-stdin")
    context = before_the_lock(
        cli,
        monkeypatch,
        lambda: cli.run("rotations", verb[0], "openai-prod", verb[1], stdin="sk-second"),
        nth=2,
    )
    refused(
        ConflictError,
        "CHANGED_MEANWHILE",
        'the rotation of "openai-prod", or its credential, changed while this command was waiting: nothing more was written',
        lambda: rotate_credential(context, a_rotation()),
    )
    assert cli.document()["rotations"][0]["step"] == ("ROLLED_BACK" if taken_back else "TESTED")
    assert len(age_files(cli)) == (1 if taken_back else 2)


def test_a_key_is_not_put_under_a_credential_that_a_restore_took_away(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    cli.init()
    before = str(cli.document()["serial"])
    cli.ok("credentials", "add", "openai-prod", "--provider", "openai", "--no-secret")
    restore = ("state", "restore", before, "--confirm", before)
    context = before_the_lock(cli, monkeypatch, lambda: cli.ok(*restore), nth=2)
    refused(
        NotFoundError,
        "CREDENTIAL_NOT_FOUND",
        'there is no credential "openai-prod"',
        lambda: put_secret(context, PutSecret("openai-prod", lambda: Secret("sk-1"))),
    )


@pytest.mark.parametrize("nth", [2, 3, 4])
def test_a_restore_in_the_middle_of_replacing_a_key_is_no_crash(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, nth: int
) -> None:
    cli.init("astra")
    before = cli.document()["serial"]
    cli.add().attest_all()
    assert cli.rotate().status == 14
    context = before_reading(cli, monkeypatch, lambda: cli.rewind(before), nth=nth)
    request = ResumeRotation(name="openai-prod", source=lambda: Secret("sk-third"), replace_secret=True, skip_test=True)
    with pytest.raises(ConflictError) as caught:
        resume_rotation(context, request)
    assert caught.value.code == "CHANGED_MEANWHILE"
    assert cli.ok("credentials", "list").out == ""


def stopping_after(number: int) -> Callable[[], bool]:
    """Return an answer to whether ^C was pressed: no, so many times, then yes."""
    asked = 0

    def is_requested() -> bool:
        nonlocal asked
        asked += 1
        return asked > number

    return is_requested


@pytest.mark.parametrize(("number", "stands_at"), [(1, "STAGING"), (2, "STAGED"), (3, "TESTED")])
def test_a_walk_that_is_interrupted_stops_between_two_steps_and_can_go_on(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, number: int, stands_at: str
) -> None:
    cli.init().add()
    outcome = rotate_credential(context_of(cli, monkeypatch, stop_requested=stopping_after(number)), a_rotation())
    assert (outcome.status.name, outcome.data.rotation is not None) == ("INTERRUPTED", True)
    assert outcome.summary == (f'the rotation of "openai-prod" stands at {stands_at}',)
    assert [str(step.command) for step in outcome.next_steps] == [
        "vzctl rotations resume openai-prod",
        "vzctl rotations rollback openai-prod",
    ]
    cli.ok("rotations", "resume", "openai-prod", "--secret-stdin", stdin="sk-second")
    assert cli.document()["rotations"][0]["step"] == "DONE"


def test_a_rotation_that_was_restored_away_is_not_taken_over(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init().add()
    serial = int(cli.document()["serial"])
    assert cli.rotate("openai-prod", "--until", "staged").status == 0
    context = before_the_lock(cli, monkeypatch, lambda: cli.rewind(serial))
    refused(
        ConflictError,
        "CHANGED_MEANWHILE",
        "the rotation is no longer in the state; it was restored or edited meanwhile",
        lambda: resume_rotation(replace(context, host="elsewhere"), ResumeRotation(name="openai-prod", take_over=True)),
    )
    assert (cli.document()["serial"], cli.document().get("rotations", [])) == (serial, [])


def test_a_batch_that_is_interrupted_says_what_was_not_begun(cli: Cli, monkeypatch: pytest.MonkeyPatch) -> None:
    cli.init()
    for name in ("one", "two"):
        cli.add(name, key=f"sk-{name}")
    context = context_of(cli, monkeypatch, stop_requested=stopping_after(5))
    outcome = rotate_batch(context, [a_rotation("one", "sk-1"), a_rotation("two", "sk-2")])
    assert [(item.name, item.code, int(item.exit_code)) for item in outcome.data.items] == [
        ("one", "OK", 0),
        ("two", "NOT_STARTED", 130),
    ]
    assert outcome.status.name == "INTERRUPTED"


def replaced_credential(cli: Cli) -> None:
    """Remove the credential, and add another one of the same name with the same key count, scope, and dependents."""
    cli.ok("credentials", "remove", "openai-prod", "--confirm", "openai-prod")
    cli.add("openai-prod", "--scope", "shop", "--scope", "logs", key="sk-other")


def replaced_organization(cli: Cli) -> None:
    """Put another organization's state, with equal records, at the path."""
    text = cli.text()
    lineage = cli.document()["lineage"]
    cli.put_text(text.replace(lineage, lineage[::-1]))


@pytest.mark.parametrize("kind", ["collections", "tables"])
def test_a_dependent_that_was_recorded_anew_while_asked_is_not_forgotten(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    cli.init().add().collect()
    service = ("--provider", "openai", "--model", "text-embedding-3-small", "--dimension", "1536")
    cli.ok("tables", "attach", "shop/default/events.vector", *service, "--credential", "openai-prod")

    def record_anew() -> None:
        large = ("--provider", "openai", "--model", "text-embedding-3-large", "--credential", "openai-prod")
        if kind == "tables":
            cli.ok("tables", "attach", "shop/default/events.vector", *large, "--replace", "--yes")
        else:
            cli.ok("collections", "forget", "shop/default/products", "--yes")
            cli.ok("collections", "add", "shop/default/products", *large)

    context = while_asked(cli, monkeypatch, record_anew)
    address = "shop/default/products" if kind == "collections" else "shop/default/events.vector"
    noun: Any = COLLECTIONS if kind == "collections" else COLUMNS
    refused_as_changed(lambda: forget_dependent(context, noun, ForgetDependent(address)), address)
    assert [len(cli.document()[item]) for item in ("collections", "columns")] == [1, 1]


def replaced_database(cli: Cli) -> None:
    """Forget a database, and add another one of the same name."""
    cli.ok("databases", "forget", "logs", "--force", "--confirm", "logs")
    cli.ok("databases", "add", "logs", "--id", "44444444-4444-4444-8444-444444444444")


ASKED: dict[str, Callable[[Context], object]] = {
    "credentials remove": lambda context: remove_credential(context, RemoveCredential("openai-prod")),
    "credentials rotate": lambda context: rotate_credential(context, a_rotation()),
    "scope set --none": lambda context: change_scope(context, ChangeScope("set", "openai-prod", none=True, force=True)),
    "scope set --all-databases": lambda context: change_scope(
        context, ChangeScope("set", "openai-prod", all_databases=True)
    ),
    "scope remove": lambda context: change_scope(context, ChangeScope("remove", "openai-prod", ["logs"])),
}
"""Commands about a credential that ask before they act."""


@pytest.mark.parametrize("ask", list(ASKED.values()), ids=list(ASKED))
@pytest.mark.parametrize("replace_it", [replaced_credential, replaced_organization])
def test_what_took_the_place_of_the_subject_under_the_same_name_is_not_changed(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, ask: Callable[[Context], object], replace_it: Callable[[Cli], None]
) -> None:
    busy(cli)
    left: list[object] = []

    def at_the_prompt() -> None:
        replace_it(cli)
        left.append(cli.document())

    context = while_asked(cli, monkeypatch, at_the_prompt)
    with pytest.raises(ConflictError) as caught:
        ask(context)
    assert (caught.value.code, [cli.document()]) == ("CHANGED_MEANWHILE", left)


@pytest.mark.parametrize("verb", ["add", "set"])
def test_a_database_of_the_same_name_is_not_put_into_a_scope(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, verb: str
) -> None:
    cli.init().ok("databases", "add", "logs", "--id", LOGS)
    cli.add()
    context = before_the_lock(cli, monkeypatch, lambda: replaced_database(cli))
    request = ChangeScope(verb, "openai-prod", ["shop", "logs"])
    refused_as_changed(lambda: change_scope(context, request), "openai-prod")
    assert len(cli.document()["credentials"][0]["scope"]) == 1


def waited_for(action: Callable[[], object], key: str = "sk-next") -> Callable[[], Secret]:
    """Return a source of a key during whose wait, on a FIFO for example, `action` happens."""

    def source() -> Secret:
        action()
        return Secret(key)

    return source


@pytest.mark.parametrize("change", ["remove", "add", "replace"])
def test_a_credential_like_another_gets_the_scope_that_was_read_or_none(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, change: str
) -> None:
    busy(cli).ok("databases", "add", "third", "--id", "33333333-3333-4333-8333-333333333333")
    actions: dict[str, Callable[[], object]] = {
        "remove": lambda: cli.ok("scope", "remove", "openai-prod", "logs", "--yes"),
        "add": lambda: cli.ok("scope", "add", "openai-prod", "third"),
        "replace": lambda: replaced_credential(cli),
    }
    request = AddCredential("next", None, waited_for(actions[change]), like="openai-prod")
    refused_as_changed(lambda: add_credential(context_of(cli, monkeypatch), request), "next", "openai-prod")
    assert [item["name"] for item in cli.document()["credentials"]] == ["openai-prod"]


def test_a_database_that_the_other_credential_loses_during_the_write_is_not_given_to_the_new_one(
    cli: Cli, monkeypatch: pytest.MonkeyPatch
) -> None:
    busy(cli)
    lose = lambda: cli.ok("scope", "remove", "openai-prod", "logs", "--yes")  # noqa: E731
    context = before_the_lock(cli, monkeypatch, lose, nth=2)
    added = add_credential(context, AddCredential("next", None, lambda: Secret("sk-next"), like="openai-prod"))
    assert added.summary[-1] == "scope: shop"
    assert [len(item["scope"]) for item in cli.document()["credentials"]] == [1, 1]


SPOILED = ["revoked", "compromised"]


def spoil(cli: Cli, how: str) -> None:
    """Let the key of `openai-prod` be revoked, or compromised."""
    words = ("credentials", "rotate", "openai-prod", "--secret-stdin", "--skip-test")
    leaked = ("--leaked", "--confirm", "openai-prod") if how == "compromised" else ("--yes",)
    cli.ok(*words, *leaked, stdin="sk-second")
    if how == "revoked":
        cli.ok("revocations", "done", "openai-prod", "--yes")


@pytest.mark.parametrize("how", SPOILED)
def test_a_key_that_is_spoiled_while_it_is_stored_does_not_come_into_use(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    cli.init().add(key="sk-first")
    context = before_the_lock(cli, monkeypatch, lambda: spoil(cli, how), nth=2)
    with pytest.raises(ConflictError) as caught:
        add_credential(context, AddCredential("next", "openai", lambda: Secret("sk-first"), ["shop"]))
    assert caught.value.code == f"SECRET_{how.upper()}"
    added = next(item for item in cli.document()["credentials"] if item["name"] == "next")
    assert (added.get("current"), added.get("scope", [])) == (None, [])
    cli.add("next", key="sk-third")
    cli.ok("secrets", "purge", "--yes")
    assert cli.ok("credentials", "find", "--secret-stdin", "-o", "plain", stdin="sk-third").rows[0][2] == "current"


@pytest.mark.parametrize("how", SPOILED)
def test_a_key_that_is_spoiled_while_it_is_handed_in_again_is_not_stored(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    cli.init().add("openai-prod", key="sk-first").ok(
        "credentials", "add", "other", "--provider", "openai", "--no-secret", "--yes"
    )
    context = before_the_lock(cli, monkeypatch, lambda: spoil(cli, how), nth=2)
    with pytest.raises(ConflictError) as caught:
        put_secret(context, PutSecret("other", lambda: Secret("sk-first")))
    assert caught.value.code == f"SECRET_{how.upper()}"
    assert cli.ok("credentials", "show", "other", "-o", "plain").facts["versions.0.held"] == "false"
