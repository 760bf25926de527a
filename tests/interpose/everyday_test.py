# SPDX-License-Identifier: BSL-1.0
"""Programs that everybody has, bare and under weft-run: the same output and the same exit status.

usage: everyday_test.py WEFT_RUN
"""

import contextlib
import functools
import glob
import http.server
import os
import pwd
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).parent.parent / "examples"))
from bare_and_under import same  # noqa: E402
from tap import contains, equal, run_tests  # noqa: E402

WEFT_RUN = sys.argv[1]


def needed(program: str, package: str) -> str:
    servers = sorted(glob.glob("/usr/lib/postgresql/*/bin"))
    found = shutil.which(program, path=":".join([os.environ["PATH"], "/usr/sbin", "/sbin", *servers]))
    if found is None:
        raise AssertionError(f"{program} is missing; install {package}")
    return found


# --- what needs no server ---

PLAIN = {
    "env": ["env", "-u", "_"],
    "cat_of_a_file": ["cat", "/etc/passwd"],
    "ls": ["ls", "-la", "/usr/bin"],
    "sort": ["sort", "-r", "/etc/services"],
    "sort_in_threads": ["sh", "-c", "seq 200000 | sort -R --random-source=/etc/services --parallel=4 | sort -n | md5sum"],
    "head_of_an_endless_pipe": ["sh", "-c", "yes | head -c 100000 | md5sum"],
    "dd": ["sh", "-c", "dd if=/dev/zero bs=64k count=100 2>/dev/null | dd bs=7k 2>/dev/null | md5sum"],
    "a_status": ["sh", "-c", "sleep 0.1; exit 3"],
    "a_shell_that_is_killed": ["sh", "-c", "kill -TERM $$"],
    "a_shell_that_interrupts_itself": ["bash", "-c", "kill -INT $$; echo not reached"],
    "a_shell_with_traps": ["bash", "-c", "trap 'echo trapped; exit 4' TERM; (sleep 0.1; kill -TERM $$) & while :; do sleep 5; done"],
    "a_shell_with_an_alarm": ["bash", "-c", "trap 'echo alarm' ALRM; (sleep 0.1; kill -ALRM $$) & read -t 0.3 x </dev/zero; wait; echo $?"],
    "a_shell_with_jobs": ["bash", "-c", "for i in 1 2 3; do (sleep 0.0$i; echo $i) & done; wait; jobs; echo $(echo inner)"],
    "a_here_document": ["bash", "-c", "cat <<< text; cat <(echo process substitution)"],
    "a_time_limit": ["timeout", "0.2", "sleep", "10"],
    "a_time_limit_that_kills": ["timeout", "-s", "KILL", "0.2", "sleep", "10"],
    "nohup_and_nice": ["nohup", "nice", "-n", "3", "sh", "-c", "nice; trap"],
    "find_and_xargs": ["sh", "-c", "find /usr/include -name 's*.h' | sort | xargs -P 1 -n 50 wc -c | md5sum"],
    "tar_and_gzip": ["sh", "-c", "tar -C /etc -cf - passwd services | gzip -n | gzip -d | tar -tvf - | cut -c1-30"],
    "awk_and_sed": ["sh", "-c", "awk -F: '{print $1 | \"sort\"}' /etc/passwd | sed -n 1,5p"],
    "perl": ["perl", "-e", "$SIG{ALRM} = sub { die 'late' }; alarm 1; eval { sleep 5 }; print $@; open(P, 'echo piped|'); print <P>; exit 5"],
    "ssh": ["ssh", "-V"],
    "ssh_that_is_refused": ["ssh", "-o", "BatchMode=yes", "-p", "1", "127.0.0.1"],
    "openssl": ["sh", "-c", "echo text | openssl dgst -sha256"],
    "a_program_that_is_missing": ["sh", "-c", "no-such-program"],
}

for name, command in PLAIN.items():
    globals()["test_" + name] = functools.partial(lambda c: same(WEFT_RUN, c), command)


def test_cat_of_every_kind_of_input() -> None:
    for stdin in ("null", "pipe", "file", "tty", "closed"):
        same(WEFT_RUN, ["cat"], stdin)


# --- python3 ---

