package dbtest

import (
	"encoding/binary"
	"io"
	"net"
	"net/url"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"
)

// Line forwards the bytes between a program and PostgreSQL. Tests can disturb it.
type Line struct {
	URL  string      // for the program
	Deaf atomic.Bool // drops notifications

	network, address string // of PostgreSQL
	mu               sync.Mutex
	thaw             chan struct{} // closed: bytes flow
}

// NewLine makes a line to the PostgreSQL at databaseURL until the test ends.
func NewLine(t testing.TB, databaseURL string) *Line {
	t.Helper()
	server, err := pgconn.ParseConfig(databaseURL)
	if err != nil {
		t.Fatal(err)
	}
	door, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	u := url.URL{
		Scheme: "postgres", Host: door.Addr().String(), Path: "/" + server.Database,
		User: url.UserPassword(server.User, server.Password), RawQuery: "sslmode=disable",
	}
	l := &Line{URL: u.String(), thaw: make(chan struct{})}
	l.network, l.address = pgconn.NetworkAddress(server.Host, server.Port)
	close(l.thaw)
	t.Cleanup(func() { door.Close() })
	go l.serve(door)
	return l
}

// Freeze stops all bytes, like a network partition, until thaw is called.
func (l *Line) Freeze() (thaw func()) {
	l.mu.Lock()
	defer l.mu.Unlock()
	frozen := make(chan struct{})
	l.thaw = frozen
	return sync.OnceFunc(func() { close(frozen) })
}

func (l *Line) flows() <-chan struct{} {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.thaw
}

func (l *Line) serve(door net.Listener) {
	for {
		client, err := door.Accept()
		if err != nil {
			return
		}
		server, err := net.Dial(l.network, l.address)
		if err != nil {
			client.Close()
			continue
		}
		go l.ask(server, client)
		go l.answer(client, server)
	}
}

func (l *Line) ask(server, client net.Conn) {
	defer server.Close()
	buffer := make([]byte, 32<<10)
	for {
		n, err := client.Read(buffer)
		<-l.flows()
		if _, failed := server.Write(buffer[:n]); err != nil || failed != nil {
			return
		}
	}
}

// answer forwards whole messages: a byte for the type, then four for the length, which includes them.
func (l *Line) answer(client, server net.Conn) {
	defer client.Close()
	for {
		head := make([]byte, 5)
		if _, err := io.ReadFull(server, head); err != nil {
			return
		}
		body := make([]byte, binary.BigEndian.Uint32(head[1:])-4)
		if _, err := io.ReadFull(server, body); err != nil {
			return
		}
		<-l.flows()
		if head[0] == 'A' && l.Deaf.Load() {
			continue
		}
		if _, err := client.Write(append(head, body...)); err != nil {
			return
		}
	}
}
