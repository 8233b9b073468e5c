"""Use cases in any order, interrupted anywhere, against a model of plain dictionaries (control plane `local`)."""

from __future__ import annotations

import itertools
import json
import shutil
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, precondition, rule

from tests.support.builders import SALT, a_state
from tests.support.effort import machine_settings
from tests.support.memory_store import MemoryStore, a_context
from tests.support.state_files import a_state_file, counting_ids
from vzctl.domain.checks.integrity import breakages
from vzctl.domain.state.records import Authentication, Credential
from vzctl.domain.state.state import State
from vzctl.errors import (
    ConflictError,
    ExitStatus,
    NotFoundError,
    RotationOpenError,
    SecretStoreError,
    UsageError,
    VzctlError,
)
from vzctl.secret import Secret
from vzctl.store.names_cache import names_document
from vzctl.usecases.collections.add import AddCollection, add_collection
from vzctl.usecases.collections.collection import COLLECTIONS
from vzctl.usecases.context import Context
from vzctl.usecases.credentials.add import AddCredential, add_credential
from vzctl.usecases.credentials.remove import RemoveCredential, remove_credential
from vzctl.usecases.credentials.rotate import RotateCredential, rotate_credential
from vzctl.usecases.databases.add import AddDatabase, add_database
from vzctl.usecases.databases.edit import edit_database
from vzctl.usecases.databases.forget import ForgetDatabase, forget_database
from vzctl.usecases.databases.record import EditDatabase
from vzctl.usecases.dependents.forget import ForgetDependent, forget_dependent
from vzctl.usecases.dependents.service import Service
from vzctl.usecases.integrations.add import AddIntegration, add_integration
from vzctl.usecases.integrations.remove import RemoveIntegration, remove_integration
from vzctl.usecases.outcome import AnyOutcome
from vzctl.usecases.revocations.done import FinishRevocations, finish_revocations
from vzctl.usecases.rotations.resume import ResumeRotation, resume_rotation
from vzctl.usecases.rotations.rollback import RollBackRotation, roll_back_rotation
from vzctl.usecases.rotations.runner import VerificationPolicy
from vzctl.usecases.scope.change import ChangeScope, change_scope
from vzctl.usecases.secrets.purge import purge_secrets
from vzctl.usecases.secrets.put import PutSecret, put_secret
from vzctl.usecases.tables.attach import AttachColumn, attach_column
from vzctl.usecases.tables.column import COLUMNS
from vzctl.usecases.tables.detach import DetachColumn, detach_column

PROVIDERS: Final = ("openai", "mistral")
MODELS: Final = {"openai": "text-embedding-3-small", "mistral": "mistral-embed"}
DIMENSIONS: Final = {"openai": range(2, 1537), "mistral": range(1024, 1025)}
"""What each model can make; the largest is its default."""
names: Final = st.sampled_from(["main", "Main", "spare"])
databases: Final = st.sampled_from(["shop", "blog", "news"])
keys: Final = st.sampled_from([f"key-{number}" for number in range(5)])
providers: Final = st.sampled_from(PROVIDERS)
leaves: Final = st.sampled_from(["one", "two"])
chances: Final = st.randoms(use_true_random=False)
walks: Final = st.one_of(st.none(), st.integers(1, 4))
"""After how many steps ^C comes; None for never."""


@dataclass
class Open:
    """A rotation that somebody still has to finish. `back` once the old key is on its way into service again."""

    new: str
    old: str | None
    dropping: bool = False
    back: bool = False

    @property
    def error(self) -> type[VzctlError]:
        return RotationOpenError if self.back and not self.dropping else ConflictError


@dataclass
class Key:
    """A credential as the model knows it: keys by their text, the scope by names of databases."""

    provider: str
    key: str | None
    held: bool
    scope: set[str] = field(default_factory=set)
    previous: list[str | None] = field(default_factory=list)
    open: Open | None = None
    undo: str | None = None
    """The key before the last rotation, as long as the rotation can be taken back."""
    rotated: bool = False

    def is_led_to(self, key: str) -> bool:
        """Whether an open rotation still puts this key into service."""
        return self.open is not None and self.open.new == key and not (self.open.back or self.open.dropping)


