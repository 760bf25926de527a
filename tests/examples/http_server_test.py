#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The example HTTP server, asked by curl and by bare sockets: http_server_test.py SERVER CURL"""

import contextlib
import signal
import socket
import subprocess
import sys
import tempfile
import threading
import time

sys.dont_write_bytecode = True
from tap import contains, equal, find, make_certificate, run_tests, started  # noqa: E402

SERVER, CURL = sys.argv[1], find(sys.argv[2], "curl")
PATIENCE = 20   # seconds; on a loaded machine everything takes longer


@contextlib.contextmanager
def server(*arguments: str):
    """Yields the process and its port."""
    with started(SERVER, "0", *arguments) as process:
        yield process, int(process.stdout.readline().rsplit(":", 1)[1])


def curl(port: int, *arguments: str, paths=("/",), body: str = "") -> str:
    urls = [f"http://127.0.0.1:{port}{path}" for path in paths]
    return subprocess.run([CURL, "--silent", "--http1.1", "--max-time", str(PATIENCE), *arguments, *urls], check=True,
                          input=body.encode(), stdout=subprocess.PIPE).stdout.decode()


def connect(port: int) -> socket.socket:
    return socket.create_connection(("127.0.0.1", port), timeout=PATIENCE)


def read_answer(source) -> tuple[str, dict[str, str], bytes]:
    """The status line, the fields and the body (of a known length) of one answer."""
    status = source.readline().decode().rstrip()
    fields = {}
    while line := source.readline().decode().rstrip():
        name, value = line.split(": ", 1)
        fields[name.lower()] = value
    return status, fields, source.read(int(fields.get("content-length", 0)))


def ask(port: int, request: bytes) -> tuple[str, dict[str, str], bytes]:
    """The answer to a request that is to be the connection's last; fails when the connection stays open."""
    with connect(port) as s, s.makefile("rb") as source:
        s.sendall(request)
        answer = read_answer(source)
        equal(source.read(), b"")
        return answer


def test_answers_curl():
    with server() as (_, port):
        equal(curl(port), "Hello from weft\n")
        equal(curl(port, "--data", "warp and weft", paths=["/echo"]), "warp and weft")
        equal(curl(port, "--output", "/dev/null", "--write-out", "%{http_code}", paths=["/nowhere"]), "404")


def test_keeps_the_connection_for_the_next_request():
    with server() as (_, port):
        said = curl(port, "--write-out", "connected %{num_connects} times\n", paths=["/", "/numbers", "/", "/nowhere"])
        equal([line for line in said.splitlines() if "connected" in line],
              ["connected 1 times"] + ["connected 0 times"] * 3)


def test_answers_pipelined_requests_in_order():
    with server() as (_, port), connect(port) as s, s.makefile("rb") as source:
        bodies = [b"a" * n for n in (1, 1000, 10, 50_000)]
        s.sendall(b"".join(b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: %d\r\n\r\n%b" % (len(b), b)
                           for b in bodies))
        for body in bodies:
            status, _, got = read_answer(source)
            equal((status, got), ("HTTP/1.1 200 OK", body))


def test_reads_a_chunked_body():
    with server() as (_, port):
        equal(curl(port, "--header", "Transfer-Encoding: chunked", "--data-binary", "@-", paths=["/echo"],
                   body="x" * 200_000), "x" * 200_000)


def test_writes_a_chunked_body_as_it_comes():
    with server() as (_, port):
        equal(curl(port, paths=["/numbers"]), "1\n2\n3\n4\n5\n")
        contains(curl(port, "--raw", paths=["/numbers"]), "2\r\n1\n\r\n")


def test_ends_a_body_of_unknown_length_by_the_connection_for_http_1_0():
    with server() as (_, port), connect(port) as s, s.makefile("rb") as source:
        s.sendall(b"GET /numbers HTTP/1.0\r\n\r\n")
        head, body = source.read().split(b"\r\n\r\n", 1)
        equal(body, b"1\n2\n3\n4\n5\n")
        equal(b"chunked" in head, False)


