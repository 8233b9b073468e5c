"""One screen: what there is, what is open, what is due, what is wrong, each with its next command."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from typing import ClassVar, Final

from vzctl.command import Command, NextStep, command, suggest
from vzctl.domain.rotation.manual_steps import PendingStep, pending_steps, unproven
from vzctl.domain.rules import display_name
from vzctl.domain.state.age import is_due, maximum_age_days
from vzctl.domain.state.records import Credential, Evidence, Rotation
from vzctl.domain.state.revocation import REASON_LEAKED
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Columns, Outcome
from vzctl.usecases.revocations.revocation import RevocationRow, revocation_rows
from vzctl.usecases.rotations.view import OutageView, outage_text, outage_view, rotation_row, step_text
from vzctl.usecases.state.problems import state_problems

LISTS: Final = {
    "outage": command("rotations list", open=True),
    "leaked key": command("revocations list"),
    "open rotation": command("rotations list", open=True),
    "problem": command("state check"),
    "pending step": command("pending list"),
    "key to revoke": command("revocations list"),
    "key due": command("credentials list", due=True),
}
"""The kinds of what wants a person, the most urgent first, each with the command that lists all of it."""


@dataclass(frozen=True, slots=True)
class Counts:
    """How much there is."""

    integrations: int
    databases: int
    active_databases: int
    credentials: int
    collections: int
    columns: int


@dataclass(frozen=True, slots=True)
class Attention:
    """One thing that wants a person: what kind, about what, in one sentence, and the command that helps."""

    kind: str
    subject: str
    message: str
    command: Command

    columns: ClassVar[Columns] = (("KIND", "kind"), ("SUBJECT", "subject"), ("WHAT", "message"), ("COMMAND", "command"))


@dataclass(frozen=True, slots=True)
class AttentionGroup:
    """How many things of one kind want a person, and the command that lists them."""

    kind: str
    count: int
    command: Command


@dataclass(frozen=True, slots=True)
class Unproven:
    """Facts of the `astra` plane that nobody has seen: wanted and not done, or done as a person says."""

    wanted: int
    attested: int


@dataclass(frozen=True, slots=True)
class SettingRow:
    """A setting with its source."""

    name: str
    value: str
    source: str

    columns: ClassVar[Columns] = (("SETTING", "name"), ("VALUE", "value"), ("SOURCE", "source"))


@dataclass(frozen=True, slots=True)
class Status:
    """The state of the organization; `attention` has the most urgent first, as `groups` has. `settings` only with `-v`."""

    path: str
    organization: str
    control_plane: str
    serial: int
    counts: Counts
    oldest_key_days: int | None
    keys_due: int
    keys_of_unknown_age: int
    attention: tuple[Attention, ...]
    settings: tuple[SettingRow, ...]
    groups: tuple[AttentionGroup, ...]
    unproven: Unproven


def show_status(context: Context, *, settings: tuple[SettingRow, ...] = (), exit_code: bool = False) -> Outcome[Status]:
    """Return the overview; with `exit_code`, status `CHANGES` when anything wants attention."""
    state = context.state_store.read()
    now = context.now()
    ages = [age for item in state.credentials if (age := item.age_days(now)) is not None]
    attention = _attention(context, state)
    kinds = Counter(item.kind for item in attention)
    facts = Counter(unproven(state))
    data = Status(
        path=context.state_store.location,
        organization=state.organization.name,
        control_plane=state.organization.control_plane.value,
        serial=state.serial,
        counts=Counts(
            integrations=len(state.integrations),
            databases=len(state.databases),
            active_databases=sum(item.is_active and item.gone_since is None for item in state.databases),
            credentials=len(state.credentials),
            collections=len(state.collections),
            columns=len(state.columns),
        ),
        oldest_key_days=max(ages, default=None),
        keys_due=sum(is_due(item, now, context.policy_days) for item in state.credentials),
        keys_of_unknown_age=sum(item.key_set_at is None for item in state.credentials),
        attention=attention,
        settings=settings,
        groups=tuple(AttentionGroup(kind, kinds[kind], LISTS[kind]) for kind in LISTS if kinds[kind]),
        unproven=Unproven(facts[Evidence.WANTED], facts[Evidence.ATTESTED]),
    )
    steps = (
        (NextStep(attention[0].command, f"the most urgent: {attention[0].kind}"),) if attention else _first_steps(state)
    )
    status = ExitStatus.CHANGES if exit_code and attention else ExitStatus.OK
    return Outcome(data=data, next_steps=steps, status=status)


def _attention(context: Context, state: State) -> tuple[Attention, ...]:
    """Most urgent first: outages, leaked keys, open rotations, broken rules, a person's steps, keys to revoke, keys due."""
    revocations = sorted(revocation_rows(state, state.open_revocations()), key=lambda item: item.due_since)
    rotations = sorted(
        (item for item in state.rotations if item.is_open),
        key=lambda item: (not item.is_past_no_return, item.started_at),
    )
    outages = {item.id: outage for item in rotations if (outage := outage_view(state, item)) is not None}
    return (
        *(_outage(item, outages[item.id]) for item in rotations if item.id in outages),
        *(_leaked(item) for item in revocations if item.reason == REASON_LEAKED),
        *(_open_rotation(state, item) for item in rotations if item.id not in outages),
        *(
            Attention("problem", item.subject, item.message, item.next_step.command)
            for item in state_problems(context, state)
        ),
        *(_pending(item) for item in ([] if state.is_local else pending_steps(state))),
        *(_to_revoke(item) for item in revocations if item.reason != REASON_LEAKED),
        *_due(context, state),
    )