@dataclass
class Model:
    integrations: set[str] = field(default_factory=set)
    databases: dict[str, str] = field(default_factory=dict)
    credentials: dict[str, Key] = field(default_factory=dict)
    collections: dict[tuple[str, str], str | None] = field(default_factory=dict)
    columns: dict[tuple[str, str], str | None] = field(default_factory=dict)
    dimensions: dict[tuple[str, str], int] = field(default_factory=dict)
    """Of every column, for as long as it is recorded."""
    to_revoke: list[tuple[str, str | None]] = field(default_factory=list)
    """Name and key of every open revocation, oldest first."""
    revoked: set[str] = field(default_factory=set)
    """Keys that were revoked at the provider: no command puts one into service, whichever credential had it."""

    def blocked(self, name: str | None) -> type[VzctlError] | None:
        """Return how a change of that credential or its dependants is refused, None when it is not."""
        found = self.credentials.get(name) if name is not None else None
        return found.open.error if found is not None and found.open is not None else None

    def uses(self, name: str, scope: set[str]) -> bool:
        """Whether something in these databases holds the credential's name."""
        places = [*self.collections.items(), *self.columns.items()]
        return any(credential == name and place[0] in scope for place, credential in places)


class UseCases(RuleBasedStateMachine):
    """Each rule runs one use case, and says beforehand whether it is refused, and how."""

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="vzctl-machine-"))
        self.model = Model()
        self.store = MemoryStore()
        self.new_id = counting_ids()
        self.file = a_state_file(self.folder / "state.toml", new_id=self.new_id)
        self.serial = 1

    def teardown(self) -> None:
        shutil.rmtree(self.folder)

    @initialize(furnished=st.sampled_from([True, True, True, False]))
    def create(self, furnished: bool) -> None:
        """Begin empty, or more often with something to rotate and to lose."""
        self.file.create(a_state(serial=0))
        if furnished:
            self.add_database("shop", "ACTIVE")
            self.add_database("blog", "ACTIVE")
            self.add_credential("main", "openai", "key-0", ["shop", "blog"])
            self.add_collection("shop", "one", "main", "openai")
            self.settle()

    # ---------------------------------------------------------------- running

    def context(self, steps: int | None = None) -> Context:
        """Return the world of one command, in which ^C comes after so many steps."""
        left = itertools.count(steps if steps is not None else 10**6, -1)
        return a_context(self.file, self.store, new_id=self.new_id, stop_requested=lambda: next(left) <= 0)

    def run(
        self, work: Callable[[Context], AnyOutcome], refused: type[VzctlError] | None, steps: int | None = None
    ) -> AnyOutcome | None:
        """Run the use case; None when it was refused as expected. What it says about change is what happened."""
        before = self.file.read_bytes()
        if refused is not None:
            with pytest.raises(VzctlError) as caught:
                work(self.context(steps))
            assert caught.type is refused, caught.value.message
            assert refused is SecretStoreError or self.file.read_bytes() == before
            return None
        outcome = work(self.context(steps))
        state = self.file.read()
        assert outcome.changed is (state.serial > self.serial), outcome.summary
        assert outcome.changed is (self.file.read_bytes() != before)
        return outcome

    # ---------------------------------------------------------------- integrations, databases

    @rule(provider=providers)
    def add_integration(self, provider: str) -> None:
        exists = provider in self.model.integrations
        self.run(lambda c: add_integration(c, AddIntegration(provider)), ConflictError if exists else None)
        self.model.integrations.add(provider)

    @rule(provider=providers)
    def remove_integration(self, provider: str) -> None:
        refused: type[VzctlError] | None = None
        if provider not in self.model.integrations:
            refused = NotFoundError
        elif any(item.provider == provider for item in self.model.credentials.values()):
            refused = ConflictError
        if self.run(lambda c: remove_integration(c, RemoveIntegration(provider)), refused):
            self.model.integrations.remove(provider)

    @rule(name=databases, status=st.sampled_from(["ACTIVE", "ACTIVE", "PENDING"]))
    def add_database(self, name: str, status: str) -> None:
        exists = name in self.model.databases
        if self.run(lambda c: add_database(c, AddDatabase(name, status=status)), ConflictError if exists else None):
            self.model.databases[name] = status

    @rule(name=databases, status=st.sampled_from(["ACTIVE", "HIBERNATED"]))
    def edit_database(self, name: str, status: str) -> None:
        missing = name not in self.model.databases
        if self.run(lambda c: edit_database(c, EditDatabase(name, status=status)), NotFoundError if missing else None):
            self.model.databases[name] = status

    @rule(name=databases, force=st.booleans())
    def forget_database(self, name: str, force: bool) -> None:
        model = self.model
        users = {key: item for key, item in model.credentials.items() if name in item.scope}
        holds = [place for place in (*model.collections, *model.columns) if place[0] == name]
        refused: type[VzctlError] | None = None
        if name not in model.databases:
            refused = NotFoundError
        elif blocked := [error for key in users if (error := model.blocked(key)) is not None]:
            refused = blocked[0]
        elif (users or holds) and not force:
            refused = ConflictError
        if self.run(lambda c: forget_database(c, ForgetDatabase(name, force=force)), refused):
            del model.databases[name]
            for item in users.values():
                item.scope.remove(name)
            model.collections = {place: user for place, user in model.collections.items() if place[0] != name}
            model.columns = {place: user for place, user in model.columns.items() if place[0] != name}
            model.dimensions = {place: size for place, size in model.dimensions.items() if place[0] != name}

    # ---------------------------------------------------------------- credentials

    @rule(name=names, provider=providers, key=st.one_of(st.none(), keys), scope=st.lists(databases, max_size=2))
    def add_credential(self, name: str, provider: str, key: str | None, scope: list[str]) -> None:
        model = self.model
        refused: type[VzctlError] | None = None
        if any(name.casefold() == item.casefold() for item in model.credentials):
            refused = ConflictError
        elif not set(scope) <= set(model.databases):
            refused = NotFoundError
        elif key in model.revoked:
            refused = ConflictError
        source = (lambda: Secret(key)) if key is not None else None
        request = AddCredential(name, provider, source, databases=scope)
        if self.run(lambda c: add_credential(c, request), refused):
            model.integrations.add(provider)
            model.credentials[name] = Key(provider, key, held=key is not None, scope=set(scope))

    @rule(name=names, key=keys, calls=st.integers(0, 1))
    def add_while_the_store_fails(self, name: str, key: str, calls: int) -> None:
        """What was begun is finished by the same command, or the state never knew of it."""
        if any(name.casefold() == item.casefold() for item in self.model.credentials):
            return
        request = AddCredential(name, "openai", lambda: Secret(key))
        self.store.fails_in = calls
        is_revoked = key in self.model.revoked
        # The first call tests the store, before the key is read.
        self.run(lambda c: add_credential(c, request), ConflictError if is_revoked and calls else SecretStoreError)
        self.store.fails_in = None
        if is_revoked:
            assert self.file.read().credential(name) is None
            return
        begun = self.file.read().credential(name)
        assert (begun is not None) is (calls == 1)
        assert begun is None or (begun.current is None and not begun.scope)
        self.settle()
        assert self.run(lambda c: add_credential(c, request), None)
        self.model.integrations.add("openai")
        self.model.credentials[name] = Key("openai", key, held=True)

    @rule(name=names, keep=st.booleans())
    def remove_credential(self, name: str, keep: bool) -> None:
        refused = NotFoundError if name not in self.model.credentials else self.model.blocked(name)
        if self.run(lambda c: remove_credential(c, RemoveCredential(name, keep_secret=keep)), refused):
            gone = self.model.credentials.pop(name)
            self.model.to_revoke.append((name, gone.key))

    @rule(name=names, key=keys)
    def put_secret(self, name: str, key: str) -> None:
        found = self.model.credentials.get(name)
        refused = NotFoundError if found is None else self.model.blocked(name)
        if found is not None and refused is None and found.key not in (None, key):
            refused = ConflictError
        if refused is None and key in self.model.revoked:
            refused = ConflictError
        if self.run(lambda c: put_secret(c, PutSecret(name, lambda: Secret(key))), refused) and found is not None:
            found.key, found.held = key, True

    @rule()
    def purge(self) -> None:
        self.run(purge_secrets, None)

    # ---------------------------------------------------------------- rotation

    @rule(name=names, key=keys, steps=walks)
    def rotate(self, name: str, key: str, steps: int | None) -> None:
        found = self.model.credentials.get(name)
        refused = NotFoundError if found is None else self.model.blocked(name)
        if found is not None and refused is None and key != found.key and key in {*found.previous, *self.model.revoked}:
            refused = ConflictError
        request = RotateCredential(name=name, source=lambda: Secret(key), skip_test=True)
        outcome = self.run(lambda c: rotate_credential(c, request), refused, steps)
        if outcome is None or found is None or key == found.key:
            return
        found.open = Open(key, found.key)
        found.rotated = True
        found.undo = None
        self.after_walk(name, found, outcome)

    @precondition(lambda self: any(item.open for item in self.model.credentials.values()))
    @rule(chance=chances, steps=walks)
    def resume(self, chance: Any, steps: int | None) -> None:
        name = chance.choice([name for name, item in self.model.credentials.items() if item.open])
        found = self.model.credentials[name]
        assert found.open is not None
        key = found.open.new
        request = ResumeRotation(
            name=name, source=lambda: Secret(key), verification=VerificationPolicy(is_wanted=False)
        )
        is_dead_end = key in self.model.revoked and found.is_led_to(key)
        outcome = self.run(lambda c: resume_rotation(c, request), ConflictError if is_dead_end else None, steps)
        if outcome is not None:
            self.after_walk(name, found, outcome)

    @precondition(lambda self: any(item.rotated for item in self.model.credentials.values()))
    @rule(chance=chances, steps=walks)
    def roll_back(self, chance: Any, steps: int | None) -> None:
        self.take_back(chance.choice([name for name, item in self.model.credentials.items() if item.rotated]), steps)

    def take_back(self, name: str, steps: int | None) -> None:
        found = self.model.credentials[name]
        is_listed = found.undo is not None and (name, found.undo) in self.model.to_revoke
        can_flip = is_listed and found.undo not in self.model.revoked
        refused = None if found.open is not None or can_flip else ConflictError
        outcome = self.run(lambda c: roll_back_rotation(c, RollBackRotation(name=name)), refused, steps)
        if outcome is None:
            return
        if found.open is None:
            assert found.key is not None
            found.open = Open(found.key, found.undo, back=True)
            found.undo = None
        elif not found.open.back:
            found.open.dropping = True
        self.after_walk(name, found, outcome)

    @precondition(lambda self: any(item.key for item in self.model.credentials.values()))
    @rule(chance=chances, key=keys, steps=walks, back=walks)
    def rotate_and_take_back(self, chance: Any, key: str, steps: int | None, back: int | None) -> None:
        """Both one after the other, which chance alone makes too seldom; the invariants are looked at in between."""
        name = chance.choice(sorted(self.model.credentials))
        self.rotate(name, key, steps)
        if self.model.credentials[name].rotated:
            self.settle()
            self.the_model_is_the_state()
            self.every_credential_has_one_working_key()
            self.take_back(name, back)

    def after_walk(self, name: str, found: Key, outcome: AnyOutcome) -> None:
        """Bring the model to where the rotation stands; what it must be there is the invariants' business."""
        assert found.open is not None
        rotation = self.rotation_of(name)
        event(f"a walk {rotation.direction} stands at {rotation.step}")
        if rotation.is_open:
            assert outcome.status in {ExitStatus.INTERRUPTED, ExitStatus.ROTATION_OPEN}
            assert rotation.is_past_no_return is (found.open.error is RotationOpenError) or found.open.back
            found.open.dropping = rotation.step == "DROPPING"
            return
        was = found.open
        found.open = None
        if rotation.step == "DONE":
            found.previous.append(was.old)
            self.model.to_revoke.append((name, was.old))
            found.key, found.undo, found.held = was.new, was.old, True
        elif was.back:
            self.model.to_revoke.remove((name, was.old))
            self.model.to_revoke.append((name, was.new))
            found.previous.remove(was.old)
            found.key = was.old

    def rotation_of(self, name: str) -> Any:
        state = self.file.read()
        credential = state.credential(name)
        assert credential is not None
        return [item for item in state.rotations if item.credential == credential.id][-1]

    @precondition(lambda self: self.model.to_revoke)
    @rule(chance=chances)
    def revocation_done(self, chance: Any) -> None:
        """The key that an open rotation needs stays; every other one is deleted from the store, and is no previous key."""
        state = self.file.read()
        revocation = chance.choice(state.open_revocations())
        owner = state.owner_of_version(revocation.version)
        assert owner is not None
        name, key = owner.name, self.key_of(state, revocation.version)
        rotation = state.open_rotation(owner.id)
        needed = rotation is not None and revocation.version in (rotation.old_version, rotation.new_version)
        request = FinishRevocations([revocation.id])
        if self.run(lambda c: finish_revocations(c, request), ConflictError if needed else None):
            self.model.to_revoke.remove((name, key))
            live = state.credential_by_id(owner.id)
            if key is not None:
                self.model.revoked.add(key)
            # Of a version that was never stored nothing is deleted: it stays on record as a previous one.
            if live is not None and key in self.model.credentials[live.name].previous and key is not None:
                self.model.credentials[live.name].previous.remove(key)
            assert all(item.id != revocation.id for item in self.file.read().open_revocations())

    # ---------------------------------------------------------------- scope and dependants

    @rule(
        name=names,
        verb=st.sampled_from(["add", "remove", "set"]),
        chosen=st.lists(databases, min_size=1, max_size=3, unique=True),
        force=st.booleans(),
    )
    def change_scope(self, name: str, verb: str, chosen: list[str], force: bool) -> None:
        model = self.model
        found = model.credentials.get(name)
        refused = NotFoundError if found is None else model.blocked(name)
        scope = found.scope if found is not None else set()
        after = {"add": scope | set(chosen), "remove": scope - set(chosen), "set": set(chosen)}[verb]
        if refused is None and not set(chosen) <= set(model.databases):
            refused = NotFoundError
        elif refused is None and (
            (verb == "remove" and not set(chosen) <= scope) or (model.uses(name, scope - after) and not force)
        ):
            refused = ConflictError
        request = ChangeScope(verb, name, chosen, force=force)
        if self.run(lambda c: change_scope(c, request), refused) and found is not None:
            found.scope = after

    def service(self, name: str | None, provider: str) -> Service:
        header = name is None
        return Service(provider=provider, model=MODELS[provider], credential=name, header=header)

    def rule_against(
        self, database: str, name: str | None, provider: str, dimension: int | None = None
    ) -> type[VzctlError] | None:
        """Return how rules 3 and 4 refuse a dependent with this credential, None when they do not.

        `dimension` is the column's own. A model that cannot produce it is no service for the column, with any credential.
        """
        model = self.model
        if model.databases[database] != "ACTIVE":
            return ConflictError
        if dimension is not None and dimension not in DIMENSIONS[provider]:
            return UsageError
        if name is None:
            return None
        found = model.credentials.get(name)
        if found is None:
            return NotFoundError
        if found.provider != provider:
            return ConflictError
        return model.blocked(name) or (None if database in found.scope else ConflictError)

    @rule(database=databases, leaf=leaves, name=st.one_of(st.none(), names), provider=providers)
    def add_collection(self, database: str, leaf: str, name: str | None, provider: str) -> None:
        model, place = self.model, (database, leaf)
        refused: type[VzctlError] | None = NotFoundError
        if database in model.databases:
            exists = place in model.collections
            refused = ConflictError if exists else self.rule_against(database, name, provider)
        request = AddCollection(f"{database}/ks/{leaf}", self.service(name, provider))
        if self.run(lambda c: add_collection(c, request), refused):
            model.collections[place] = name

    @rule(database=databases, leaf=leaves)
    def forget_collection(self, database: str, leaf: str) -> None:
        place = (database, leaf)
        missing = place not in self.model.collections
        refused = NotFoundError if missing else self.model.blocked(self.model.collections[place])
        if self.run(lambda c: forget_dependent(c, COLLECTIONS, ForgetDependent(f"{database}/ks/{leaf}")), refused):
            del self.model.collections[place]

    @rule(database=databases, leaf=leaves, name=st.one_of(st.none(), names), provider=providers, over=st.booleans())
    def attach_column(self, database: str, leaf: str, name: str | None, provider: str, over: bool) -> None:
        model, place = self.model, (database, leaf)
        refused: type[VzctlError] | None = NotFoundError
        if database in model.databases:
            refused = model.blocked(model.columns.get(place))
            refused = refused or self.rule_against(database, name, provider, model.dimensions.get(place))
            if refused is None and self.has_service(place) and not over:
                refused = ConflictError
        request = AttachColumn(f"{database}/ks/table.{leaf}", self.service(name, provider), replace=over)
        if self.run(lambda c: attach_column(c, request), refused):
            model.columns[place] = name
            model.dimensions.setdefault(place, DIMENSIONS[provider][-1])

    def has_service(self, place: tuple[str, str]) -> bool:
        state = self.file.read()
        found = {(self.name_of(state, item.database), item.column): item for item in state.columns}
        return place in found and found[place].provider is not None

    @rule(database=databases, leaf=leaves)
    def detach_column(self, database: str, leaf: str) -> None:
        place = (database, leaf)
        missing = place not in self.model.columns
        refused = NotFoundError if missing else self.model.blocked(self.model.columns[place])
        if self.run(lambda c: detach_column(c, DetachColumn(f"{database}/ks/table.{leaf}")), refused):
            self.model.columns[place] = None

    @rule(database=databases, leaf=leaves)
    def forget_column(self, database: str, leaf: str) -> None:
        place = (database, leaf)
        missing = place not in self.model.columns
        refused = NotFoundError if missing else self.model.blocked(self.model.columns[place])
        if self.run(lambda c: forget_dependent(c, COLUMNS, ForgetDependent(f"{database}/ks/table.{leaf}")), refused):
            del self.model.columns[place], self.model.dimensions[place]

    # ---------------------------------------------------------------- what holds after every step

    @staticmethod
    def name_of(state: State, database_id: str) -> str:
        database = state.database(database_id)
        assert database is not None
        return database.name

    def key_of(self, state: State, version_id: str | None) -> str | None:
        """Return the text of a version's key, found by its fingerprint among all that there are."""
        version = next((item for _, item in state.versions() if item.id == version_id), None)
        assert version is not None
        known = {Secret(f"key-{number}").fingerprint(SALT): f"key-{number}" for number in range(5)}
        return known[version.fingerprint] if version.fingerprint is not None else None

    def settle(self) -> None:
        """Take the serial as it is: a use case that failed half way may have changed something."""
        self.serial = self.file.read().serial

    @invariant()
    def the_state_is_sound_and_all_is_on_record(self) -> None:
        state = self.file.read()
        assert list(breakages(state)) == []
        assert state.serial == self.file.write_count
        entries = self.file.audit.entries(state.serial)
        assert [item.serial for item in entries] == list(range(1, state.serial + 1))
        assert {item.outcome for item in entries} == {"done"}
        assert all(item.details for item in entries[1:])
        self.serial = state.serial

    @invariant()
    def the_model_is_the_state(self) -> None:
        state, model = self.file.read(), self.model
        assert {item.provider for item in state.integrations} == model.integrations
        assert {item.name: item.status for item in state.databases} == model.databases
        assert {item.name: self.facts(state, item) for item in state.credentials} == {
            name: (item.provider, item.key, item.held, item.scope, item.previous, item.open and item.open.new)
            for name, item in model.credentials.items()
        }
        assert self.places(state, state.collections) == model.collections
        assert self.places(state, state.columns) == model.columns
        assert {
            (self.name_of(state, item.database), item.column): item.dimension for item in state.columns
        } == model.dimensions
        found = [(item.credential, item.version) for item in state.open_revocations()]
        named = [(self.owner(state, owner), self.key_of(state, version)) for owner, version in found]
        assert sorted(named, key=str) == sorted(model.to_revoke, key=str)

    def facts(self, state: State, item: Credential) -> tuple[Any, ...]:
        current = item.current_version
        assert current is not None
        return (
            item.provider,
            self.key_of(state, current.id),
            current.held,
            {self.name_of(state, entry.database) for entry in item.scope},
            [self.key_of(state, version) for version in item.previous],
            self.key_of(state, rotation.new_version) if (rotation := state.open_rotation(item.id)) else None,
        )

    @staticmethod
    def owner(state: State, credential_id: str) -> str:
        names = {item.id: item.name for item in state.credentials} | {item.id: item.name for item in state.retired}
        return names[credential_id]

    def places(self, state: State, items: Sequence[Any]) -> dict[tuple[str, str], str | None]:
        return {
            (self.name_of(state, item.database), item.local_name.removeprefix("table.")): item.credential
            if item.authentication is Authentication.CREDENTIAL
            else None
            for item in items
        }

    @invariant()
    def every_held_version_is_in_the_store_and_nothing_else_is(self) -> None:
        state = self.file.read()
        items = {f"{state.lineage}/{owner.id}/{version.id}": version for owner, version in state.versions()}
        assert self.store.items.keys() <= items.keys()
        for path, version in items.items():
            if version.held:
                assert self.store.items[path].fingerprint(SALT) == version.fingerprint
        # One that is not said to be held is there only while the rotation that brings it is open.
        pending = {item.pending for item in state.credentials}
        assert {items[path].id for path in self.store.items if not items[path].held} <= pending

    @invariant()
    def every_credential_has_one_working_key(self) -> None:
        state = self.file.read()
        for name, item in self.model.credentials.items():
            credential = state.credential(name)
            assert credential is not None
            secret = self.store.items.get(f"{state.lineage}/{credential.id}/{credential.current}")
            assert (secret.reveal() if secret is not None else None) == (item.key if item.held else None)

    @invariant()
    def the_names_for_completion_are_those_of_the_state(self) -> None:
        cached = json.loads(self.file.paths.names_cache.read_bytes())
        assert cached == names_document(self.file.read(), self.file.paths.state.stat())


TestUseCases = UseCases.TestCase
TestUseCases.settings = machine_settings(sequences=60, steps=50)
