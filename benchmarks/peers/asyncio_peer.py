#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""asyncio as a peer: the programs of handover.hpp and scopes.hpp in Python's own words, answering the line protocol of
answering.hpp. Started under the name peer_uvloop it runs the same on uvloop.

As everywhere here the peer blocks while it reads its next command: nothing else may run meanwhile.
"""

import asyncio
import pathlib
import platform
import sys
import time

QUEUE_CAPACITY = 128
GATHER_WIDTH = 100
TIME_LIMITS = (1, 30, 1800, 7200)


def armed_for(i):
    return 10 + i * 7919 % 4_000_037 / 1000


class Stopwatch:
    """Wall and CPU time since it was made."""

    def __init__(self):
        self.wall = time.perf_counter_ns()
        self.cpu = time.process_time_ns()

    def answer(self, operations, check):
        cpu = time.process_time_ns() - self.cpu
        wall = time.perf_counter_ns() - self.wall
        return f"ok {wall} {check} cpu_ns={cpu / operations}"


class Turns:
    def __init__(self):
        self.last = None
        self.alternations = 0

    def note(self, who):
        self.alternations += self.last != who
        self.last = who


async def queue(operations):
    items = asyncio.Queue(QUEUE_CAPACITY)

    async def produce():
        for i in range(operations):
            await items.put(i)

    async def consume():
        total = 0
        for _ in range(operations):
            total += await items.get()
        return total

    watch = Stopwatch()
    _, total = await asyncio.gather(produce(), consume())
    return watch.answer(operations, total)


async def take_turns(operations, lock):
    turns = Turns()

    async def play(who):
        for _ in range((operations + who) // 2):
            await lock.acquire()
            turns.note(who)
            await asyncio.sleep(0)
            lock.release()
            await asyncio.sleep(0)

    watch = Stopwatch()
    await asyncio.gather(play(0), play(1))
    return watch.answer(operations, turns.alternations)


async def mutex(operations):
    return await take_turns(operations, asyncio.Lock())


async def semaphore(operations):
    return await take_turns(operations, asyncio.Semaphore(1))


async def ping_pong(operations):
    waits = asyncio.Semaphore(1), asyncio.Semaphore(0)
    turns = Turns()

    async def play(who):
        for _ in range((operations + 1 - who) // 2):
            await waits[who].acquire()
            turns.note(who)
            waits[1 - who].release()

    watch = Stopwatch()
    await asyncio.gather(play(0), play(1))
    return watch.answer(operations, turns.alternations)


async def future(operations):
    loop = asyncio.get_running_loop()
    waiting = [loop.create_future(), loop.create_future()]
    last = 0

    async def play(who):
        nonlocal last
        for _ in range((operations + 1 - who) // 2):
            value = await waiting[who]
            waiting[who] = loop.create_future()
            last = value + 1
            waiting[1 - who].set_result(last)

    watch = Stopwatch()
    waiting[0].set_result(0)
    await asyncio.gather(play(0), play(1))
    return watch.answer(operations, last)


async def gather(operations):
    async def child(i):
        return i

    total = 0
    watch = Stopwatch()
    for _ in range(operations):
        total += sum(await asyncio.gather(*(child(i) for i in range(GATHER_WIDTH))))
    return watch.answer(operations, total)


def with_timeout(armed):
    async def run(operations):
        loop = asyncio.get_running_loop()
        timers = [loop.call_later(armed_for(i), print) for i in range(armed)]
        ran = 0
        total = 0
        watch = Stopwatch()
        for i in range(operations):
            async with asyncio.timeout(TIME_LIMITS[i % 4]):
                ran += 1
                total += ran
        result = watch.answer(operations, total)
        for timer in timers:
            timer.cancel()
        return result

    return run


async def cancel(crowd):
    never = asyncio.Event()
    parked = 0

    async def member():
        nonlocal parked
        parked += 1
        await never.wait()

    tasks = [asyncio.create_task(member()) for _ in range(crowd)]
    while parked < crowd:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    watch = Stopwatch()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    cancelled = sum(task.cancelled() for task in tasks)
    return watch.answer(crowd, cancelled)


COMMANDS = {
    "queue": queue,
    "mutex": mutex,
    "semaphore": semaphore,
    "ping_pong": ping_pong,
    "future": future,
    "gather": gather,
    "with_timeout": with_timeout(0),
    "with_timeout_1000": with_timeout(1_000),
    "cancel": cancel,
}


async def serve():
    for line in sys.stdin:
        word, operations = line.split()
        if word in COMMANDS:
            print(await COMMANDS[word](int(operations)), flush=True)
        else:
            print(f"error asyncio does not know the command '{word}'", flush=True)


if pathlib.Path(sys.argv[0]).name == "peer_uvloop":
    import uvloop

    print("peer uvloop", uvloop.__version__, flush=True)
    uvloop.install()
else:
    print("peer asyncio", platform.python_version(), flush=True)
asyncio.run(serve())
