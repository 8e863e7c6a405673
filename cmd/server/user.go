package main

import (
	"bufio"
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/foyer/internal/auth"
	"golang.org/x/term"
)

// createUser makes a user from the command line: <email> [--admin], in either order.
func (a *app) createUser(ctx context.Context, args []string) error {
	flags := flag.NewFlagSet("user create", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	admin := flags.Bool("admin", false, "give the role admin")
	if err := flags.Parse(args); err != nil {
		return errUsage
	}
	email := flags.Arg(0)
	if flags.NArg() > 1 {
		if err := flags.Parse(flags.Args()[1:]); err != nil || flags.NArg() > 0 {
			return errUsage
		}
	}
	if email == "" {
		return errUsage
	}
	password, err := readPassword(a.stdout, os.Stdin)
	if err != nil {
		return err
	}
	if password == "" {
		return errors.New("no password given on standard input")
	}
	provider, err := a.auth(ctx)
	if err != nil {
		return err
	}
	name, _, _ := strings.Cut(email, "@")
	in := auth.NewUser{Name: name, Email: email, Password: password}
	if *admin {
		in.Role = "admin"
	}
	user, err := provider.CreateUser(ctx, nil, in)
	if err == nil {
		fmt.Fprintf(a.stdout, "created %s with role %s\n", user.Email, user.Role)
	}
	return err
}

// readPassword reads one line; on a terminal it asks for it and shows nothing of what is typed.
func readPassword(stdout io.Writer, stdin *os.File) (string, error) {
	if term.IsTerminal(int(stdin.Fd())) {
		fmt.Fprint(stdout, "Password: ")
		password, err := term.ReadPassword(int(stdin.Fd()))
		fmt.Fprintln(stdout)
		return string(password), err
	}
	line, err := bufio.NewReader(stdin).ReadString('\n')
	if err != nil && !errors.Is(err, io.EOF) {
		return "", err
	}
	return strings.TrimRight(line, "\r\n"), nil
}

func (a *app) promoteUser(ctx context.Context, email string) error {
	provider, err := a.auth(ctx)
	if err != nil {
		return err
	}
	user, err := provider.UserByEmail(ctx, email)
	if err != nil {
		return fmt.Errorf("%s: %w", email, err)
	}
	if user, err = provider.SetRole(ctx, nil, user.ID, "admin"); err == nil {
		fmt.Fprintf(a.stdout, "%s now has role %s\n", user.Email, user.Role)
	}
	return err
}