PYTHON = {
    "threads": """
import threading, queue, time
q = queue.Queue()
def work(n):
    time.sleep(0.01 * n); q.put(n)
threads = [threading.Thread(target=work, args=(n,)) for n in range(5)]
[t.start() for t in threads]
print([q.get(timeout=5) for _ in threads])
e = threading.Event()
print(e.wait(0.05))
threading.Timer(0.05, e.set).start()
print(e.wait(5))
""",
    "subprocesses": """
import subprocess
print(subprocess.run(['sh', '-c', 'cat; echo out; echo err >&2; exit 3'], input=b'in', capture_output=True))
p = subprocess.Popen(['sleep', '10'])
try:
    p.wait(0.1)
except subprocess.TimeoutExpired:
    p.kill()
print(p.wait())
print(subprocess.check_output('ls /proc/self/fd | wc -l', shell=True))
""",
    "signals": """
import signal, time, os, sys
def handle(n, frame):
    print('signal', n, flush=True)
signal.signal(signal.SIGALRM, handle)
signal.setitimer(signal.ITIMER_REAL, 0.05)
time.sleep(0.2)
signal.setitimer(signal.ITIMER_REAL, 0.05)
print(signal.sigwait({signal.SIGUSR1} | set()) if False else signal.pause())
def raise_it(n, frame):
    raise TimeoutError('late')
signal.signal(signal.SIGALRM, raise_it)
signal.setitimer(signal.ITIMER_REAL, 0.05)
try:
    os.read(os.pipe()[0], 1)
except TimeoutError as e:
    print(e)
signal.signal(signal.SIGALRM, lambda *a: os.kill(os.getpid(), signal.SIGINT))
signal.setitimer(signal.ITIMER_REAL, 0.05)
try:
    time.sleep(5)
except KeyboardInterrupt:
    print('interrupted')
os.kill(os.getpid(), signal.SIGTERM)
""",
    "sockets": """
import socket, threading
s = socket.create_server(('127.0.0.1', 0))
def serve():
    for _ in range(3):
        c, _ = s.accept()
        with c:
            c.sendall(c.recv(100).upper())
t = threading.Thread(target=serve); t.start()
for i in range(3):
    with socket.create_connection(s.getsockname(), timeout=5) as c:
        c.sendall(b'hello %d' % i); print(c.recv(100))
t.join()
a, b = socket.socketpair()
a.settimeout(0.05)
try:
    a.recv(1)
except TimeoutError as e:
    print(e)
print(socket.getaddrinfo('localhost', 80, type=socket.SOCK_STREAM)[0][4][1])
""",
    "asyncio": """
import asyncio, os, signal
async def child():
    p = await asyncio.create_subprocess_exec('sh', '-c', 'sleep 0.05; echo child; exit 2', stdout=-1)
    out, _ = await p.communicate()
    return out, p.returncode
async def server():
    async def echo(r, w):
        w.write(await r.readline()); await w.drain(); w.close()
    s = await asyncio.start_server(echo, '127.0.0.1', 0)
    async with s:
        r, w = await asyncio.open_connection(*s.sockets[0].getsockname())
        w.write(b'line\\n')
        return await r.read()
async def main():
    got = asyncio.Event()
    asyncio.get_running_loop().add_signal_handler(signal.SIGUSR1, got.set)
    asyncio.get_running_loop().call_later(0.05, os.kill, os.getpid(), signal.SIGUSR1)
    print(await asyncio.gather(child(), server(), asyncio.to_thread(sum, range(10)), asyncio.sleep(0.05, 'slept')))
    await asyncio.wait_for(got.wait(), 5)
    try:
        await asyncio.wait_for(asyncio.sleep(10), 0.05)
    except TimeoutError as e:
        print('timeout', e)
asyncio.run(main())
""",
    "multiprocessing": """
import multiprocessing, os
def square(n): return n * n
for method in ('fork', 'spawn'):
    if __name__ == '__main__':
        with multiprocessing.get_context(method).Pool(2) as pool:
            print(pool.map(square if method == 'fork' else abs, range(5)))
print(os.waitstatus_to_exitcode(os.system('exit 7')))
""",
    "a_deep_recursion": """
import sys
sys.setrecursionlimit(20000)
def f(n): return n and f(n - 1) + 1
print(f(15000))
""",
    "an_exit_status": "import sys; print('last words'); sys.exit(17)",
    "an_error": "raise ValueError('told on stderr')",
}

for name, script in PYTHON.items():
    globals()[f"test_python_{name}"] = functools.partial(
        lambda s: same(WEFT_RUN, ["python3", "-c", s], without=lambda text: re.sub(r"0x[0-9a-f]+", "0x", text)), script)


# --- what talks to servers ---

def free_port() -> int:
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def wait_for_port(port: int, process) -> None:
    limit = time.monotonic() + 30
    while time.monotonic() < limit:
        with contextlib.suppress(OSError), socket.create_connection(("127.0.0.1", port), 1):
            return
        if process.poll() is not None:
            raise AssertionError(f"the server has ended with {process.returncode}")
        time.sleep(0.02)
    raise AssertionError("the server does not answer")


@contextlib.contextmanager
def web_server(folder: str):
    class Quiet(http.server.SimpleHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *args):  # pylint: disable=arguments-differ
            pass

    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()


def test_curl_and_wget() -> None:
    needed("curl", "curl"), needed("wget", "wget")
    with tempfile.TemporaryDirectory() as folder:
        Path(folder, "large").write_bytes(os.urandom(3_000_000))
        with web_server(folder) as url:
            for command in (["curl", "-sS", f"{url}/large"], ["curl", "-sS", "-f", f"{url}/missing"],
                            ["wget", "-q", "-O", "-", f"{url}/large"], ["wget", "-nv", "-O", "-", "-T", "5", "-t", "1", f"{url}/missing"]):
                without = functools.partial(re.sub, r"\d{4}-\d\d-\d\d \d\d:\d\d:\d\d", "then")
                same(WEFT_RUN, command, without=without)
        same(WEFT_RUN, ["curl", "-sS", "http://127.0.0.1:1/"], without=lambda text: re.sub(r"after \d+ ms", "", text))


