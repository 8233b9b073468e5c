"""Starting, ending and restarting: no request that was begun is lost, nobody is refused, a kill leaves nothing broken."""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Final

import pytest

from tests.service.conftest import furnished
from tests.support.builders import a_credential, a_database, a_state, a_version
from tests.support.cli import SHOP, Cli, installed_command
from tests.support.data_api import Answer, DataApi
from tests.support.service import START_SECONDS, make_token, running
from vzctl.errors import ENDING_SIGNALS
from vzctl.store.fetch_record import read_fetches
from vzctl.store.schema import format_state

GATED_STORE = """
item=$(echo "$2" | tr / ,)
case $1 in
set) cat >"$item" ;;
get)
    [ -f "$item" ] || exit 3
    if [ -e closed ]; then : >waiting; while [ -e closed ]; do sleep 0.02; done; fi
    cat "$item" ;;
delete) rm -f "$item" ;;
esac
"""


@pytest.fixture
def gated(tmp_path: Path) -> Cli:
    """A user whose store waits as long as a file `closed` is there, and says so in a file `waiting`."""
    cli = Cli.create(tmp_path / "user")
    (cli.folder / "store.sh").write_text(GATED_STORE, encoding="utf-8")
    verbs = "".join(f'{verb} = ["sh", "store.sh", "{verb}", "{{item}}"]\n' for verb in ("get", "set", "delete"))
    cli.configure(f'[secrets]\nstore = "exec"\n[secrets.exec]\n{verbs}')
    return cli.init().add("openai-prod")


class Asking(threading.Thread):
    """One request in the background."""

    def __init__(self, api: DataApi) -> None:
        super().__init__()
        self.api = api
        self.answers: list[Answer] = []
        self.start()

    def run(self) -> None:
        self.answers.append(self.api.get(self.api.path("openai", "openai-prod")))


def wait_for(path: Path) -> None:
    for _ in range(1000):
        if path.exists():
            return
        time.sleep(0.01)
    pytest.fail(f"{path.name} did not come")


def refused(address: tuple[str, int]) -> bool:
    try:
        socket.create_connection(address, timeout=5).close()
    except ConnectionRefusedError:
        return True
    return False


@pytest.mark.sampled(2)
@pytest.mark.parametrize("number", ENDING_SIGNALS, ids=lambda number: signal.Signals(number).name)
def test_a_request_that_was_begun_is_answered_before_the_end(gated: Cli, number: int) -> None:
    (gated.folder / "closed").touch()
    with running(gated, "--database", "shop") as service:
        idle = service.data_api()
        idle.get("/healthz")
        asking = Asking(service.data_api())
        wait_for(gated.folder / "waiting")
        service.process.send_signal(number)
        for _ in range(500):
            if refused(service.address):
                break
            time.sleep(0.01)
        assert asking.answers == []
        (gated.folder / "closed").unlink()
        asking.join()
        (answer,) = asking.answers
        assert answer.document["credentials"] == {"openai-prod.providerKey": "sk-first"}
        assert service.process.wait(30) == 0
        service.event("ended")


@pytest.mark.slow
def test_a_second_signal_ends_it_at_once(gated: Cli) -> None:
    (gated.folder / "closed").touch()
    with running(gated, "--database", "shop") as service:
        api = service.data_api()
        asking = threading.Thread(target=_try, args=(api,))
        asking.start()
        wait_for(gated.folder / "waiting")
        service.process.send_signal(signal.SIGTERM)
        for _ in range(500):
            if refused(service.address):
                break
            time.sleep(0.01)
        service.process.send_signal(signal.SIGTERM)
        assert service.process.wait(30) == 0
        (gated.folder / "closed").unlink()
        asking.join()


@pytest.mark.slow
def test_a_terminal_that_is_closed_sends_its_signal_twice_and_still_ends_in_order(gated: Cli) -> None:
    (gated.folder / "closed").touch()
    with running(gated, "--database", "shop") as service:
        asking = Asking(service.data_api())
        wait_for(gated.folder / "waiting")
        for _ in range(2):
            service.process.send_signal(signal.SIGHUP)
            time.sleep(0.2)
        (gated.folder / "closed").unlink()
        asking.join()
        assert asking.answers[0].document["credentials"] == {"openai-prod.providerKey": "sk-first"}
        assert service.process.wait(30) == 0


