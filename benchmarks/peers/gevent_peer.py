#!/usr/bin/python3
# SPDX-License-Identifier: BSL-1.0
"""gevent as a peer: the programs of tasks.hpp, handover.hpp and scopes.hpp in its own words, answering the line protocol
of answering.hpp. Its callables block as threads do, on greenlets."""

import sys
import time

sys.dont_write_bytecode = True  # the folder of an installation is nobody's cache

import gevent
import gevent.event
import gevent.lock
import gevent.queue

from python_phases import QUEUE_END, SLEEP, TIME_LIMITS, Crowd, Lateness, Phase, Turns, armed_for, due_in  # noqa: E402


class Course:
    """Where a crowd's counted phase begins and ends: when the last has been started, when the last is done."""

    def __init__(self, size):
        self.size = size
        self.started = self.done = 0
        self.phase = Phase()

    def begin(self):
        self.started += 1
        if self.started == self.size:
            self.phase.begin()
        while self.started < self.size:
            gevent.sleep(0)

    def end(self, operations):
        self.done += 1
        if self.done == self.size:
            self.phase.end(operations)
        while self.done < self.size:
            gevent.sleep(0)


def run_all(body, size):
    gevent.joinall([gevent.spawn(body, who) for who in range(size)], raise_error=True)


def create_join(operations, alive):
    ran = 0

    def body():
        nonlocal ran
        ran += 1

    phase = Phase()
    left = operations
    while left > 0:
        tasks = [gevent.spawn(body) for _ in range(min(alive, left))]
        left -= len(tasks)
        for task in tasks:
            task.join()
    return phase.ended(operations, ran)


