// SPDX-License-Identifier: BSL-1.0

// Gathering, timing out and cancelling: the programs and sizes of ../scopes.hpp, on contexts.
package main

import (
	"context"
	"runtime"
	"sync"
	"time"
)

const gatherWidth = 100

func gather(operations int64) answer {
	sum := int64(0)
	start := time.Now()
	for i := int64(0); i < operations; i++ {
		var all sync.WaitGroup
		all.Add(gatherWidth)
		results := make([]int64, gatherWidth)
		for child := int64(0); child < gatherWidth; child++ {
			child := child
			go func() {
				results[child] = child
				all.Done()
			}()
		}
		all.Wait()
		for _, value := range results {
			sum += value
		}
	}
	return answer{spent: time.Since(start), check: sum}
}

// phase: the CPU time of a part of the command, as counted_phase() in ../scopes.hpp.
func phase(start time.Time, cpu float64, operations, check int64) answer {
	used := (cpuSpent() - cpu) / float64(operations)
	return answer{time.Since(start), check, []string{counter("cpu_ns", used)}}
}

func withTimeout(armed int64) func(int64) answer {
	return func(operations int64) answer {
		limits := [4]time.Duration{time.Second, 30 * time.Second, 1800 * time.Second, 7200 * time.Second}
		timers := make([]*time.Timer, 0, armed)
		for i := int64(0); i < armed; i++ {
			due := time.Duration(10_000+i*7919%4_000_037) * time.Millisecond
			timers = append(timers, time.AfterFunc(due, func() {}))
		}
		ran, sum := int64(0), int64(0)
		start, cpu := time.Now(), cpuSpent()
		for i := int64(0); i < operations; i++ {
			ctx, cancel := context.WithTimeout(context.Background(), limits[i%4])
			ran++
			if ctx.Err() == nil {
				sum += ran
			}
			cancel()
		}
		result := phase(start, cpu, operations, sum)
		for _, timer := range timers {
			timer.Stop()
		}
		return result
	}
}

// cancelCrowd: every goroutine waits for work or the end of its context. With contexts of their
// own each can be cancelled alone, as a task can; shared is the cheapest that Go has.
func cancelCrowd(crowd int64, shared bool) answer {
	never := make(chan struct{})
	parked, cancelled := int64(0), int64(0)
	var all sync.WaitGroup
	all.Add(int(crowd))
	member := func(ctx context.Context) {
		parked++
		select {
		case <-ctx.Done():
			cancelled++
		case <-never:
		}
		all.Done()
	}
	parent, cancelParent := context.WithCancel(context.Background())
	cancels := make([]context.CancelFunc, 0, crowd)
	for i := int64(0); i < crowd; i++ {
		ctx := parent
		if !shared {
			own, cancel := context.WithCancel(parent)
			ctx = own
			cancels = append(cancels, cancel)
		}
		go member(ctx)
	}
	for parked < crowd {
		runtime.Gosched()
	}
	runtime.Gosched()
	start, cpu := time.Now(), cpuSpent()
	for _, cancel := range cancels {
		cancel()
	}
	cancelParent()
	all.Wait()
	return phase(start, cpu, crowd, cancelled)
}
