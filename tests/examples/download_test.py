#!/usr/bin/env python3
# SPDX-License-Identifier: BSL-1.0
"""The example downloader against nginx, and against servers that misbehave: download_test.py DOWNLOAD NGINX"""

import contextlib
import os
import pty
import socket
import socketserver
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.dont_write_bytecode = True
from tap import contains, equal, find, make_certificate, run_tests, started  # noqa: E402

DOWNLOAD, NGINX = sys.argv[1], find(sys.argv[2], "nginx-light")
PATIENCE = 30   # seconds; on a loaded machine everything takes longer

CONFIGURATION = """
daemon off; master_process off; pid {0}/pid; error_log {0}/error.log;
events {{ worker_connections 256; }}
http {{
    log_format connections "$connection $request_uri"; access_log {0}/access.log connections;
    client_body_temp_path {0}/t1; proxy_temp_path {0}/t2; fastcgi_temp_path {0}/t3; uwsgi_temp_path {0}/t4;
    scgi_temp_path {0}/t5;
    server {{
        listen 127.0.0.1:{1};
        listen 127.0.0.1:{2} ssl;
        ssl_certificate {0}/certificate.pem;
        ssl_certificate_key {0}/key.pem;
        root {0}/www;
        location /slow {{ limit_rate 20k; }}
        location /moved {{ return 301 /small?again; }}
        location /far {{ return 302 http://127.0.0.1:{1}/deep/small; }}
        location /loop {{ return 302 /loop; }}
        location /closing {{ keepalive_timeout 0; alias {0}/www/small; }}
    }}
}}
"""


def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


class Nginx:
    def __init__(self, folder: Path, port: int, secure_port: int):
        self.folder, self.url = folder, f"http://127.0.0.1:{port}"
        self.secure_url, self.certificate = f"https://localhost:{secure_port}", str(folder / "certificate.pem")

    def connections(self) -> set[str]:
        """Those over which something was asked."""
        return {line.split()[0] for line in (self.folder / "access.log").read_text().splitlines()}


@contextlib.contextmanager
def nginx():
    with tempfile.TemporaryDirectory(prefix="weft-nginx-") as name:
        folder, port, secure_port = Path(name), free_port(), free_port()
        make_certificate(name)
        (folder / "www" / "deep").mkdir(parents=True)
        (folder / "www" / "small").write_bytes(b"warp and weft\n")
        (folder / "www" / "deep" / "small").write_bytes(b"warp and weft, deep down\n")
        (folder / "www" / "empty").write_bytes(b"")
        (folder / "www" / "large").write_bytes(os.urandom(1 << 20) * 20)
        (folder / "www" / "slow").write_bytes(b"s" * 200_000)
        (folder / "www" / "index.html").write_bytes(b"<p>weft</p>\n")
        folder.chmod(0o755)
        (folder / "nginx.conf").write_text(("user root;" if os.getuid() == 0 else "") + CONFIGURATION.format(folder, port, secure_port))
        with started(NGINX, "-p", name, "-c", str(folder / "nginx.conf"), stderr=subprocess.DEVNULL):
            deadline = time.monotonic() + PATIENCE
            while True:
                try:
                    socket.create_connection(("127.0.0.1", port)).close()
                    break
                except ConnectionRefusedError:
                    if time.monotonic() > deadline:
                        raise
                    time.sleep(0.01)
            yield Nginx(folder, port, secure_port)


class Got:
    """How a run of the downloader ended: its status, what it printed, and the files it left."""

    def __init__(self, *arguments: str):
        with tempfile.TemporaryDirectory(prefix="weft-download-") as folder:
            done = subprocess.run([DOWNLOAD, "-o", folder, *arguments], text=True, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, timeout=PATIENCE, check=False)
            self.status, self.printed = done.returncode, done.stdout
            self.files = {f.name: f.read_bytes() for f in Path(folder).iterdir()}


def test_fetches_files_of_all_sizes():
    with nginx() as n:
        got = Got(*(f"{n.url}/{name}" for name in ("small", "empty", "large", "")))
        equal(got.status, 0)
        equal(sorted(got.files), ["empty", "index.html", "large", "small"])
        for name in ("small", "empty", "large", "index.html"):
            equal(got.files[name] == (n.folder / "www" / name).read_bytes(), True)
        contains(got.printed, f"{n.url}/large: 20971520 bytes\n")


