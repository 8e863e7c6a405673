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

// parseUserCreate reads <email> [--admin] [--invite], in any order.
func parseUserCreate(args []string) (in auth.NewUser, ok bool) {
	flags := flag.NewFlagSet("user create", flag.ContinueOnError)
	flags.SetOutput(io.Discard)
	admin := flags.Bool("admin", false, "give the role admin")
	flags.BoolVar(&in.Invite, "invite", false, "mail a link to choose the password")
	err := flags.Parse(args)
	if in.Email = flags.Arg(0); err == nil && in.Email != "" {
		err = flags.Parse(flags.Args()[1:])
	}
	if *admin {
		in.Role = "admin"
	}
	in.Name, _, _ = strings.Cut(in.Email, "@")
	return in, err == nil && in.Email != "" && flags.NArg() == 0
}

// createUser makes a user from the command line.
func (a *app) createUser(ctx context.Context, in auth.NewUser) error {
	if !in.Invite {
		password, err := readPassword(a.stdout, os.Stdin)
		if err != nil {
			return err
		}
		if password == "" {
			return errors.New("no password given on standard input")
		}
		in.Password, in.Verified = password, true
	} else if !a.Development && a.mails.Sender == nil {
		return errors.New("no mail is sent: set SMTP_URL and MAIL_FROM, or give a password")
	}
	provider, err := a.auth(ctx)
	if err != nil {
		return err
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
