package web_test

import (
	"bytes"
	"compress/gzip"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/internal/errs"
	"example.com/foyer/internal/text"
	"example.com/foyer/web"
)

// TestFormMistakes: 422 with the same form, the mistake beside its field, the password emptied, the rest kept;
// a page to a browser, a fragment with a title to htmx.
func TestFormMistakes(t *testing.T) {
	t.Parallel()
	s := newSiteWith(t, dbtest.Open(t, dbtest.SQLite(t)), auth.Options{AppName: "Quill"})
	s.person(t, "taken@example.com")
	entry := func(name, email, password string) url.Values {
		return url.Values{"name": {name}, "email": {email}, "password": {password}, "returnTo": {"/dashboard?tab=2"}}
	}
	cases := []struct {
		name, path string
		form       url.Values
		want       []string // in the form that comes back
	}{
		{"login, nothing typed", "/login", url.Values{},
			[]string{`id="email-error">Enter an e-mail address`, `href="#email"`, `aria-describedby="email-error"`}},
		{"login, no address", "/login", entry("", "ada", "zebra-77"),
			[]string{`id="email-error">Enter an e-mail address`, `value="ada"`}},
		{"login, wrong password", "/login", entry("", "taken@example.com", "zebra-77"),
			[]string{"That address and password do not belong together.", `value="taken@example.com"`}},
		{"login, very long password", "/login", entry("", "taken@example.com", strings.Repeat("zebra", 200)),
			[]string{`id="password-error">Use at most 128 characters.`}},
		{"sign-up, nothing typed", "/signup", url.Values{},
			[]string{`id="name-error">Enter a name`, `id="email-error">Enter an e-mail`, `id="password-error">Use at least 8`,
				`aria-describedby="password-error password-hint"`}},
		{"sign-up, short password", "/signup", entry("Ada", "new@example.com", "zebra-7"),
			[]string{`id="password-error">Use at least 8`, `value="Ada"`, `value="new@example.com"`}},
		{"sign-up, common password", "/signup", entry("Ada", "new@example.com", "password1"),
			[]string{`id="password-error">This password is one of`}},
		{"sign-up, the app's name", "/signup", entry("Ada", "new@example.com", "zebraQUILLzebra"),
			[]string{`id="password-error">Leave your address`}},
		{"sign-up, address taken", "/signup", entry("Ada", "Taken@Example.com", "zebra-zebra"),
			[]string{`id="email-error">There is already an account`, `value="Ada"`}},
		{"sign-up, control character in the name", "/signup", entry("Ada\x1b[31m", "new@example.com", "zebra-zebra"),
			[]string{`id="name-error">The name holds characters`}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			browser := s.stranger(t)
			page := browser.PostForm(c.path, c.form)
			expect(t, page, 422, "Content-Type", "text/html; charset=utf-8", "Cache-Control", "private, no-cache", "Set-Cookie",
				"", "Content-Security-Policy", csp)
			contains(t, page, "<!doctype html>", "<title>Error: ", "There is a problem",
				`name="password" type="password" value=""`)
			fragment := browser.PostForm(c.path, c.form, s.htmx(c.path)...)
			expect(t, fragment, 422)
			contains(t, fragment, "<title>Error: ", "There is a problem", `name="password" type="password" value=""`,
				`hx-post="`+c.path+`"`)
			lacks(t, fragment, "<html", "<head", "<body", "stylesheet")
			whole := browser.PostForm(c.path, c.form, append(s.htmx(c.path), "HX-Request-Type", "full")...)
			contains(t, whole, "<!doctype html>")
			for _, got := range []authtest.Answer{page, fragment} {
				contains(t, got, c.want...)
				lacks(t, got, "zebra")
				if to := c.form.Get("returnTo"); to != "" {
					contains(t, got, `name="returnTo" value="`+to+`"`)
				}
				if !slices.Contains(got.Header.Values("Vary"), "HX-Request-Type") {
					t.Errorf("Vary %q: a cache could serve the fragment as the page", got.Header.Values("Vary"))
				}
			}
			if n := len(browser.Cookies()); n != 0 {
				t.Errorf("%d cookies set by a form that failed", n)
			}
		})
	}
}