def test_keeps_connections_within_the_limit_of_a_host():
    with nginx() as n:
        got = Got("-p", "2", *[f"{n.url}/small?{i}" for i in range(30)])
        equal((got.status, len(got.files)), (0, 30))
        equal(len(n.connections()), 2)


def test_fetches_over_tls_and_keeps_those_connections_too():
    with nginx() as n:
        got = Got("-a", n.certificate, "-p", "2", f"{n.secure_url}/large", *[f"{n.secure_url}/small?{i}" for i in range(9)])
        equal((got.status, len(got.files), len(n.connections())), (0, 10, 2))
        equal(got.files["large"] == (n.folder / "www" / "large").read_bytes(), True)


def test_trusts_no_stranger_over_tls():
    with nginx() as n:
        got = Got(f"{n.secure_url}/small")
        equal((got.status, got.files, n.connections()), (1, {}, set()))
        contains(got.printed, "certificate")


def test_opens_anew_when_the_host_keeps_none():
    with nginx() as n:
        equal(Got("-p", "2", *[f"{n.url}/closing" for _ in range(5)]).status, 0)
        equal(len(n.connections()), 5)


def test_follows_redirects():
    with nginx() as n:
        got = Got(f"{n.url}/moved", f"{n.url}/far")
        equal(got.status, 0)
        equal(got.files["moved"], b"warp and weft\n")
        equal(got.files["far"], b"warp and weft, deep down\n")


def test_leaves_a_circle_of_redirects():
    with nginx() as n:
        got = Got(f"{n.url}/loop")
        equal((got.status, got.files), (1, {}))
        contains(got.printed, "too many redirects")


def test_one_failure_is_no_matter_for_the_others():
    with nginx() as n:
        got = Got("-r", "0", f"{n.url}/nowhere", f"{n.url}/small", f"http://127.0.0.1:{free_port()}/", "gopher://x/")
        equal((got.status, sorted(got.files)), (1, ["small"]))
        contains(got.printed, "/nowhere: 404 Not Found\n")
        contains(got.printed, "Connection refused")
        contains(got.printed, "gopher://x/: not an http URL")


def test_reads_urls_from_a_file():
    with nginx() as n:
        listed = n.folder / "list"
        listed.write_text(f"{n.url}/small\n{n.url}/empty\n")
        equal(sorted(Got("-i", str(listed), f"{n.url}/").files), ["empty", "index.html", "small"])


def test_ends_when_time_is_up_and_leaves_no_halves():
    with nginx() as n:
        began = time.monotonic()
        got = Got("-t", "0.5", f"{n.url}/slow", f"{n.url}/small")
        equal((got.status, sorted(got.files)), (1, ["small"]))
        contains(got.printed, "time is up\n")
        equal(time.monotonic() - began < 8, True)   # all of it would take ten


def test_draws_a_bar_on_a_terminal_only():
    with nginx() as n, tempfile.TemporaryDirectory() as folder:
        command = [DOWNLOAD, "-o", folder, f"{n.url}/small", f"{n.url}/large"]
        main, terminal = pty.openpty()
        with subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=terminal) as process:
            os.close(terminal)
            drawn = b""
            with contextlib.suppress(OSError):   # what reading says when nobody has the terminal any more
                while piece := os.read(main, 4096):
                    drawn += piece
            equal(process.wait(PATIENCE), 0)
        os.close(main)
        contains(drawn.decode(), "\r[" + "#" * 40 + "] 100 %")
        plain = subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=True)
        equal(plain.stderr, b"")


# --- servers that misbehave ---

