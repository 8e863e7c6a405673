package mail_test

import (
	"html"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/letter"
	"example.com/foyer/internal/mail"
)

// purposes are all mails.
var purposes = []letter.Purpose{
	letter.VerifyEmail, letter.ResetPassword, letter.SetPassword, letter.ConfirmEmailChange, letter.ChangeEmail,
	letter.PasswordChanged, letter.EmailChanged, letter.NewDevice, letter.AccountDeleted, letter.ExistingAccount,
	letter.EmailMoved, letter.AdminMade, letter.EmailChangeAsked,
	letter.DeleteAccount,                                               // part:betterauth
	letter.MagicLink,                                                   // part:magiclink
	letter.PasskeyAdded, letter.PasskeyRemoved, letter.PasskeysRemoved, // part:passkey
	// part:twofactor
	letter.TwoFactorEnabled, letter.TwoFactorDisabled, letter.FactorRemoved, letter.FactorLocked, letter.DeviceTrusted,
	letter.RecoveryCodesEnded, letter.RecoveryCodesMade, letter.RecoveryCodeUsed,
	// end:twofactor
}

// linkless are the mails without a link.
var linkless = []letter.Purpose{letter.AccountDeleted, letter.AdminMade, letter.EmailMoved}

// warnings say when and from where something was done.
var warnings = []letter.Purpose{
	letter.ConfirmEmailChange, letter.PasswordChanged, letter.EmailChanged, letter.EmailChangeAsked, letter.NewDevice,
	letter.AccountDeleted, letter.EmailMoved, letter.AdminMade,
	letter.DeleteAccount,                                               // part:betterauth
	letter.PasskeyAdded, letter.PasskeyRemoved, letter.PasskeysRemoved, // part:passkey
	// part:twofactor
	letter.TwoFactorEnabled, letter.TwoFactorDisabled, letter.FactorRemoved, letter.FactorLocked, letter.DeviceTrusted,
	letter.RecoveryCodesEnded, letter.RecoveryCodesMade, letter.RecoveryCodeUsed,
	// end:twofactor
}

var written = time.Date(2026, time.November, 26, 15, 13, 0, 0, time.FixedZone("CET", 3600))

const firefox = "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"

func compose(t *testing.T, m auth.Mail) *mail.Mail {
	t.Helper()
	got, err := mail.Compose(t.Context(), "Quill", m, written)
	if err != nil {
		t.Fatal(err)
	}
	return got
}

// words is HTML without its tags, as a reader sees it.
func words(page string) string {
	_, page, _ = strings.Cut(page, "<body")
	var b strings.Builder
	for page != "" {
		before, rest, _ := strings.Cut(page, "<")
		_, page, _ = strings.Cut(rest, ">")
		b.WriteString(before)
	}
	return html.UnescapeString(b.String())
}

// TestEveryMail: HTML and plain text of every mail say the same; it has a button only with a link, says how long that
// works, why it is sent and, if it is a warning, when and from where something was done.
func TestEveryMail(t *testing.T) {
	t.Parallel()
	full := auth.Mail{
		To: "ada@example.com", Name: "Ada <script>x</script>", URL: secret, Life: 30 * time.Minute,
		NewEmail: "new@example.com", About: "eve@example.com", Agent: firefox, IP: "2001:db8::9",
	}
	full.Code = "314159" // part:magiclink
	for _, purpose := range purposes {
		t.Run(string(purpose), func(t *testing.T) {
			m := full
			m.Purpose = purpose
			got := compose(t, m)
			linked := !slices.Contains(linkless, purpose)
			warns := slices.Contains(warnings, purpose)
			for text, want := range map[string]bool{
				secret: linked, "The link works once, for 30 minutes.": linked,
				"When: 26 Nov 2026, 14:13 UTC": warns, "Browser: Firefox on Linux": warns, "IP address: 2001:db8::9": warns,
				"You get this": true, "Hello Ada <script>x</script>,": true,
			} {
				plain, seen := strings.Contains(got.Text, text), strings.Contains(words(got.HTML), text)
				if plain != want || seen != want {
					t.Errorf("%q: in the text %v, in the HTML %v, want %v", text, plain, seen, want)
				}
			}
			if button := strings.Contains(got.HTML, `class="button"`); button != linked {
				t.Errorf("button %v, want %v", button, linked)
			}
			if linked && got.Link() != secret {
				t.Errorf("the link is %q", got.Link())
			}
			for _, bad := range []string{"<script", "{app}", "{new}", "{about}", "<img", "url(", "<bdi></bdi>"} {
				if strings.Contains(got.HTML, bad) {
					t.Errorf("%s in %s", bad, got.HTML)
				}
			}
			if got.Page() != got.HTML || !strings.HasPrefix(got.HTML, `<!doctype html><html lang="en" dir="ltr">`) ||
				!strings.Contains(got.HTML, "<title>"+got.Subject+"</title>") {
				t.Errorf("no document: %s", got.HTML)
			}

			m.URL, m.Life, m.Agent, m.IP = "", 0, "", ""
			bare := compose(t, m)
			for _, text := range []string{"The link works", `class="button"`, "Browser:", "IP address"} {
				if strings.Contains(bare.Text+bare.HTML, text) {
					t.Errorf("%q without a link and a browser: %s", text, bare.Text)
				}
			}
		})
	}
}

