"""Output for scripts without JSON: TSV for lists, `key<TAB>value` for one thing. No heading, no color, nothing cut."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from vzctl.render.cells import plain_cell
from vzctl.render.envelope import field_names


def lines(data: Any) -> Iterator[str]:
    """Yield the lines of an answer. `plain_data` is what stands for one that is no list, `raw_text` what is printed as it is."""
    data = getattr(data, "plain_data", data)
    rows = rows_of(data)
    raw_text = getattr(data, "raw_text", None)
    if raw_text is not None:
        yield from raw_text.splitlines()
    elif rows is not None:
        for row in rows:
            yield "\t".join([plain_cell(getattr(row, field)) for _, field in type(row).columns])
    elif data is not None:
        yield from _pairs(data, "")


def rows_of(data: Any) -> tuple[Any, ...] | None:
    """Return the rows when the answer is a list: one field, a tuple of things that have columns."""
    if data is None or not hasattr(data, "__dataclass_fields__"):
        return None
    names = field_names(type(data))
    value = getattr(data, names[0])
    if len(names) != 1 or not isinstance(value, tuple):
        return None
    return value if all(hasattr(item, "columns") for item in value) else None


def _pairs(value: Any, prefix: str) -> Iterator[str]:
    for name in field_names(type(value)):
        item = getattr(value, name)
        key = f"{prefix}{name}"
        if hasattr(item, "__dataclass_fields__"):
            yield from _pairs(item, f"{key}.")
        elif isinstance(item, tuple) and item and hasattr(item[0], "__dataclass_fields__"):
            for number, part in enumerate(item):
                yield from _pairs(part, f"{key}.{number}.")
        else:
            yield f"{key}\t{plain_cell(item)}"
