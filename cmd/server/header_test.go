package main

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestHeadersAreBounded: too long and too slow headers are refused, and other requests are served meanwhile.
func TestHeadersAreBounded(t *testing.T) {
	t.Parallel()
	s := start(t, t.TempDir())
	dial := func() net.Conn {
		conn, err := net.Dial("tcp", strings.TrimPrefix(s.url, "http://"))
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conn.Close() })
		conn.SetDeadline(time.Now().Add(20 * time.Second))
		return conn
	}
	slow := dial()
	began := time.Now()
	io.WriteString(slow, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
	for _, header := range []string{"Cookie", "User-Agent", "Accept-Language", "Range"} {
		for _, size := range []int{8 << 10, 64 << 10, 1 << 20} {
			conn := dial()
			go io.WriteString(conn, "GET /login HTTP/1.1\r\nHost: localhost\r\n"+header+": bytes=0-,"+strings.Repeat("a=b; ",
				size/5)+"\r\nConnection: close\r\n\r\n")
			want := 431
			if size < 32<<10 {
				want = 200
			}
			res, err := http.ReadResponse(bufio.NewReader(conn), nil)
			if err != nil || res.StatusCode != want {
				t.Errorf("%s of %d bytes: %v, %v; want %d", header, size, res, err, want)
			}
		}
	}
	if _, err := io.Copy(io.Discard, slow); err != nil || time.Since(began) > 10*time.Second {
		t.Errorf("a header that never ends is waited for %v, %v", time.Since(began), err)
	}
}