def switch(operations, size):
    course = Course(size)
    turns = Turns()

    def play(who):
        course.begin()
        for _ in range((operations + who) // size):
            gevent.sleep(0)
            turns.note(who)
        course.end(operations)

    run_all(play, size)
    return course.phase.answer(turns.alternations)


def take_turns(operations, size, lock):
    course = Course(size)
    turns = Turns()

    def play(who):
        course.begin()
        for _ in range((operations + who) // size):
            lock.acquire()
            turns.note(who)
            gevent.sleep(0)
            lock.release()
            gevent.sleep(0)
        course.end(operations)

    run_all(play, size)
    return course.phase.answer(turns.alternations)


def mutex(operations, size):
    return take_turns(operations, size, gevent.lock.RLock())


def semaphore(operations):
    return take_turns(operations, 2, gevent.lock.Semaphore(1))


def ring(operations, size):
    queues = [gevent.queue.Queue(1) for _ in range(size)]
    started = last = 0
    phase = Phase()

    def member(who):
        nonlocal started, last
        mine, following = queues[who], queues[(who + 1) % size]
        started += 1
        if started == size:
            phase.begin()
            following.put(1)
        while True:
            hops = mine.get()
            if hops == operations:
                phase.end(hops)
                last = hops
                hops = QUEUE_END
            following.put(QUEUE_END if hops < 0 else hops + 1)
            if hops < 0:
                return

    run_all(member, size)
    return phase.answer(last)


def skynet_actor(first, leaves):
    if leaves == 1:
        return first
    share = leaves // 10
    children = [gevent.spawn(skynet_actor, first + i * share, share) for i in range(10)]
    return sum(child.get() for child in children)


def skynet(actors):
    phase = Phase()
    total = gevent.spawn(skynet_actor, 0, (9 * actors + 1) // 10).get()
    return phase.ended(actors, total)


def queue(operations, capacity):
    items = gevent.queue.Queue(capacity or None)  # None: no bound
    total = 0

    def produce():
        for i in range(operations):
            items.put(i)

    def consume():
        nonlocal total
        for _ in range(operations):
            total += items.get()

    phase = Phase()
    gevent.joinall([gevent.spawn(produce), gevent.spawn(consume)], raise_error=True)
    return phase.ended(operations, total)


def ping_pong(operations):
    waits = gevent.lock.Semaphore(1), gevent.lock.Semaphore(0)
    turns = Turns()

    def play(who):
        for _ in range((operations + 1 - who) // 2):
            waits[who].acquire()
            turns.note(who)
            waits[1 - who].release()

    phase = Phase()
    run_all(play, 2)
    return phase.ended(operations, turns.alternations)


def future(operations):
    waiting = [gevent.event.AsyncResult(), gevent.event.AsyncResult()]
    last = 0

    def play(who):
        nonlocal last
        for _ in range((operations + 1 - who) // 2):
            value = waiting[who].get()
            waiting[who] = gevent.event.AsyncResult()
            last = value + 1
            waiting[1 - who].set(last)

    phase = Phase()
    waiting[0].set(0)
    run_all(play, 2)
    return phase.ended(operations, last)


def generator(operations):
    """Python's own: what it calls may block, since gevent blocks without async."""

    def count_up():
        for i in range(operations):
            yield i

    total = 0
    phase = Phase()
    for value in count_up():
        total += value
    return phase.ended(operations, total)


def gather(operations, width):
    def child(i):
        return i

    total = 0
    phase = Phase()
    left = operations
    while left > 0:
        children = gevent.joinall([gevent.spawn(child, i) for i in range(min(width, left))])
        total += sum(one.value for one in children)
        left -= width
    return phase.ended(operations, total)


def arm(seconds, call):
    timer = gevent.get_hub().loop.timer(seconds)
    timer.start(call)
    return timer


def with_timeout(operations, armed):
    timers = [arm(armed_for(i), print) for i in range(armed)]
    ran = 0
    total = 0
    phase = Phase()
    for i in range(operations):
        with gevent.Timeout(TIME_LIMITS[i % 4]):
            ran += 1
            total += ran
    result = phase.ended(operations, total)
    for timer in timers:
        timer.close()
    return result


def timers(count):
    all_fired = gevent.event.Event()
    fired = 0
    to_fire = (count + 1) // 2

    def fire():
        nonlocal fired
        fired += 1
        if fired == to_fire:
            all_fired.set()

    gevent.get_hub().loop.update_now()
    phase = Phase()
    armed = [arm(due_in(i), fire) for i in range(count)]
    for timer in armed[1::2]:
        timer.stop()
    all_fired.wait()
    result = phase.ended(count, fired)
    for timer in armed:
        timer.close()
    return result


def cancel(crowd):
    never = gevent.event.Event()
    parked = cancelled = 0

    def member():
        nonlocal parked, cancelled
        parked += 1
        try:
            never.wait()
        except gevent.GreenletExit:
            cancelled += 1
            raise

    tasks = [gevent.spawn(member) for _ in range(crowd)]
    while parked < crowd:
        gevent.sleep(0)
    gevent.sleep(0)
    phase = Phase()
    gevent.killall(tasks)
    return phase.ended(crowd, cancelled)


def late_sleeps(count):
    lateness = Lateness()
    for _ in range(count):
        begun = time.perf_counter_ns()
        gevent.sleep(SLEEP)
        lateness.woke(begun)
    return lateness.answer()


def park(size):
    event = gevent.event.Event()
    started = 0

    def member():
        nonlocal started
        started += 1
        event.wait()

    tasks = [None] * size
    crowd = Crowd(size)
    for i in range(size):
        tasks[i] = gevent.spawn(member)
    crowd.made()
    while started < size:
        gevent.sleep(0)
    gevent.sleep(0)
    crowd.parked()
    event.set()
    for task in tasks:
        task.join()
    return crowd.ended(sum(task.ready() for task in tasks))


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


def serve():
    for line in sys.stdin:
        word, operations = line.split()
        name, _, size = word.rpartition("_")
        if name in SIZED and size.isdigit():
            print(SIZED[name](int(operations), int(size)), flush=True)
        elif word in PLAIN:
            print(PLAIN[word](int(operations)), flush=True)
        else:
            print(f"error {word}: gevent does not know this command", flush=True)


print("peer gevent", gevent.__version__, flush=True)
serve()
