"""Many requests while the key is rotated again and again: none fails, none gets a key that was not in force."""

from __future__ import annotations

import threading

import pytest

from tests.support.cli import Cli
from tests.support.data_api import DataApi
from tests.support.service import running

REQUESTS = 2000
ASKERS = 4


class History:
    """Which rotation has begun and which is over: a request that starts and ends in between may get either key."""

    def __init__(self) -> None:
        self.begun = 0
        self.over = 0


class Asker(threading.Thread):
    """Asks on one connection, and remembers every answer that cannot be explained."""

    def __init__(self, api: DataApi, history: History) -> None:
        super().__init__()
        self.api = api
        self.history = history
        self.wrong: list[str] = []
        self.seen: set[str] = set()
        self.count = 0
        self.start()

    def run(self) -> None:
        while self.count < REQUESTS // ASKERS and not self.wrong:
            earliest = self.history.over
            try:
                if self.count % 5 == 0:
                    self.api.validate("openai", "openai-prod")
                key = self.api.key("openai", "openai-prod")
            except Exception as error:  # noqa: BLE001  (whatever it is, the test has to say so)
                self.wrong.append(repr(error))
                return
            latest = self.history.begun
            self.seen.add(key)
            self.count += 1
            if not earliest <= int(key.removeprefix("sk-number-")) <= latest:
                self.wrong.append(f"{key} between {earliest} and {latest}")


@pytest.mark.slow
def test_every_request_gets_the_key_in_force_while_it_is_rotated(cli: Cli) -> None:
    history = History()
    assert cli.rotate(key="sk-number-0").status == 0
    with running(cli, "--database", "shop") as service:
        askers = [Asker(service.data_api(), history) for _ in range(ASKERS)]
        while any(asker.is_alive() for asker in askers):
            history.begun += 1
            assert cli.rotate(key=f"sk-number-{history.begun}").status == 0
            history.over += 1
        for asker in askers:
            asker.join()
        assert [asker.wrong for asker in askers] == [[]] * ASKERS
        assert sum(asker.count for asker in askers) == REQUESTS
        assert len(set().union(*(asker.seen for asker in askers))) > 1
        metrics = service.data_api().get("/metrics").body.decode()
        assert 'vzctl_serve_answers_total{answer="unavailable"} 0.0' in metrics
        assert service.end() == 0
