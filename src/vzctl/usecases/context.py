"""What a use case works with. Everything is opened on first use: a command that needs no secret touches no store."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum
from typing import TYPE_CHECKING

from vzctl.errors import UsageError
from vzctl.secret import Secret
from vzctl.store.local_folder import LocalFolder
from vzctl.store.state_store import StateStore
from vzctl.usecases.key_command import KeyCommands
from vzctl.vault.base import SecretItem, SecretStore

if TYPE_CHECKING:
    from vzctl.usecases.live import Live


class Danger(Enum):
    """How a question is asked: y/N or `--yes`; or the typed name or `--confirm NAME`."""

    MODERATE = "moderate"
    SEVERE = "severe"


@dataclass(frozen=True, slots=True)
class Question:
    """What a person is asked before something changes: lines to read first, then one sentence, then the name to type."""

    text: str
    name: str
    danger: Danger = Danger.MODERATE
    lines: Sequence[str] = ()


def no_network() -> Live:
    """Stand where a command was given no network."""
    raise AssertionError("this command was not given the network")


def no_other_state(_location: str) -> StateStore:
    """Stand where a command was given no other state than its own."""
    raise AssertionError("this command was not given another state")


def no_time(_seconds: float, _every: float, _waiting_for: str) -> Iterator[float]:
    """Stand where a command has no time to wait: look once."""
    yield 0.0


@dataclass(frozen=True, slots=True, kw_only=True)
class Context:
    """The world of one command.

    `confirm` asks a question and returns, or raises `CancelledError` (13) or `InputRequiredError` (8); it returns False when
    `--yes` answered it unseen. `tell` shows a line
    to the person while work goes on, `present` lines and `show` a whole plan, to be read before anything is asked; `ask_done`
    shows a person's step and asks whether it is done. `stop_requested` turns True at the first ^C. `open_live` returns the
    clients of the network, `open_state` the store of another state; `key_commands` are programs of the user's own; `ticks`
    counts out a time in steps, the first one at once, yields the seconds that are left, and shows them beside what is waited
    for. No lock is held during any of them.
    """

    state_store: StateStore
    local_folder: LocalFolder
    open_store: Callable[[], SecretStore]
    now: Callable[[], datetime]
    new_id: Callable[[], str]
    host: str
    policy_days: int
    confirm: Callable[[Question], bool | None]
    tell: Callable[[str], None]
    present: Callable[[Sequence[str]], None]
    ask_done: Callable[[str, Sequence[str]], bool]
    stop_requested: Callable[[], bool]
    show: Callable[[object], None] = lambda _: None
    open_live: Callable[[], Live] = no_network
    open_state: Callable[[str], StateStore] = no_other_state
    ticks: Callable[[float, float, str], Iterator[float]] = no_time
    key_commands: KeyCommands = field(default_factory=KeyCommands)
    is_read_only: bool = False
    is_interactive: bool = False
    _opened: list[SecretStore] = field(default_factory=list)

    def store(self) -> SecretStore:
        """Return the configured secret store, opened once; raises `SecretStoreError` or `UsageError`."""
        if not self._opened:
            store = self.open_store()
            if not store.is_beside_state:
                self.state_store.register_use()
            self._opened.append(store)
        return self._opened[0]

    def require_writable(self) -> None:
        """Refuse every change under `VZCTL_READ_ONLY`."""
        if self.is_read_only:
            raise UsageError("VZCTL_READ_ONLY is set: nothing may be changed", code="READ_ONLY")


SecretSource = Callable[[], Secret]
"""Reads the secret when it is needed, and not before the store was probed."""


def item_of(lineage: str, credential_id: str, version_id: str, name: str) -> SecretItem:
    """Return the store item of one version."""
    return SecretItem(lineage, credential_id, version_id, name)
