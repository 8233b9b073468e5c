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

import atexit
import shutil
import tempfile
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any, Final

import pytest
from hypothesis import event, settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule, run_state_machine_as_test

from tests.support.answers import a_service, a_vector, as_bytes, collections
from tests.support.cli import LOGS, Cli, Result, every_command
from tests.support.effort import machine_settings
from vzctl.cli.flags import ChangeCommand
from vzctl.cli.prompts import Prompter
from vzctl.cli.wiring import Services
from vzctl.domain.state.records import KeyTest, ProviderAnswer
from vzctl.errors import ExitStatus
from vzctl.store import guard
from vzctl.store.state_file import StateFile
from vzctl.usecases.change import Proposal
from vzctl.usecases.rotations import new_key

REFUSED: Final = frozenset({3, 4, 10, 12, 14, 20})
"""What a command may end with that did less than it wanted: see docs/exit-codes.md."""


@dataclass(frozen=True)
class Words:
    """One way to type a command, and whether it reads a key.

    `{backup}` is the serial of a backup, `{out}` a new path, `{state}` the path of the state.
    """

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
        w("rotations resume four --secret-stdin", key=True),
        w("rotations resume four --attest removed"),
        w("rotations resume one --secret-stdin --replace-secret", key=True),
        w("rotations resume one --attest removed"),
        w("rotations resume one --attest recreated --attest scoped"),
    ),
    "rotations rollback": (
        w("rotations rollback one --confirm one"),
        w("rotations rollback one --confirm one --attest removed --attest recreated --attest scoped"),
        w("rotations rollback two --confirm two"),
        w("rotations rollback four --confirm four"),
    ),
    "revocations done": (w("revocations done one"), w("revocations done two")),
    "pending confirm": (w("pending confirm --all"),),
    "pending drop": (w("pending drop --all"),),
    "init": (w("init --control-plane local"), w("init --control-plane astra --start-over")),
    "sync": (
        w("sync --from more.json --database shop --keyspace default"),
        w("sync --from none.json --database shop --keyspace default --prune"),
    ),
    "state merge": (w("state merge base.toml {state} theirs.toml"),),
    "secrets identity": (w("secrets identity {out}"),),
    "secrets migrate": (w("secrets migrate --source env"),),
    "state restore": (w("state restore {backup} --confirm {backup}"),),
    "secrets put": (w("secrets put three --secret-stdin", key=True),),
    "secrets token put": (w("secrets token put --secret-stdin", key=True),),
    "secrets token drop": (w("secrets token drop"),),
    "secrets purge": (w("secrets purge"),),
}
LEFT_OUT: Final = {
    "collections create": "needs a Data API; what it records is recorded as `collections add` does",
    "secrets reveal": "needs a terminal, and changes no state",
}


def test_every_changing_command_takes_part() -> None:
    changing = {name for name, command in every_command() if isinstance(command, ChangeCommand)}
    assert changing - TABLE.keys() - LEFT_OUT.keys() == set(), "commands that are missing here"
    assert (TABLE.keys() | LEFT_OUT.keys()) - changing == set(), "commands that do not exist"
    typed = {name: {item.words[: len(name.split())] for item in items} for name, items in TABLE.items()}
    assert typed == {name: {tuple(name.split())} for name in TABLE}, "commands in the wrong row"


COMMANDS: Final = st.sampled_from([item for items in TABLE.values() for item in items])


class Recording:
    """Records the points that a command comes to, in order, each with how often it was there before."""

    def __init__(self) -> None:
        self.points: list[tuple[str, int]] = []

    def at(self, point: str) -> None:
        self.points.append((point, 1 + sum(item[0] == point for item in self.points)))


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
def waiting(waits: Waiting | Recording | None) -> Iterator[None]:
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
        for name in ("create", "note", "put", "update"):
            monkeypatch.setattr(StateFile, name, before("lock", getattr(StateFile, name)))
        monkeypatch.setattr(guard, "replace_file", before("lock", guard.replace_file))
        monkeypatch.setattr(Prompter, "confirm", before("prompt", Prompter.confirm))
        monkeypatch.setattr(Services, "_read_flags", after("key", Services._read_flags))
        works = after("test", lambda *given: KeyTest(version=given[3], provider=ProviderAnswer.WORKS))
        monkeypatch.setattr(new_key, "try_new_key", works)
        yield


