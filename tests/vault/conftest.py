"""A real secret service and a real password store, made once for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.support.pass_store import PassStore
from tests.support.secret_service import SecretService


@pytest.fixture(scope="session")
def secret_service(tmp_path_factory: pytest.TempPathFactory) -> Iterator[SecretService]:
    service = SecretService.start(tmp_path_factory.mktemp("secret-service"))
    yield service
    service.stop()


@pytest.fixture
def pass_store(tmp_path_factory: pytest.TempPathFactory) -> Iterator[PassStore]:
    store = PassStore.create(tmp_path_factory.mktemp("pass"))
    yield store
    store.stop()
