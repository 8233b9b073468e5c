"""The same web server and framework, with the same bounds, that answers every request with the same JSON: PORT is printed."""

from __future__ import annotations

import asyncio

from starlette.applications import Starlette
from starlette.responses import JSONResponse
from starlette.types import Receive, Scope, Send

from vzctl.service.addresses import address_text, bound_socket
from vzctl.service.connection import BoundedLoop
from vzctl.service.server import Server, configured

CONTENT = {"credentials": {"openai-prod.providerKey": "sk-made-up-for-a-benchmark-000"}, "errors": []}


async def constant(scope: Scope, receive: Receive, send: Send) -> None:
    """Answer."""
    await JSONResponse(CONTENT, headers={"cache-control": "no-store"})(scope, receive, send)


def main() -> None:
    """Serve until stopped."""
    listening = bound_socket("127.0.0.1:0")
    app = Starlette()
    app.router.default = constant
    server = Server(configured(app, None), lambda: print(address_text(listening), flush=True))
    with asyncio.Runner(loop_factory=BoundedLoop) as runner:
        runner.run(server.serve([listening]))


if __name__ == "__main__":
    main()
