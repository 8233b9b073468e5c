"""The examples of self-hosting: the tour is run as it is, what is made for containers is looked at."""

from __future__ import annotations

import os
import re
import stat
import subprocess
from pathlib import Path
from typing import Final

import pytest

from tests.docs.pages import TOP
from tests.docs.session import Shell
from tests.support.cli import Cli
from tests.support.service import running

FOLDER: Final = TOP / "examples" / "self-hosted"


def script(name: str, folder: Path, *arguments: str, **variables: str) -> str:
    """Run a script of the examples; return what it said."""
    done = subprocess.run(
        ["sh", str(FOLDER / name), *arguments],
        env={**Shell(folder).environment, "TMPDIR": str(folder), **variables},
        cwd=folder,
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
        check=False,
    )
    output = done.stdout.decode()
    assert done.returncode == 0, output
    return output


@pytest.mark.slow
def test_in_the_tour_no_call_fails_while_the_key_is_rotated(tmp_path: Path) -> None:
    output = script("tour.sh", tmp_path)
    calls = re.search(r"^(\d+) calls, 0 failed$", output, re.MULTILINE)
    got = re.findall(r"^ +(\d+) got the key that ends in …(\w+)$", output, re.MULTILINE)
    assert calls is not None, output
    assert [key for _, key in got] == ["OLD1", "NEW2"]
    assert sum(int(count) for count, _ in got) == int(calls[1])
    assert "the new key was fetched again by 1 of 1 database" in output
    assert "sk-proj" not in output
    assert not re.search(r"vzt_\w+", output)
    for word in ("Traceback", "error", "wrong"):
        assert word not in output


@pytest.fixture
def prepared(tmp_path: Path) -> Path:
    """A folder that prepare.sh has filled."""
    folder = tmp_path / "deployment"
    folder.mkdir()
    script("prepare.sh", tmp_path, str(folder), OPENAI_API_KEY="sk-made-up-key-of-the-example")
    return folder


@pytest.mark.slow
def test_what_is_prepared_is_private_and_holds_the_key_encrypted_only(prepared: Path) -> None:
    for path in prepared.rglob("*"):
        if path.is_file() and path.name != ".gitignore":
            assert stat.S_IMODE(path.stat().st_mode) == 0o600, path
            assert b"sk-made-up-key-of-the-example" not in path.read_bytes(), path
    assert re.fullmatch(r"VZCTL_USER=[1-9]\d*:\d+\n", (prepared / ".env").read_text(encoding="utf-8"))
    token = (prepared / "data-api-token.env").read_text(encoding="utf-8")
    assert re.fullmatch(r"QUARKUS_REST_CLIENT_CREDENTIALS_HEADERS_VZCTLTOKEN=vzt_\w+\n", token)
    compose = (prepared / "data-api.compose.yaml").read_text(encoding="utf-8")
    assert 'QUARKUS_REST_CLIENT_CREDENTIALS_URL: "http://127.0.0.1:8084/v1"' in compose


@pytest.mark.slow
def test_a_service_with_what_is_prepared_gives_out_the_key(prepared: Path, tmp_path: Path) -> None:
    # The folders as they are mounted, /etc/vzctl and /var/lib/vzctl, below a root of the test.
    cli = Cli.create(tmp_path / "container")
    for home, part in (("XDG_CONFIG_HOME", "config"), ("XDG_STATE_HOME", "state")):
        place = Path(cli.environment[home]) / "vzctl"
        if place.exists():
            (place / "config.toml").unlink()
            place.rmdir()
        place.symlink_to(prepared / "vzctl" / part)
    configuration = prepared / "vzctl" / "config" / "config.toml"
    text = configuration.read_text(encoding="utf-8")
    assert 'identity_file = "/etc/vzctl/identity.txt"' in text
    configuration.write_text(text.replace("/etc/vzctl", str(prepared / "vzctl" / "config")), encoding="utf-8")
    name, _, token = (prepared / "data-api-token.env").read_text(encoding="utf-8").strip().partition("=")
    header = name.removeprefix("QUARKUS_REST_CLIENT_CREDENTIALS_HEADERS_").lower()
    with running(cli) as service:
        api = service.data_api(headers={header: token})
        api.validate("openai", "openai-prod")
        assert api.key("openai", "openai-prod") == "sk-made-up-key-of-the-example"


@pytest.mark.slow
def test_what_was_prepared_is_not_prepared_again(prepared: Path, tmp_path: Path) -> None:
    done = subprocess.run(
        ["sh", str(FOLDER / "prepare.sh"), str(prepared)],
        env={**os.environ, "OPENAI_API_KEY": "sk-other"},
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stdout, done.stderr) == (1, "", f"prepare.sh: {prepared}/vzctl is there already\n")


def test_the_container_is_not_root_and_the_compose_file_mounts_what_is_prepared() -> None:
    dockerfile = (FOLDER / "Dockerfile").read_text(encoding="utf-8")
    users = re.findall(r"^USER (\d+):(\d+)$", dockerfile, re.MULTILINE)
    assert users
    assert "0" not in users[-1]
    assert 'ENTRYPOINT ["vzctl"]\nCMD ["serve", "run"]\n' in dockerfile
    for name in re.findall(r"^COPY (?!--from)(.+) \S+$", dockerfile, re.MULTILINE):
        for part in name.split():
            assert (TOP / part).exists(), part
    compose = (FOLDER / "compose.yaml").read_text(encoding="utf-8")
    assert "network_mode: service:data-api" in compose
    assert "./vzctl/config:/etc/vzctl:ro" in compose
    assert "./vzctl/state:/var/lib/vzctl" in compose
    assert "user: ${VZCTL_USER:?" in compose
    services = re.findall(r"^  (\w[\w-]*):$", compose.partition("\nvolumes:")[0], re.MULTILINE)
    assert services == ["hcd", "data-api", "vzctl"]
