// SPDX-License-Identifier: BSL-1.0

// The servers on package net: a goroutine per connection, one Read and one Write a message. HTTP
// has the same bytes and the same search for the end of the head as every other server here.
package main

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"strings"
	"sync"
	"time"
)

const waitTime = 100 * time.Millisecond

var response = []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\n" +
	"Hello, world!")

// What turn leaves behind, so that the compiler cannot leave it out.
var lastState uint64

func turn(times int64) {
	state := uint64(88172645463325252)
	for ; times > 0; times-- {
		state ^= state << 13
		state ^= state >> 7
		state ^= state << 17
	}
	lastState = state
}

var (
	counted sync.Once
	turns   int64
)

// compute: a millisecond of work for the processor, see ../computing.hpp.
func compute() {
	counted.Do(func() {
		const sample = 100_000
		shortest := time.Hour
		for i := 0; i < 20; i++ {
			began := time.Now()
			turn(sample)
			if took := time.Since(began); took < shortest {
				shortest = took
			}
		}
		turns = sample * int64(time.Millisecond) / int64(shortest)
	})
	turn(turns)
}

// beforeAnswering: what the first letter of the path asks for, see ../http_answer.hpp. A goroutine
// that computes may be interrupted, so Go has no other place for such work.
func beforeAnswering(letter byte) {
	switch letter {
	case 'w':
		time.Sleep(waitTime)
	case 'c', 'a':
		compute()
	}
}

func answerRequests(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 4096)
	filled := 0
	for {
		n, err := connection.Read(buffer[filled:])
		if err != nil {
			return
		}
		filled += n
		end := bytes.Index(buffer[:filled], []byte("\r\n\r\n"))
		for end >= 0 {
			if end > 5 {
				beforeAnswering(buffer[5])
			}
			if _, err := connection.Write(response); err != nil {
				return
			}
			filled = copy(buffer, buffer[end+4:filled])
			end = bytes.Index(buffer[:filled], []byte("\r\n\r\n"))
		}
	}
}

func sendBack(connection net.Conn) {
	defer connection.Close()
	buffer := make([]byte, 4096)
	for {
		n, err := connection.Read(buffer)
		if err != nil {
			return
		}
		if _, err := connection.Write(buffer[:n]); err != nil {
			return
		}
	}
}

func serve(each func(net.Conn)) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Printf("peer Go %s\n", strings.TrimPrefix(runtime.Version(), "go"))
	fmt.Printf("port %d\n", listener.Addr().(*net.TCPAddr).Port)
	for {
		connection, err := listener.Accept()
		if err != nil {
			panic(err)
		}
		go each(connection)
	}
}
