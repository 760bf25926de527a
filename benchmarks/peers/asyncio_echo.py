#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""The echo server on asyncio's streams, or on uvloop's when it is called peer_uvloop_echo: a task for each connection,
read and write."""

import asyncio
import pathlib
import platform
import sys


async def serve(reader, writer):
    try:
        while received := await reader.read(4096):
            writer.write(received)
            await writer.drain()
    except ConnectionError:
        pass  # the client left
    finally:
        writer.close()


async def main(name, version):
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=4096)
    print(f"peer {name} {version}\nport {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if pathlib.Path(sys.argv[0]).name == "peer_uvloop_echo":
    import uvloop

    uvloop.install()
    asyncio.run(main("uvloop", uvloop.__version__))
else:
    asyncio.run(main("asyncio", platform.python_version()))
