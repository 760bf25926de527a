// SPDX-License-Identifier: BSL-1.0

// Gathering, timing out and cancelling: the programs and sizes of ../scopes.hpp, on contexts.
package main

import (
	"context"
	"runtime"
	"sync"
	"time"
)

// gather: the operations are children, gathered `width` at a time.
func gather(operations, width int64) answer {
	sum := int64(0)
	start := time.Now()
	for left := operations; left > 0; left -= width {
		var all sync.WaitGroup
		results := make([]int64, min(width, left))
		all.Add(len(results))
		for i := range results {
			child := i
			go func() {
				results[child] = int64(child)
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

func withTimeout(operations, armed int64) answer {
	limits := [4]time.Duration{time.Second, 30 * time.Second, 1800 * time.Second, 7200 * time.Second}
	timers := make([]*time.Timer, 0, armed)
	for i := int64(0); i < armed; i++ {
		due := time.Duration(10_000+i*7919%4_000_037) * time.Millisecond
		timers = append(timers, time.AfterFunc(due, func() {}))
	}
	ran, sum := int64(0), int64(0)
	counted := begin()
	for i := int64(0); i < operations; i++ {
		ctx, cancel := context.WithTimeout(context.Background(), limits[i%4])
		ran++
		if ctx.Err() == nil {
			sum += ran
		}
		cancel()
	}
	counted.end(operations)
	for _, timer := range timers {
		timer.Stop()
	}
	return counted.result(sum)
}

func dueIn(i int64) time.Duration {
	scattered := i * 2654435761 & 0xffffffff
	if i%2 == 0 {
		return time.Duration(1_000+scattered%19_000) * time.Microsecond
	}
	return time.Duration(10_000_000+scattered%10_000_000) * time.Microsecond
}

// fireAndStop: the timers of ../scopes.hpp. The function of each runs in a goroutine of its own.
func fireAndStop(count int64) answer {
	fired, toFire := int64(0), (count+1)/2
	allFired := make(chan struct{})
	armed := make([]*time.Timer, 0, count)
	counted := begin()
	for i := int64(0); i < count; i++ {
		armed = append(armed, time.AfterFunc(dueIn(i), func() {
			if fired++; fired == toFire {
				close(allFired)
			}
		}))
	}
	for i := int64(1); i < count; i += 2 {
		armed[i].Stop()
	}
	<-allFired
	counted.end(count)
	return counted.result(fired)
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
	counted := begin()
	for _, cancel := range cancels {
		cancel()
	}
	cancelParent()
	all.Wait()
	counted.end(crowd)
	return counted.result(cancelled)
}
