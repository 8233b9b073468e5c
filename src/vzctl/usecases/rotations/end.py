"""What is said where the walk of a rotation ends: it is finished, or it stops, and for whom or what."""

from __future__ import annotations

from enum import Enum, auto

from vzctl.command import NextStep, command, suggest
from vzctl.domain.rotation import machine
from vzctl.domain.rules import display_name
from vzctl.domain.state.records import Rotation, Step
from vzctl.domain.state.state import State
from vzctl.errors import ExitStatus
from vzctl.usecases.outcome import Notice, Outcome
from vzctl.usecases.rotations.view import (
    DATA_UNCHANGED,
    CheckResult,
    RotationDetail,
    outage_lines,
    rotation_detail,
    step_text,
)
from vzctl.usecases.views import ending_text


class Stop(Enum):
    """Why a walk does not go on: a person is next, somebody interrupted it, it was to stop here, or it looked in vain."""

    FOR_A_PERSON = auto()
    INTERRUPTED = auto()
    AS_WANTED = auto()
    NOT_IN_FORCE = auto()
    INTERRUPTED_UNSEEN = auto()

    @property
    def is_unseen(self) -> bool:
        """Whether what a person attested last was seen not to be in force."""
        return self in (Stop.NOT_IN_FORCE, Stop.INTERRUPTED_UNSEEN)


def finished(state: State, rotation: Rotation, *, changed: bool) -> Outcome[RotationDetail]:
    """Return the end of a rotation, forward or back: what holds now, and the key that is to be revoked."""
    detail = rotation_detail(state, rotation)
    name = rotation.snapshot.name
    if rotation.step is Step.ROLLED_BACK:
        summary = (f'"{name}" is back at its old key; name, scope, and dependents stay as they are',)
        due = [item for item in state.open_revocations() if item.version == rotation.new_version]
        text = f"once the key {ending_text(detail.new_last_four)}that was taken back is revoked at the provider"
        steps = tuple(suggest("revocations done", item.id, comment=text) for item in due)
        return Outcome(data=detail, changed=changed, summary=summary, next_steps=steps)
    failed = [check.what for check in detail.checks if check.result == CheckResult.FAILED]
    lines = (
        f'rotated "{name}": same name, same provider, {len(detail.databases)} in scope; the new key was {detail.test}',
        *(f"  {check.what}: {check.result}" for check in detail.checks),
        f"  data: {DATA_UNCHANGED}",
    )
    due = [item for item in state.open_revocations() if item.version == rotation.old_version]
    provider = display_name(rotation.snapshot.provider)
    urgent = "NOW: it is known to others; " if rotation.leaked else ""
    check = not state.is_local
    ending = ending_text(detail.old_last_four)
    steps = tuple(
        suggest(
            "revocations done",
            item.id,
            check=check,
            comment=f"{urgent}after you revoke the old key {ending}at {provider}",
        )
        for item in due
    )
    warnings = tuple(Notice("CHECK_FAILED", f"after the rotation: {what} does not hold", name) for what in failed)
    if not state.is_local:
        text = (
            "nothing shows which key was pasted at the Portal: with the old one, everything stops when that is revoked"
        )
        warnings = (*warnings, Notice("KEY_NOT_SEEN", text, name))
    return Outcome(data=detail, changed=changed, summary=lines, warnings=warnings, next_steps=steps)


def stopped(state: State, rotation: Rotation, why: Stop, *, changed: bool) -> Outcome[RotationDetail]:
    """Return where an open rotation stands and how it goes on.

    The status is 12 once the credential is removed; before that 14, 130 for ^C, 0 when it was to stop here.
    """
    detail = rotation_detail(state, rotation)
    name = rotation.snapshot.name
    # A step that was seen not to be in force took nothing down, as far as anybody knows.
    outage = () if why.is_unseen else outage_lines(state, rotation)
    summary = [f'the rotation of "{name}" stands at {step_text(rotation)}', *outage]
    resume = command("rotations resume", name)
    steps = [NextStep(resume, "go on")]
    if detail.portal is not None and detail.next_step is not None:
        attest = resume.with_options(attest=detail.next_step.lower())
        if why.is_unseen:
            summary.append("it is not in force yet, as far as databases show it: a change may take minutes")
            steps = [NextStep(resume, "look again"), NextStep(attest, f"if you did this too: {detail.portal.title}")]
        else:
            summary += [f"next, by a person: {detail.portal.title}", *(f"  {line}" for line in detail.portal.lines)]
            steps = [NextStep(attest, "after you did it")]
    if why.is_unseen:
        steps.append(NextStep(resume.with_options(skip_look=True), "go on without having seen it"))
    if machine.reversible(state, rotation) is not machine.Reversible.NO:
        steps.append(suggest("rotations rollback", name, comment="or take it back"))
    status = _status(rotation, why)
    return Outcome(data=detail, changed=changed, summary=tuple(summary), next_steps=tuple(steps), status=status)


def _status(rotation: Rotation, why: Stop) -> ExitStatus:
    if rotation.is_past_no_return:
        return ExitStatus.ROTATION_OPEN
    if why in (Stop.INTERRUPTED, Stop.INTERRUPTED_UNSEEN):
        return ExitStatus.INTERRUPTED
    return ExitStatus.OK if why is Stop.AS_WANTED else ExitStatus.MANUAL
