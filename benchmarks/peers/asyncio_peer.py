#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""asyncio as a peer: the programs of tasks.hpp, handover.hpp and scopes.hpp in Python's own words, answering the line
protocol of answering.hpp. Started under the name peer_uvloop it runs the same on uvloop.

As everywhere here the peer blocks while it reads its next command: nothing else may run meanwhile.
"""

import asyncio
import pathlib
import platform
import sys
import time

sys.dont_write_bytecode = True  # the folder of an installation is nobody's cache

from python_phases import QUEUE_END, SLEEP, TIME_LIMITS, Crowd, Lateness, Phase, Turns, armed_for, due_in  # noqa: E402


class Course:
    """Where a crowd's counted phase begins and ends: when the last has been started, when the last is done."""

    def __init__(self, size):
        self.size = size
        self.started = self.done = 0
        self.phase = Phase()

    async def begin(self):
        self.started += 1
        if self.started == self.size:
            self.phase.begin()
        while self.started < self.size:
            await asyncio.sleep(0)

    async def end(self, operations):
        self.done += 1
        if self.done == self.size:
            self.phase.end(operations)
        while self.done < self.size:
            await asyncio.sleep(0)


async def create_join(operations, alive):
    ran = 0

    async def body():
        nonlocal ran
        ran += 1

    phase = Phase()
    left = operations
    while left > 0:
        tasks = [asyncio.create_task(body()) for _ in range(min(alive, left))]
        left -= len(tasks)
        for task in tasks:
            await task
    return phase.ended(operations, ran)


