package mailtest

import (
	"bufio"
	"encoding/base64"
	"io"
	"net/mail"
	"strings"
)

// conversation is one connection (RFC 5321).
type conversation struct {
	*Server
	in    *bufio.Reader
	out   io.Writer
	mail  Received // the one under way
	login *login   // nil: not needed, or done
	used  bool     // a mail has been transferred
}

// failing returns the answer of a fault to a command, and whether there is one.
func (c *conversation) failing(command string) (answer string, yes bool, healed chan struct{}) {
	c.mu.Lock()
	defer c.mu.Unlock()
	f := c.fails
	if f == nil || f.command != command || f.used && !c.used {
		return "", false, c.healed
	}
	return f.answer, strings.Contains(strings.Join(c.mail.Recipients, " "), f.recipient), c.healed
}

// say answers a command. false ends the conversation.
func (c *conversation) say(command, usual string) bool {
	answer, failing, healed := c.failing(command)
	if !failing {
		answer = usual
	}
	if answer == Silence {
		select {
		case c.Held <- struct{}{}:
		default:
		}
		<-healed
	}
	if answer == "" || answer == Silence {
		return false
	}
	_, err := io.WriteString(c.out, answer+"\r\n")
	return err == nil
}

func (c *conversation) answer(line string) (ok bool) {
	words := strings.Fields(line + " x")
	command := strings.ToUpper(words[0])
	switch command {
	case "EHLO":
		c.mail.Hello = words[1]
		if c.login != nil {
			return c.say(command, "250-scripted\r\n250 AUTH "+c.login.mechanism)
		}
	case "AUTH":
		return c.admit(words)
	case "MAIL":
		if c.login != nil {
			return c.say(command, "530 5.7.0 Authentication required")
		}
	case "RSET":
		c.mail.Recipients = nil
	case "RCPT":
		c.mail.Recipients = append(c.mail.Recipients, line)
	case "DATA":
		return c.say(command, "354 go on") && c.take()
	case "QUIT":
		c.say(command, "221 bye")
		return false
	}
	return c.say(command, "250 ok")
}

// admit checks a login (RFC 4954; LOGIN asks for name and password in turn).
func (c *conversation) admit(words []string) bool {
	if c.login == nil || words[1] != c.login.mechanism {
		return c.say("AUTH", "504 unknown")
	}
	shown, wanted := "", c.login.user+c.login.password
	if c.login.mechanism == "PLAIN" {
		text, _ := base64.StdEncoding.DecodeString(words[2])
		shown, wanted = string(text), "\x00"+c.login.user+"\x00"+c.login.password
	}
	for _, question := range []string{"Username:", "Password:"} {
		if c.login.mechanism == "PLAIN" {
			break
		}
		io.WriteString(c.out, "334 "+base64.StdEncoding.EncodeToString([]byte(question))+"\r\n")
		line, err := c.in.ReadString('\n')
		if err != nil {
			return false
		}
		text, _ := base64.StdEncoding.DecodeString(strings.TrimSpace(line))
		shown += string(text)
	}
	if shown != wanted {
		return c.say("AUTH", "535 5.7.8 wrong")
	}
	c.login = nil
	return c.say("AUTH", "235 welcome")
}

// take reads the content of a mail and keeps it.
func (c *conversation) take() bool {
	var text strings.Builder
	for {
		line, err := c.in.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		text.WriteString(strings.TrimPrefix(line, "."))
	}
	r := c.mail
	r.Text = text.String()
	r.Message, _ = mail.ReadMessage(strings.NewReader(r.Text))
	// A server that closes the connection has the mail.
	if answer, failing, _ := c.failing("taken"); !failing || answer == "" {
		c.keep(r)
	}
	c.used = true
	return c.say("taken", "250 taken")
}

func (c *conversation) keep(r Received) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.got = append(c.got, r)
	select {
	case c.Mails <- r:
	default:
	}
}
