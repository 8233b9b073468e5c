"""Rotations, removals, revocations, crashes of the store and restores in any order, on both control planes.

On `astra` a person works at a Portal that the test plays: what vzctl tells them to do is done there, before it is attested.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any, ClassVar, Final

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.builders import SALT, a_state, an_organization, database_id
from tests.support.effort import machine_settings
from tests.support.memory_store import MemoryStore, a_context
from tests.support.state_files import a_state_file, counting_ids
from vzctl.domain.checks.integrity import breakages
from vzctl.domain.rotation import machine
from vzctl.domain.state.records import ControlPlane, Credential, Direction, Rotation, Step
from vzctl.domain.state.state import State
from vzctl.errors import SecretStoreError, VzctlError
from vzctl.secret import Secret
from vzctl.store.backups import list_backups
from vzctl.usecases.context import Context
from vzctl.usecases.credentials.add import AddCredential, add_credential
from vzctl.usecases.credentials.remove import RemoveCredential, remove_credential
from vzctl.usecases.credentials.rotate import RotateCredential, rotate_credential
from vzctl.usecases.databases.add import AddDatabase, add_database
from vzctl.usecases.outcome import AnyOutcome
from vzctl.usecases.pending.confirm import confirm_pending
from vzctl.usecases.pending.step import ChangePending
from vzctl.usecases.revocations.done import FinishRevocations, finish_revocations
from vzctl.usecases.rotations.resume import ResumeRotation, resume_rotation
from vzctl.usecases.rotations.rollback import RollBackRotation, roll_back_rotation
from vzctl.usecases.rotations.runner import VerificationPolicy
from vzctl.usecases.secrets.purge import purge_secrets
from vzctl.usecases.state.restore import RestoreState, restore_state

DATABASES: Final = 12
"""More than the Portal's dialog takes at a time."""
KEYS: Final = {Secret(f"key-{number}").fingerprint(SALT): f"key-{number}" for number in range(8)}
keys: Final = st.sampled_from(sorted(KEYS.values()))
chances: Final = st.randoms(use_true_random=False)
failures: Final = st.one_of(st.none(), st.integers(0, 6))
"""In which call the secret store fails; None for never."""

UNSEEN = VerificationPolicy(is_wanted=False)