def test_git_clone_over_http() -> None:
    needed("git", "git")
    with tempfile.TemporaryDirectory() as folder:
        environment = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_AUTHOR_NAME": "a", "GIT_AUTHOR_EMAIL": "a@b.c",
                       "GIT_COMMITTER_NAME": "a", "GIT_COMMITTER_EMAIL": "a@b.c", **os.environ}
        commands = """git init -q -b main work && cd work && seq 1000 >numbers && git add . && git commit -q -m first &&
            seq 2000 >numbers && git commit -q -a -m second && cd .. && git clone -q --bare work bare.git &&
            cd bare.git && git update-server-info"""
        subprocess.run(["sh", "-c", commands], check=True, cwd=folder, env=environment)
        with web_server(folder) as url:
            same(WEFT_RUN, ["sh", "-c", f"rm -rf {folder}/got; git clone -q {url}/bare.git {folder}/got && cd {folder}/got && git log --oneline && wc numbers"])
            for clone in (["git"], [WEFT_RUN, "git"]):
                subprocess.run(["rm", "-rf", f"{folder}/got"], check=True)
                subprocess.run([*clone, "clone", "-q", f"{url}/bare.git", f"{folder}/got"], check=True, timeout=60)
                equal(Path(folder, "got", "numbers").read_text(encoding="ascii").count("\n"), 2000)
            same(WEFT_RUN, ["git", "ls-remote", f"{url}/bare.git"])
            same(WEFT_RUN, ["git", "-C", f"{folder}/work", "log", "-p", "--stat"])


def test_redis_cli() -> None:
    server, port = needed("redis-server", "redis-server"), free_port()
    needed("redis-cli", "redis-tools")
    with subprocess.Popen([server, "--port", str(port), "--save", "", "--bind", "127.0.0.1"], stdout=subprocess.DEVNULL) as process:
        try:
            wait_for_port(port, process)
            cli = ["redis-cli", "-p", str(port)]
            for words in (["SET", "k", "v"], ["GET", "k"], ["BLPOP", "nothing", "0.1"], ["NOT", "A", "COMMAND"],
                          ["EVAL", "return {1,2,'x'}", "0"], ["-r", "3", "-i", "0.01", "INCRBY", "n", "0"]):
                same(WEFT_RUN, [*cli, *words])
            same(WEFT_RUN, ["sh", "-c", f"seq 1000 | sed 's/.*/SET k& v/' | redis-cli -p {port} --pipe"])
            same(WEFT_RUN, cli, "null")
        finally:
            process.kill()


def test_psql() -> None:
    initdb, postgres = needed("initdb", "postgresql"), needed("postgres", "postgresql")
    needed("psql", "postgresql-client")
    as_user = []
    with tempfile.TemporaryDirectory() as folder:
        if os.getuid() == 0:  # the server refuses to run as root
            user = pwd.getpwnam("postgres")
            os.chown(folder, user.pw_uid, user.pw_gid)
            as_user = ["setpriv", "--reuid", "postgres", "--regid", "postgres", "--clear-groups"]
        subprocess.run([*as_user, initdb, "-D", f"{folder}/data", "-A", "trust", "-U", "tester", "--no-sync"],
                       check=True, stdout=subprocess.DEVNULL, cwd=folder)
        port = free_port()
        with subprocess.Popen([*as_user, postgres, "-D", f"{folder}/data", "-p", str(port), "-k", folder, "-F",
                               "-c", "listen_addresses=127.0.0.1"], cwd=folder, stderr=subprocess.DEVNULL) as process:
            try:
                wait_for_port(port, process)
                time.sleep(0.2)
                psql = ["psql", "-X", "-h", "127.0.0.1", "-p", str(port), "-U", "tester", "postgres"]
                for query in ("SELECT 1 AS one", "SELECT pg_sleep(0.1)", "SELECT * FROM generate_series(1, 10000)",
                              "SELECT no_such_thing", "SET statement_timeout = 100; SELECT pg_sleep(5)"):
                    same(WEFT_RUN, [*psql, "-c", query])
                same(WEFT_RUN, ["sh", "-c", " ".join(psql) + r" -c '\copy (select generate_series(1,100000)) to stdout' | md5sum"])
                same(WEFT_RUN, [*psql, "-c", r"\copy (select generate_series(1,100000)) to stdout"])
            finally:
                process.terminate()


def test_something_differs_when_it_should() -> None:
    try:
        same(WEFT_RUN, ["sh", "-c", "echo $$"])
    except AssertionError as e:
        contains(str(e), "under weft-run: status 0")
    else:
        raise AssertionError("two processes of one number")


if __name__ == "__main__":
    sys.exit(run_tests(globals()))
