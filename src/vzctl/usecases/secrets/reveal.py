"""`vzctl secrets reveal`: print one key."""

from __future__ import annotations

from dataclasses import dataclass

from vzctl.command import suggest
from vzctl.domain.rules import require_credential
from vzctl.domain.state.records import Credential
from vzctl.errors import InputRequiredError
from vzctl.secret import Secret
from vzctl.store.state_store import Change
from vzctl.usecases.context import Context, Danger, Question
from vzctl.usecases.keys.version import read_version
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Revealed:
    """A secret for a person to paste: printed raw at a terminal, in no other form."""

    credential: str
    secret: Secret


def reveal_secret(context: Context, name: str, *, which: str = "current") -> Outcome[Revealed]:
    """Return a key in the clear, at a terminal, after its name was typed; the audit knows that it happened."""
    context.require_writable()
    if not context.is_interactive:
        raise InputRequiredError(
            "a secret is revealed at a terminal only; a script uses its own store",
            code="TERMINAL_REQUIRED",
            next_steps=(suggest("secrets reveal", name, comment="at a terminal"),),
        )
    state = context.state_store.read()
    credential = require_credential(state, name)
    version_id = _which(credential, which)
    secret = read_version(context, state, credential, version_id)
    lines = (f"the {which} key will be shown in clear text on this screen",)
    context.confirm(Question(f'Reveal the {which} key of "{name}"?', name, Danger.SEVERE, lines))
    change = Change("secrets reveal", (name,), (f'revealed the {which} key of "{name}" at a terminal',))
    context.state_store.note(change)
    return Outcome(data=Revealed(name, secret))


def _which(credential: Credential, which: str) -> str | None:
    if which == "previous":
        return credential.previous[-1] if credential.previous else None
    return credential.pending if which == "pending" else credential.current
