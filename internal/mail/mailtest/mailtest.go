// Package mailtest gives tests a mail server that does as it is told.
package mailtest

import (
	"bufio"
	"io"
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

	mu    sync.Mutex
	fails map[string]string // answer in place of the usual one, by command; "" hangs up
	well  chan struct{}     // closed by Heal
	got   []Received
}

// Silence as an answer is none: the connection stays open until Heal, and is then hung up.
const Silence = "(silence)"

// Received is one mail: the RCPT lines it came with, and what it says.
type Received struct {
	Recipients []string
	Message    *mail.Message
	Text       string
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
			conns.Go(func() { s.talk(conn) })
		}
	})
	s.Stop = sync.OnceFunc(func() { listener.Close(); s.Heal(); conns.Wait() })
	t.Cleanup(s.Stop)
	return s
}

// Fail makes the server answer a command, or the end of a mail ("taken"), or a new connection (""), so from now on; an
// empty answer hangs up.
func (s *Server) Fail(command, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = map[string]string{command: answer}
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

// talk is one conversation (RFC 5321).
func (s *Server) talk(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	var r Received
	say := func(command, usual string) bool {
		s.mu.Lock()
		answer, failing := s.fails[command]
		well := s.well
		s.mu.Unlock()
		if !failing {
			answer = usual
		}
		if answer == Silence {
			select {
			case s.Held <- struct{}{}:
			default:
			}
			<-well
		}
		if answer == "" || answer == Silence {
			return false
		}
		_, err := io.WriteString(conn, answer+"\r\n")
		return err == nil
	}
	for ok := say("", "220 scripted"); ok; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		command := strings.ToUpper(strings.Fields(line + " x")[0])
		switch command {
		case "RCPT":
			r.Recipients = append(r.Recipients, strings.TrimSpace(line))
			ok = say(command, "250 ok")
		case "DATA":
			if ok = say(command, "354 go on"); !ok {
				return
			}
			var text strings.Builder
			for {
				line, err := in.ReadString('\n')
				if err != nil {
					return
				}
				if line == ".\r\n" {
					break
				}
				text.WriteString(strings.TrimPrefix(line, "."))
			}
			r.Text = text.String()
			r.Message, _ = mail.ReadMessage(strings.NewReader(r.Text))
			s.mu.Lock()
			answer, failing := s.fails["taken"]
			if !failing || answer == "" { // one that dies after taking it has it
				s.got = append(s.got, r)
				select {
				case s.Mails <- r:
				default:
				}
			}
			s.mu.Unlock()
			ok = say("taken", "250 taken")
		case "QUIT":
			say(command, "221 bye")
			return
		default:
			ok = say(command, "250 ok")
		}
	}
}