// TestReasonsAreTrue: a mail that has several causes names none of them as its reason, and asks for no act that only
// one of them had begun. Strangers, admins and the app itself send it.
func TestReasonsAreTrue(t *testing.T) {
	t.Parallel()
	for purpose, causes := range map[letter.Purpose][]string{
		letter.ResetPassword: {"to ask for a new password", "to sign up", "this address was used"},
		letter.VerifyEmail:   {"was used to sign up", "finish your sign-up"},
		letter.SetPassword:   {"made an account", "was made for you"},
	} {
		got := compose(t, auth.Mail{To: "ada@example.com", Purpose: purpose, URL: secret, Life: time.Hour})
		for _, cause := range causes {
			if strings.Contains(got.Text, cause) {
				t.Errorf("%s says that %q: %s", purpose, cause, got.Text)
			}
		}
	}
}

// TestValidity: the life of a link is said in the largest unit that measures it; a link without a secret has none.
func TestValidity(t *testing.T) {
	t.Parallel()
	for life, want := range map[time.Duration]string{
		30 * time.Minute: "30 minutes", time.Hour: "1 hour", 90 * time.Minute: "90 minutes", 24 * time.Hour: "1 day",
		7 * 24 * time.Hour: "7 days", 36 * time.Hour: "36 hours", time.Minute: "1 minute", time.Second: "1 minute",
	} {
		got := compose(t, auth.Mail{To: "ada@example.com", Purpose: letter.ResetPassword, URL: secret, Life: life})
		if !strings.Contains(got.Text, "works once, for "+want+".") {
			t.Errorf("%v: want %s in %s", life, want, got.Text)
		}
	}
	got := compose(t, auth.Mail{To: "ada@example.com", Purpose: letter.NewDevice, URL: "https://app.example/forgot-password"})
	if strings.Contains(got.Text, "works once") {
		t.Errorf("an ordinary page runs out: %s", got.Text)
	}
}

// TestPreview: a preview has one theme, whatever the system has; a mail of an older version is a document too.
func TestPreview(t *testing.T) {
	t.Parallel()
	m := compose(t, auth.Mail{To: "ada@example.com", Purpose: letter.ResetPassword, URL: secret})
	const query = "@media (prefers-color-scheme: dark)"
	if !strings.Contains(m.Page(), query) || !strings.Contains(m.Preview(true), "@media all {") ||
		!strings.Contains(m.Preview(false), "@media not all {") || strings.Contains(m.Preview(true), query) {
		t.Errorf("light: %s\ndark: %s", m.Preview(false), m.Preview(true))
	}
	old := mail.Mail{Subject: "A & B", HTML: "<p>Hello</p>"}
	if got := old.Page(); !strings.HasPrefix(got, "<!doctype html>") || !strings.HasSuffix(got, "<p>Hello</p></body></html>") ||
		!strings.Contains(got, "<title>A &amp; B</title>") {
		t.Errorf("an old mail: %s", got)
	}
}

// FuzzMail: no name or address becomes markup, and what it says is in both texts.
func FuzzMail(f *testing.F) {
	for _, s := range []string{"Ada", `<script>alert(1)</script>`, `"><img src=x onerror=alert(1)>`, "{app}{new}{", "عبد",
		"</title></style><style>*{display:none}", "@media (prefers-color-scheme: dark)", "&lt;b&gt;"} {
		f.Add(s, s, s, uint8(len(s)))
	}
	f.Fuzz(func(t *testing.T, name, address, agent string, n uint8) {
		purpose := purposes[int(n)%len(purposes)]
		m := auth.Mail{
			To: "ada@example.com", Purpose: purpose, Name: name, NewEmail: address, About: address, Agent: agent, IP: agent,
			URL: secret,
		}
		tame := m
		tame.NewEmail, tame.About, tame.Agent, tame.IP = "x", "x", "x", "x"
		if name != "" {
			tame.Name = "x"
		}
		if agent == "" {
			tame.Agent, tame.IP = "", ""
		}
		got, plain := compose(t, m), compose(t, tame)
		if have, want := strings.Count(got.HTML, "<"), strings.Count(plain.HTML, "<"); have != want {
			t.Errorf("%d tags, want %d: %s", have, want, got.HTML)
		}
		if strings.Count(got.Preview(true), "@media all {") != 1 {
			t.Errorf("no dark theme: %s", got.Preview(true))
		}
		if !strings.Contains(got.Text, name) || got.Link() != secret && plain.Link() == secret && !strings.Contains(name+address, "http") {
			t.Errorf("the text: %s", got.Text)
		}
	})
}
