package main

import (
	"bufio"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"golang.org/x/term"
)

// A person answers questions. After the first one without an answer, err is set and nothing more is asked.
type person struct {
	in  *bufio.Reader
	out io.Writer // apart from what a verb prints
	err error
}

// terminal is where a person answers, nil where a program or a file is the input.
var terminal = func() io.Reader {
	if term.IsTerminal(int(os.Stdin.Fd())) {
		return os.Stdin
	}
	return nil
}

// atTerminal lets the person at the terminal answer. Without one it returns needs, a sentence about what is missing.
func atTerminal(ctx context.Context, needs string, ask func(*person)) error {
	in := terminal()
	if in == nil {
		return misuse(needs)
	}
	defer context.AfterFunc(ctx, func() { os.Exit(1) })() // because Ctrl-C does not end a read
	p := &person{in: bufio.NewReader(in), out: os.Stderr}
	ask(p)
	return p.err
}

// complete returns the arguments of a verb with the answers to the questions that they leave open, the words of each
// answer as if they were typed behind the verb.
func complete(ctx context.Context, needs string, args []string, questions ...string) ([]string, error) {
	if len(args) >= len(questions) {
		return args, nil
	}
	err := atTerminal(ctx, needs, func(p *person) {
		for _, question := range questions[len(args):] {
			answer := ""
			p.ask(question, &answer, "")
			args = append(args, strings.Fields(answer)...)
		}
	})
	return args, err
}

// misuse is a sentence about what is wrong with a call.
type misuse string

func (m misuse) Error() string { return string(m) }
func (m misuse) Unwrap() error { return errUsage }

// ask fills an answer that is still empty; for an empty line it is the usual one.
func (p *person) ask(question string, answer *string, usual string) {
	if p.err != nil || *answer != "" {
		return
	}
	if usual != "" {
		question += " [" + usual + "]"
	}
	fmt.Fprint(p.out, question+": ")
	line, err := p.in.ReadString('\n')
	if *answer = cmp.Or(strings.TrimSpace(line), usual); err != nil || *answer == "" {
		p.err = errors.New("this question needs an answer")
	}
}
