// SPDX-License-Identifier: BSL-1.0

// A crowd of goroutines that all wait at once: the Go side of ../crowd.hpp, same phases and
// figures. The collector runs once before the first reading.
package main

import (
	"os"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"time"
)

func bytesIn(file, key string) float64 {
	text, _ := os.ReadFile(file)
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

// kernelBytes: page tables of this process and the slab of the machine, see ../memory_use.hpp.
func kernelBytes() float64 {
	return bytesIn("/proc/self/status", "VmPTE:") + bytesIn("/proc/meminfo", "Slab:")
}

func residentBytes() float64 { return bytesIn("/proc/self/status", "VmRSS:") }

func park(size int64) answer {
	started, ended := int64(0), int64(0)
	event := make(chan struct{})
	var all sync.WaitGroup
	all.Add(int(size))
	member := func() {
		started++
		<-event
		ended++
		all.Done()
	}
	runtime.GC()
	resident, kernel := residentBytes(), kernelBytes()
	start, began := time.Now(), cpuSpent()
	for i := int64(0); i < size; i++ {
		go member()
	}
	made := cpuSpent()
	startedAlready, madeResident := started, residentBytes()
	parking := cpuSpent()
	for started < size {
		runtime.Gosched()
	}
	runtime.Gosched()
	parked := cpuSpent()
	parkedResident, parkedKernel := residentBytes(), kernelBytes()
	waking := cpuSpent()
	close(event)
	all.Wait()
	finished := cpuSpent()
	n := float64(size)
	held, heldByKernel := (parkedResident-resident)/n, (parkedKernel-kernel)/n
	figures := []string{
		counter("total", held+heldByKernel),
		counter("resident", held),
		counter("kernel", heldByKernel),
		counter("create_ns", (made-began)/n),
		counter("park_ns", (parked-parking)/n),
		counter("wake_ns", (finished-waking)/n),
	}
	if startedAlready == 0 {
		figures = append(figures, counter("unstarted", (madeResident-resident)/n))
	}
	return answer{time.Since(start), ended, figures}
}
