"""Any command waits, at any point, while other commands run from beginning to end; then it goes on.

A point is the n-th time at which a command reads the state, has a key in hand, has tested it, asks its question, or is about to
acquire the lock. Every changing command takes part (a test compares the table with the command tree). Whatever happens:

- the waiting command is refused with a documented exit status, or what it does is what it would have done alone: nothing that it
  did not show, and nothing of what the others did is lost;
- the active and pending versions of every credential are stored, and so is every previous version that counts as stored;
- no active key is on the list of keys to revoke, and none that was revoked comes back into use;
- `state check` finds no broken state.
"""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import event
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from tests.support.cli import LOGS, Cli, Result, every_command
from tests.support.machines import machine_settings
from vzctl.cli.flags import ChangeCommand
from vzctl.cli.prompts import Prompter
from vzctl.cli.wiring import World
from vzctl.errors import ExitStatus
from vzctl.store.state_file import StateFile
from vzctl.usecases import new_key

REFUSED: Final = frozenset({3, 4, 10, 12, 14, 20})
"""What a command may end with that did less than it wanted: see docs/exit-codes.md."""


@dataclass(frozen=True)
class Words:
    """One way to type a command, and whether it reads a key. `{backup}` is the serial of a backup, `{out}` a path."""

    words: tuple[str, ...]
    key: bool = False

    def __repr__(self) -> str:
        return f'w("{" ".join(self.words)}"{", key=True" if self.key else ""})'


def w(text: str, *, key: bool = False) -> Words:
    return Words(tuple(text.split()), key)


SMALL: Final = "--provider openai --model text-embedding-3-small --dimension 1536"
TABLE: Final[dict[str, tuple[Words, ...]]] = {
    "integrations add": (w("integrations add mistral"), w("integrations add openai --if-exists skip")),
    "integrations remove": (w("integrations remove mistral"), w("integrations remove openai")),
    "credentials add": (
        w("credentials add two --provider openai --scope shop --secret-stdin", key=True),
        w("credentials add one --provider openai --scope logs --if-exists update --secret-stdin", key=True),
        w("credentials add three --provider mistral --no-secret --scope third"),
    ),
    "credentials edit": (
        w("credentials edit one --note changed"),
        w("credentials edit one --set-at 2026-01-01"),
        w("credentials edit two --max-age-days 7"),
    ),
    "credentials rotate": (
        w("credentials rotate one --secret-stdin", key=True),
        w("credentials rotate one --secret-stdin --skip-test", key=True),
        w("credentials rotate one --secret-stdin --minimum-scope", key=True),
        w("credentials rotate one --secret-stdin --until tested", key=True),
        w("credentials rotate one --secret-stdin --leaked --confirm one", key=True),
        w("credentials rotate two --secret-stdin", key=True),
    ),
    "credentials remove": (
        w("credentials remove one --confirm one"),
        w("credentials remove two --confirm two"),
        w("credentials remove three --yes"),
    ),
    "scope add": (w("scope add one third"), w("scope add one --all-databases"), w("scope add two logs")),
    "scope remove": (w("scope remove one logs"), w("scope remove one shop --force --confirm one")),
    "scope set": (
        w("scope set one shop"),
        w("scope set one shop third --force --confirm one"),
        w("scope set two logs"),
    ),
    "scope copy": (w("scope copy one two"), w("scope copy two one")),
    "databases add": (w("databases add fourth --id 44444444-4444-4444-8444-444444444444"),),
    "databases edit": (w("databases edit logs --status PARKED"), w("databases edit third --region us-east1")),
    "databases forget": (
        w("databases forget third"),
        w("databases forget logs --force --confirm logs"),
        w("databases forget fourth"),
    ),
    "databases token create": (w("databases token create shop --out {out}"),),
    "databases token revoke": (w("databases token revoke shop missing --if-missing skip"),),
    "collections add": (
        w(f"collections add shop/default/more {SMALL} --credential one"),
        w(f"collections add logs/default/lines {SMALL} --credential one"),
        w(f"collections add shop/default/others {SMALL} --credential two"),
    ),
    "collections forget": (w("collections forget shop/default/products"), w("collections forget shop/default/more")),
    "tables attach": (
        w(f"tables attach shop/default/events.vector {SMALL} --credential one"),
        w(f"tables attach shop/default/events.vector {SMALL} --credential two --replace"),
    ),
    "tables detach": (w("tables detach shop/default/events.vector"),),
    "tables forget": (w("tables forget shop/default/events.vector"),),
    "rotations resume": (
        w("rotations resume one"),
        w("rotations resume one --secret-stdin --replace-secret", key=True),
        w("rotations resume one --attest removed"),
        w("rotations resume one --attest recreated --attest scoped"),
    ),
    "rotations rollback": (
        w("rotations rollback one --confirm one"),
        w("rotations rollback one --confirm one --attest removed --attest recreated --attest scoped"),
        w("rotations rollback two --confirm two"),
    ),
    "revocations done": (w("revocations done one"), w("revocations done two")),
    "pending confirm": (w("pending confirm --all"),),
    "pending drop": (w("pending drop --all"),),
    "state restore": (w("state restore {backup} --confirm {backup}"),),
    "secrets put": (w("secrets put three --secret-stdin", key=True),),
    "secrets token put": (w("secrets token put --secret-stdin", key=True),),
    "secrets token drop": (w("secrets token drop"),),
    "secrets purge": (w("secrets purge"),),
}
LEFT_OUT: Final = {
    "init": "refuses where there is a state",
    "collections create": "needs a Data API; what it records goes the way of collections add",
    "secrets identity": "writes a file that is no part of the state",
    "secrets migrate": "needs a second store: tests/usecases/test_secret_migration.py",
    "secrets reveal": "only at a terminal, changes nothing",
    "sync": "needs answers of the day: tests/usecases/test_sync.py",
    "state merge": "writes a file that was named, with no state of its own: tests/usecases/test_merge.py",
}