@pytest.mark.slow
def test_a_signal_that_was_ignored_at_the_start_stays_ignored(cli: Cli) -> None:
    """As under `nohup`."""
    command = ["sh", "-c", 'trap "" HUP; exec "$@"', "sh", *installed_command()]
    with running(cli, "--database", "shop", command=command) as service:
        service.process.send_signal(signal.SIGHUP)
        time.sleep(0.5)
        assert service.data_api().key("openai", "openai-prod") == "sk-first"
        assert service.end() == 0


HANGING_STORE: Final = """
[ "$1" = get ] || exit 0
sleep 1000 &
echo $$ $! >pids.new
mv pids.new pids
wait
"""


@pytest.mark.slow
@pytest.mark.parametrize(
    ("number", "count"),
    [(signal.SIGTERM, 1), (signal.SIGTERM, 2), (signal.SIGHUP, 1), (signal.SIGQUIT, 1)],
    ids=["SIGTERM", "SIGTERM twice", "SIGHUP", "SIGQUIT"],
)
def test_a_program_of_the_store_that_hangs_ends_with_the_service(gated: Cli, number: int, count: int) -> None:
    (gated.folder / "store.sh").write_text(HANGING_STORE, encoding="utf-8")
    with running(gated, "--database", "shop") as service:
        asking = threading.Thread(target=_try, args=(service.data_api(),))
        asking.start()
        wait_for(gated.folder / "pids")
        for _ in range(count):
            service.process.send_signal(number)
        assert service.process.wait(30) == 0
        asking.join()
    for pid in (gated.folder / "pids").read_text(encoding="utf-8").split():
        for _ in range(1000):
            if not is_running(int(pid)):
                break
            time.sleep(0.01)
        else:
            os.kill(int(pid), signal.SIGKILL)
            pytest.fail("a program of the store was left behind")


def is_running(pid: int) -> bool:
    try:
        return Path(f"/proc/{pid}/stat").read_text(encoding="utf-8").rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


def _try(api: DataApi) -> None:
    with contextlib.suppress(Exception):
        api.get(api.path("openai", "openai-prod"))


@pytest.mark.slow
def test_a_killed_service_leaves_the_state_as_it_was_and_another_goes_on(cli: Cli) -> None:
    before = cli.state.read_bytes()
    with running(cli, "--database", "shop") as service:
        address = service.address
        assert service.data_api().key("openai", "openai-prod") == "sk-first"
        # The first fetch is written within a second; a kill loses at most that.
        wait_for(cli.state.parent / "state.toml.d" / "fetches.json")
        service.process.kill()
        service.process.wait()
    assert cli.state.read_bytes() == before
    with running(cli, "--database", "shop", "--bind", f"127.0.0.1:{address[1]}") as service:
        assert service.data_api().key("openai", "openai-prod") == "sk-first"
        assert service.end() == 0
    document = cli.document()
    record = read_fetches(cli.state.parent / "state.toml.d" / "fetches.json", document["lineage"])
    current = next(item["current"] for item in document["credentials"] if item["name"] == "openai-prod")
    assert list(record.fetches) == [(SHOP, current)]


PARENT: Final = """
import os, socket, subprocess, sys
listening = socket.create_server(("127.0.0.1", 0))
print(listening.getsockname()[1], flush=True)
def start():
    # The child's pid is only known to the child: what systemd does between fork and exec.
    def prepare():
        os.dup2(listening.fileno(), 3)
        os.set_inheritable(3, True)
        os.environ["LISTEN_FDS"] = "1"
        os.environ["LISTEN_PID"] = str(os.getpid())
    if (pid := os.fork()) == 0:
        prepare()
        os.execv(sys.argv[1], sys.argv[1:])
    return pid
pid = start()
print(pid, flush=True)
for line in sys.stdin:
    os.kill(pid, int(line))
    os.waitpid(pid, 0)
    pid = start()
    print(pid, flush=True)
os.kill(pid, 15)
os.waitpid(pid, 0)
"""


@pytest.fixture
def parent(cli: Cli) -> Iterator[tuple[subprocess.Popen[str], int]]:
    """A process that opens the socket, starts the service with it, and starts it again whenever it is told a signal."""
    words = [*installed_command(), "serve", "run", "--database", "shop"]
    with (cli.folder / "service.log").open("w") as log:
        process = subprocess.Popen(
            [sys.executable, "-c", PARENT, *words],
            env=cli.process_environment(),
            cwd=cli.folder,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=log,
            text=True,
        )
    assert process.stdout is not None
    try:
        yield process, int(process.stdout.readline())
    finally:
        assert process.stdin is not None
        process.stdin.close()
        process.wait(30)
        process.stdout.close()


