"""Which values fit a place on the command line."""

from __future__ import annotations

import os

from vzctl.completion.names import database_labels

TYPE_CHECKING = False  # see vzctl.completion.tree
if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from typing import Any

    from vzctl.completion.names import Names

    Candidate = tuple[str, str]  # value, description
    Vocabularies = Mapping[str, Sequence[Sequence[str]]]


class Values:
    """The values of every kind. The names of the state are asked for once, and only when a kind needs them."""

    def __init__(
        self, vocabularies: Vocabularies, load: Callable[[], Names], environ: Mapping[str, str], provider: str | None
    ) -> None:
        self.vocabularies = vocabularies
        self.environ = environ
        self.provider = None if provider is None else self._provider_id(provider)
        self._load = load
        self._names: Names | None = None

    def of_kind(self, kind: str) -> list[Candidate]:
        """Return the candidates of a kind, sorted; none for a kind that nobody knows."""
        find = getattr(self, f"_{kind}", None)
        return sorted(set(find() if find is not None else self._vocabulary(kind)))

    def _rows(self, key: str) -> list[Any]:
        if self._names is None:
            self._names = self._load()
        return self._names.get(key, [])

    def _vocabulary(self, kind: str) -> Iterable[Candidate]:
        return ((row[0], row[1]) for row in self.vocabularies.get(kind, ()))

    def _provider_id(self, text: str) -> str:
        folded = text.strip().casefold()
        for provider, display_name in self._vocabulary("provider"):
            if display_name.casefold() == folded:
                return provider.casefold()
        return folded

    def _is_of_provider(self, provider: str) -> bool:
        return self.provider is None or provider.casefold() == self.provider

    def _credential(self) -> Iterable[Candidate]:
        return ((name, provider) for name, provider in self._rows("credentials") if self._is_of_provider(provider))

    def _rotation(self) -> Iterable[Candidate]:
        is_open = set(self._rows("rotations"))
        return (candidate for candidate in self._credential() if candidate[0] in is_open)

    def _database(self) -> Iterable[Candidate]:
        labels = database_labels(self._rows("databases"), is_quoted=True)
        return ((labels[row[0]], _described(row[2], row[3])) for row in self._rows("databases"))

    def database_ids(self) -> list[Candidate]:
        """Return the databases by id, for a word that is the beginning of one."""
        return sorted((row[0], _described(row[1], row[2], row[3])) for row in self._rows("databases"))

    def _provider(self) -> Iterable[Candidate]:
        known = dict(self._vocabulary("provider"))
        return {**dict.fromkeys(self._rows("integrations"), ""), **known}.items()

    def _integration(self) -> Iterable[Candidate]:
        known = dict(self._vocabulary("provider"))
        return ((provider, known.get(provider, "")) for provider in self._rows("integrations"))

    def _model(self) -> Iterable[Candidate]:
        return (candidate for candidate in self._vocabulary("model") if self._is_of_provider(candidate[1]))

    def _collection(self) -> Iterable[Candidate]:
        return ((address, "collection") for address in self._rows("collections"))

    def _column(self) -> Iterable[Candidate]:
        return ((address, "table column") for address in self._rows("columns"))

    def _address(self) -> Iterable[Candidate]:
        return (*self._collection(), *self._column())

    def _revocation(self) -> Iterable[Candidate]:
        return ((revocation, "") for revocation in self._rows("revocations"))

    def _pending(self) -> Iterable[Candidate]:
        return ((step, "") for step in self._rows("pending"))

    def _profile(self) -> Iterable[Candidate]:
        home = self.environ.get("XDG_STATE_HOME", "")
        if not os.path.isabs(home):
            home = os.path.join(self.environ["HOME"], ".local", "state")
        folder = os.path.join(home, "vzctl")
        names = os.listdir(folder) if os.path.isdir(folder) else []
        return [(name, "") for name in names if os.path.exists(os.path.join(folder, name, "state.toml"))]


def _described(*facts: str | None) -> str:
    return ", ".join(fact for fact in facts if fact)


def matching(candidates: Iterable[Candidate], typed: str) -> list[Candidate]:
    """Return those that begin with `typed`; when there are none, those that do when case is not looked at."""
    sound = [candidate for candidate in candidates if _is_typeable(candidate[0])]
    exact = [candidate for candidate in sound if candidate[0].startswith(typed)]
    if exact:
        return exact
    folded = typed.casefold()
    return [candidate for candidate in sound if candidate[0].casefold().startswith(folded)]


def _is_typeable(value: str) -> bool:
    """Names come from a file that may be anybody's: none may act on the terminal or be taken for an option."""
    return value.isprintable() and value[:1] not in ("", "-")
