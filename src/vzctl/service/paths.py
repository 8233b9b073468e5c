"""The path of a request: `{any prefix}/databases/{tenant}/integrations-type/{provider}/creds/{NAME.providerKey}[/valid]`.

It is cut into segments before anything in it is decoded, so that an encoded slash stays part of a name.
"""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import unquote_to_bytes

from vzctl.usecases.serve.credential import Wanted


@dataclass(frozen=True, slots=True)
class Asked:
    """What is wanted, and whether the key itself or only if there is one (`…/valid`)."""

    wanted: Wanted
    is_check: bool


def parse_path(raw: bytes) -> Asked | None:
    """Return what a path asks for, or None when it is not one of the protocol."""
    parts = raw.split(b"/")
    asked = _match(parts, is_check=False)
    if asked is None and parts[-1] == b"valid":
        asked = _match(parts[:-1], is_check=True)
    return asked


def _match(parts: list[bytes], *, is_check: bool) -> Asked | None:
    if len(parts) < 7 or parts[-6] != b"databases" or parts[-4] != b"integrations-type" or parts[-2] != b"creds":
        return None
    tenant, provider, name = (_decoded(parts[place]) for place in (-5, -3, -1))
    if not tenant or not provider or not name:
        return None
    return Asked(Wanted(tenant, provider, name), is_check)


def _decoded(segment: bytes) -> str:
    if b"%" not in segment:
        return segment.decode("ascii", "backslashreplace")
    return unquote_to_bytes(segment).decode("utf-8", "backslashreplace")
