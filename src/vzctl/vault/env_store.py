"""Environment variables that somebody else fills: a store that vzctl only reads."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Final

from vzctl.domain.masking.redaction import looks_like_secret
from vzctl.errors import SecretStoreError, UsageError
from vzctl.secret import Secret
from vzctl.vault import codes
from vzctl.vault.base import SecretItem
from vzctl.vault.failure import read_only_failure, store_failure

VARIABLE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


class EnvStore:
    """Secrets of credentials from environment variables; a variable has one value, so versions are not told apart."""

    name: Final = "env"
    writable: Final = False
    is_beside_state: Final = False

    def __init__(self, variables: Mapping[str, str], environ: Mapping[str, str]) -> None:
        for credential_name, variable in variables.items():
            if not VARIABLE_NAME.fullmatch(variable) or looks_like_secret(variable):
                # The likely mistake is the key itself in the place of the variable's name: it is not repeated.
                raise UsageError(
                    f"[secrets.env] gives `{credential_name}` something that is not the name of a variable",
                    code="CONFIG_INVALID",
                )
        self._variables = dict(variables)
        self._environ = environ

    def describe(self) -> str:
        """Say how many credentials have a variable."""
        count = len(self._variables)
        return f"environment variables of {count} credential{'' if count == 1 else 's'}, read only"

    def probe(self) -> None:
        """Do nothing: the environment always answers."""

    def read(self, item: SecretItem) -> Secret | None:
        """Return the variable's value less one trailing newline, or None when there is no such variable."""
        variable = self._variables.get(item.credential_name)
        text = None if variable is None else self._environ.get(variable)
        if text is None:
            return None
        text = text.removesuffix("\n")
        if not text:
            raise self._unusable(item, f"`{variable}` is set and empty")
        if not is_text(text):
            raise self._unusable(item, f"`{variable}` is not UTF-8 text")
        return Secret(text)

    def write(self, item: SecretItem, secret: Secret) -> None:
        """Refuse."""
        raise read_only_failure(f"the env store cannot keep a secret of `{item.credential_name}`")

    def delete(self, item: SecretItem) -> None:
        """Refuse."""
        raise read_only_failure(f"the env store cannot delete the secret of `{item.credential_name}`")

    def _unusable(self, item: SecretItem, fault: str) -> SecretStoreError:
        message = f"the env store has no usable secret of `{item.credential_name}`: {fault}"
        return store_failure(self.name, codes.FAILED, message)


def is_text(text: str) -> bool:
    """Tell whether `text` can be written as UTF-8; Python smuggles other bytes of the environment in as surrogates."""
    return not any("\ud800" <= character <= "\udfff" for character in text)
