package mail_test

import (
	"bufio"
	"io"
	"net"
	"net/mail"
	"strings"
	"sync"
	"testing"
)

// smtpServer is a mail server that does as it is told.
type smtpServer struct {
	addr string
	stop func()

	mu    sync.Mutex
	fails map[string]string // answer in place of the usual one, by command; "" hangs up
	got   []received
}

type received struct {
	recipients []string
	message    *mail.Message
	text       string
}

// serveSMTP listens at addr, "" for any.
func serveSMTP(t *testing.T, addr string) *smtpServer {
	t.Helper()
	if addr == "" {
		addr = "127.0.0.1:0"
	}
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		t.Fatal(err)
	}
	s := &smtpServer{addr: listener.Addr().String(), fails: map[string]string{}}
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
	s.stop = sync.OnceFunc(func() { listener.Close(); conns.Wait() })
	t.Cleanup(s.stop)
	return s
}

func (s *smtpServer) fail(command, answer string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = map[string]string{command: answer}
}

func (s *smtpServer) heal() {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.fails = map[string]string{}
}

func (s *smtpServer) received() []received {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]received(nil), s.got...)
}

// talk is one conversation (RFC 5321).
func (s *smtpServer) talk(conn net.Conn) {
	defer conn.Close()
	in := bufio.NewReader(conn)
	var r received
	say := func(command, usual string) bool {
		s.mu.Lock()
		answer, failing := s.fails[command]
		s.mu.Unlock()
		if !failing {
			answer = usual
		}
		if answer == "" {
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
			r.recipients = append(r.recipients, strings.TrimSpace(line))
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
			r.text = text.String()
			r.message, _ = mail.ReadMessage(strings.NewReader(r.text))
			s.mu.Lock()
			answer, failing := s.fails["taken"]
			if !failing || answer == "" { // one that dies after taking it has it
				s.got = append(s.got, r)
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
