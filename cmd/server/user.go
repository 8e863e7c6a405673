package main

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"example.com/foyer/internal/auth"
	"golang.org/x/term"
	"gorm.io/gorm"
)

// parseNewUser reads <email> [--admin] [--invite], in any order.
func parseNewUser(args []string) (in auth.NewUser, ok bool) {
	for _, arg := range args {
		switch {
		case arg == "--admin":
			in.Role = "admin"
		case arg == "--invite":
			in.Invite = true
		case in.Email != "" || strings.HasPrefix(arg, "-"):
			return in, false
		default:
			in.Email = arg
		}
	}
	in.Name, _, _ = strings.Cut(in.Email, "@")
	return in, in.Email != ""
}

func (a *app) createUser(ctx context.Context, args []string) error {
	in, ok := parseNewUser(args)
	if !ok {
		return errUsage
	}
	if err := a.prepare(ctx); err != nil {
		return err
	}
	if in.Invite && a.options.Mailer == nil {
		return errors.New("no mail is sent: set SMTP_URL and MAIL_FROM, or leave out --invite and give a password")
	}
	if !in.Invite {
		password, err := readPassword(a.stdout, os.Stdin)
		if err != nil {
			return err
		}
		if password == "" {
			return errors.New("no password given on standard input")
		}
		in.Password, in.Verified = password, true
	}
	user, err := a.auth.CreateUser(ctx, nil, in)
	if err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "created %s with role %s\n", user.Email, user.Role)
	return nil
}

// readPassword reads one line. On a terminal it asks for the line and does not show what is typed.
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

func (a *app) promoteUser(ctx context.Context, args []string) error {
	if err := a.prepare(ctx); err != nil {
		return err
	}
	user, err := a.auth.UserByEmail(ctx, args[0])
	if errors.Is(err, gorm.ErrRecordNotFound) {
		return fmt.Errorf("no user has the address %s", args[0])
	}
	if err != nil {
		return err
	}
	roles := "admin"
	if len(args) > 1 {
		roles = args[1]
	}
	if user, err = a.auth.SetRole(ctx, nil, user.ID, roles); err != nil {
		return err
	}
	fmt.Fprintf(a.stdout, "%s now has role %s\n", user.Email, user.Role)
	return nil
}
