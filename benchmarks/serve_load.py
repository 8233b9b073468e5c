"""The credential service under load: throughput against the same stack with a constant answer, and 100 000 requests
while the key in force changes every 100 ms."""

from __future__ import annotations

import asyncio
import contextlib
import json
import os
import re
import statistics
import subprocess
import threading
import time
from bisect import bisect_right
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Final, Self

from benchmarks.measure import HERE, PYTHON, VZCTL, Place
from benchmarks.table import Row
from vzctl.domain.state.state import State
from vzctl.store.state_file import StateFile
from vzctl.store.state_store import Actor
from vzctl.usecases.change import Plan

CONNECTIONS: Final = 8
ROUNDS: Final = 31
ROUND_SECONDS: Final = 0.5
REQUESTS: Final = int(os.environ.get("SERVE_LOAD_REQUESTS", "100000"))
FLIP_SECONDS: Final = 0.1
PATH: Final = "/v1/databases/SINGLE-TENANT/integrations-type/openai/creds/openai-prod.providerKey"
KEYS: Final = ("sk-made-up-for-a-benchmark-000", "sk-made-up-for-a-benchmark-111")
UNKNOWN: Final = f"vzt_{'0' * 12}_{'0' * 64}"


@dataclass(frozen=True, slots=True)
class Answered:
    """One answer: when it was asked for, when it came, the status and the key in it."""

    begun: float
    ended: float
    status: int
    key: str


@dataclass(slots=True)
class Flips:
    """When which key was put in force: the moments before and after each change of the state."""

    before: list[float] = field(default_factory=list)
    after: list[float] = field(default_factory=list)
    keys: list[str] = field(default_factory=list)

    def allowed(self, answer: Answered) -> set[str]:
        """Return the keys that were in force at some time between question and answer."""
        first = max(bisect_right(self.after, answer.begun) - 1, 0)
        last = bisect_right(self.before, answer.ended)
        return set(self.keys[first:last])


@dataclass(frozen=True, slots=True)
class Throughput:
    """Requests a second of both, medians; the median of the ratios of neighbouring rounds; that of processor times."""

    ours: float
    theirs: float
    ratio: float
    processor: float


