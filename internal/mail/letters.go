package mail

import (
	"context"
	"fmt"
	"html"
	"strings"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
)

// content is the subject, text and label of the link of a mail. {app} is replaced by the name of the app, {new} by
// auth.Mail.NewEmail and {about} by auth.Mail.About.
type content struct{ subject, text, action string }

var letters = map[letter.Purpose]content{
	letter.VerifyEmail: {
		subject: "Confirm your e-mail address for {app}",
		text: "Somebody, most likely you, signed up for {app} with this address. Confirm that it is yours. If it was not " +
			"you, do nothing.",
		action: "Confirm the address",
	},
	letter.ResetPassword: {
		subject: "Choose a new password for {app}",
		text:    "You can choose a new password. If you did not ask for this, do nothing: your password stays as it is.",
		action:  "Choose a new password",
	},
	letter.SetPassword: {
		subject: "Your account for {app}",
		text:    "An account for {app} was made for you. Choose a password to log in.",
		action:  "Choose a password",
	},
	letter.ConfirmEmailChange: {
		subject: "Allow the change of your e-mail address for {app}",
		text: "Your account asks to be moved to {new}. Allow it only if that is yours. If you did not ask for it, do " +
			"nothing, and change your password.",
		action: "Allow the change",
	},
	letter.ChangeEmail: {
		subject: "Confirm your new e-mail address for {app}",
		text: "An account for {app} is to be moved to this address. Confirm that it is yours. If you did not ask for it, " +
			"do nothing.",
		action: "Confirm the address",
	},
	// part:betterauth
	letter.DeleteAccount: {
		subject: "Delete your account for {app}",
		text: "Your account and everything in it is about to be deleted, for good. If you did not ask for it, do nothing," +
			" and change your password.",
		action: "Delete the account",
	},
	// end:betterauth
	letter.PasswordChanged: {
		subject: "Your password for {app} was changed",
		text:    "The password of your account was changed. If it was not you, choose a new one at once.",
		action:  "Choose a new password",
	},
	letter.EmailChangeAsked: {
		subject: "A change of your e-mail address for {app} was asked for",
		text: "Somebody who is logged in to your account asked to move it to {new}. If that was you, open the link that " +
			"was mailed to the new address. If it was not you, stop the change: the browser that asked is logged out. " +
			"Then choose a new password.",
		action: "Stop the change",
	},
	letter.EmailChanged: {
		subject: "Your e-mail address for {app} was changed",
		text: "Your account has moved to {new}. If it was not you, undo it within 7 days: every browser is logged out, " +
			"and you choose a new password.",
		action: "Undo the change",
	},
	letter.NewDevice: {
		subject: "A new log-in to {app}",
		text: "Somebody logged in to your account from a browser that has not been seen before. If it was not you, choose" +
			" a new password at once.",
		action: "Choose a new password",
	},
	letter.AccountDeleted: {
		subject: "Your account for {app} is deleted",
		text:    "Your account and everything in it is deleted. There is nothing more to do.",
	},
	letter.AdminMade: {
		subject: "{about} is now an admin of {app}",
		text: "{about} has become an admin of {app} and can do everything that you can. If you did not expect it, log in," +
			" look at that account under Admin, Users, and take the role away.",
	},
	letter.ExistingAccount: {
		subject: "You already have an account for {app}",
		text: "Somebody, most likely you, tried to sign up for {app} with this address, which has an account already. Log" +
			" in, or choose a new password if you have forgotten yours. If it was not you, do nothing.",
		action: "Log in",
	},
}

// compose makes the mail for an auth.Mail. Its HTML has no styles, so that every mail program and a strict content
// security policy can show it.
func compose(ctx context.Context, app string, m auth.Mail) (*Mail, error) {
	c, ok := letters[m.Purpose]
	if !ok {
		return nil, fmt.Errorf("mail: no text for %q", m.Purpose)
	}
	if m.URL == "" {
		c.action = ""
	}
	fill := strings.NewReplacer("{app}", app, "{new}", m.NewEmail, "{about}", m.About)
	p := parts{Name: m.Name, Text: fill.Replace(c.text), Action: c.action, URL: m.URL, App: app}
	text := greeting(p.Name) + "\n\n" + p.Text + "\n\n"
	if p.Action != "" {
		text += p.Action + ":\n" + p.URL + "\n\n"
	}
	text += "-- \n" + app + "\n"
	var b strings.Builder
	if err := body(p).Render(ctx, &b); err != nil {
		return nil, err
	}
	return &Mail{Recipient: m.To, Subject: fill.Replace(c.subject), Text: text, HTML: b.String()}, nil
}

func greeting(name string) string {
	if name == "" {
		return "Hello,"
	}
	return "Hello " + name + ","
}

// Link returns the first address in Text, "" if there is none.
func (m *Mail) Link() string {
	for line := range strings.Lines(m.Text) {
		line = strings.TrimSpace(line)
		if strings.HasPrefix(line, "https://") || strings.HasPrefix(line, "http://") {
			return line
		}
	}
	return ""
}

// Source returns the mail as plain text with its headers.
func (m *Mail) Source() string {
	return "To: " + m.Recipient + "\nSubject: " + m.Subject + "\nDate: " + m.CreatedAt.Format(time.RFC1123Z) + "\n\n" +
		m.Text
}

// Page returns the mail as an HTML document.
func (m *Mail) Page() string {
	return `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
		`<meta name="viewport" content="width=device-width"><title>` + html.EscapeString(m.Subject) +
		`</title></head><body>` + m.HTML + `</body></html>`
}
