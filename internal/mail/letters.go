package mail

import (
	"context"
	"fmt"
	"html"
	"strconv"
	"strings"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/useragent"
)

// parts are what a mail says. Its HTML and its plain text are two drawings of them.
type parts struct {
	App, Name     string
	Subject, Text sentence
	Action, URL   string // "" without a link
	Validity      string // how long the link works; "" if it is an ordinary page
	Facts         []fact // of a warning: when something was done, and from where
	Reason        sentence
}

// fact is a line of a warning.
type fact struct{ Name, Value string }

// sentence is a text in runs.
type sentence []run

// run is a piece of a text. A value is what people chose, or the name of the app: HTML isolates it, so that a name
// that is written from right to left does not turn the words around it.
type run struct {
	text  string
	value bool
}

func (s sentence) String() string {
	var b strings.Builder
	for _, r := range s {
		b.WriteString(r.text)
	}
	return b.String()
}

// fill replaces each {name} in a text of this program by its value.
func fill(text string, values map[string]string) (s sentence) {
	for {
		before, rest, found := strings.Cut(text, "{")
		s = append(s, run{text: before})
		if !found {
			return s
		}
		name, after, _ := strings.Cut(rest, "}")
		s = append(s, run{values[name], true})
		text = after
	}
}

// compose makes the mail for an auth.Mail that is written now.
func compose(ctx context.Context, app string, m auth.Mail, now time.Time) (*Mail, error) {
	c, ok := letters[m.Purpose]
	if !ok {
		return nil, fmt.Errorf("mail: no text for %q", m.Purpose)
	}
	values := map[string]string{"app": app, "new": m.NewEmail, "about": m.About}
	values["code"] = m.Code // part:magiclink
	p := parts{
		App: app, Name: m.Name,
		Subject: fill(c.subject, values), Text: fill(c.text, values), Reason: fill(c.reason, values),
	}
	if m.URL != "" && c.action != "" {
		p.Action, p.URL = c.action, m.URL
		if m.Life > 0 {
			p.Validity = "The link works once, for " + span(m.Life) + "."
		}
	}
	if c.warns {
		p.Facts = facts(m, now)
	}
	var b strings.Builder
	if err := document(p).Render(ctx, &b); err != nil {
		return nil, err
	}
	return &Mail{Recipient: m.To, Subject: p.Subject.String(), Text: p.plain(), HTML: b.String()}, nil
}

// facts says when a warning is written and from which browser it was caused, as far as the reader may know.
func facts(m auth.Mail, now time.Time) []fact {
	list := []fact{{"When", now.UTC().Format("2 Jan 2006, 15:04 UTC")}}
	if m.Agent != "" || m.IP != "" {
		list = append(list, fact{"Browser", useragent.Name(m.Agent)})
	}
	if m.IP != "" {
		list = append(list, fact{"IP address", m.IP})
	}
	return list
}

// span says a duration in the largest unit that measures it.
func span(d time.Duration) string {
	n, unit := max(int(d/time.Minute), 1), "minute"
	switch {
	case d >= day && d%day == 0:
		n, unit = int(d/day), "day"
	case d >= time.Hour && d%time.Hour == 0:
		n, unit = int(d/time.Hour), "hour"
	}
	if n != 1 {
		unit += "s"
	}
	return strconv.Itoa(n) + " " + unit
}

const day = 24 * time.Hour

// plain is the mail as plain text.
func (p parts) plain() string {
	var b strings.Builder
	b.WriteString(greeting(p.Name) + "\n\n" + p.Text.String() + "\n\n")
	if p.Action != "" {
		b.WriteString(p.Action + ":\n" + p.URL + "\n\n")
	}
	if p.Validity != "" {
		b.WriteString(p.Validity + "\n\n")
	}
	for _, f := range p.Facts {
		b.WriteString(f.Name + ": " + f.Value + "\n")
	}
	if len(p.Facts) > 0 {
		b.WriteString("\n")
	}
	b.WriteString("-- \n" + p.App + "\n" + p.Reason.String() + "\n")
	return b.String()
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

// darkQuery is the condition of the dark styles of a mail.
const darkQuery = "(prefers-color-scheme: dark)"

// Preview returns the mail as an HTML document in one theme, whatever theme the system has.
func (m *Mail) Preview(dark bool) string {
	condition := "not all"
	if dark {
		condition = "all"
	}
	return strings.Replace(m.Page(), darkQuery, condition, 1)
}

// Page returns the mail as an HTML document. Rows of older versions have only its body.
func (m *Mail) Page() string {
	if strings.HasPrefix(m.HTML, "<!doctype html>") {
		return m.HTML
	}
	return `<!doctype html><html lang="en"><head><meta charset="utf-8">` +
		`<meta name="viewport" content="width=device-width"><title>` + html.EscapeString(m.Subject) +
		`</title></head><body>` + m.HTML + `</body></html>`
}
