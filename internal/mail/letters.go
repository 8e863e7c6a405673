package mail

import (
	"context"
	"fmt"
	"html"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
)

// words are what a letter says for a purpose of an auth.Mail. {app} and {new} stand for the app's name and the new address,
// {about} for that of the person it is about; action is what the link does, "" where there is none.
type words struct{ subject, text, action string }

var letters = map[letter.Purpose]words{
	letter.VerifyEmail:        {"Confirm your e-mail address for {app}", "Somebody, most likely you, signed up for {app} with this address. Confirm that it is yours. If it was not you, do nothing.", "Confirm the address"},
	letter.ResetPassword:      {"Choose a new password for {app}", "You can choose a new password. If you did not ask for this, do nothing: your password stays as it is.", "Choose a new password"},
	letter.SetPassword:        {"Your account for {app}", "An account for {app} was made for you. Choose a password to log in.", "Choose a password"},
	letter.ConfirmEmailChange: {"Allow the change of your e-mail address for {app}", "Your account asks to be moved to {new}. Allow it only if that is yours. If you did not ask for it, do nothing, and change your password.", "Allow the change"},
	letter.ChangeEmail:        {"Confirm your new e-mail address for {app}", "An account for {app} is to be moved to this address. Confirm that it is yours. If you did not ask for it, do nothing.", "Confirm the address"},
	letter.DeleteAccount:      {"Delete your account for {app}", "Your account and everything in it is about to be deleted, for good. If you did not ask for it, do nothing, and change your password.", "Delete the account"},
	letter.PasswordChanged:    {"Your password for {app} was changed", "The password of your account was changed. If it was not you, choose a new one at once.", "Choose a new password"},
	letter.EmailChangeAsked:   {"A change of your e-mail address for {app} was asked for", "Somebody who is logged in to your account asked to move it to {new}. If that was you, open the link that was mailed to the new address. If it was not you, stop the change: the browser that asked is logged out. Then choose a new password.", "Stop the change"},
	letter.EmailChanged:       {"Your e-mail address for {app} was changed", "Your account has moved to {new}. If it was not you, undo it within 7 days: every browser is logged out, and you choose a new password.", "Undo the change"},
	letter.NewDevice:          {"A new log-in to {app}", "Somebody logged in to your account from a browser that has not been seen before. If it was not you, choose a new password at once.", "Choose a new password"},
	letter.AccountDeleted:     {"Your account for {app} is deleted", "Your account and everything in it is deleted. There is nothing more to do.", ""},
	letter.AdminMade:          {"{about} is now an admin of {app}", "{about} has become an admin of {app} and can do everything that you can. If you did not expect it, log in, look at that account under Admin, Users, and take the role away.", ""},
	letter.ExistingAccount:    {"You already have an account for {app}", "Somebody, most likely you, tried to sign up for {app} with this address, which has an account already. Log in, or choose a new password if you have forgotten yours. If it was not you, do nothing.", "Log in"},
}

// written is a letter to somebody.
type written struct{ subject, text, html string }

// write fills a letter in. Its HTML carries no styles: it reads well everywhere, and a strict content security policy
// can show it.
func write(ctx context.Context, app string, m auth.Mail) (w written, err error) {
	l, ok := letters[m.Purpose]
	if !ok {
		return w, fmt.Errorf("mail: no letter for %q", m.Purpose)
	}
	if m.URL == "" {
		l.action = ""
	}
	fill := strings.NewReplacer("{app}", app, "{new}", m.NewEmail, "{about}", m.About)
	w.subject = fill.Replace(l.subject)
	p := parts{Name: m.Name, Text: fill.Replace(l.text), Action: l.action, URL: m.URL, App: app}
	w.text = greeting(p.Name) + "\n\n" + p.Text + "\n\n"
	if p.Action != "" {
		w.text += p.Action + ":\n" + p.URL + "\n\n"
	}
	w.text += "-- \n" + app + "\n"
	var b strings.Builder
	err = body(p).Render(ctx, &b)
	w.html = b.String()
	return w, err
}

func greeting(name string) string {
	if name == "" {
		return "Hello,"
	}
	return "Hello " + name + ","
}

// Link is the address in the letter, "" where there is none.
func (m *Mail) Link() string {
	for line := range strings.Lines(m.Text) {
		if line = strings.TrimSpace(line); strings.HasPrefix(line, "https://") || strings.HasPrefix(line, "http://") {
			return line
		}
	}
	return ""
}

// Page is the letter as an HTML document.
func (m *Mail) Page() string {
	return `<!doctype html><html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width"><title>` +
		html.EscapeString(m.Subject) + `</title></head><body>` + m.HTML + `</body></html>`
}