func TestFormSuccessByHTMX(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	form := url.Values{"name": {"Ada"}, "email": {"ada@example.com"}, "password": {"a long enough one"},
		"returnTo": {"/dashboard?tab=2"}}
	for _, path := range []string{"/signup", "/login"} {
		browser := s.stranger(t)
		got := browser.PostForm(path, form, s.htmx(path)...)
		expect(t, got, 204, "HX-Redirect", "/dashboard?tab=2", "Location", "")
		expect(t, browser.Get("/dashboard", navigate...), 200)
		if got.Text != "" {
			t.Errorf("%s: a body of %d bytes would be swapped into the form", path, len(got.Text))
		}
	}
}

// TestHostileForms: bodies that no browser sends are refused before anything acts on them.
func TestHostileForms(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person(t, "user@example.com")
	good := credentials("user@example.com", authtest.Password).Encode()
	var packed bytes.Buffer
	w := gzip.NewWriter(&packed)
	w.Write([]byte(good))
	w.Close()
	const form = "application/x-www-form-urlencoded"
	cases := []struct {
		name, media, body string
		header            []string
		status            int
	}{
		{"as a browser sends it", form, good, nil, 303},
		{"with a charset", form + "; charset=UTF-8", good, nil, 303},
		{"JSON", "application/json", `{"email":"user@example.com","password":"` + authtest.Password + `"}`, nil, 415},
		{"text", "text/plain", good, nil, 415},
		{"XML", "application/xml", "<login/>", nil, 415},
		{"multipart", "multipart/form-data; boundary=x",
			"--x\r\nContent-Disposition: form-data; name=\"email\"\r\n\r\nuser@example.com\r\n--x--\r\n", nil, 415},
		{"no media type", "", good, nil, 415},
		{"broken media type", "application/x-www-form-urlencoded; =", good, nil, 415},
		{"two media types", form + ", application/json", good, nil, 415},
		{"compressed", form, packed.String(), []string{"Content-Encoding", "gzip"}, 415},
		{"claims to be plain", form, good, []string{"Content-Encoding", "identity"}, 415},
		{"too large", form, "email=" + strings.Repeat("x", 512<<10), nil, 413},
		{"100,000 fields", form, strings.Repeat("a&", 100_000), nil, 400}, // net/url takes 10,000
		{"bad escape", form, "email=%zz", nil, 400},
		{"semicolons", form, "email=user@example.com;password=x", nil, 400},
		{"invalid UTF-8 value", form, "email=%ff%fe", nil, 400},
		{"invalid UTF-8 key", form, "%ff=1&email=user@example.com", nil, 400},
		{"null byte", form, "email=user%00@example.com&password=x", nil, 422},
		{"nothing", form, "", nil, 422},
		{"too many fields of one name: the first counts", form, good + "&email=other@example.com&password=x", nil, 303},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			browser := s.stranger(t)
			got := browser.Do("POST", "/login", c.body, append([]string{"Content-Type", c.media, "Origin", s.Base},
				c.header...)...)
			expect(t, got, c.status)
			if signedIn := len(browser.Cookies()) > 0; signedIn != (c.status == 303) {
				t.Errorf("signed in: %t", signedIn)
			}
		})
	}
	t.Run("the query never feeds a form", func(t *testing.T) {
		expect(t, s.stranger(t).PostForm("/login?"+good, nil), 422)
	})
}

// TestUnreadableFormOfAnOldSession: a form that cannot be kept for /reauth is refused, and not answered by nothing.
func TestUnreadableFormOfAnOldSession(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, _ := s.person(t, "ada@example.com")
	s.ahead.Add(int64(11 * time.Minute))
	expect(t, ada.PostForm("/settings/email", url.Values{"newEmail": {"b@example.com"}}, navigate...), 303)
	for _, header := range [][]string{navigate, s.htmx("/settings/email")} {
		header = append([]string{"Content-Type", "text/plain", "Origin", s.Base}, header...)
		refused := ada.Do("POST", "/settings/email", "newEmail=b@example.com", header...)
		expect(t, refused, 415)
		contains(t, refused, "Wrong kind of data")
	}
}

