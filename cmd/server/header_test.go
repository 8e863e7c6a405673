package main

import (
	"bufio"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"
)

// TestSlowClientsAreCutOff: no client holds a connection by a slow header, body or read, or by doing nothing.
func TestSlowClientsAreCutOff(t *testing.T) {
	t.Parallel()
	s := (&app{log: slog.New(slog.DiscardHandler)}).server(http.NotFoundHandler())
	for _, limit := range []struct {
		name       string
		has, until time.Duration
	}{
		{"ReadHeaderTimeout", s.ReadHeaderTimeout, 10 * time.Second}, {"ReadTimeout", s.ReadTimeout, 30 * time.Second},
		{"WriteTimeout", s.WriteTimeout, time.Minute}, {"IdleTimeout", s.IdleTimeout, 5 * time.Minute},
	} {
		if limit.has <= 0 || limit.has > limit.until {
			t.Errorf("%s is %v, want at most %v", limit.name, limit.has, limit.until)
		}
	}
}

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
	slow, began, ended := dial(), time.Now(), make(chan error, 1)
	io.WriteString(slow, "GET / HTTP/1.1\r\nHost: localhost\r\nX-Slow: ")
	go func() {
		_, err := io.Copy(io.Discard, slow)
		if took := time.Since(began); err == nil && took > 10*time.Second {
			err = fmt.Errorf("it is waited for %v", took)
		}
		ended <- err
	}()
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
	if err := <-ended; err != nil {
		t.Errorf("a header that never ends: %v", err)
	}
}
