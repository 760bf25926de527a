// SPDX-License-Identifier: BSL-1.0

// Go as a peer: goroutines and channels in their plain words, answering the line protocol that
// ../answering.hpp describes. GOMAXPROCS=1 comes from whoever starts it.
package main

import (
	"bufio"
	"fmt"
	"net"
	"os"
	"runtime"
	"sort"
	"strings"
	"time"
)

type answer struct {
	spent    time.Duration
	check    int64
	counters []string
}

func counter(key string, value float64) string {
	return fmt.Sprintf("%s=%g", key, value)
}

// yield: two goroutines take turns; the check counts the real alternations.
func yield(operations int64) answer {
	last, alternations := -1, int64(0)
	note := func(who int) {
		if last != who {
			alternations++
			last = who
		}
	}
	done := make(chan struct{})
	player := func(who int) {
		note(who)
		for i, n := int64(0), (operations+int64(who))/2; i < n; i++ {
			runtime.Gosched()
			note(who)
		}
		done <- struct{}{}
	}
	start := time.Now()
	go player(0)
	go player(1)
	<-done
	<-done
	return answer{spent: time.Since(start), check: alternations}
}

func spawnJoin(operations int64) answer {
	ran := int64(0)
	done := make(chan struct{})
	start := time.Now()
	for i := int64(0); i < operations; i++ {
		go func() {
			ran++
			done <- struct{}{}
		}()
		<-done
	}
	return answer{spent: time.Since(start), check: ran}
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

func skynet(leaves int64) answer {
	start := time.Now()
	result := make(chan int64)
	go skynetActor(result, 0, leaves)
	sum := <-result
	return answer{spent: time.Since(start), check: sum}
}

// nap: 200 us, the span of ../lateness.hpp.
func nap(count int64) answer {
	const span = 200 * time.Microsecond
	late := make([]time.Duration, 0, count)
	inTime := int64(0)
	start := time.Now()
	for i := int64(0); i < count; i++ {
		one := time.Now()
		time.Sleep(span)
		late = append(late, time.Since(one)-span)
	}
	spent := time.Since(start)
	sort.Slice(late, func(a, b int) bool { return late[a] < late[b] })
	for _, l := range late {
		if l >= 0 {
			inTime++
		}
	}
	at := func(share float64) float64 {
		return float64(late[int(share*float64(len(late)-1))]) / 1000
	}
	return answer{spent, inTime, []string{counter("late_median_us", at(0.5)),
		counter("late_p99_us", at(0.99)), counter("late_max_us", at(1))}}
}

var commands = map[string]func(int64) answer{
	"yield": yield, "spawn_join": spawnJoin, "skynet": skynet, "nap": nap, "park": park,
	"queue": passItems, "mutex": mutexTurns, "semaphore": semaphoreTurns, "ping_pong": pingPong,
	"future": answerByFutures, "gather": gather,
	"with_timeout": withTimeout(0), "with_timeout_1000": withTimeout(1000),
	"with_timeout_1000000": withTimeout(1_000_000),
	"cancel":               func(crowd int64) answer { return cancelCrowd(crowd, false) },
	"cancel_shared":        func(crowd int64) answer { return cancelCrowd(crowd, true) },
}

func main() {
	if len(os.Args) > 1 {
		serve(map[string]func(net.Conn){"http": answerRequests, "echo": sendBack}[os.Args[1]])
	}
	fmt.Printf("peer Go %s\n", strings.TrimPrefix(runtime.Version(), "go"))
	in := bufio.NewReader(os.Stdin)
	for {
		var word string
		var operations int64
		if n, err := fmt.Fscan(in, &word, &operations); n != 2 || err != nil {
			return
		}
		run, known := commands[word]
		if !known {
			fmt.Printf("error Go does not know the command '%s'\n", word)
			continue
		}
		a := run(operations)
		words := append([]string{"ok", fmt.Sprint(a.spent.Nanoseconds()), fmt.Sprint(a.check)},
			a.counters...)
		fmt.Println(strings.Join(words, " "))
	}
}