def test_every_changing_command_takes_part() -> None:
    changing = {name for name, command in every_command() if isinstance(command, ChangeCommand)}
    assert changing - TABLE.keys() - LEFT_OUT.keys() == set(), "commands that are missing here"
    assert TABLE.keys() - changing == set(), "commands that do not exist"


POINTS: Final = ("read", "key", "test", "prompt", "lock")
COMMANDS: Final = st.sampled_from([item for items in TABLE.values() for item in items])


class Waiting:
    """Runs `action` once: when the command in this process comes to a point for the n-th time."""

    def __init__(self, point: str, number: int, action: Callable[[], None]) -> None:
        self.point, self.number, self.action = point, number, action
        self.seen = 0
        self.has_waited = False

    def at(self, point: str) -> None:
        if self.has_waited or point != self.point:
            return
        self.seen += 1
        if self.seen == self.number:
            self.has_waited = True
            self.action()


@contextmanager
def waiting(waits: Waiting | None) -> Iterator[None]:
    """Let the commands of this process wait at the points, and take every key for one that works."""

    def before(point: str, really: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            if waits is not None:
                waits.at(point)
            return really(*arguments, **options)

        return call

    def after(point: str, really: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any, **options: Any) -> Any:
            result = really(*arguments, **options)
            if waits is not None:
                waits.at(point)
            return result

        return call

    with pytest.MonkeyPatch.context() as monkeypatch:
        monkeypatch.setattr(StateFile, "read", before("read", StateFile.read))
        monkeypatch.setattr(StateFile, "update", before("lock", StateFile.update))
        monkeypatch.setattr(Prompter, "confirm", before("prompt", Prompter.confirm))
        monkeypatch.setattr(World, "_read_flags", after("key", World._read_flags))
        works = after("test", lambda *_: "tested: it works at the provider")
        monkeypatch.setattr(new_key, "try_new_key", works)
        yield


Facts = frozenset[tuple[str, ...]]


def facts(document: dict[str, Any]) -> Facts:
    """Return all that a command may not lose, as values that mean the same in a copy of the state."""
    found: set[tuple[str, ...]] = set()
    for item in document.get("integrations", []):
        found.add(("integration", item["provider"], str(bool(item.get("removal_wanted_at")))))
    for item in document.get("databases", []):
        found.add(("database", item["id"], item["name"], item["status"], item.get("region", "")))
    keys = {version["id"]: version.get("fingerprint", version["id"]) for version in versions(document)}
    for item in document.get("credentials", []):
        name = item["name"]
        found.add(("credential", name, item["provider"]))
        found.add(("metadata", name, item.get("note", ""), str(item.get("max_age_days")), str(item.get("slot"))))
        found |= {("scope", name, entry["database"]) for entry in item.get("scope", []) if is_in(entry)}
        for pointer in ("current", "pending"):
            if pointer in item:
                found.add((pointer, name, keys[item[pointer]]))
    for kind in ("collections", "columns"):
        for item in document.get(kind, []):
            place = item.get("name") or f"{item['table']}.{item['column']}"
            found.add((kind, item["database"], place, item.get("credential", ""), item.get("provider", "")))
    for item in document.get("revocations", []):
        found.add(("revocation", keys.get(item["version"], item["version"]), str("done_at" in item)))
    return frozenset(found)


def is_in(entry: dict[str, Any]) -> bool:
    return "removal_wanted_at" not in entry


def versions(document: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for item in (*document.get("credentials", []), *document.get("retired", [])):
        yield from item.get("versions", [])


KEY_FACTS: Final = frozenset({"current", "pending", "revocation"})


class Interleaving(RuleBasedStateMachine):
    """One organization; commands run alone, or while another one waits."""

    plane = "local"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="vzi"))
        self.copies = 0
        self.cli = Cli.create(self.folder / "user")
        self.revoked: set[str] = set()
        with waiting(None):
            self.cli.init(self.plane).ok("databases", "add", "logs", "--id", LOGS)
            self.cli.ok("databases", "add", "third", "--id", "33333333-3333-4333-8333-333333333333")
            self.cli.add("one", "--scope", "shop", "--scope", "logs", key="sk-first-key-of-one")
            if self.plane == "astra":
                self.cli.attest_all()
            self.cli.collect(credential="one")

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, command: Words, key: int, cli: Cli | None = None) -> Result:
        cli = cli or self.cli
        backups = sorted((cli.state.parent / "state.toml.d" / "backups").glob("*.toml"))
        serial = str(int(backups[len(backups) // 2].stem.split("-")[0])) if backups else "1"
        self.copies += 1
        out = str(cli.folder / f"{self.copies}.token")
        words = [word.format(backup=serial, out=out) for word in command.words]
        yes = [] if "--confirm" in words else ["--yes"]
        result = cli.run(*words, *yes, stdin=f"sk-key-number-{key}-of-many" if command.key else "")
        assert result.status in {*ExitStatus}, result.err
        assert result.status != ExitStatus.INTERNAL, result.err
        return result

    @rule(command=COMMANDS, key=st.integers(1, 4))
    def alone(self, command: Words, key: int) -> None:
        with waiting(None):
            self.run(command, key)

    @precondition(lambda self: self.cli.state.exists())
    @rule(
        command=COMMANDS,
        key=st.integers(1, 4),
        point=st.sampled_from(POINTS),
        number=st.integers(1, 4),
        others=st.lists(st.tuples(COMMANDS, st.integers(5, 9)), min_size=1, max_size=3),
    )
    def interleaved(self, command: Words, key: int, point: str, number: int, others: list[tuple[Words, int]]) -> None:
        shown = self.alone_in_a_copy(command, key)
        states: list[dict[str, Any]] = []
        plans = [shown]

        def meanwhile() -> None:
            states.append(self.cli.document())
            for other, other_key in others:
                self.run(other, other_key)
            states.append(self.cli.document())
            if point == "read":
                # It may be its first look at the state: then what it does from here on is as good as what it did before.
                added, removed = self.alone_in_a_copy(command, key)
                plans.append((shown[0] | added, shown[1] | removed))

        waits = Waiting(point, number, meanwhile)
        with waiting(waits):
            result = self.run(command, key)
        if not waits.has_waited:
            event("nothing was interleaved")
            return
        before, after_others = (facts(item) for item in states)
        now = facts(self.cli.document())
        done = (now - after_others, after_others - now)
        story = (
            f"{' '.join(command.words)} waited at {point} {number} for {[' '.join(item.words) for item, _ in others]}"
        )
        event(f"{command.words[0]} {command.words[1]} at {point}: {result.status}")
        if before == after_others:
            return
        shown = plans[-1]
        # What it did after the others is what it does alone, as far as that was still to be done.
        extra = {item for item in done[0] - shown[0] if item not in before}
        lost = {item for item in done[1] - shown[1] if item[0] not in KEY_FACTS or item[0] == "revocation"}
        assert (extra, lost) == (set(), set()), f"{story}: {result.status} {result.err}"
        if result.status in REFUSED - {14, 12, 20}:
            return
        missing = {item for item in after_others - before if item not in now} - shown[1]
        assert missing == set(), f"{story}: lost what the others did: {result.err}"

    def alone_in_a_copy(self, command: Words, key: int) -> tuple[Facts, Facts]:
        """Return what the command does alone, from here: what it adds and what it takes away."""
        self.copies += 1
        folder = self.folder / f"copy{self.copies}"
        shutil.copytree(self.cli.folder, folder)
        # The store of secrets and the state lie below the folder of the user.
        environment = {
            name: value.replace(str(self.cli.folder), str(folder)) for name, value in self.cli.environment.items()
        }
        copy = Cli(folder, environment)
        copy.configure(self.cli.configuration.replace(str(self.cli.folder), str(folder)))
        before = facts(copy.document())
        with waiting(None):
            self.run(command, key, copy)
        after = facts(copy.document())
        shutil.rmtree(folder)
        return after - before, before - after

    @invariant()
    def every_key_in_use_is_stored(self) -> None:
        document = self.cli.document()
        stored = {path.stem for path in (self.cli.state.parent / "state.toml.d").rglob("*.age")}
        held = {item["id"] for item in versions(document) if item.get("held")}
        for item in document.get("credentials", []):
            wanted = {item.get("current"), item.get("pending"), *item.get("previous", [])} & held
            assert wanted <= stored, f"{item['name']} relies on a key that is not stored"

    @invariant()
    def no_revoked_key_is_active(self) -> None:
        document = self.cli.document()
        done = {item["version"] for item in document.get("revocations", []) if "done_at" in item}
        open_ones = {item["version"] for item in document.get("revocations", []) if "done_at" not in item}
        active = {item.get("current") for item in document.get("credentials", [])}
        assert active & open_ones == set(), "an active key is to be revoked"
        newly = active & done - self.revoked
        assert newly == set(), "a revoked key came back into use"
        self.revoked |= active & done

    @invariant()
    def the_state_is_sound(self) -> None:
        with waiting(None):
            result = self.cli.run("state", "check", "--no-exit-code")
            result = result if result.status != 2 else self.cli.run("state", "check")
        assert result.status in (0, 20), result.err


class AstraInterleaving(Interleaving):
    plane = "astra"


PROFILE: Final = machine_settings(sequences=6, steps=6)
TestInterleaving = Interleaving.TestCase
TestInterleaving.settings = PROFILE
TestAstraInterleaving = AstraInterleaving.TestCase
TestAstraInterleaving.settings = PROFILE