def chosen_point(points: list[tuple[str, int]], position: int) -> tuple[str, int]:
    """Return one of the points: each kind as often as the others, however often a command comes to it."""
    kinds = list(dict.fromkeys(point for point, _ in points))
    if not kinds:
        return "", 0
    kind = kinds[position % len(kinds)]
    numbers = [number for point, number in points if point == kind]
    return kind, numbers[position // len(kinds) % len(numbers)]


Facts = frozenset[tuple[str, ...]]
Change = tuple[Facts, Facts]
"""What a command adds, and what it takes away."""
Points = list[tuple[str, int]]


def facts(document: dict[str, Any]) -> Facts:
    """Return all that a command may not lose, as values that mean the same in a copy of the state."""
    found: set[tuple[str, ...]] = set()
    for item in document.get("integrations", []):
        found.add(("integration", item["provider"], str(bool(item.get("removal_wanted_at")))))
    for item in document.get("databases", []):
        found.add(("database", item["id"], item["name"], item["status"], item.get("region", "")))
    keys = {version["id"]: version.get("fingerprint", "unknown") for version in versions(document)}
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


CHANGE_NO_SCOPE: Final = frozenset(
    {("credentials", "rotate"), ("rotations", "resume"), ("rotations", "rollback"), ("revocations", "done")}
)
"""Commands that change keys and nothing else, unless `--minimum-scope` asks for more."""
KEY_FACTS: Final = frozenset({"current", "pending", "revocation"})


def a_copy(cli: Cli, folder: Path) -> Cli:
    """Return another user with the same files: the secret store and the state lie below the folder of the user."""
    shutil.copytree(cli.folder, folder)
    environment = {name: value.replace(str(cli.folder), str(folder)) for name, value in cli.environment.items()}
    copy = Cli(folder, environment)
    copy.configure(cli.configuration.replace(str(cli.folder), str(folder)))
    return copy


@cache
def organization(plane: str) -> Cli:
    """Return the user that every sequence begins as, with something for every command to change.

    `one` is in use, `two` was rotated, the key of `three` is not stored, and a rotation of `four` is open.
    """
    folder = Path(tempfile.mkdtemp(prefix="vzi"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    cli = Cli.create(folder / "user")
    # A command that finds a stored Astra token asks Astra, which cannot be reached.
    unreachable = '[astra]\ndevops_url = "https://astra.invalid/v2"\n'
    cli.configure(f'{cli.configuration}[secrets.env]\none = "KEY_OF_ONE"\n{unreachable}')
    cli.environment["KEY_OF_ONE"] = "sk-first-key-of-one"
    with waiting(None):
        cli.init(plane).ok("databases", "add", "logs", "--id", LOGS)
        cli.ok("databases", "add", "third", "--id", "33333333-3333-4333-8333-333333333333")
        cli.add("one", "--scope", "shop", "--scope", "logs", key="sk-first-key-of-one")
        cli.add("two", key="sk-first-key-of-two").add("four", "--scope", "third", key="sk-first-key-of-four")
        words = ("--provider", "mistral", "--no-secret", "--scope", "third")
        assert cli.run("credentials", "add", "three", *words).status in (0, ExitStatus.MANUAL)
        attested: list[str] = []
        if plane == "astra":
            cli.attest_all()
            attested = ["--attest", "removed", "--attest", "recreated", "--attest", "scoped"]
        cli.collect(credential="one")
        cli.ok("tables", "attach", "shop/default/events.vector", *SMALL.split(), "--credential", "one")
        cli.rotate("two", key="sk-second-key-of-two")
        if attested:
            cli.ok("rotations", "resume", "two", *attested, "--yes")
        cli.rotate("four", "--until", "tested", key="sk-key-number-1-of-many")
        assert {item["step"] for item in cli.document()["rotations"]} == {"DONE", "TESTED"}
        service = a_service(credential="one")
        (cli.folder / "more.json").write_bytes(
            as_bytes(collections(products=a_vector(service), more=a_vector(service)))
        )
        (cli.folder / "none.json").write_bytes(as_bytes(collections()))
        shutil.copy(cli.state, cli.folder / "base.toml")
        other = a_copy(cli, folder / "other")
        other.ok("databases", "add", "fifth", "--id", "55555555-5555-4555-8555-555555555555")
        other.ok("credentials", "edit", "one", "--note", "of the other side")
        shutil.copy(other.state, cli.folder / "theirs.toml")
    return cli


class Interleaving(RuleBasedStateMachine):
    """One organization; commands run alone, or while another one waits."""

    plane = "local"

    def __init__(self) -> None:
        super().__init__()
        self.folder = Path(tempfile.mkdtemp(prefix="vzi"))
        self.copies = 0
        self.cli = a_copy(organization(self.plane), self.folder / "user")
        self.revoked: set[str] = set()

    def teardown(self) -> None:
        shutil.rmtree(self.folder, ignore_errors=True)

    def run(self, command: Words, key: int, cli: Cli | None = None) -> Result:
        cli = cli or self.cli
        backups = sorted((cli.state.parent / "state.toml.d" / "backups").glob("*.toml"))
        serial = str(int(backups[len(backups) // 2].stem.split("-")[0])) if backups else "1"
        self.copies += 1
        out = str(cli.folder / f"{self.copies}.token")
        words = [word.format(backup=serial, out=out, state=cli.state) for word in command.words]
        yes = [] if "--confirm" in words else ["--yes"]
        result = cli.run(*words, *yes, stdin=f"sk-key-number-{key}-of-many" if command.key else "")
        assert result.status in {*ExitStatus}, result.err
        assert result.status not in (ExitStatus.INTERNAL, ExitStatus.USAGE), result.err
        if command.words[0] == "init":
            assert result.status == ExitStatus.CONFLICT, "a state was replaced by a new one"
        return result

    @rule(command=COMMANDS, key=st.integers(1, 4))
    def alone(self, command: Words, key: int) -> None:
        with waiting(None):
            self.run(command, key)

    @precondition(lambda self: self.cli.state.exists())
    @rule(
        candidates=st.lists(st.tuples(COMMANDS, st.integers(1, 4)), min_size=4, max_size=4),
        position=st.integers(0, 59),
        others=st.lists(st.tuples(COMMANDS, st.integers(5, 9)), min_size=6, max_size=6),
        changes=st.integers(1, 2),
    )
    def interleaved(
        self, candidates: list[tuple[Words, int]], position: int, others: list[tuple[Words, int]], changes: int
    ) -> None:
        """The first candidate that would change something waits at one of its points, until others have changed something."""
        (command, key), (shown, points) = self.first_with_effect(candidates)
        point, number = chosen_point(points, position)
        states: list[dict[str, Any]] = []
        plans = [shown]
        ran: list[Words] = []

        def meanwhile() -> None:
            states.append(self.cli.document())
            ran.extend(self.until_changed(others, changes))
            states.append(self.cli.document())
            if point == "read" or "--all-databases" in command.words:
                # It may be the first time that it reads the state: then it does what it would do from here on. And with --yes,
                # "all" databases are all that there are when it writes.
                (added, removed), _ = self.alone_in_a_copy(command, key)
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
        story = f"{' '.join(command.words)} waited at {point} {number} for {[' '.join(item.words) for item in ran]}"
        if before == after_others:
            event("the others changed nothing")
            return
        event(f"interleaved: {command.words[0]} {command.words[1]} at {point}: {result.status}")
        shown = plans[-1]
        # What it did after the others is what it does alone, as far as that was still to be done.
        extra = {item for item in done[0] - shown[0] if item not in before}
        if ("revocation", "unknown", "False") in shown[0]:  # the key may have been stored meanwhile: then it has a name
            extra = {item for item in extra if item[0] != "revocation"}
        lost = {item for item in done[1] - shown[1] if item[0] not in KEY_FACTS or item[0] == "revocation"}
        assert (extra, lost) == (set(), set()), f"{story}: {result.status} {result.err}"
        if result.status in REFUSED - {14, 12, 20}:
            return
        missing = {item for item in after_others - before if item not in now} - shown[1]
        assert missing == set(), f"{story}: lost what the others did: {result.err}"

    def first_with_effect(self, candidates: list[tuple[Words, int]]) -> tuple[tuple[Words, int], tuple[Change, Points]]:
        """Return the first command that would change something, and what it does alone; the last one if none does."""
        *first, last = candidates
        for candidate in first:
            found = self.alone_in_a_copy(*candidate)
            if any(found[0]):
                return candidate, found
        return last, self.alone_in_a_copy(*last)

    def until_changed(self, commands: list[tuple[Words, int]], changes: int) -> Iterator[Words]:
        """Run commands until so many of them have changed something; yield each."""
        found = [facts(self.cli.document())]
        for command, key in commands:
            if len(found) > changes:
                return
            self.run(command, key)
            yield command
            now = facts(self.cli.document())
            if now != found[-1]:
                found.append(now)

    def alone_in_a_copy(self, command: Words, key: int) -> tuple[Change, Points]:
        """Return what the command does alone, from here: what it adds, what it takes away, and the points it comes to."""
        self.copies += 1
        folder = self.folder / f"copy{self.copies}"
        copy = a_copy(self.cli, folder)
        before, recording = facts(copy.document()), Recording()
        with waiting(recording):
            self.run(command, key, copy)
        after = facts(copy.document())
        shutil.rmtree(folder)
        if self.plane == "local" and command.words[:2] in CHANGE_NO_SCOPE and "--minimum-scope" not in command.words:
            scopes = {item for item in after ^ before if item[0] == "scope"}
            assert scopes == set(), f"{' '.join(command.words)} changed the scope"
        return (after - before, before - after), recording.points

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


PROFILE: Final = machine_settings(sequences=20, steps=6)
TestInterleaving = Interleaving.TestCase
TestInterleaving.settings = PROFILE
TestAstraInterleaving = AstraInterleaving.TestCase
TestAstraInterleaving.settings = PROFILE


# --- the machine finds what it is made for


def writes_the_plan_that_was_shown(proposal: Proposal[Any]) -> Any:
    """What was read before the wait is written after it, over what others have written."""
    return proposal.context.state_store.update(lambda _: proposal.plan)


def does_not_compare(proposal: Proposal[Any]) -> Any:
    """Planned again, but written whatever the question would be now."""
    return proposal.context.state_store.update(proposal.replan)


def test_a_command_that_writes_what_it_read_before_the_wait_is_found(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Proposal, "commit", writes_the_plan_that_was_shown)
    with pytest.raises(AssertionError, match=" waited at "):
        run_state_machine_as_test(
            Interleaving, settings=settings(PROFILE, max_examples=40, derandomize=True, database=None)
        )
