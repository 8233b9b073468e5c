"""`vzctl map`."""

from __future__ import annotations

from typing import Annotated

import typer

from vzctl.cli.noun import lone, reads
from vzctl.cli.run import run

app = lone()


@reads(app, "map")
def map_(
    context: typer.Context,
    format: Annotated[  # noqa: A002  (the option's own name)
        str | None, typer.Option("--format", metavar="tree|mermaid|html", help="Draw the map.", show_default=False)
    ] = None,
    out: Annotated[
        str | None, typer.Option("--out", metavar="FILE", help="Write the drawing to this file.", show_default=False)
    ] = None,
) -> None:
    """Show what hangs together: provider, credential, database, collection and column.

    A tree at a terminal, a line a path elsewhere. --format html makes one page that needs no network. The end of FILE's
    name tells the format too: .html, .mmd or .txt.
    """
    from vzctl.render.map_drawing import drawer
    from vzctl.usecases.map.show import ShowMap, show_map

    def work(c, services):  # type: ignore[no-untyped-def]
        settings = services.settings
        # At a terminal the tree comes from the screen's own width and colors, not as text that is fixed before.
        on_screen = format == "tree" and out is None and settings.output.value == "human"
        draw = drawer(settings.environ, is_file=out not in (None, "-"))
        return show_map(c, ShowMap(draw, None if on_screen else format, out))

    run(context, work)
