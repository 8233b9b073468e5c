"""When vectorize is down during a rotation, for what, and since when."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.support.builders import NOW, a_collection, a_column, a_credential, a_database, a_rotation, a_state
from vzctl.domain.rotation.outage import Outage, outage_of
from vzctl.domain.state.records import ControlPlane, Direction, Rotation, Step, StepTime
from vzctl.domain.state.state import State

SHOP, BLOG = a_database("shop"), a_database("blog")
PRODUCTS, BODY = a_collection(SHOP, credential="openai-prod"), a_column(BLOG, credential="openai-prod")
LATER = NOW + timedelta(minutes=5)
REMOVED = StepTime(step=Step.REMOVED, done_at=NOW, verified_at=LATER)
REVOKED = StepTime(step=Step.REVOKED, done_at=NOW)
CREDENTIAL = a_credential(scope=[SHOP, BLOG])


def a_plane(plane: ControlPlane) -> State:
    other = a_collection(SHOP, "others", credential="other")
    return a_state(
        control_plane=plane,
        databases=[SHOP, BLOG],
        credentials=[CREDENTIAL, a_credential("other", scope=[SHOP])],
        collections=[PRODUCTS, other],
        columns=[BODY],
    )


def rotating(step: Step, *times: StepTime, scoped: tuple[str, ...] = (), back: bool = False) -> Rotation:
    direction = Direction.BACK if back else Direction.FORWARD
    return replace(a_rotation(CREDENTIAL, step=step, direction=direction, scoped=scoped), times=times)


@pytest.mark.parametrize(
    ("rotation", "down"),
    [
        (rotating(Step.TESTED), ()),
        (rotating(Step.REMOVED, REMOVED), (PRODUCTS, BODY)),
        (rotating(Step.RECREATED, REMOVED), (PRODUCTS, BODY)),
        (rotating(Step.SCOPED, REMOVED, scoped=(SHOP.id,)), (BODY,)),
        (rotating(Step.SCOPED, REMOVED, scoped=(SHOP.id, BLOG.id)), ()),
        (rotating(Step.DONE, REMOVED), ()),
        (rotating(Step.TESTED, REMOVED, scoped=(SHOP.id,), back=True), (BODY,)),
        (rotating(Step.TESTED, REMOVED, StepTime(step=Step.DONE, done_at=LATER), back=True), ()),
        (rotating(Step.TESTED, back=True), ()),
        (rotating(Step.REMOVED, REMOVED, back=True), (PRODUCTS, BODY)),
        (rotating(Step.DROPPING, REMOVED, scoped=(SHOP.id, BLOG.id), back=True), ()),
        (rotating(Step.ROLLED_BACK, REMOVED, back=True), ()),
    ],
)
def test_on_astra_it_lasts_from_the_removal_until_a_database_is_back_in_the_scope(
    rotation: Rotation, down: tuple[object, ...]
) -> None:
    outage = outage_of(a_plane(ControlPlane.ASTRA), rotation)
    assert (outage.dependents if outage is not None else ()) == down
    if outage is not None:
        assert (outage.cause, outage.since, outage.verified_at) == (Step.REMOVED, NOW, LATER)


@pytest.mark.parametrize("plane", ControlPlane)
def test_a_key_that_is_revoked_first_takes_everything_down_on_every_plane(plane: ControlPlane) -> None:
    assert outage_of(a_plane(plane), rotating(Step.REVOKED, REVOKED)) == Outage(
        cause=Step.REVOKED,
        databases=(SHOP.id, BLOG.id),
        dependents=(PRODUCTS, BODY),
        since=NOW,
        verified_at=None,
    )


def test_it_began_with_the_first_step_and_not_with_a_removal_on_the_way_back() -> None:
    again = StepTime(step=Step.REMOVED, done_at=LATER)
    outage = outage_of(a_plane(ControlPlane.ASTRA), rotating(Step.REMOVED, REMOVED, again, back=True))
    assert outage is not None
    assert outage.since == NOW
    ended = (REMOVED, StepTime(step=Step.DONE, done_at=NOW), again)
    outage = outage_of(a_plane(ControlPlane.ASTRA), rotating(Step.REMOVED, *ended, back=True))
    assert outage is not None
    assert outage.since == LATER


def test_a_row_of_an_older_version_knows_no_time() -> None:
    outage = outage_of(a_plane(ControlPlane.ASTRA), rotating(Step.REMOVED))
    assert outage is not None
    assert (outage.dependents, outage.since) == ((PRODUCTS, BODY), None)


def test_a_credential_that_nothing_depends_on_takes_nothing_down() -> None:
    state = replace(a_plane(ControlPlane.ASTRA), collections=(), columns=())
    assert outage_of(state, rotating(Step.REMOVED, REMOVED)) is None
