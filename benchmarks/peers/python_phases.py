# SPDX-License-Identifier: BSL-1.0
"""What the peers in Python have in common: how a phase is counted, and what the programs agree on (tasks.hpp, scopes.hpp,
lateness.hpp, memory_use.hpp)."""

import pathlib
import time

QUEUE_END = -1
SLEEP = 200e-6
TIME_LIMITS = (1, 30, 1800, 7200)


def armed_for(i):
    return 10 + i * 7919 % 4_000_037 / 1000


def due_in(i):
    scattered = i * 2654435761 % 2**32
    return (10_000_000 + scattered % 10_000_000 if i % 2 else 1_000 + scattered % 19_000) / 1e6


class Phase:
    """Wall and CPU time of a phase, from begin() to end()."""

    def __init__(self):
        self.begin()

    def begin(self):
        self.wall = time.perf_counter_ns()
        self.cpu = time.process_time_ns()

    def end(self, operations):
        self.cpu = (time.process_time_ns() - self.cpu) / operations
        self.wall = time.perf_counter_ns() - self.wall

    def answer(self, check, **counters):
        more = "".join(f" {key}={value}" for key, value in counters.items())
        return f"ok {self.wall} {check} cpu_ns={self.cpu}{more}"

    def ended(self, operations, check):
        self.end(operations)
        return self.answer(check)


class Turns:
    def __init__(self):
        self.last = None
        self.alternations = 0

    def note(self, who):
        self.alternations += self.last != who
        self.last = who


class Lateness:
    """How late the sleepers of SLEEP seconds woke."""

    def __init__(self):
        self.phase = Phase()
        self.late = []

    def woke(self, begun):
        self.late.append((time.perf_counter_ns() - begun) / 1000 - SLEEP * 1e6)

    def answer(self):
        count = len(self.late)
        self.phase.end(count)
        late = sorted(self.late)
        return self.phase.answer(
            sum(us >= 0 for us in late),
            late_median_us=late[(count - 1) // 2],
            late_p99_us=late[int(0.99 * (count - 1))],
            late_max_us=late[-1],
        )


def memory():
    """Resident, page tables, slab: bytes, see memory_use.hpp."""
    fields = {}
    for file in "/proc/self/status", "/proc/meminfo":
        for line in pathlib.Path(file).read_text().splitlines():
            key, _, value = line.partition(":")
            if key in ("VmRSS", "VmPTE", "Slab"):
                fields[key] = int(value.split()[0]) * 1024
    return fields["VmRSS"], fields["VmPTE"] + fields["Slab"]


class Crowd:
    """The memory and the CPU time of a crowd that waits at once: made(), parked() and ended() follow one another."""

    def __init__(self, size):
        self.size = size
        self.before = memory()
        self.making = Phase()

    def made(self):
        self.making.end(self.size)
        self.unstarted = memory()[0] - self.before[0]
        self.parking = Phase()

    def parked(self):
        self.parking.end(self.size)
        self.resident, self.kernel = ((now - before) / self.size for now, before in zip(memory(), self.before))
        self.waking = Phase()

    def ended(self, check):
        self.waking.end(self.size)
        phases = self.making, self.parking, self.waking
        create, park, wake = (phase.cpu for phase in phases)
        return (
            f"ok {sum(phase.wall for phase in phases)} {check} total={self.resident + self.kernel} "
            f"resident={self.resident} kernel={self.kernel} unstarted={self.unstarted / self.size} "
            f"create_ns={create} park_ns={park} wake_ns={wake}"
        )
