"""`vzctl state export`: a copy of the state for elsewhere."""

from __future__ import annotations

from dataclasses import dataclass, fields, is_dataclass, replace
from typing import Any

from vzctl.store.schema import COPY_HEADER, FOOTER, HEADER, format_state
from vzctl.usecases.context import Context
from vzctl.usecases.outcome import Outcome


@dataclass(frozen=True, slots=True)
class Exported:
    """The state as TOML text without its lineage: fit for support and for comparing, not for secrets."""

    toml: str

    @property
    def raw_text(self) -> str:
        """What is printed as it is, in no table."""
        return self.toml


def export_state(context: Context) -> Outcome[Exported]:
    """Return the state without lineage, fingerprint salt and keys that vzctl does not know: nobody says what those hold."""
    state = context.state_store.read()
    text = format_state(_without_extras(state)).decode().removeprefix(HEADER).removesuffix(FOOTER)
    kept = [
        line
        for line in text.removesuffix("\n").split("\n")
        if not line.startswith(("lineage = ", "fingerprint_salt = "))
    ]
    return Outcome(data=Exported(COPY_HEADER + "\n".join(kept) + "\n"))


def _without_extras(value: Any) -> Any:
    """Return a value of the state without keys that are not of its schema, at every depth."""
    if isinstance(value, tuple):
        return tuple(_without_extras(item) for item in value)
    if not is_dataclass(value) or isinstance(value, type):
        return value
    known = {item.name: _without_extras(getattr(value, item.name)) for item in fields(value) if item.name != "extra"}
    return replace(value, **known, **({"extra": {}} if hasattr(value, "extra") else {}))