class Restores(RuleBasedStateMachine):
    """One credential more or less, and the question after every step: which key is in force, and is it there?"""

    plane: ClassVar[ControlPlane]

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="vzctl-restore-machine-"))
        self.store = MemoryStore()
        self.new_id = counting_ids()
        self.file = a_state_file(self.folder / "state.toml", new_id=self.new_id)
        self.in_doubt: set[str] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize()
    def create(self) -> None:
        self.file.create(a_state(serial=0, organization=an_organization(control_plane=self.plane)))
        for number in range(DATABASES):
            add_database(self.context(), AddDatabase(f"db-{number}", id=database_id(number)))
        self.add("key-0")

    def context(self) -> Context:
        return a_context(self.file, self.store, new_id=self.new_id)

    def attempt(self, work: Callable[[Context], AnyOutcome], fails_in: int | None = None) -> None:
        """Run a use case that may be refused, or find the store failing; whatever happens, the invariants must hold."""
        self.store.fails_in = fails_in
        failed: VzctlError | None = None
        try:
            work(self.context())
        except VzctlError as error:
            event(f"{type(error).__name__} {error.code}")
            failed = error
        self.store.fails_in = None
        if isinstance(failed, SecretStoreError) and fails_in is None:
            assert failed.code == "SECRET_NOT_HELD", failed.message

    def add(self, key: str) -> None:
        scope = [f"db-{number}" for number in range(DATABASES)]
        self.attempt(lambda c: add_credential(c, AddCredential("main", "openai", lambda: Secret(key), scope)))

    # ---------------------------------------------------------------- what people do

    @rule(key=keys, fails_in=failures)
    def rotate(self, key: str, fails_in: int | None) -> None:
        request = RotateCredential(name="main", source=lambda: Secret(key), skip_test=True)
        self.attempt(lambda c: rotate_credential(c, request), fails_in)

    @rule(key=keys, fails_in=failures, replace_secret=st.booleans())
    def resume(self, key: str, fails_in: int | None, replace_secret: bool) -> None:
        request = ResumeRotation(
            name="main", source=lambda: Secret(key), replace_secret=replace_secret, skip_test=True, verification=UNSEEN
        )
        self.attempt(lambda c: resume_rotation(c, request), fails_in)

    @rule(fails_in=failures)
    def roll_back(self, fails_in: int | None) -> None:
        self.attempt(lambda c: roll_back_rotation(c, RollBackRotation(name="main", verification=UNSEEN)), fails_in)

    @precondition(lambda self: self.file.read().open_revocations())
    @rule(chance=chances, fails_in=failures)
    def revoke(self, chance: Any, fails_in: int | None) -> None:
        chosen = chance.choice(self.file.read().open_revocations()).id
        self.attempt(lambda c: finish_revocations(c, FinishRevocations([chosen])), fails_in)

    @rule(fails_in=failures)
    def purge(self, fails_in: int | None) -> None:
        self.attempt(purge_secrets, fails_in)

    @rule(chance=chances)
    def restore(self, chance: Any) -> None:
        backups = list_backups(self.file.paths.backups)
        serial = chance.choice(backups).serial
        before = self.file.read()
        # Of a key that was being written when the state went back nobody knows whether it is there; the next purge looks.
        self.in_doubt |= {item.pending for item in before.credentials if item.pending is not None}
        outcome = restore_state(self.context(), RestoreState(str(serial)))
        after = self.file.read()
        assert after.serial == before.serial + 1
        assert outcome.changed
        for credential in after.credentials:
            self.no_key_was_lost(before, after, credential)

    def no_key_was_lost(self, before: State, after: State, credential: Credential) -> None:
        """A credential that had a key before has one afterwards, and never one that was revoked."""
        was = before.credential_by_id(credential.id)
        if was is None or was.current_version is None or credential.current_version is None:
            return
        assert credential.current_version.held or not was.current_version.held
        revoked = {item.version for item in before.revocations if item.done_at is not None}
        assert credential.current == was.current or credential.current not in revoked

    # ---------------------------------------------------------------- what holds after every step

    @invariant()
    def the_state_is_sound(self) -> None:
        assert list(breakages(self.file.read())) == []

    @invariant()
    def nothing_in_the_store_is_unknown(self) -> None:
        state = self.file.read()
        items = {f"{state.lineage}/{owner.id}/{version.id}": version for owner, version in state.versions()}
        assert self.store.items.keys() <= items.keys()
        pending = {item.pending for item in state.credentials}
        unnoticed = {items[path].id for path in self.store.items if not items[path].held}
        # `secrets purge` finishes a deletion that a crash interrupted.
        being_deleted = {item.version for item in state.open_deletions()}
        assert unnoticed <= pending | being_deleted, "bytes that no purge and no revocation would ever delete"

    @invariant()
    def the_key_in_force_is_in_the_store_when_it_is_said_to_be_held(self) -> None:
        state = self.file.read()
        for credential in state.credentials:
            version = credential.current_version
            if version is not None and version.held and version.id not in self.in_doubt:
                secret = self.store.items[f"{state.lineage}/{credential.id}/{version.id}"]
                assert secret.fingerprint(SALT) == version.fingerprint

    @invariant()
    def a_key_in_force_is_not_on_the_revocations_list(self) -> None:
        state = self.file.read()
        in_force = {item.current for item in state.credentials}
        assert {item.version for item in state.open_revocations()} & in_force == set()


class LocalRestores(Restores):
    plane = ControlPlane.LOCAL

    @rule(key=keys)
    def add_again(self, key: str) -> None:
        self.add(key)

    @precondition(lambda self: any(item.current is not None for item in self.file.read().credentials))
    @rule(keep=st.booleans(), fails_in=failures)
    def remove(self, keep: bool, fails_in: int | None) -> None:
        """A removal that stops half way leaves bytes of which nobody knows whether they are there; the next purge looks."""
        request = RemoveCredential("main", keep_secret=keep)
        before = self.file.read()
        self.attempt(lambda c: remove_credential(c, request), fails_in)
        if fails_in is not None and self.file.read() != before:
            self.in_doubt |= {version.id for _, version in before.versions()}


