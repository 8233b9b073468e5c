"""A second actor between any two steps of a command that deletes or stores secrets, and a crash there.

Every call of the first command to the state file and to the secret store is a point. At one of them another process runs a whole
command of its own, and then the first one goes on, or is killed. Whatever they were: the secrets of the active versions, and of
previous versions that a rollback needs, are in the store, and nothing is in the store that the state does not know.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any, Final

from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from tests.support.builders import SALT, a_state, database_id
from tests.support.effort import machine_settings
from tests.support.memory_state import MemoryLog, MemoryState
from tests.support.memory_store import MemoryStore, a_context
from tests.support.state_files import a_state_file, counting_ids
from vzctl.domain.checks.integrity import breakages
from vzctl.domain.state.state import State
from vzctl.domain.state.token import KEPT_AS
from vzctl.errors import VzctlError
from vzctl.secret import Secret
from vzctl.store.local_folder import LocalFolder
from vzctl.store.state_store import StateStore
from vzctl.usecases.context import Context
from vzctl.usecases.credentials.add import AddCredential, add_credential
from vzctl.usecases.credentials.remove import RemoveCredential, remove_credential
from vzctl.usecases.credentials.rotate import RotateCredential, rotate_credential
from vzctl.usecases.databases.add import AddDatabase, add_database
from vzctl.usecases.revocations.done import FinishRevocations, finish_revocations
from vzctl.usecases.rotations.resume import ResumeRotation, resume_rotation
from vzctl.usecases.rotations.rollback import RollBackRotation, roll_back_rotation
from vzctl.usecases.secrets.migrate import migrate_secrets
from vzctl.usecases.secrets.purge import purge_secrets
from vzctl.usecases.secrets.put import PutSecret, put_secret
from vzctl.usecases.secrets.token import PutToken, drop_token, put_token
from vzctl.usecases.state.restore import RestoreState, restore_state
from vzctl.vault.base import SecretItem

KEYS: Final = tuple(f"sk-proj-{number}-{'x' * 20}" for number in range(6))
TOKENS: Final = ("AstraCS:one", "AstraCS:two")
LAST_POINT: Final = 24
"""The longest command has about so many calls; a point behind the last one leaves it undisturbed."""
FIRST: Final = (
    *("add", "rotate", "resume", "replace", "rollback", "revoke", "purge", "remove", "put"),
    *("token put", "token drop", "migrate", "migrate from itself"),
)
SECOND: Final = (*FIRST, "restore", "restore", "nothing")
Command = Callable[[Context], object]


class KilledError(BaseException):
    """The process ends here."""


@dataclass
class Points:
    """Counts the calls of one command, and strikes at one of them: another command runs, and then this one may be killed."""

    strike_at: int
    strike: Callable[[], None]
    is_killed: bool
    count: int = 0

    def pass_one(self) -> None:
        self.count += 1
        if self.count == self.strike_at:
            self.strike()
            if self.is_killed:
                raise KilledError


class WatchedStore(MemoryStore):
    """A view of a store of which every call is a point."""

    def __init__(self, store: MemoryStore, points: Points) -> None:
        super().__init__()
        self.items = store.items
        self._points = points

    def read(self, item: SecretItem) -> Secret | None:
        self._points.pass_one()
        return super().read(item)

    def write(self, item: SecretItem, secret: Secret) -> None:
        self._points.pass_one()
        super().write(item, secret)
        self._points.pass_one()

    def delete(self, item: SecretItem) -> None:
        self._points.pass_one()
        super().delete(item)
        self._points.pass_one()


def watched(store: StateStore, points: Points) -> StateStore:
    """Make every reading and every change of the state a point."""
    for name in ("read", "update"):
        really = getattr(store, name)

        def call(*arguments: Any, really: Callable[..., Any] = really) -> Any:
            points.pass_one()
            return really(*arguments)

        setattr(store, name, call)
    return store


class Deletions(RuleBasedStateMachine):
    """One credential more or less, an Astra token, a second store, and a second process."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="vzctl-deletion-machine-"))
        self.store = MemoryStore()
        self.old_store = MemoryStore()
        self.old_store.name = "old"
        self.new_id = counting_ids()

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    def state_store(self) -> StateStore:
        """Return the store of the state as another process has it."""
        return a_state_file(self.folder / "state.toml", new_id=self.new_id)

    @property
    def local_folder(self) -> LocalFolder:
        return LocalFolder(self.folder / "state.toml.d")

    def context(self) -> Context:
        return a_context(self.state_store(), self.store, new_id=self.new_id, local_folder=self.local_folder)

    @initialize()
    def create(self) -> None:
        self.state_store().create(a_state(serial=0))
        add_database(self.context(), AddDatabase("shop", id=database_id(1)))
        add_credential(self.context(), AddCredential("main", "openai", lambda: Secret(KEYS[0]), ["shop"]))
        put_token(self.context(), PutToken(lambda: Secret(TOKENS[0])))

    # ---------------------------------------------------------------- commands

    def command(self, name: str, chance: Any) -> Command:
        key = chance.choice(KEYS)
        source = lambda: Secret(key)  # noqa: E731
        commands: dict[str, Command] = {
            "add": lambda c: add_credential(c, AddCredential("main", "openai", source, ["shop"])),
            "rotate": lambda c: rotate_credential(
                c, RotateCredential(name="main", source=source, skip_test=True, until=None)
            ),
            "resume": lambda c: resume_rotation(c, ResumeRotation(name="main", source=source, skip_test=True)),
            "replace": lambda c: resume_rotation(
                c, ResumeRotation(name="main", source=source, skip_test=True, replace_secret=True)
            ),
            "rollback": lambda c: roll_back_rotation(c, RollBackRotation(name="main")),
            "revoke": lambda c: finish_revocations(c, FinishRevocations(["main"])),
            "purge": purge_secrets,
            "remove": lambda c: remove_credential(c, RemoveCredential("main", keep_secret=chance.random() < 0.2)),
            "put": lambda c: put_secret(c, PutSecret("main", source)),
            "token put": lambda c: put_token(c, PutToken(lambda: Secret(chance.choice(TOKENS)))),
            "token drop": drop_token,
            "restore": lambda c: self.restore(c, chance),
            "migrate": lambda c: migrate_secrets(c, lambda: self.old_store, delete_source=True),
            "migrate from itself": lambda c: migrate_secrets(c, self.alias, delete_source=True),
        }
        return commands[name]

    def restore(self, context: Context, chance: Any) -> None:
        backups = context.state_store.list_backups()
        restore_state(context, RestoreState(str(chance.choice(backups).serial)))

    def alias(self) -> MemoryStore:
        """Return the same store under another name."""
        alias = MemoryStore()
        alias.name = "alias"
        alias.items = self.store.items
        return alias

    def attempt(self, name: str, context: Context, chance: Any) -> None:
        try:
            self.command(name, chance)(context)
        except VzctlError as error:
            event(f"{name}: {error.code}")

    @rule(
        first=st.sampled_from(FIRST),
        second=st.sampled_from(SECOND),
        point=st.integers(1, LAST_POINT),
        is_killed=st.booleans(),
        chance=st.randoms(use_true_random=False),
    )
    def two_at_once(self, first: str, second: str, point: int, is_killed: bool, chance: Any) -> None:
        def strike() -> None:
            event(f"{second} inside {first}")
            if second != "nothing":
                self.attempt(second, self.context(), chance)

        points = Points(point, strike, is_killed)
        store = WatchedStore(self.store, points)
        context = replace(self.context(), state_store=watched(self.state_store(), points), open_store=lambda: store)
        try:
            self.attempt(first, context, chance)
        except KilledError:
            event(f"{first} killed")

    @rule()
    def an_older_store_has_copies(self) -> None:
        self.old_store.items.update(self.store.items)

    @rule()
    def a_purge_that_nobody_disturbs(self) -> None:
        """After it the store has what the state says, and the state has nothing to delete."""
        purge_secrets(self.context())
        state = self.state()
        assert state.open_deletions() == []
        assert self.store.items.keys() <= set(self.stored(state))

    # ---------------------------------------------------------------- what holds after every step

    def state(self) -> State:
        return self.state_store().read()

    def stored(self, state: State) -> dict[str, str | None]:
        """Return the fingerprint of every item that the state knows as stored, or as about to be, and the canaries on record."""
        lineage = state.lineage
        found = {
            f"{lineage}/{owner.id}/{version.id}": version.fingerprint
            for owner, version in state.versions()
            if version.held or version.id in {item.pending for item in state.credentials}
        }
        found |= {f"{lineage}/{KEPT_AS}/{item.id}": item.fingerprint for item in state.organization.token_versions}
        canaries = self.local_folder.canaries
        return found | {f"{path.name}/{path.name}/{path.name}": None for path in canaries.glob("*")}

    @invariant()
    def the_state_is_sound(self) -> None:
        assert list(breakages(self.state())) == []

    @invariant()
    def nothing_in_the_store_is_unknown(self) -> None:
        state = self.state()
        deleting = {f"{state.lineage}/{item.owner}/{item.version}" for item in state.open_deletions()}
        assert self.store.items.keys() <= self.stored(state).keys() | deleting

    @invariant()
    def the_secrets_that_count_are_in_the_store(self) -> None:
        state = self.state()
        due = {item.version for item in state.open_revocations()}
        for credential in state.credentials:
            for version in credential.versions:
                counts = version.id == credential.current or (version.id in credential.previous and version.id in due)
                if counts and version.held:
                    secret = self.store.items[f"{state.lineage}/{credential.id}/{version.id}"]
                    assert secret.fingerprint(SALT) == version.fingerprint
        if state.organization.token_version is not None:
            assert f"{state.lineage}/{KEPT_AS}/{state.organization.token_version}" in self.store.items


class DeletionsInMemory(Deletions):
    """The same with a store without locks and files."""

    def __init__(self) -> None:
        super().__init__()
        self.log = MemoryLog("memory")

    def state_store(self) -> StateStore:
        return MemoryState(self.log, new_id=self.new_id)


TestDeletions = Deletions.TestCase
TestDeletions.settings = machine_settings(sequences=40, steps=25)
TestDeletionsInMemory = DeletionsInMemory.TestCase
TestDeletionsInMemory.settings = machine_settings(sequences=20, steps=25)
