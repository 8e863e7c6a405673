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

// atTerminal lets the person at the terminal answer. It returns an error where a program or a file is the input.
func atTerminal(ctx context.Context, ask func(*person)) error {
	if !term.IsTerminal(int(os.Stdin.Fd())) {
		return fmt.Errorf("an argument is missing, and no terminal is there to ask: %w", errUsage)
	}
	defer context.AfterFunc(ctx, func() { os.Exit(1) })() // because Ctrl-C does not end a read
	p := &person{in: bufio.NewReader(os.Stdin), out: os.Stderr}
	ask(p)
	return p.err
}

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
