#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""The HTTP server on asyncio's streams, or on uvloop's when it is called peer_uvloop_http: a task for each connection,
readuntil and write, as its users write it."""

import asyncio
import pathlib
import platform
import sys

HEAD_END = b"\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"


async def serve(reader, writer):
    try:
        while True:
            await reader.readuntil(HEAD_END)
            writer.write(RESPONSE)
            await writer.drain()
    except (asyncio.IncompleteReadError, ConnectionError):
        pass  # the client left
    finally:
        writer.close()


async def main(name, version):
    server = await asyncio.start_server(serve, "127.0.0.1", 0, backlog=4096)
    print(f"peer {name} {version}\nport {server.sockets[0].getsockname()[1]}", flush=True)
    await server.serve_forever()


if pathlib.Path(sys.argv[0]).name == "peer_uvloop_http":
    import uvloop

    uvloop.install()
    asyncio.run(main("uvloop", uvloop.__version__))
else:
    asyncio.run(main("asyncio", platform.python_version()))
