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
	"strconv"
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

// lateSleeps: 200 us, the span of ../lateness.hpp.
func lateSleeps(count int64) answer {
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

// The commands, those with a size and those without.
var sized = map[string]func(operations, size int64) answer{
	"create_join": createJoin, "switch": switchTurns, "ring": passAround, "mutex": contend,
	"queue": passItems, "gather": gather, "with_timeout": withTimeout,
}
var plain = map[string]func(operations int64) answer{
	"skynet": skynet, "sleep": lateSleeps, "park": park, "semaphore": semaphoreTurns,
	"ping_pong": pingPong, "future": answerByFutures, "generator": pull, "timers": fireAndStop,
	"cancel":        func(crowd int64) answer { return cancelCrowd(crowd, false) },
	"cancel_shared": func(crowd int64) answer { return cancelCrowd(crowd, true) },
}

// run finds the command of that word, as split() of ../answering.hpp does.
func run(word string, operations int64) (answer, error) {
	if cut := strings.LastIndexByte(word, '_'); cut > 0 {
		size, err := strconv.ParseInt(word[cut+1:], 10, 64)
		if command, known := sized[word[:cut]]; known && err == nil {
			return command(operations, size), nil
		}
	}
	if command, known := plain[word]; known {
		return command(operations), nil
	}
	return answer{}, fmt.Errorf("Go does not know this command")
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
		a, err := run(word, operations)
		if err != nil {
			fmt.Printf("error %s: %v\n", word, err)
			continue
		}
		words := append([]string{"ok", fmt.Sprint(a.spent.Nanoseconds()), fmt.Sprint(a.check)},
			a.counters...)
		fmt.Println(strings.Join(words, " "))
	}
}
