"""`vzctl probe`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import lone, reads
from vzctl.cli.options import JobsOption, TokenEnvOption, WakeOption
from vzctl.cli.run import run

app = lone()


@reads(app, "probe")
def probe(
    context: typer.Context,
    addresses: Annotated[
        list[str] | None,
        typer.Argument(
            metavar="ADDRESS", help="DB/KEYSPACE/COLLECTION or DB/KEYSPACE/TABLE.COLUMN.", show_default=False
        ),
    ] = None,
    all_dependents: Annotated[bool, typer.Option("--all", help="All collections and columns with a service.")] = False,
    jobs: JobsOption = 8,
    wake: WakeOption = False,
    token_env: TokenEnvOption = None,
) -> None:
    """Find out by experiment why no vectors are made: Astra's side or the provider's."""
    from vzctl.usecases.probe import RunExperiment, run_experiment

    request = RunExperiment(addresses=addresses or (), all_dependents=all_dependents, jobs=jobs, wake=wake)
    run(context, lambda c, _: run_experiment(c, request), token_variable=token_env)