async def switch(operations, size):
    course = Course(size)
    turns = Turns()

    async def play(who):
        await course.begin()
        for _ in range((operations + who) // size):
            await asyncio.sleep(0)
            turns.note(who)
        await course.end(operations)

    await asyncio.gather(*(play(who) for who in range(size)))
    return course.phase.answer(turns.alternations)


async def take_turns(operations, size, lock):
    course = Course(size)
    turns = Turns()

    async def play(who):
        await course.begin()
        for _ in range((operations + who) // size):
            await lock.acquire()
            turns.note(who)
            await asyncio.sleep(0)
            lock.release()
            await asyncio.sleep(0)
        await course.end(operations)

    await asyncio.gather(*(play(who) for who in range(size)))
    return course.phase.answer(turns.alternations)


async def mutex(operations, size):
    return await take_turns(operations, size, asyncio.Lock())


async def semaphore(operations):
    return await take_turns(operations, 2, asyncio.Semaphore(1))


async def ring(operations, size):
    queues = [asyncio.Queue(1) for _ in range(size)]
    started = last = 0
    phase = Phase()

    async def member(who):
        nonlocal started, last
        mine, following = queues[who], queues[(who + 1) % size]
        started += 1
        if started == size:
            phase.begin()
            await following.put(1)
        while True:
            hops = await mine.get()
            if hops == operations:
                phase.end(hops)
                last = hops
                hops = QUEUE_END
            await following.put(QUEUE_END if hops < 0 else hops + 1)
            if hops < 0:
                return

    await asyncio.gather(*(member(who) for who in range(size)))
    return phase.answer(last)


async def skynet_actor(first, leaves):
    if leaves == 1:
        return first
    share = leaves // 10
    return sum(await asyncio.gather(*(skynet_actor(first + i * share, share) for i in range(10))))


async def skynet(actors):
    phase = Phase()
    total = await skynet_actor(0, (9 * actors + 1) // 10)
    return phase.ended(actors, total)


async def queue(operations, capacity):
    items = asyncio.Queue(capacity)  # 0: no bound

    async def produce():
        for i in range(operations):
            await items.put(i)

    async def consume():
        total = 0
        for _ in range(operations):
            total += await items.get()
        return total

    phase = Phase()
    _, total = await asyncio.gather(produce(), consume())
    return phase.ended(operations, total)


async def ping_pong(operations):
    waits = asyncio.Semaphore(1), asyncio.Semaphore(0)
    turns = Turns()

    async def play(who):
        for _ in range((operations + 1 - who) // 2):
            await waits[who].acquire()
            turns.note(who)
            waits[1 - who].release()

    phase = Phase()
    await asyncio.gather(play(0), play(1))
    return phase.ended(operations, turns.alternations)


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

    phase = Phase()
    waiting[0].set_result(0)
    await asyncio.gather(play(0), play(1))
    return phase.ended(operations, last)


async def generator(operations):
    async def count_up():
        for i in range(operations):
            yield i

    total = 0
    phase = Phase()
    async for value in count_up():
        total += value
    return phase.ended(operations, total)


async def gather(operations, width):
    async def child(i):
        return i

    total = 0
    phase = Phase()
    left = operations
    while left > 0:
        total += sum(await asyncio.gather(*(child(i) for i in range(min(width, left)))))
        left -= width
    return phase.ended(operations, total)


async def with_timeout(operations, armed):
    loop = asyncio.get_running_loop()
    timers = [loop.call_later(armed_for(i), print) for i in range(armed)]
    ran = 0
    total = 0
    phase = Phase()
    for i in range(operations):
        async with asyncio.timeout(TIME_LIMITS[i % 4]):
            ran += 1
            total += ran
    result = phase.ended(operations, total)
    for timer in timers:
        timer.cancel()
    return result


async def timers(count):
    loop = asyncio.get_running_loop()
    all_fired = loop.create_future()
    fired = 0
    to_fire = (count + 1) // 2

    def fire():
        nonlocal fired
        fired += 1
        if fired == to_fire:
            all_fired.set_result(None)

    phase = Phase()
    armed = [loop.call_later(due_in(i), fire) for i in range(count)]
    for timer in armed[1::2]:
        timer.cancel()
    await all_fired
    return phase.ended(count, fired)


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
    phase = Phase()
    for task in tasks:
        task.cancel()
    await asyncio.wait(tasks)
    cancelled = sum(task.cancelled() for task in tasks)
    return phase.ended(crowd, cancelled)


async def late_sleeps(count):
    lateness = Lateness()
    for _ in range(count):
        begun = time.perf_counter_ns()
        await asyncio.sleep(SLEEP)
        lateness.woke(begun)
    return lateness.answer()


async def park(size):
    event = asyncio.Event()
    started = 0

    async def member():
        nonlocal started
        started += 1
        await event.wait()

    tasks = [None] * size
    crowd = Crowd(size)
    for i in range(size):
        tasks[i] = asyncio.create_task(member())
    crowd.made()
    while started < size:
        await asyncio.sleep(0)
    await asyncio.sleep(0)
    crowd.parked()
    event.set()
    for task in tasks:
        await task
    return crowd.ended(sum(task.done() for task in tasks))


SIZED = {
    "create_join": create_join,
    "switch": switch,
    "mutex": mutex,
    "ring": ring,
    "queue": queue,
    "gather": gather,
    "with_timeout": with_timeout,
}
PLAIN = {
    "skynet": skynet,
    "semaphore": semaphore,
    "ping_pong": ping_pong,
    "future": future,
    "generator": generator,
    "timers": timers,
    "cancel": cancel,
    "sleep": late_sleeps,
    "park": park,
}


async def serve():
    for line in sys.stdin:
        word, operations = line.split()
        name, _, size = word.rpartition("_")
        if name in SIZED and size.isdigit():
            print(await SIZED[name](int(operations), int(size)), flush=True)
        elif word in PLAIN:
            print(await PLAIN[word](int(operations)), flush=True)
        else:
            print(f"error {word}: asyncio does not know this command", flush=True)


if pathlib.Path(sys.argv[0]).name == "peer_uvloop":
    import uvloop

    print("peer uvloop", uvloop.__version__, flush=True)
    uvloop.install()
else:
    print("peer asyncio", platform.python_version(), flush=True)
asyncio.run(serve())
