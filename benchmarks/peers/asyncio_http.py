#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""The HTTP server on asyncio's streams, or on uvloop's when it is called peer_uvloop_http: a task for each connection,
readuntil and write, as its users write it."""

import asyncio
import pathlib
import platform
import sys
import time

HEAD_END = b"\r\n\r\n"
RESPONSE = b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\nHello, world!"
WAIT_TIME = 0.1
turns = 0  # in a millisecond, once they have been counted


def turn(times):
    state = 1
    for _ in range(times):
        state = state * 5 & 0xFFFF_FFFF


def compute():
    """A millisecond of work for the processor, see computing.hpp."""
    global turns
    if turns == 0:
        shortest = float("inf")
        for _ in range(20):
            began = time.perf_counter()
            turn(1000)
            shortest = min(shortest, time.perf_counter() - began)
        turns = int(1000 * 1e-3 / shortest)
    turn(turns)


async def before_answering(letter):
    """What the first letter of the path asks for, see http_answer.hpp."""
    if letter == b"w":
        await asyncio.sleep(WAIT_TIME)
    elif letter == b"c":
        compute()
    elif letter == b"a":
        await asyncio.to_thread(compute)


async def serve(reader, writer):
    try:
        while True:
            letter = (await reader.readuntil(HEAD_END))[5:6]
            if letter != b" ":
                await before_answering(letter)
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