def test_says_continue_when_asked():
    with server() as (_, port), connect(port) as s, s.makefile("rb") as source:
        s.sendall(b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 4\r\n\r\n")
        equal(read_answer(source)[0], "HTTP/1.1 100 Continue")
        s.sendall(b"weft")
        status, _, body = read_answer(source)
        equal((status, body), ("HTTP/1.1 200 OK", b"weft"))
        equal(curl(port, "--header", "Expect: 100-continue", "--data", "by curl", paths=["/echo"]), "by curl")


def test_refuses_a_large_body_before_it_comes():
    with server() as (_, port):
        status, _, _ = ask(port, b"POST /echo HTTP/1.1\r\nHost: a\r\nExpect: 100-continue\r\nContent-Length: 99999999\r\n\r\n")
        equal(status, "HTTP/1.1 413 Payload Too Large")


def test_refuses_a_chunked_body_when_it_becomes_too_large():
    with server() as (_, port):
        code = curl(port, "--header", "Transfer-Encoding: chunked", "--header", "Expect:", "--data-binary", "@-",
                    "--output", "/dev/null", "--write-out", "%{http_code}", paths=["/echo"], body="x" * 1_100_000)
        equal(code, "413")


def test_refuses_a_header_that_is_too_large():
    with server() as (_, port):
        status, fields, _ = ask(port, b"GET / HTTP/1.1\r\nHost: a\r\nX: " + b"x" * 20_000 + b"\r\n\r\n")
        equal(status, "HTTP/1.1 431 Request Header Fields Too Large")
        equal(fields["connection"], "close")


def test_refuses_what_is_no_request():
    with server() as (_, port):
        equal(ask(port, b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03\r\n\r\n")[0], "HTTP/1.1 400 Bad Request")


def test_answers_head_without_a_body():
    with server() as (_, port), connect(port) as s, s.makefile("rb") as source:
        contains(curl(port, "--head"), "Content-Length: 16")
        s.sendall(b"HEAD / HTTP/1.1\r\nHost: a\r\n\r\nGET / HTTP/1.1\r\nHost: a\r\n\r\n")
        while source.readline() != b"\r\n":
            pass
        equal(read_answer(source)[2], b"Hello from weft\n")


def test_waits_for_a_slow_client():
    with server() as (_, port), connect(port) as s, s.makefile("rb") as source:
        s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        for byte in b"POST /echo HTTP/1.1\r\nHost: a\r\nContent-Length: 4\r\n\r\nslow":
            s.send(bytes([byte]))
            time.sleep(0.001)
        equal(read_answer(source)[2], b"slow")


def test_drops_an_idle_connection_and_answers_one_that_is_too_slow():
    with server("0.2") as (_, port), connect(port) as idle, connect(port) as slow:
        slow.sendall(b"GET / HTTP/1.1\r\nHo")
        with slow.makefile("rb") as source:
            equal(read_answer(source)[0], "HTTP/1.1 408 Request Timeout")
        equal(idle.recv(100), b"")


def test_outlives_clients_that_go_in_the_middle():
    with server() as (process, port):
        for sent in (b"", b"GET / HT", b"POST /echo HTTP/1.1\r\nContent-Length: 10\r\n\r\nhalf", b"GET /slow HTTP/1.1\r\n\r\n"):
            with connect(port) as s:
                s.sendall(sent)
                s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")   # a reset
        equal(curl(port), "Hello from weft\n")
        equal(process.poll(), None)


def test_sigterm_ends_idle_connections_and_finishes_answers():
    with server() as (process, port), connect(port) as idle, connect(port) as busy, busy.makefile("rb") as source:
        idle.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
        with idle.makefile("rb") as first:
            read_answer(first)
        busy.sendall(b"GET /slow HTTP/1.1\r\nHost: a\r\n\r\n")
        time.sleep(0.1)   # it has been read
        process.send_signal(signal.SIGTERM)
        equal(idle.recv(100), b"")
        status, fields, body = read_answer(source)
        equal((status, fields["connection"], body), ("HTTP/1.1 200 OK", "close", b"at last\n"))
        equal(source.read(), b"")
        equal(process.wait(PATIENCE), 0)
        contains(process.stdout.read(), "stopping")


def test_the_same_over_tls():
    with tempfile.TemporaryDirectory() as folder:
        certificate, key = make_certificate(folder)
        with server("--tls", certificate, key) as (process, port):
            def secure(*arguments: str, body: str = "") -> str:
                return subprocess.run([CURL, "--silent", "--http1.1", "--cacert", certificate, "--max-time", str(PATIENCE),
                                       *arguments], check=True, input=body.encode(), stdout=subprocess.PIPE).stdout.decode()

            url = f"https://localhost:{port}"
            equal(secure(url, f"{url}/numbers", url), "Hello from weft\n1\n2\n3\n4\n5\nHello from weft\n")
            equal(secure("--data-binary", "@-", f"{url}/echo", body="x" * 200_000), "x" * 200_000)
            with connect(port) as plain:   # no TLS: gone, and the others do not notice
                plain.sendall(b"GET / HTTP/1.1\r\nHost: a\r\n\r\n")
                while plain.recv(100):
                    pass
            with connect(port) as silent:
                silent.sendall(b"\x16")
                equal(secure(url), "Hello from weft\n")
            process.send_signal(signal.SIGTERM)
            equal(process.wait(PATIENCE), 0)


def test_many_clients_at_once():
    with server() as (_, port):
        answers = []
        threads = [threading.Thread(target=lambda: answers.append(curl(port, paths=["/slow"]))) for _ in range(20)]
        began = time.monotonic()
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        equal(answers, ["at last\n"] * 20)
        equal(time.monotonic() - began < 20 * 0.5, True)   # one after the other it would be longer


if __name__ == "__main__":
    sys.exit(run_tests(globals(), with_tls="--without-tls" not in sys.argv))
