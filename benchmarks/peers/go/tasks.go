// SPDX-License-Identifier: BSL-1.0

// What is done with many goroutines: the programs of ../tasks.hpp.
package main

import (
	"runtime"
	"sync"
	"time"
)

// phase: wall and CPU time of a part of a command, as ../counted_phase.hpp has it.
type phase struct {
	wall  time.Time
	cpu   float64
	ended answer
}

func begin() phase { return phase{wall: time.Now(), cpu: cpuSpent()} }

func (p *phase) end(operations int64) {
	used := (cpuSpent() - p.cpu) / float64(operations)
	p.ended = answer{spent: time.Since(p.wall), counters: []string{counter("cpu_ns", used)}}
}

func (p *phase) result(check int64) answer {
	p.ended.check = check
	return p.ended
}

func min(a, b int64) int64 {
	if a < b {
		return a
	}
	return b
}

// runAll runs body(0) to body(size-1) as goroutines and returns when all have ended.
func runAll(size int64, body func(who int64)) {
	var all sync.WaitGroup
	all.Add(int(size))
	for i := int64(0); i < size; i++ {
		who := i
		go func() {
			body(who)
			all.Done()
		}()
	}
	all.Wait()
}

func createJoin(operations, alive int64) answer {
	ran := int64(0)
	counted := begin()
	for left := operations; left > 0; left -= alive {
		var all sync.WaitGroup
		batch := min(alive, left)
		all.Add(int(batch))
		for i := int64(0); i < batch; i++ {
			go func() {
				ran++
				all.Done()
			}()
		}
		all.Wait()
	}
	counted.end(operations)
	return counted.result(ran)
}

// crowdTurns: turn(note) is one operation, which notes whose turn it was.
func crowdTurns(operations, size int64, turn func(note func())) answer {
	started, done := int64(0), int64(0)
	last, alternations := int64(-1), int64(0)
	var counted phase
	runAll(size, func(who int64) {
		note := func() {
			if last != who {
				alternations++
				last = who
			}
		}
		if started++; started == size {
			counted = begin()
		}
		for started < size {
			runtime.Gosched()
		}
		for n := (operations + who) / size; n > 0; n-- {
			turn(note)
		}
		if done++; done == size {
			counted.end(operations)
		}
		for done < size {
			runtime.Gosched()
		}
	})
	return counted.result(alternations)
}

func switchTurns(operations, size int64) answer {
	return crowdTurns(operations, size, func(note func()) {
		runtime.Gosched()
		note()
	})
}

func contend(operations, size int64) answer {
	var lock sync.Mutex
	return crowdTurns(operations, size, func(note func()) {
		lock.Lock()
		note()
		runtime.Gosched()
		lock.Unlock()
		runtime.Gosched()
	})
}

func passAround(operations, size int64) answer {
	const end = -1
	queues := make([]chan int64, size)
	for i := range queues {
		queues[i] = make(chan int64, 1)
	}
	started, last := int64(0), int64(0)
	var counted phase
	runAll(size, func(who int64) {
		mine, next := queues[who], queues[(who+1)%size]
		if started++; started == size {
			counted = begin()
			next <- 1
		}
		for {
			hops := <-mine
			if hops == operations {
				counted.end(hops)
				last = hops
				hops = end
			}
			if hops < 0 {
				next <- end
				return
			}
			next <- hops + 1
		}
	})
	return counted.result(last)
}

func skynetActor(result chan<- int64, first, leaves int64) {
	if leaves == 1 {
		result <- first
		return
	}
	share := leaves / 10
	children := make(chan int64)
	for i := int64(0); i < 10; i++ {
		go skynetActor(children, first+i*share, share)
	}
	sum := int64(0)
	for i := 0; i < 10; i++ {
		sum += <-children
	}
	result <- sum
}

func skynet(actors int64) answer {
	start := time.Now()
	result := make(chan int64)
	go skynetActor(result, 0, (9*actors+1)/10)
	sum := <-result
	return answer{spent: time.Since(start), check: sum}
}
