"""Firefox for Playwright, over WebDriver BiDi: starts it and stands between the two.

Playwright asks for a command or two that released versions of Firefox do not know, and which no
test needs. They are answered here as if they were done; all else passes as it is.
"""

import asyncio
import json
import os
import re
import sys
from functools import partial

from websockets.asyncio.client import connect
from websockets.asyncio.server import ServerConnection, serve

_LISTENS = re.compile(r"WebDriver BiDi listening on (ws://\S+)")


async def relay(client: ServerConnection, address: str) -> None:
    """Pass messages between Playwright and Firefox until one of them goes."""
    assert client.request is not None
    async with connect(address + client.request.path, max_size=None) as firefox:

        async def there() -> None:
            async for message in client:
                await firefox.send(message)

        async def back() -> None:
            async for message in firefox:
                told = json.loads(message)
                if told.get("error") == "unknown command":
                    message = json.dumps({"type": "success", "id": told["id"], "result": {}})
                await client.send(message)

        ways = [asyncio.create_task(there()), asyncio.create_task(back())]
        await asyncio.wait(ways, return_when=asyncio.FIRST_COMPLETED)
        for way in ways:
            way.cancel()


async def hand_on(stream: asyncio.StreamReader) -> None:
    """Print what Firefox says, with an address of our own in the place of its."""
    while line := (await stream.readline()).decode(errors="replace"):
        if found := _LISTENS.search(line):
            own = partial(relay, address=found[1])
            server = await serve(own, "127.0.0.1", 0, max_size=None)
            port = server.sockets[0].getsockname()[1]
            line = f"WebDriver BiDi listening on ws://127.0.0.1:{port}\n"
        sys.stderr.write(line)
        sys.stderr.flush()


async def main() -> int:
    """Run Firefox until it ends."""
    command = [os.environ["CICA_FIREFOX"], *sys.argv[1:]]
    pipe = asyncio.subprocess.PIPE
    process = await asyncio.create_subprocess_exec(*command, stdout=pipe, stderr=pipe)
    assert process.stdout is not None
    assert process.stderr is not None
    await asyncio.gather(hand_on(process.stdout), hand_on(process.stderr))
    return await process.wait()


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
