"""`vzctl credentials show`."""

from __future__ import annotations

from vzctl.domain.rules import require_credential
from vzctl.usecases.context import Context
from vzctl.usecases.credential_detail import CredentialDetail, credential_detail
from vzctl.usecases.outcome import Outcome


def show_credential(context: Context, name: str) -> Outcome[CredentialDetail]:
    """Return one credential with everything the state knows of it."""
    state = context.state_store.read()
    return Outcome(data=credential_detail(context, state, require_credential(state, name)))
