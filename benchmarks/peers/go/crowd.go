// SPDX-License-Identifier: BSL-1.0

// A crowd of goroutines that all sleep at once: the Go side of ../crowd.hpp, same phases and
// figures. The collector runs once before the first reading.
package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"syscall"
	"time"
)

func statusBytes(key string) float64 {
	text, _ := os.ReadFile("/proc/self/status")
	for _, line := range strings.Split(string(text), "\n") {
		if words := strings.Fields(line); len(words) > 1 && words[0] == key {
			kib, _ := strconv.ParseFloat(words[1], 64)
			return kib * 1024
		}
	}
	return 0
}

func cpuSpent() float64 {
	var use syscall.Rusage
	syscall.Getrusage(syscall.RUSAGE_SELF, &use)
	return float64(use.Utime.Nano() + use.Stime.Nano())
}

func park(size int64) answer {
	span := time.Duration(2_000_000+8*size) * time.Microsecond
	started, ended, early := int64(0), int64(0), int64(0)
	done := make(chan struct{})
	member := func() {
		started++
		slept := time.Now()
		time.Sleep(span)
		if time.Since(slept) < span {
			early++
		}
		ended++
		if ended == size {
			close(done)
		}
	}
	runtime.GC()
	resident, tables := statusBytes("VmRSS:"), statusBytes("VmPTE:")
	began := cpuSpent()
	for i := int64(0); i < size; i++ {
		go member()
	}
	made := cpuSpent()
	startedAlready := started
	madeResident := statusBytes("VmRSS:")
	for started < size {
		time.Sleep(10 * time.Millisecond)
	}
	parked := cpuSpent()
	parkedResident, parkedTables := statusBytes("VmRSS:"), statusBytes("VmPTE:")
	if ended > 0 {
		panic("the first goroutines woke before the last were parked")
	}
	waking := cpuSpent()
	<-done
	finished := cpuSpent()
	n := float64(size)
	figures := []string{
		counter("resident", (parkedResident-resident)/n),
		counter("page_tables", (parkedTables-tables)/n),
		counter("early", float64(early)),
		counter("create_ns", (made-began)/n),
		counter("park_ns", (parked-made)/n),
		counter("wake_ns", (finished-waking)/n),
	}
	if startedAlready == 0 {
		figures = append(figures, counter("unstarted", (madeResident-resident)/n))
	}
	cpu := (made - began) + (parked - made) + (finished - waking)
	return answer{time.Duration(cpu), ended, figures}
}