class Asker:
    """Three threads that ask without a pause, on a connection of its own each time: connecting must never be refused."""

    def __init__(self, port: int, *, forgives_resets: bool) -> None:
        self.seen: list[int] = []
        self.wrong: list[str] = []
        self._port = port
        self._forgives_resets = forgives_resets
        self._is_over = threading.Event()
        self._threads = [threading.Thread(target=self._ask) for _ in range(3)]
        for thread in self._threads:
            thread.start()

    def wait_for_more(self) -> None:
        """Wait until more answers have come, or something went wrong."""
        count = len(self.seen)
        while len(self.seen) < count + 20 and not self.wrong:
            time.sleep(0.01)

    def end(self) -> None:
        """Stop asking."""
        self._is_over.set()
        for thread in self._threads:
            thread.join()

    def _ask(self) -> None:
        while not self._is_over.is_set():
            api = DataApi("127.0.0.1", self._port)
            try:
                self.seen.append(api.get(api.path("openai", "openai-prod")).status)
            except (OSError, http.client.HTTPException) as error:
                # A kill resets what was accepted; an end in peace must not.
                if isinstance(error, ConnectionRefusedError) or not self._forgives_resets:
                    self.wrong.append(repr(error))
            finally:
                api.close()


@pytest.mark.slow
@pytest.mark.sampled(1)
@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL], ids=["SIGTERM", "SIGKILL"])
def test_with_an_inherited_socket_nobody_is_refused_while_it_restarts(
    cli: Cli, parent: tuple[subprocess.Popen[str], int], number: int
) -> None:
    process, port = parent
    assert process.stdin is not None
    assert process.stdout is not None
    assert process.stdout.readline()
    asker = Asker(port, forgives_resets=number == signal.SIGKILL)
    for _ in range(3):
        asker.wait_for_more()
        process.stdin.write(f"{int(number)}\n")
        process.stdin.flush()
        assert process.stdout.readline()
    asker.wait_for_more()
    asker.end()
    assert (asker.wrong, set(asker.seen)) == ([], {200})
    started = (cli.folder / "service.log").read_text(encoding="utf-8").count('"listening"')
    assert started == 4


@pytest.mark.slow
@pytest.mark.parametrize(
    ("environment", "said"),
    [
        ({"LISTEN_FDS": "x"}, "LISTEN_FDS is no number of sockets"),
        ({"LISTEN_FDS": "0"}, "LISTEN_FDS is no number of sockets"),
        ({"LISTEN_FDS": "1"}, "the inherited descriptor 3 is no socket"),
    ],
)
def test_sockets_that_are_none_are_refused(cli: Cli, environment: dict[str, str], said: str) -> None:
    script = 'exec 3</dev/null; export LISTEN_PID=$$; exec "$@"'
    command = ["sh", "-c", script, "sh", *installed_command()]
    result = cli.program(command, "serve", "run", env=environment)
    assert (result.status, result.error) == (2, said)


@pytest.mark.slow
def test_sockets_for_another_process_are_left_alone(cli: Cli) -> None:
    with running(cli, "--database", "shop", env={"LISTEN_FDS": "1", "LISTEN_PID": "1"}) as service:
        assert service.data_api().key("openai", "openai-prod") == "sk-first"


@pytest.mark.slow
def test_a_supervisor_hears_that_it_is_ready_and_that_it_ends(cli: Cli, tmp_path: Path) -> None:
    path = tmp_path / "notify"
    with socket.socket(socket.AF_UNIX, socket.SOCK_DGRAM) as channel:
        channel.bind(str(path))
        channel.settimeout(30)
        with running(cli, "--database", "shop", env={"NOTIFY_SOCKET": str(path)}) as service:
            assert channel.recv(100) == b"READY=1"
            assert service.end() == 0
            assert channel.recv(100) == b"STOPPING=1"


@pytest.mark.slow
def test_a_port_that_is_taken_is_an_error_with_a_way_on(cli: Cli) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        bind = f"127.0.0.1:{taken.getsockname()[1]}"
        result = cli.process("serve", "run", "--bind", bind)
    assert (result.status, result.err) == (
        2,
        f"error: cannot listen on {bind}: Address already in use\n"
        "  next: vzctl serve run --bind 127.0.0.1:0\n    # let the system choose a port\n",
    )