@dataclass(frozen=True, slots=True)
class Running:
    """A service: where it listens, and its process."""

    port: int
    pid: int

    def processor_seconds(self) -> float:
        """Return what the process has used so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


def serve_load(place: Place) -> list[Row]:
    """Measure the service; the rows name what went wrong, if anything did."""
    token = _furnish(place)
    state = place.folder / "state.toml"
    with _running(place, [VZCTL, "--state", str(state), "serve", "run", "--bind", "127.0.0.1:0"]) as service:
        with _running(place, [PYTHON, str(HERE / "constant_service.py")]) as constant:
            speed = _throughput(service, constant, token)
        timing = _timing(service.port, token)
        answers, flips = _while_it_flips(state, service.port, token)
    wrong = [item for item in answers if item.status != 200 or item.key not in flips.allowed(item)]
    times = sorted(item.ended - item.begun for item in answers)
    median, p99 = times[len(times) // 2], times[len(times) * 99 // 100]
    return [
        Row(
            f"`serve run`, requests a second on {CONNECTIONS} connections",
            f"{speed.ours:.0f}",
            f"the same stack, a constant answer: {speed.theirs:.0f}",
            f"{speed.ratio:.2f} (processor {speed.processor:.2f})",
            ">= 0.7",
            is_met=speed.ratio >= 0.7,
        ),
        Row(
            f"{len(answers)} requests, {len(flips.keys) - 1} changes of the key meanwhile",
            f"{len(wrong)} failed or wrong",
            f"{len({item.key for item in answers})} keys were seen",
            "",
            "0",
            is_met=not wrong and len({item.key for item in answers}) == 2,
        ),
        Row(
            "99 % of these answers",
            f"{p99 * 1000:.1f} ms",
            f"median {median * 1000:.1f} ms",
            f"{p99 / median:.1f}",
            "< 10",
            is_met=p99 < 10 * median,
        ),
        Row(
            "refusal of a token whose id is known",
            f"{timing[0] * 1e6:.0f} µs",
            f"of one that nobody has: {timing[1] * 1e6:.0f} µs",
            f"{timing[0] / timing[1]:.2f}",
            "0.9 to 1.1",
            is_met=0.9 <= timing[0] / timing[1] <= 1.1,
        ),
    ]


def _throughput(service: Running, constant: Running, token: str) -> Throughput:
    """Ask both in turn: what disturbs the machine disturbs neighbouring rounds alike."""
    rates: dict[int, list[float]] = {service.port: [], constant.port: []}
    used: dict[int, float] = {service.port: 0.0, constant.port: 0.0}
    count: dict[int, float] = {service.port: 0.0, constant.port: 0.0}
    for number in range(ROUNDS + 1):
        for target in (service, constant):
            before = target.processor_seconds()
            rate = asyncio.run(_rate(target.port, token))
            if number > 0:  # the first round fills the caches
                rates[target.port].append(rate)
                used[target.port] += target.processor_seconds() - before
                count[target.port] += rate * ROUND_SECONDS
    ours, theirs = rates[service.port], rates[constant.port]
    each = {port: used[port] / count[port] for port in used}
    return Throughput(
        statistics.median(ours),
        statistics.median(theirs),
        statistics.median(one / other for one, other in zip(ours, theirs, strict=True)),
        each[constant.port] / each[service.port],
    )


async def _rate(port: int, token: str) -> float:
    ends_at = time.perf_counter() + ROUND_SECONDS
    counts = await asyncio.gather(*(_until(port, token, ends_at) for _ in range(CONNECTIONS)))
    return sum(counts) / ROUND_SECONDS


async def _until(port: int, token: str, ends_at: float) -> int:
    async with _Connection(port) as connection:
        count = 0
        while time.perf_counter() < ends_at:
            await connection.ask(token)
            count += 1
        return count


def _timing(port: int, token: str) -> tuple[float, float]:
    """Return the median time of a refusal for a token with a known id, and for one of nobody."""
    half = token[:-64] + "0" * 64

    async def run() -> tuple[float, float]:
        found: dict[str, list[float]] = {half: [], UNKNOWN: []}
        async with _Connection(port) as connection:
            for _ in range(3000):
                for text, times in found.items():
                    answer = await connection.ask(text)
                    times.append(answer.ended - answer.begun)
        return statistics.median(found[half]), statistics.median(found[UNKNOWN])

    return asyncio.run(run())


def _while_it_flips(state: Path, port: int, token: str) -> tuple[list[Answered], Flips]:
    """Ask in a closed loop while another thread puts the one and the other key in force."""
    file = StateFile(
        state, actor=Actor("bench", "bench", "flip"), now=lambda: datetime.now(UTC), new_id=lambda: os.urandom(6).hex()
    )
    flips = Flips([0.0], [0.0], [_key_in_force(file)])
    is_over = threading.Event()
    flipper = threading.Thread(target=_keep_flipping, args=(file, flips, is_over))
    flipper.start()
    try:
        answers = asyncio.run(_all(port, token))
    finally:
        is_over.set()
        flipper.join()
    return answers, flips


def _key_in_force(file: StateFile) -> str:
    credential = file.read().credentials[0]
    return KEYS[[item.id for item in credential.versions].index(credential.current or "")]


def _flipped(state: State) -> Plan[None]:
    credential = state.credentials[0]
    other = next(item.id for item in credential.versions if item.id != credential.current)
    return Plan(state=state.with_credential(replace(credential, current=other)), data=None)


def _keep_flipping(file: StateFile, flips: Flips, is_over: threading.Event) -> None:
    while not is_over.wait(FLIP_SECONDS):
        flips.before.append(time.perf_counter())
        file.update(_flipped)
        flips.keys.append(_key_in_force(file))
        flips.after.append(time.perf_counter())


async def _all(port: int, token: str) -> list[Answered]:
    async def part() -> list[Answered]:
        async with _Connection(port) as connection:
            return [await connection.ask(token) for _ in range(REQUESTS // CONNECTIONS)]

    return [item for found in await asyncio.gather(*(part() for _ in range(CONNECTIONS))) for item in found]


class _Connection:
    """One connection that is kept alive."""

    def __init__(self, port: int) -> None:
        self._port = port

    async def __aenter__(self) -> Self:
        self._reader, self._writer = await asyncio.open_connection("127.0.0.1", self._port)
        return self

    async def __aexit__(self, *_: object) -> None:
        self._writer.close()
        await self._writer.wait_closed()

    async def ask(self, token: str) -> Answered:
        """Send one request; return its answer."""
        begun = time.perf_counter()
        self._writer.write(f"GET {PATH} HTTP/1.1\r\nHost: 127.0.0.1\r\nX-Vzctl-Token: {token}\r\n\r\n".encode())
        head = await self._reader.readuntil(b"\r\n\r\n")
        length = int(re.search(rb"content-length: (\d+)", head)[1])  # type: ignore[index]
        body = await self._reader.readexactly(length)
        ended = time.perf_counter()
        key = next(iter(json.loads(body)["credentials"].values()), "")
        return Answered(begun, ended, int(head.split(None, 2)[1]), key)


def _furnish(place: Place) -> str:
    """Make a state with one database and one credential that has two held versions; return the database's token."""
    environment = {**place.environment, "KEY_0": KEYS[0], "KEY_1": KEYS[1]}
    folder = place.folder / ".config" / "vzctl"
    folder.mkdir(parents=True)
    identity = folder / "identity.txt"
    words = [VZCTL, "-q", "secrets", "identity", str(identity), "--state", str(place.folder / "none.toml")]
    subprocess.run(words, env=environment, check=True, stdout=subprocess.DEVNULL)
    recipient = re.search(r"age1\w+", identity.read_text())
    assert recipient is not None
    lines = ['[secrets]\nstore = "file"', "[secrets.file]", f'recipients = ["{recipient[0]}"]']
    (folder / "config.toml").write_text("\n".join([*lines, f'identity_file = "{identity}"', ""]))
    token = place.folder / "token"
    for line in (
        "init --control-plane local",
        "databases add shop",
        "credentials add openai-prod --provider openai --scope shop --secret-env KEY_0",
        "credentials rotate openai-prod --skip-test --yes --secret-env KEY_1",
        f"databases token create shop --out {token}",
    ):
        words = [VZCTL, "--state", str(place.folder / "state.toml"), *line.split()]
        subprocess.run(words, env=environment, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    return token.read_text()


@contextlib.contextmanager
def _running(place: Place, words: list[str]) -> Iterator[Running]:
    """Run a service; yield where it is."""
    log = place.folder / f"{Path(words[-1]).name}.log"
    with log.open("wb") as file:
        process = subprocess.Popen(words, env=place.environment, stdin=subprocess.DEVNULL, stdout=file, stderr=file)
    try:
        for _ in range(3000):
            found = re.search(r"127\.0\.0\.1:(\d+)", log.read_text())
            if found is not None:
                yield Running(int(found[1]), process.pid)
                return
            time.sleep(0.01)
        raise RuntimeError(f"it did not start: {log.read_text()}")
    finally:
        process.terminate()
        process.wait()
