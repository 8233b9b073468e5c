"""`vzctl init`."""

from __future__ import annotations

import os
from typing import Annotated

import typer

from vzctl.cli.noun import changes, lone
from vzctl.cli.run import is_dry_run, run
from vzctl.command import suggest
from vzctl.errors import InputRequiredError, UsageError

app = lone()


@changes(app, "init")
def init(
    context: typer.Context,
    control_plane: Annotated[
        str | None,
        typer.Option("--control-plane", metavar="local|astra", help="Who enforces scopes.", show_default=False),
    ] = None,
    organization: Annotated[
        str, typer.Option("--organization", metavar="TEXT", help="The organization's name.")
    ] = "default",
    start_over: Annotated[
        bool,
        typer.Option(
            "--start-over", help="Create a new state although backups of a lost one exist; move their folder aside."
        ),
    ] = False,
) -> None:
    """Create the state file.

    local: this file is the authority, for a self-hosted Data API. astra: the Astra Portal is; a person does the
    steps there, vzctl plans, remembers and checks them.
    """
    import uuid

    from vzctl.domain.state.records import ControlPlane
    from vzctl.usecases.init import Initialize, initialize

    if not organization.strip() or not organization.isprintable():
        raise UsageError("an organization's name must be printable and not empty", code="ORGANIZATION_INVALID")

    def work(c, services):  # type: ignore[no-untyped-def]
        plane = control_plane
        if plane is None:
            if not c.is_interactive:
                raise InputRequiredError(
                    "who enforces scopes? give --control-plane local or --control-plane astra",
                    code="CONTROL_PLANE_REQUIRED",
                    next_steps=(suggest("init", control_plane="local", comment="for a self-hosted Data API"),),
                )
            plane = services.prompter.ask_choice(
                "Control plane: local (self-hosted) or astra (the Astra Portal)?", ["local", "astra"]
            )
        if plane not in ("local", "astra"):
            raise UsageError(f"{plane[:40]!a} is no control plane; choose local or astra", code="USAGE")
        request = Initialize(
            control_plane=ControlPlane(plane),
            organization=organization,
            lineage=str(uuid.uuid4()),
            salt=os.urandom(16).hex(),
            start_over=start_over,
            dry_run=is_dry_run(context),
        )
        return initialize(c, request)

    run(context, work)
