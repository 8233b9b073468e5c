"""Plays the calls of a Data API against a credential service, as its collections would cause them. Standard library only.

    python3 data_api.py URL TOKEN_FILE PROVIDER CREDENTIAL STOP_FILE

It checks the credential as `createCollection` does, then fetches its key for one request after the other until STOP_FILE is
there. Then it prints how many calls there were, how many failed, and how many got which key. Keys are shown by their last
four characters; they are made up.
"""

from __future__ import annotations

import http.client
import json
import sys
import time
import uuid
from collections import Counter
from pathlib import Path
from urllib.parse import urlsplit

READ_SECONDS = 5.0
PAUSE_SECONDS = 0.005


def main(url: str, token_file: str, provider: str, credential: str, stop_file: str) -> int:
    """Ask until told to stop; return 1 when a call failed."""
    parts = urlsplit(url)
    connection = http.client.HTTPConnection(parts.hostname or "", parts.port, timeout=READ_SECONDS)
    path = f"{parts.path}/databases/SINGLE-TENANT/integrations-type/{provider}/creds/{credential}.providerKey"
    token = Path(token_file).read_text(encoding="ascii").strip()

    def ask(target: str) -> object:
        headers = {
            "X-Vzctl-Token": token,
            # What the Data API forwards of its own caller: a database's password. The service must not care.
            "Authorization": "Bearer Cassandra:bWU=:c2VjcmV0",
            "X-Datastax-Request-ID": str(uuid.uuid4()),
        }
        connection.request("GET", target, headers=headers)
        response = connection.getresponse()
        document = json.loads(response.read())
        if response.status != 200 or document["errors"]:
            raise RuntimeError(f"HTTP {response.status}: {document['errors']}")
        return document["credentials"][f"{credential}.providerKey"]

    assert ask(f"{path}/valid") is True
    calls, failures = 0, []
    keys: Counter[str] = Counter()
    while not Path(stop_file).exists():
        calls += 1
        try:
            keys[str(ask(path))] += 1
        except (OSError, http.client.HTTPException, RuntimeError, ValueError) as error:
            failures.append(str(error))
            connection.close()
        time.sleep(PAUSE_SECONDS)
    connection.close()
    print(f"{calls} calls, {len(failures)} failed")
    for key, count in keys.items():
        print(f"  {count:>5} got the key that ends in …{key[-4:]}")
    for failure in failures[:3]:
        print(f"  failed: {failure}")
    return 1 if failures or not calls else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:6]))
