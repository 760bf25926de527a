// SPDX-License-Identifier: BSL-1.0

// The keep-alive HTTP answer on package net: a goroutine per connection, one Read and one Write a
// request, the same bytes and the same search for the end of the head as every other server here.
package main

import (
	"bytes"
	"fmt"
	"net"
	"runtime"
	"strings"
)

var response = []byte("HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 13\r\n\r\n" +
	"Hello, world!")

func serveConnection(connection net.Conn) {
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
			if _, err := connection.Write(response); err != nil {
				return
			}
			filled = copy(buffer, buffer[end+4:filled])
			end = bytes.Index(buffer[:filled], []byte("\r\n\r\n"))
		}
	}
}

func serveHTTP() {
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
		go serveConnection(connection)
	}
}
