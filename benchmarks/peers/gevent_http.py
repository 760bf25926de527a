#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""The HTTP server on gevent: StreamServer, a greenlet for each connection, recv and sendall."""

import socket
import time

import gevent
from gevent.server import StreamServer

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


def before_answering(letter):
    """What the first letter of the path asks for, see http_answer.hpp."""
    if letter == b"w":
        gevent.sleep(WAIT_TIME)
    elif letter == b"c":
        compute()
    elif letter == b"a":
        gevent.get_hub().threadpool.apply(compute)


def serve(connection, _):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    received = b""
    try:
        while more := connection.recv(4096):
            received += more
            while (end := received.find(HEAD_END)) >= 0:
                letter = received[5:6]
                received = received[end + 4 :]
                if letter != b" ":
                    before_answering(letter)
                connection.sendall(RESPONSE)
    except ConnectionError:
        pass  # the client left


def main():
    server = StreamServer(("127.0.0.1", 0), serve, backlog=4096)
    server.start()
    print(f"peer gevent {gevent.__version__}\nport {server.server_port}", flush=True)
    server.serve_forever()


main()
