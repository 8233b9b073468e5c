"""Verify, after a manual step, that it is in force, and wait for it: changes take their time.

A credential that was removed is refused by the databases that used it; one that was put back is usable in them. Whether a
revoked key is rejected is asked of its provider. That a credential was recreated shows nowhere before a database is in its
scope. What cannot be seen stays attested, and the reason is shown.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from functools import partial
from typing import Final

from vzctl.domain.rotation import machine
from vzctl.domain.rules import display_name, listed
from vzctl.domain.state.index import Index
from vzctl.domain.state.records import Credential, Database, Rotation, Step
from vzctl.domain.state.state import State
from vzctl.errors import ConflictError, VzctlError
from vzctl.usecases.context import Context
from vzctl.usecases.keys.version import read_version
from vzctl.usecases.live import DEFAULT_JOBS, in_parallel
from vzctl.usecases.observation.scope import CredentialRef, ScopeAnswer, ScopeObserver
from vzctl.usecases.rotations.new_key import still_accepted
from vzctl.usecases.rotations.view import StepVerification, VerificationResult, step_text

DATABASES_AT_MOST: Final = 10
"""A removal counts for all databases at once: so many of them show it."""
FAILURES_AT_MOST: Final = 3
LONGEST_PAUSE_SECONDS: Final = 5.0


@dataclass(frozen=True, slots=True)
class Verified:
    """What was seen: the words that `Rotation.seen` keeps, and the verification as it is shown.

    `recorded` is the detail for the audit: without reasons, in which a server may have its say.
    """

    seen: tuple[str, ...]
    shown: StepVerification
    recorded: str = ""


def verify_step(context: Context, state: State, rotation: Rotation, wait_seconds: float) -> Verified:
    """Verify what was attested last, again and again until it is in force or the time is over.

    Nothing that goes wrong on the way ends the rotation: it is then not observable, and the reason is told.
    """
    wanted = machine.to_be_seen(rotation)
    if rotation.step is Step.RECREATED:
        return _not_observable(rotation, "no database shows it before it is in the scope")
    try:
        questions = _questions(context, state, rotation, wanted)
    except VzctlError as error:
        is_tokenless = error.code == "TOKEN_MISSING"
        return _not_observable(rotation, "there is no Astra token to look with" if is_tokenless else error.message)
    _ask(context, rotation, questions, wait_seconds)
    return _verified(rotation, questions)


@dataclass(slots=True)
class _Question:
    """One thing to look at: the word to keep when it is in force, what it is, and the answer so far.

    `answer` is True for in force, False for not yet, None for not observable. `detail` is the answer in words that `subject`
    ends, or why there is none.
    """

    word: str
    subject: str
    ask: Callable[[], tuple[bool | None, str]] | None
    answer: bool | None = None
    detail: str = ""
    is_settled: bool = False
    failures: int = 0

    def look(self) -> None:
        """Ask once. A failure on the way there is asked again, but not for long: it may be that there is no network."""
        assert self.ask is not None, "what cannot be asked is settled"
        try:
            self.answer, self.detail = self.ask()
            self.is_settled = self.answer is not False
        except VzctlError as error:
            self.failures += 1
            self.is_settled = self.failures == FAILURES_AT_MOST
            if self.answer is None:  # what was seen before the way was blocked stays seen
                self.detail = error.message


@dataclass(frozen=True, slots=True)
class _Observation:
    """Asks databases whether they can use a credential, and expects one answer."""

    observer: ScopeObserver
    credential: Credential
    expected: ScopeAnswer

    def question(self, index: Index, word: str, database_id: str) -> _Question:
        database = index.databases.get(database_id)
        name = index.database_name(database_id)
        if database is None:
            return _Question(word, name, None, detail="it is no longer in the state", is_settled=True)
        return _Question(word, name, partial(self._ask, database))

    def _ask(self, database: Database) -> tuple[bool | None, str]:
        try:
            api = self.observer.open(database)
        except ConflictError as error:
            return None, error.message  # it sleeps, or nobody knows where it is
        (found,) = self.observer.observe(api, [CredentialRef.of(self.credential)])
        if found.answer is ScopeAnswer.NOT_OBSERVABLE:
            return None, found.reason or found.answer.value
        return found.answer is self.expected, f"{found.answer.value} in"


def _questions(context: Context, state: State, rotation: Rotation, wanted: tuple[str, ...]) -> list[_Question]:
    credential = machine.owner_of(state, rotation)
    if rotation.step is Step.REVOKED:
        return [_revoked(context, state, credential, rotation)]
    live = context.open_live()
    live.find_token()  # without one there is nothing to look with, in any database
    index, snapshot = Index(state), rotation.snapshot
    observer = ScopeObserver(live, state, context.new_id)
    if rotation.step is Step.REMOVED:
        refused = _Observation(observer, credential, ScopeAnswer.REFUSED)
        databases = list(dict.fromkeys((*snapshot.needed_databases, *snapshot.databases)))[:DATABASES_AT_MOST]
        return [refused.question(index, Step.REMOVED.value, item) for item in databases]
    usable = _Observation(observer, credential, ScopeAnswer.USABLE)
    return [usable.question(index, item, item) for item in wanted]


def _revoked(context: Context, state: State, credential: Credential, rotation: Rotation) -> _Question:
    secret = read_version(context, state, credential, rotation.old_version)

    def ask() -> tuple[bool | None, str]:
        accepted, _ = still_accepted(context, state, credential, secret)
        if accepted is None:
            return None, "its answer does not tell"
        return not accepted, "the old key still works at" if accepted else "the old key is rejected by"

    return _Question(Step.REVOKED.value, display_name(credential.provider), ask)


def _ask(context: Context, rotation: Rotation, questions: list[_Question], wait_seconds: float) -> None:
    """Ask until every answer is there, the time is over, or somebody wants to stop."""
    text = f"waiting until {step_text(rotation)} is in force"
    due, pause, stop = 0.0, 1.0, context.open_live().http.close
    for left in context.ticks(wait_seconds, 1.0, text):
        if context.stop_requested():
            return
        passed = wait_seconds - left
        if passed < due and left > 0:
            continue
        due, pause = passed + pause, min(pause * 2, LONGEST_PAUSE_SECONDS)
        open_ones = [item for item in questions if not item.is_settled]
        in_parallel(DEFAULT_JOBS, [[item.look] for item in open_ones], finished=lambda _: None, stop=stop)
        if all(item.is_settled for item in questions):
            return


def _verified(rotation: Rotation, questions: list[_Question]) -> Verified:
    waiting = [item for item in questions if item.answer is False]
    seen = [item for item in questions if item.answer is True]
    unseen = [item for item in questions if item.answer is None]
    parts = [*_parts(seen), *_parts(waiting)]
    shown = [*parts, *(f"not looked at: {item.subject} ({item.detail})" for item in unseen)]
    detail = "; ".join(shown) or "there is nothing to look at"
    recorded = "; ".join([*parts, *(f"not looked at: {item.subject}" for item in unseen)])
    words = tuple(dict.fromkeys(item.word for item in seen))
    if rotation.step is Step.REMOVED and waiting:
        words = ()  # one word stands for all databases
    found = VerificationResult.SEEN if seen else VerificationResult.NOT_OBSERVABLE
    result = VerificationResult.NOT_SEEN if waiting else found
    return Verified(words, StepVerification(step_text(rotation), result, detail), recorded)


def _parts(answered: Iterable[_Question]) -> list[str]:
    """Return `usable in shop, search` for each answer there is."""
    places: dict[str, list[str]] = {}
    for item in answered:
        places.setdefault(item.detail, []).append(item.subject)
    return [f"{detail} {listed(subjects)}" for detail, subjects in places.items()]


def _not_observable(rotation: Rotation, reason: str) -> Verified:
    return Verified((), StepVerification(step_text(rotation), VerificationResult.NOT_OBSERVABLE, reason))
