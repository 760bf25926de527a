// SPDX-License-Identifier: BSL-1.0

// What two goroutines hand to one another: the programs of ../handover.hpp on channels, which are
// Go's queue, its semaphore, its future and its generator.
package main

import (
	"runtime"
	"sync"
	"time"
)

// pair runs both as goroutines and returns when both have ended.
func pair(first, second func()) {
	var both sync.WaitGroup
	both.Add(2)
	for _, body := range []func(){first, second} {
		body := body
		go func() {
			body()
			both.Done()
		}()
	}
	both.Wait()
}

// unbounded is the queue that channels are not: a slice, a mutex and a condition variable.
type unbounded struct {
	lock  sync.Mutex
	added sync.Cond
	items []int64
	first int
}

func (q *unbounded) put(item int64) {
	q.lock.Lock()
	q.items = append(q.items, item)
	q.lock.Unlock()
	q.added.Signal()
}

func (q *unbounded) get() int64 {
	q.lock.Lock()
	defer q.lock.Unlock()
	for q.first == len(q.items) {
		q.items, q.first = q.items[:0], 0
		q.added.Wait()
	}
	q.first++
	return q.items[q.first-1]
}

func passItems(operations, capacity int64) answer {
	sum := int64(0)
	start := time.Now()
	if capacity == 0 {
		queue := &unbounded{}
		queue.added.L = &queue.lock
		pair(func() {
			for i := int64(0); i < operations; i++ {
				queue.put(i)
			}
		}, func() {
			for i := int64(0); i < operations; i++ {
				sum += queue.get()
			}
		})
		return answer{spent: time.Since(start), check: sum}
	}
	queue := make(chan int64, capacity)
	pair(func() {
		for i := int64(0); i < operations; i++ {
			queue <- i
		}
	}, func() {
		for i := int64(0); i < operations; i++ {
			sum += <-queue
		}
	})
	return answer{spent: time.Since(start), check: sum}
}

// pull: a generator is a goroutine that sends into a channel.
func pull(operations int64) answer {
	sum := int64(0)
	start := time.Now()
	values := make(chan int64)
	go func() {
		for i := int64(0); i < operations; i++ {
			values <- i
		}
		close(values)
	}()
	for value := range values {
		sum += value
	}
	return answer{spent: time.Since(start), check: sum}
}

func takeTurns(operations int64, take, give func()) answer {
	last, alternations := -1, int64(0)
	player := func(who int) {
		for i, n := int64(0), (operations+int64(who))/2; i < n; i++ {
			take()
			if last != who {
				alternations++
				last = who
			}
			runtime.Gosched()
			give()
			runtime.Gosched()
		}
	}
	start := time.Now()
	pair(func() { player(0) }, func() { player(1) })
	return answer{spent: time.Since(start), check: alternations}
}

func semaphoreTurns(operations int64) answer {
	one := make(chan struct{}, 1)
	return takeTurns(operations, func() { one <- struct{}{} }, func() { <-one })
}

func pingPong(operations int64) answer {
	first, second := make(chan struct{}, 1), make(chan struct{}, 1)
	first <- struct{}{}
	last, alternations := -1, int64(0)
	player := func(who int, mine, others chan struct{}) {
		for i, n := int64(0), (operations+1-int64(who))/2; i < n; i++ {
			<-mine
			if last != who {
				alternations++
				last = who
			}
			others <- struct{}{}
		}
	}
	start := time.Now()
	pair(func() { player(0, first, second) }, func() { player(1, second, first) })
	return answer{spent: time.Since(start), check: alternations}
}

func answerByFutures(operations int64) answer {
	waiting := [2]chan int64{make(chan int64, 1), make(chan int64, 1)}
	last := int64(0)
	player := func(who int) {
		for i, n := int64(0), (operations+1-int64(who))/2; i < n; i++ {
			value := <-waiting[who]
			waiting[who] = make(chan int64, 1)
			last = value + 1
			waiting[1-who] <- last
		}
	}
	start := time.Now()
	waiting[0] <- 0
	pair(func() { player(0) }, func() { player(1) })
	return answer{spent: time.Since(start), check: last}
}
