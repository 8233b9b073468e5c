"""Options of the commands that walk a rotation: where to stop, and how a person's steps at the Portal are looked at."""

from __future__ import annotations

from typing import TYPE_CHECKING, Annotated

import typer

from vzctl.errors import UsageError

if TYPE_CHECKING:
    from vzctl.domain.state.records import Step
    from vzctl.usecases.rotations.runner import VerificationPolicy

WaitOption = Annotated[
    float,
    typer.Option(
        "--wait", metavar="SECONDS", help="Astra: how long to wait until a person's step is seen; 0: look once."
    ),
]
SkipLookOption = Annotated[
    bool, typer.Option("--skip-look", help="Astra: take a person's word; do not look whether a step is in force.")
]
UntilOption = Annotated[
    str | None,
    typer.Option(
        "--until",
        metavar="staged|tested|revoked|removed|recreated|scoped",
        help="Stop at this step.",
        show_default=False,
    ),
]


def verification(wait: float, *, skip_look: bool) -> VerificationPolicy:
    """Return how a person's steps are looked at."""
    from vzctl.usecases.rotations.runner import VerificationPolicy

    return VerificationPolicy(is_wanted=not skip_look, wait_seconds=wait)


def step_to_stop_at(word: str | None) -> Step | None:
    """Return the step that `--until` names; raise `UsageError` for another word."""
    from vzctl.domain.state.records import Step

    words = {item.lower(): item for item in Step}
    if word is not None and word.lower() not in words:
        raise UsageError(f"{word[:40]!a} is no step of a rotation", code="USAGE")
    return None if word is None else words[word.lower()]