def test_without_the_extra_the_way_to_it_is_said(cli: Cli) -> None:
    script = "import sys; sys.modules['uvicorn'] = None; from vzctl.__main__ import main; main()"
    result = cli.program([sys.executable, "-c", script], "serve", "run")
    assert (result.status, result.err) == (
        2,
        "error: vzctl serve run needs the library \"uvicorn\"\n  next: pip install 'vzctl[serve]'\n    # install it\n",
    )


@pytest.mark.slow
def test_ten_thousand_credentials_are_served(tmp_path: Path) -> None:
    cli = furnished(tmp_path / "user")
    with running(cli, "--database", "shop") as service:
        api = service.data_api(read_seconds=START_SECONDS)
        assert api.key("openai", "openai-prod") == "sk-first"
        shop = a_database("shop", id=SHOP)
        many = [
            a_credential(f"openai-{number}", id=f"c{number}", scope=[shop], versions=[a_version(f"v{number}")])
            for number in range(10_000)
        ]
        state = a_state(databases=[shop], credentials=many, serial=99)
        cli.state.write_bytes(format_state(state))
        # On a busy machine a large state takes longer to read than a Data API waits: it is asked to come again.
        patience = time.monotonic() + START_SECONDS
        while api.get(api.path("openai", "openai-prod")).status == 503 and time.monotonic() < patience:
            time.sleep(0.2)
        found = [api.get(api.path("openai", name)) for name in ("openai-prod", "openai-10000", "openai-9999")]
        assert [item.status for item in found] == [200, 200, 200]
        said = [item.document["errors"][0]["ID"] for item in found]
        assert said == ["CREDENTIAL_NOT_AVAILABLE", "CREDENTIAL_NOT_AVAILABLE", "CREDENTIAL_HAS_NO_KEY"]
        assert service.event("state_read")["serial"] == 99


@pytest.mark.slow
def test_the_record_of_two_services_is_one(cli: Cli) -> None:
    token = make_token(cli, "logs")
    with running(cli, "--database", "shop") as one, running(cli) as other:
        one.data_api().key("openai", "openai-prod")
        other.data_api(token).key("openai", "openai-logs")
        assert (one.end(), other.end()) == (0, 0)
    path = cli.state.parent / "state.toml.d" / "fetches.json"
    document = json.loads(path.read_text(encoding="utf-8"))
    assert len(document["fetches"]) == 2
    assert [item["token"] for item in document["tokens"]] == [token.split("_")[1]]


@pytest.mark.slow
def test_a_folder_that_cannot_be_written_does_not_keep_anybody_from_a_key(cli: Cli) -> None:
    (cli.state.parent / "state.toml.d" / "fetches.json").mkdir()
    with running(cli, "--database", "shop") as service:
        assert service.data_api().key("openai", "openai-prod") == "sk-first"
        service.event("fetches_not_written")
        assert service.end() == 0


@pytest.mark.slow
def test_in_read_only_mode_keys_are_served_and_nothing_is_written(cli: Cli) -> None:
    before = cli.everything()
    with running(cli, "--database", "shop", env={"VZCTL_READ_ONLY": "1"}) as service:
        assert service.data_api().key("openai", "openai-prod") == "sk-first"
        assert service.end() == 0
    assert cli.everything() == before


@pytest.mark.slow
def test_a_service_for_one_database_believes_no_token_of_another(cli: Cli) -> None:
    own, other = make_token(cli, "shop"), make_token(cli, "logs")
    with running(cli, "--database", "shop") as service:
        path = service.data_api().path("openai", "openai-prod")
        statuses = [service.data_api(token).get(path).status for token in (None, own, other, "wrong")]
        assert statuses == [200, 200, 401, 401]
        cli.ok("databases", "forget", "shop", "--force", "--confirm", "shop")
        assert service.data_api().get(path).status == 401
        assert service.event("unauthorized", reason="the database is gone")


@pytest.mark.slow
def test_a_closed_log_does_not_keep_anybody_from_a_key(cli: Cli) -> None:
    reading, writing = os.pipe()
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    process = subprocess.Popen(
        [*installed_command(), "serve", "run", "--database", "shop", "--bind", f"127.0.0.1:{port}", "-v"],
        env=cli.process_environment(),
        cwd=cli.folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.DEVNULL,
        stderr=writing,
    )
    os.close(writing)
    assert b"listening" in os.read(reading, 1000)
    os.close(reading)
    try:
        api = DataApi("127.0.0.1", port)
        for _ in range(3):
            assert api.key("openai", "openai-prod") == "sk-first"
    finally:
        process.terminate()
        assert process.wait(30) == 0
