"""Which drawing of a map a format is."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from vzctl.render.cells import needs_ascii
from vzctl.usecases.map.nodes import Map


def drawer(environ: Mapping[str, str], *, is_file: bool) -> Callable[[Map, str], str]:
    """Return what draws a map in a format. Files are UTF-8; what is printed keeps to the locale."""

    def draw(data: Map, chosen: str) -> str:
        if chosen == "html":
            from vzctl.render import map_html

            return map_html.text(data)
        if chosen == "mermaid":
            from vzctl.render import map_mermaid

            return map_mermaid.text(data)
        from vzctl.render import map_tree

        return map_tree.text(data, map_tree.ASCII if not is_file and needs_ascii(environ) else map_tree.UNICODE)

    return draw