def _leaked(item: RevocationRow) -> Attention:
    text = f"its old key is known to others: revoke it at {display_name(item.provider)} now"
    return Attention("leaked key", item.credential, text, command("revocations done", item.id))


def _outage(rotation: Rotation, outage: OutageView) -> Attention:
    text = f"{outage_text(outage)}, during a rotation that stands at {step_text(rotation)}; it ends {outage.ends}"
    name = rotation.snapshot.name
    return Attention("outage", name, text, command("rotations resume", name))


def _open_rotation(state: State, rotation: Rotation) -> Attention:
    row = rotation_row(state, rotation)
    text = f"a rotation stands at {row.step}" + (", past its point of no return" if row.past_no_return else "")
    return Attention("open rotation", row.credential, text, command("rotations resume", row.credential))


def _pending(step: PendingStep) -> Attention:
    return Attention(
        "pending step", step.credential or step.provider, step.portal.title, command("pending confirm", step.id)
    )


def _to_revoke(item: RevocationRow) -> Attention:
    text = f"its old key ({item.reason}) is to be revoked at {display_name(item.provider)}"
    return Attention("key to revoke", item.credential, text, command("revocations done", item.id))


def _due(context: Context, state: State) -> Iterator[Attention]:
    """Yield the keys that are due, those furthest over their limit first; nobody knows how urgent an unknown age is."""
    now = context.now()
    rotating = {item.credential for item in state.rotations if item.is_open}

    def days_left(credential: Credential) -> float:
        age = credential.age_days(now)
        return float("inf") if age is None else maximum_age_days(credential, context.policy_days) - age

    due = [item for item in state.credentials if item.id not in rotating and is_due(item, now, context.policy_days)]
    for credential in sorted(due, key=days_left):
        age = credential.age_days(now)
        text = "the age of its key is unknown" if age is None else f"its key is {age} days old"
        yield Attention("key due", credential.name, text, command("credentials rotate", credential.name))


def _first_steps(state: State) -> tuple[NextStep, ...]:
    if not state.databases:
        return (suggest("databases add", "NAME", comment="record a database"),)
    if not state.credentials:
        return (suggest("credentials add", "NAME", provider="openai", comment="add a credential"),)
    return ()