// TestLongTexts: a form takes as much as its fields allow, also of letters that are sent as 9 bytes each.
func TestLongTexts(t *testing.T) {
	t.Parallel()
	s, saved := newSite(t), ""
	ada, id := s.person(t, "ada@example.com")
	s.server.PlantNotes(&web.Notes{Owners: map[string]string{"1": id}, Save: func(_, typed string) error {
		saved, _ = text.Lines(typed, 5000)
		return nil
	}})
	form, want := url.Values{}, strings.Repeat("あ", 5000)
	for _, name := range []string{"name", "summary", "lead", "history", "outlook", "risks", "team", "goals", "news", "notes"} {
		form.Set(name, want)
	}
	for _, header := range [][]string{navigate, s.htmx("/planted/1")} {
		saved = ""
		if got := ada.PostForm("/planted/1", form, header...); got.StatusCode >= 400 || saved != want {
			t.Errorf("status %d, %d bytes saved", got.StatusCode, len(saved))
		}
	}
	form.Set("more", strings.Repeat(want, 2))
	refused := ada.PostForm("/planted/1", form, navigate...)
	expect(t, refused, 413)
	contains(t, refused, "The request is larger than 512 KiB.")
}

// TestChanged: a form that comes after another change leads to its page as it is now, because a reload would send the
// form again.
func TestChanged(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	ada, id := s.person(t, "ada@example.com")
	s.server.PlantNotes(&web.Notes{Owners: map[string]string{"1": id}, Save: func(string, string) error {
		return errs.Changed("updated_at")
	}})
	refused := ada.PostForm("/planted/1", url.Values{"name": {"Countess"}}, navigate...)
	expect(t, refused, 422)
	contains(t, refused, `<a href="/settings">This has changed since`, `value="Countess"`)
}

// TestForgedFields: a form reads only its own fields.
func TestForgedFields(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	mallory := s.stranger(t)
	form := url.Values{
		"name": {"Mallory"}, "email": {"mallory@example.com"}, "password": {"a long enough one"},
		"role": {"admin"}, "Role": {"admin"}, "user.role": {"admin"}, "banned": {"false"}, "emailVerified": {"true"},
		"email_verified": {"true"},
		"id":             {"1"}, "image": {"https://evil.example/x.png"}, "userId": {"1"}, "createdAt": {"2000-01-01"},
		"expiresAt": {"2100-01-01"},
	}
	expect(t, mallory.PostForm("/signup?role=admin", form), 303)
	expect(t, mallory.Get("/admin", navigate...), 403)
	user, err := s.auth.UserByEmail(t.Context(), "mallory@example.com")
	if err != nil {
		t.Fatal(err)
	}
	if user.Role != "user" || user.Banned || user.EmailVerified || user.Image != nil || len(user.ID) != 32 ||
		user.CreatedAt.Year() < 2024 {
		t.Errorf("a forged field was taken: %+v", user)
	}
}

// TestRemember: the box left empty makes cookies that end with the browser.
func TestRemember(t *testing.T) {
	t.Parallel()
	s := newSite(t)
	s.person(t, "user@example.com")
	for _, remember := range []bool{true, false} {
		form := credentials("user@example.com", authtest.Password)
		if !remember {
			form.Del("remember")
		}
		set := map[string]bool{}
		for _, c := range s.stranger(t).PostForm("/login", form).Response.Cookies() {
			set[c.Name] = c.MaxAge > 0
			if !c.HttpOnly || c.SameSite == 0 || c.Path != "/" || c.Domain != "" {
				t.Errorf("cookie %s", c)
			}
		}
		if set[web.CookiePrefix+".session_token"] != remember || set[web.CookiePrefix+".session_data"] != remember {
			t.Errorf("remember %t: cookies with a life of their own %v", remember, set)
		}
	}
}