class PortalRestores(Restores):
    """The Portal has one credential: its key and its scope, or nothing while it is removed."""

    plane = ControlPlane.ASTRA

    def __init__(self) -> None:
        super().__init__()
        self.portal: tuple[str, frozenset[str]] | None = None
        self.unsaid: Step | None = None
        """A step that the person has done, and not attested yet."""

    @initialize()
    def create(self) -> None:
        super().create()
        confirm_pending(self.context(), ChangePending(all_steps=True))
        self.portal = ("key-0", frozenset(item.id for item in self.file.read().databases))

    @precondition(lambda self: self.open_rotation() is not None)
    @rule(is_attested=st.sampled_from([True, True, True, False]), fails_in=failures)
    def a_person_does_the_next_step(self, is_attested: bool, fails_in: int | None) -> None:
        """What is to be done is done once more when the person was interrupted before saying so: that changes nothing."""
        rotation = self.open_rotation()
        assert rotation is not None
        step = machine.next_step(rotation, is_local=False)
        if step not in machine.PERSON_STEPS:
            return
        self.work_at_the_portal(rotation, step)
        self.unsaid = step
        if is_attested:
            self.say_so(fails_in)

    def say_so(self, fails_in: int | None) -> None:
        """Attest what was done; a step of an earlier walk is none that anybody waits for."""
        rotation, step = self.open_rotation(), self.unsaid
        if rotation is not None and step is not None and machine.next_step(rotation, is_local=False) is step:
            request = ResumeRotation(name="main", attests=(step,), verification=UNSEEN)
            self.attempt(lambda c: resume_rotation(c, request), fails_in)
        after = self.open_rotation()
        if after != rotation:
            self.unsaid = None

    @rule(fails_in=failures)
    def roll_back(self, fails_in: int | None) -> None:
        """As the runbook says: what was done at the Portal is attested before it is taken back."""
        if self.unsaid is not None:
            self.say_so(None)
        if self.unsaid is None:
            super().roll_back(fails_in)

    def work_at_the_portal(self, rotation: Rotation, step: Step) -> None:
        if step is Step.REMOVED:
            self.portal = None
        elif step is Step.RECREATED:
            key = self.key_of(machine.target_version(rotation))
            self.portal = (key, frozenset())
        else:
            assert self.portal is not None
            self.portal = (self.portal[0], self.portal[1] | set(machine.next_group(rotation)))

    def open_rotation(self) -> Rotation | None:
        return next((item for item in self.file.read().rotations if item.is_open), None)

    def key_of(self, version_id: str | None) -> str:
        version = next(item for _, item in self.file.read().versions() if item.id == version_id)
        assert version.fingerprint is not None
        return KEYS[version.fingerprint]

    @invariant()
    def at_rest_the_portal_has_the_key_in_force_and_the_whole_scope(self) -> None:
        state = self.file.read()
        credential = state.credential("main")
        if credential is None or credential.current is None or self.portal is None:
            return
        rotation = self.open_rotation()
        is_untouched = rotation is None or (
            rotation.direction is Direction.FORWARD and rotation.step in (Step.STAGING, Step.STAGED, Step.DROPPING)
        )
        if is_untouched:
            assert self.portal == (self.key_of(credential.current), credential.database_ids)

    @invariant()
    def an_absent_credential_is_an_open_rotation(self) -> None:
        assert self.portal is not None or self.open_rotation() is not None


TestLocalRestores = LocalRestores.TestCase
TestPortalRestores = PortalRestores.TestCase
SETTINGS: Final = machine_settings(sequences=40, steps=25)
TestLocalRestores.settings = SETTINGS
TestPortalRestores.settings = SETTINGS
