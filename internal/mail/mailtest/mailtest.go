// Package mailtest gives tests a mail server with scripted answers.
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
	Stop func() // stops the server before the end of the test

	// Mails has each mail as it arrives, at most a hundred unread ones.
	Mails chan Received

	// Held has a value for each conversation that reaches Silence, at most a hundred.
	Held chan struct{}

	mu            sync.Mutex
	fails         *fault        // nil: none
	login         *login        // nil: none is needed
	healed        chan struct{} // closed by Heal
	conversations int
	got           []Received
}

// fault replaces the usual answer to a command; "" closes the connection.
type fault struct {
	recipient string // part of the RCPT line of the affected mails, "" for all
	used      bool   // only after the first mail of a connection
	command   string
	answer    string
}

type login struct{ mechanism, user, password string }

// Silence sends no answer: the connection stays open until Heal, which closes it.
const Silence = "(silence)"

// Received is one mail and its RCPT lines.
type Received struct {
	Recipients   []string
	Message      *mail.Message
	Text         string
	Hello        string // the name in EHLO
	Conversation int    // the number of its connection, from 1
}

// Serve listens at addr, "" for any port, until the test ends.
func Serve(t testing.TB, addr string) *Server {
	t.Helper()
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &Server{
		Addr: listener.Addr().String(), healed: make(chan struct{}),
		Mails: make(chan Received, 100), Held: make(chan struct{}, 100),
	}
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

// Fail sets the answer to a command from now on. "taken" is the end of a mail, "" a new connection. An empty answer
// closes the connection. Only the latest fault applies.
func (s *Server) Fail(command, answer string) { s.FailFor("", command, answer) }

// FailFor is Fail for mails to one recipient.
func (s *Server) FailFor(recipient, command, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = &fault{recipient: recipient, command: command, answer: answer}
}

// FailUsed is Fail for connections that have transferred a mail.
func (s *Server) FailUsed(command, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = &fault{used: true, command: command, answer: answer}
}

// Login makes the server require a login by a mechanism, PLAIN or LOGIN.
func (s *Server) Login(mechanism, user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.login = &login{mechanism, user, password}
}

// Heal ends the fault.
func (s *Server) Heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = nil
	close(s.healed)
	s.healed = make(chan struct{})
}

// Received returns all mails, oldest first.
func (s *Server) Received() []Received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]Received(nil), s.got...)
}

// Conversations returns the number of connections so far.
func (s *Server) Conversations() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.conversations
}

func (s *Server) serve(conn net.Conn) {
	defer conn.Close()
	s.mu.Lock()
	s.conversations++
	c := &conversation{
		Server: s, in: bufio.NewReader(conn), out: conn, mail: Received{Conversation: s.conversations}, login: s.login,
	}
	s.mu.Unlock()
	for ok := c.say("", "220 scripted"); ok; {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return
		}
		ok = c.answer(strings.TrimSpace(line))
	}
}
