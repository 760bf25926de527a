#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""The echo server on gevent: StreamServer, a greenlet for each connection, recv and sendall."""

import socket

import gevent
from gevent.server import StreamServer


def serve(connection, _):
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    try:
        while received := connection.recv(4096):
            connection.sendall(received)
    except ConnectionError:
        pass  # the client left


def main():
    server = StreamServer(("127.0.0.1", 0), serve, backlog=4096)
    server.start()
    print(f"peer gevent {gevent.__version__}\nport {server.server_port}", flush=True)
    server.serve_forever()


main()
