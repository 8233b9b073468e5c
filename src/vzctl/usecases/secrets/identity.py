"""`vzctl secrets identity`: the identity file of the `file` store."""

from __future__ import annotations

import json
import os
from dataclasses import dataclass
from pathlib import Path

from vzctl.command import suggest
from vzctl.store.atomic import create_new_file
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome
from vzctl.vault.identity import create_identity, identity_exists


@dataclass(frozen=True, slots=True)
class MakeIdentity:
    """Make the private key of the `file` store. `configuration` is the file that the printed lines belong into."""

    path: str
    configuration: str
    dry_run: bool = False


@dataclass(frozen=True, slots=True)
class Identity:
    """A new private key's file, its public key (none in a dry run), and the lines that make the `file` store use them."""

    path: str
    recipient: str | None
    configuration: str
    lines: tuple[str, ...]


def make_identity(context: Context, request: MakeIdentity) -> Outcome[Identity]:
    """Make an identity file; needs no state and never replaces a file. The configuration is the person's: lines are shown."""
    context.require_writable()
    path = Path(os.path.abspath(request.path))
    if request.dry_run:
        if os.path.lexists(path):
            raise identity_exists(path)
        data = Identity(str(path), None, request.configuration, ())
        return Outcome(data=data, summary=(f'would make the identity file "{path}"',))
    recipient = create_identity(path, create_new_file)
    lines = (
        "[secrets]",
        'store = "file"',
        "[secrets.file]",
        f'recipients = ["{recipient}"]',
        f"identity_file = {json.dumps(str(path), ensure_ascii=False)}",
    )
    summary = (
        f'made the identity file "{path}"; keep a copy of it elsewhere: without it the secrets cannot be opened',
        f"its public key, the recipient: {recipient}",
        f'to use it, put these lines into "{request.configuration}":',
        *(f"  {line}" for line in lines),
    )
    return Outcome(
        data=Identity(str(path), recipient, request.configuration, lines),
        changed=True,
        summary=summary,
        next_steps=(suggest("secrets test", comment="when the lines are there"),),
    )
