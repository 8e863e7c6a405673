// Package mailtest gives tests a mail server that does as it is told.
package mailtest

import (
	"bufio"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// Server takes mails by SMTP on the loopback interface, without TLS.
type Server struct {
	Addr string
	Stop func() // ends it before the test does

	// Mails tells of each mail as it comes, as long as there is room for a hundred.
	Mails chan Received

	// Held tells of each conversation that meets Silence, as long as there is room for a hundred.
	Held chan struct{}

	mu            sync.Mutex
	fails         *fault        // nil: none
	login         *login        // nil: everybody may send
	well          chan struct{} // closed by Heal
	conversations int
	got           []Received
}

// fault is an answer in place of the usual one; "" hangs up.
type fault struct {
	recipient string // part of the RCPT line of the mail it is for, "" for any
	worn      bool   // only once the connection has brought a mail
	command   string
	answer    string
}

type login struct{ mechanism, user, password string }

// Silence as an answer is none: the connection stays open until Heal, and is then hung up.
const Silence = "(silence)"

// Received is one mail: the RCPT lines it came with, and what it says.
type Received struct {
	Recipients   []string
	Message      *mail.Message
	Text         string
	Hello        string // what the sender called itself
	Conversation int    // the number of the connection it came by, from 1
}

// Serve listens at addr, "" for any, until the test ends.
func Serve(t testing.TB, addr string) *Server {
	t.Helper()
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{Addr: listener.Addr().String(), well: make(chan struct{}), Mails: make(chan Received, 100), Held: make(chan struct{}, 100)}
	var conns sync.WaitGroup
	conns.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			conns.Go(func() { s.serve(conn) })
		}
	})
	s.Stop = sync.OnceFunc(func() { listener.Close(); s.Heal(); conns.Wait() })
	t.Cleanup(s.Stop)
	return s
}

// Fail makes the server answer a command, or the end of a mail ("taken"), or a new connection (""), so from now on; an
// empty answer hangs up. It takes the place of what was said before.
func (s *Server) Fail(command, answer string) { s.FailFor("", command, answer) }

// FailFor is Fail for mails to a recipient alone.
func (s *Server) FailFor(recipient, command, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = &fault{recipient: recipient, command: command, answer: answer}
}

// Worn is Fail for connections that a mail has come by already.
func (s *Server) Worn(command, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = &fault{worn: true, command: command, answer: answer}
}

// Login makes the server take mails only after a login by a mechanism, PLAIN or LOGIN.
func (s *Server) Login(mechanism, user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.login = &login{mechanism, user, password}
}

// Heal makes it answer as it should.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = nil
	close(s.well)
	s.well = make(chan struct{})
}

// Received lists what has come, oldest first.
func (s *Server) Received() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.got...)
}

// Conversations is how many connections there have been.
func (s *Server) Conversations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conversations
}

func (s *Server) serve(conn net.Conn) {
	defer conn.Close()
	s.mu.Lock()
	s.conversations++
	c := &conversation{Server: s, in: bufio.NewReader(conn), out: conn, mail: Received{Conversation: s.conversations}, login: s.login}
	s.mu.Unlock()
	for ok := c.say("", "220 scripted"); ok; {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		ok = c.answer(strings.TrimSpace(line))
	}
}
