package auth

import (
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth/password"
	"example.com/foyer/internal/payload"
)

// TestDocSaysTheFigures: the figures in the package comment are those of the code.
func TestDocSaysTheFigures(t *testing.T) {
	text, err := os.ReadFile("doc.go")
	if err != nil {
		t.Fatal(err)
	}
	text = regexp.MustCompile(`(?m)^//| // part:.*$`).ReplaceAll(text, nil)
	doc := strings.Join(strings.Fields(string(text)), " ")
	const day, week = 24 * time.Hour, 7 * 24 * time.Hour
	o := Options{}.withDefaults()
	name := func(n int) bool { return checkName(strings.Repeat("x", n)) == nil }
	address := func(local, all int) bool {
		domain := strings.Repeat("x", all-local-len("@.com")) + ".com"
		_, ok := normalEmail(strings.Repeat("x", local) + "@" + domain)
		return ok
	}
	typed := func(n int) bool { _, err := password.Normal(strings.Repeat("x", n)); return err == nil }
	for says, holds := range map[string]bool{
		"A session lives 7 days.": o.ExpiresIn == week,
		"Using it after 24 hours extends it, up to 30 days from sign-in.": o.UpdateAge == day && o.MaxAge == 30*day,
		`Without "remember me" it lives 24 hours`:                         o.BriefExpiresIn == day,
		"links live 30 minutes (reset)":                                   o.ResetTokenTTL == 30*time.Minute,
		"an hour (verification, change of e-mail)":                        o.VerifyTokenTTL == time.Hour,
		"a week (undoing a change of e-mail, invitation)":                 o.UndoTokenTTL == week && o.InviteTokenTTL == week,
		"A link that deletes an account lives a day.":                     o.DeleteTokenTTL == day, // part:betterauth
		"A user has at most 100 sessions":                                 maxSessions == 100,
		"for 5 minutes at most (cache.go)":                                o.CacheMaxAge == 5*time.Minute,
		"for an hour: the account that this browser signed up":            pendingLife == time.Hour,
		"for 180 days: the users who have signed in on this device":       deviceLife == 180*day,
		"The purge deletes it after a week":                               pendingAccountLife == week,
		"at most 254 bytes and 64 before the @":                           address(64, 254) && !address(65, 254) && !address(64, 255),
		"Name: 1 to 200 characters":                                       name(1) && name(200) && !name(0) && !name(201),
		"Password: 8 to 128 code points":                                  password.MinLength == 8 && typed(128) && !typed(129),
		"an https address of at most 2,048 bytes": imageAddress("https://"+strings.Repeat("x", 2040), false) &&
			!imageAddress("https://"+strings.Repeat("x", 2041), false),
		"Reason of a ban: at most 200 characters":                                        maxReason == 200,
		"A request body: 64 KiB":                                                         payload.MaxSize == 64<<10,
		"A proof, by both factors where a user has two, counts for 10 minutes":           o.ReauthAge == 10*time.Minute,
		"drop the old one after 30 days, when the last session that it signed has ended": o.MaxAge == 30*day,
		"argon2id (19 MiB": o.HashMemory == 19<<10,
	} {
		if !strings.Contains(doc, says) || !holds {
			t.Errorf("doc.go says %q: %v; that holds: %v", says, strings.Contains(doc, says), holds)
		}
	}
}