class Script(socketserver.ThreadingTCPServer):
    """Answers the nth request, of all connections, with the nth text, or the last; "close" ends the connection first."""
    daemon_threads = True
    allow_reuse_address = True

    def __init__(self, *texts: bytes, pause: float = 0):
        self.texts, self.pause = texts, pause
        self.asked, self.connected, self.at_once, self.most_at_once = 0, 0, 0, 0
        self.targets: list[str] = []
        self.lock = threading.Lock()
        super().__init__(("127.0.0.1", 0), Answers)
        self.url = f"http://127.0.0.1:{self.server_address[1]}"

    def __enter__(self):
        threading.Thread(target=self.serve_forever, args=(0.01,), daemon=True).start()
        return super().__enter__()

    def __exit__(self, *error):
        self.shutdown()
        super().__exit__(*error)


class Answers(socketserver.StreamRequestHandler):
    def handle(self):
        script = self.server
        with script.lock:
            script.connected += 1
        while True:
            request = self.rfile.readline().decode()
            while (line := self.rfile.readline()) not in (b"\r\n", b""):
                pass
            if not line:
                return
            with script.lock:
                script.targets.append(request.split()[1])
                text = script.texts[min(script.asked, len(script.texts) - 1)]
                script.asked += 1
                script.at_once += 1
                script.most_at_once = max(script.most_at_once, script.at_once)
            time.sleep(script.pause)
            with script.lock:
                script.at_once -= 1
            self.wfile.write(text.removesuffix(b"CLOSE"))
            if text.endswith(b"CLOSE"):
                return


FINE = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfine"
BUSY = b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 4\r\n\r\nbusy"
HALF = b"HTTP/1.1 200 OK\r\nContent-Length: 4\r\n\r\nfiCLOSE"


def test_follows_relative_redirects_over_the_same_connection():
    def moved(location: str) -> bytes:
        return f"HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 3\r\n\r\nbye".encode()

    with Script(moved("c"), moved("/d/e?f"), moved("g"), FINE) as s:
        got = Got(f"{s.url}/a/b?x=/y")
        equal((got.status, got.files), (0, {"b": b"fine"}))
        equal((s.targets, s.connected), (["/a/b?x=/y", "/a/c", "/d/e?f", "/d/g"], 1))


def test_tries_again_what_may_have_been_for_now():
    for texts in ((BUSY, FINE), (HALF, FINE), (b"CLOSE", FINE), (b"HTTP/1.1 2CLOSE", FINE), (b"what?\r\n\r\nCLOSE", FINE)):
        with Script(*texts) as s:
            got = Got(f"{s.url}/x")
            equal((got.status, got.files, s.asked), (0, {"x": b"fine"}, 2))


def test_gives_up_after_so_many_tries_and_leaves_nothing():
    for text, said in ((BUSY, "503 Service Unavailable"), (HALF, "partial message")):
        with Script(text) as s:
            got = Got("-r", "1", f"{s.url}/x")
            equal((got.status, got.files, s.asked), (1, {}, 2))
            contains(got.printed, said)


def test_does_not_count_a_kept_connection_that_was_closed_meanwhile():
    with Script(FINE + b"CLOSE") as s:   # without having said so
        got = Got("-r", "0", "-p", "1", *[f"{s.url}/{i}" for i in range(5)])
        equal((got.status, len(got.files), s.connected), (0, 5, 5))


def test_holds_the_limits_of_a_host_and_of_all():
    with Script(FINE, pause=0.02) as s:
        got = Got("-c", "3", "-p", "2", *[f"{s.url}/{i}" for i in range(12)])
        equal((got.status, s.most_at_once), (0, 2))
    with Script(FINE, pause=0.02) as one, Script(FINE, pause=0.02) as other:
        got = Got("-c", "1", "-p", "8", *[f"{s.url}/{i}" for i in range(6) for s in (one, other)])
        equal((got.status, one.most_at_once, other.most_at_once), (0, 1, 1))


def test_chunked_and_unbounded_bodies():
    chunked = b"HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nwarp \r\n4\r\nweft\r\n0\r\n\r\n"
    with Script(chunked, b"HTTP/1.0 200 OK\r\n\r\nto the endCLOSE") as s:
        got = Got("-p", "1", f"{s.url}/a", f"{s.url}/b")
        equal((got.status, sorted(got.files.values())), (0, [b"to the end", b"warp weft"]))


if __name__ == "__main__":
    sys.exit(run_tests(globals(), with_tls="--without-tls" not in sys.argv))
