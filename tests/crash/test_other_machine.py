"""A rotation goes on where it was not begun: the state was copied to another host, whose secret store is empty."""

from __future__ import annotations

import shutil
from collections.abc import Callable

import pytest

from tests.crash.aftermath import RESUME, ROLL_BACK, ROTATE, check_nothing_unknown, expect, last_rotation, walk
from tests.crash.machine import Command, Machine
from tests.crash.organization import NAME, NEW_KEY
from tests.crash.reader import current_key, served
from tests.crash.scenarios import RECREATED, REMOVED, SCOPED, STAGED_BY_HAND, Prepare, killed, ran
from vzctl.errors import ExitStatus

Find = Callable[[str, str], Machine]

STEPS: dict[str, tuple[str, Prepare]] = {
    "STAGING, the key not in the store": ("local", killed(ROTATE, 1, "after")),
    "STAGING, the key in the store": ("local", killed(ROTATE, 2, "before")),
    "STAGED": ("local", killed(ROTATE, 2, "after")),
    "TESTED": ("local", killed(ROTATE, 3, "after")),
    "TESTED on astra": ("astra", ran(STAGED_BY_HAND)),
    "REMOVED": ("astra", ran(STAGED_BY_HAND, REMOVED)),
    "RECREATED": ("astra", ran(STAGED_BY_HAND, REMOVED, RECREATED)),
    "SCOPED": ("astra", ran(STAGED_BY_HAND, REMOVED, RECREATED, SCOPED)),
}
CASES = [
    pytest.param(plane, store, prepare, id=f"{step}, {store}")
    for step, (plane, prepare) in STEPS.items()
    for store in ("file", "exec")
]


def moved(organization: Find, plane: str, store: str, prepare: Prepare) -> tuple[Machine, Machine]:
    """Return the first machine with the rotation begun, and the second one with a copy of its state alone."""
    first = organization(plane, store).copy()
    prepare(first)
    second = first.copy(host="second-host")
    shutil.rmtree(second.items)
    second.items.mkdir()
    return first, second


@pytest.mark.sampled(4)
@pytest.mark.parametrize(("plane", "store", "prepare"), CASES)
def test_another_machine_finishes_the_rotation_when_the_key_is_given_again(
    plane: str, store: str, prepare: Prepare, organization: Find
) -> None:
    before = served(organization(plane, store))[NAME]
    _, second = moved(organization, plane, store, prepare)
    begun = second.state_path.read_bytes()

    refused = second.try_(Command((*RESUME.words, "-o", "json"), RESUME.key))
    rotation = last_rotation(second)
    assert rotation is not None
    expected = ExitStatus.ROTATION_OPEN if rotation.is_past_no_return else ExitStatus.CONFLICT
    assert (refused.status, refused.document["code"]) == (expected, "ROTATION_ON_OTHER_HOST")
    assert second.state_path.read_bytes() == begun

    walk(second, Command((*RESUME.words, "--take-over"), RESUME.key))
    state = second.state()
    credential = state.credential(NAME)
    assert credential is not None
    names = {database.id: database.name for database in state.databases}
    assert tuple(names[entry.database] for entry in credential.scope) == before.scope
    assert current_key(second, state, credential) == NEW_KEY
    check_nothing_unknown(second)
    expect(second, RESUME, ExitStatus.CONFLICT)


@pytest.mark.parametrize("key", [None, "sk-proj-yet-another-0123456789"], ids=["no key", "another key"])
def test_another_machine_does_not_go_on_without_the_very_key(key: str | None, organization: Find) -> None:
    _, second = moved(organization, "local", "exec", STEPS["STAGED"][1])
    words = tuple(word for word in RESUME.words if word != "--secret-stdin" or key is not None)
    ended = second.try_(Command((*words, "--take-over", "-o", "json"), key))
    expected = (
        (ExitStatus.INPUT_REQUIRED, "SECRET_NEEDED_AGAIN") if key is None else (ExitStatus.CONFLICT, "SECRET_DIFFERS")
    )
    assert (ended.status, ended.document["code"]) == expected
    assert second.store_files() == {}
    walk(second, RESUME)


@pytest.mark.parametrize("step", ["STAGING, the key not in the store", "STAGED", "TESTED on astra"])
def test_another_machine_takes_a_rotation_back_before_the_removal_without_any_key(
    step: str, organization: Find
) -> None:
    plane, prepare = STEPS[step]
    first, second = moved(organization, plane, "exec", prepare)
    second.run(Command((*ROLL_BACK.words, "--take-over")))
    assert second.store_files() == {}
    # The state goes back to where the keys are: there the old key is served as before, and what was staged is known.
    shutil.copy(second.state_path, first.state_path)
    assert served(first) == served(organization(plane, "exec"))


def test_another_machine_cannot_go_back_past_the_removal_without_the_old_key(organization: Find) -> None:
    _, second = moved(organization, "astra", "exec", STEPS["RECREATED"][1])
    begun = second.state_path.read_bytes()
    ended = second.try_(Command((*ROLL_BACK.words, "--take-over", "-o", "json")))
    assert (ended.status, ended.document["code"]) == (ExitStatus.ROTATION_OPEN, "SECRET_NOT_HELD")
    assert second.state_path.read_bytes() == begun
