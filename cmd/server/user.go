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

// parseUserCreate reads <email> [--admin], in either order.
func parseUserCreate(args []string) (email string, admin, ok bool) {
	flags := flag.NewFlagSet("user create", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	flags.BoolVar(&admin, "admin", false, "give the role admin")
	err := flags.Parse(args)
	if email = flags.Arg(0); err == nil && email != "" {
		err = flags.Parse(flags.Args()[1:])
	}
	return email, admin, err == nil && email != "" && flags.NArg() == 0
}

// createUser makes a user from the command line.
func (a *app) createUser(ctx context.Context, email string, admin bool) error {
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
	in := auth.NewUser{Name: name, Email: email, Password: password, Verified: true}
	if admin {
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
