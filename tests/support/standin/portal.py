"""Who may use which key: what the Astra Portal knows, or the credential service of a self-hosted Data API."""

from __future__ import annotations

import threading
from collections.abc import Callable
from dataclasses import dataclass, field

NOT_FOUND = "CREDENTIAL_NOT_FOUND"


@dataclass(slots=True)
class Stored:
    """A credential as it is stored: under which provider, with which key, for which databases."""

    provider: str
    key: str
    scope: set[str] = field(default_factory=set)


@dataclass(slots=True)
class Portal:
    """Stored credentials by name. A change counts at once, unless `delay` says how many look-ups still see the old view.

    With `caches`, a key that was used once is used again, by database, provider, name and token, whatever changed since.
    """

    caches: bool = False
    anybody: str | None = None
    """The key of every credential that has none of its own, but for invented names."""
    delay: int = 0
    credentials: dict[str, Stored] = field(default_factory=dict)
    _seen: dict[str, Stored] = field(default_factory=dict)
    _left: int = 0
    _cache: dict[tuple[str, str, str, str], str] = field(default_factory=dict)
    _guard: threading.Lock = field(default_factory=threading.Lock)

    def add(self, name: str, provider: str, key: str, *databases: str) -> None:
        """Store a credential; a name is unique and stays what it is."""
        assert name not in self.credentials, f"{name} is taken"
        self._change(lambda: self.credentials.__setitem__(name, Stored(provider, key, set(databases))))

    def remove(self, name: str) -> None:
        """Remove a credential."""
        self._change(lambda: self.credentials.__delitem__(name))

    def scope(self, name: str, *databases: str) -> None:
        """Make the scope of a credential exactly these databases."""
        self._change(lambda: setattr(self.credentials[name], "scope", set(databases)))

    def expire(self) -> None:
        """Forget every cached key."""
        with self._guard:
            self._cache.clear()

    def is_valid(self, database: str, provider: str, name: str) -> bool:
        """Whether the database may use the credential; never cached."""
        return self._find(database, provider, name) is not None

    def key(self, database: str, provider: str, name: str, token: str) -> str | None:
        """Return the key that a request of this token uses."""
        place = (token, database, provider, name)
        if self.caches and place in self._cache:
            return self._cache[place]
        found = self._find(database, provider, name)
        if found is None:
            return None
        if self.caches:
            self._cache[place] = found.key
        return found.key

    def _find(self, database: str, provider: str, name: str) -> Stored | None:
        with self._guard:
            view = self._seen if self._left > 0 else self.credentials
            self._left = max(0, self._left - 1)
            found = view.get(name.removesuffix(".providerKey"))
            if found is None and self.anybody is not None and not name.startswith("vzctl-control"):
                return Stored(provider, self.anybody, {database})
            if found is None or found.provider != provider or database not in found.scope:
                return None
            return found

    def _change(self, change: Callable[[], None]) -> None:
        with self._guard:
            if self.delay:
                if self._left == 0:
                    self._seen = {
                        name: Stored(item.provider, item.key, set(item.scope))
                        for name, item in self.credentials.items()
                    }
                self._left = self.delay
            change()
