"""Somebody else changes the state at the worst moment: while a person is asked, or just before the lock is taken."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import replace
from typing import Any

import pytest

from tests.support.cli import Cli
from vzctl.cli.flags import Flags
from vzctl.cli.wiring import Services
from vzctl.usecases.context import Context


def context_of(cli: Cli, monkeypatch: pytest.MonkeyPatch, **changes: Any) -> Context:
    """Return the context of a command of this user, who answers yes; `changes` replace fields of it."""
    for name, value in cli.environment.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(cli.folder)
    return replace(Services(Flags(yes=True), "test").context(), **{"confirm": lambda question: None, **changes})


def while_asked(cli: Cli, monkeypatch: pytest.MonkeyPatch, action: Callable[[], object]) -> Context:
    """Return a context in which `action` happens while the person thinks about the question."""
    return context_of(cli, monkeypatch, confirm=lambda question: action())


def before_the_lock(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, action: Callable[[], object], *, nth: int = 1
) -> Context:
    """Return a context in which `action` happens right before the lock is taken for the `nth` time."""
    return _before(cli, monkeypatch, ("update",), action, nth)


def before_reading(cli: Cli, monkeypatch: pytest.MonkeyPatch, action: Callable[[], object], *, nth: int) -> Context:
    """Return a context in which `action` happens right before the state is read, without a lock, for the `nth` time."""
    return _before(cli, monkeypatch, ("read",), action, nth)


def _before(
    cli: Cli, monkeypatch: pytest.MonkeyPatch, ways: Sequence[str], action: Callable[[], object], nth: int
) -> Context:
    context = context_of(cli, monkeypatch)
    taken = 0

    def delayed(really: Callable[..., Any]) -> Callable[..., Any]:
        def call(*arguments: Any) -> Any:
            nonlocal taken
            taken += 1
            if taken == nth:
                action()
            return really(*arguments)

        return call

    for way in ways:
        monkeypatch.setattr(context.state_store, way, delayed(getattr(context.state_store, way)))
    return context
