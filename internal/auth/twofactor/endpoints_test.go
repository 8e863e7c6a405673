package twofactor_test

import (
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/auth/twofactor"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

var paths = []string{
	"enable", "verify-totp", "verify-backup-code", "verify-otp", "generate-backup-codes", "get-totp-uri", "disable",
}

// TestFaultyBodies are refused before anything is asked.
func TestFaultyBodies(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p := r.enrolled("ada@example.com")
	for _, path := range paths {
		field := "password"
		if strings.HasPrefix(path, "verify") {
			field = "code"
		}
		bodies := []string{`{}`}
		for _, v := range []string{`null`, `1`, `true`, `["1"]`, `{"a":"b"}`, `"a\u0000b"`} {
			bodies = append(bodies, `{"`+field+`":`+v+`}`)
		}
		if field == "code" {
			bodies = append(bodies, `{"code":"000000","trustDevice":"yes"}`)
		}
		for _, body := range bodies {
			for _, c := range []*authtest.Client{p.Client, r.browser()} {
				wantRefusal(t, path+" "+body, post(c, "/two-factor/"+path, body), 400, "VALIDATION_ERROR")
			}
		}
		body := map[string]any{field: p.password}
		got := post(p.Client, "/two-factor/"+path, body, "Origin", "https://evil.example")
		wantRefusal(t, path, got, 403, "INVALID_ORIGIN")
		if got := p.Get("/api/auth/two-factor/" + path); got.StatusCode != http.StatusNotFound {
			t.Errorf("GET %s: %d", path, got.StatusCode)
		}
	}
	for _, body := range []string{
		`{"password":"x","method":"sms"}`, `{"password":"x","method":1}`, `{"password":"x","issuer":1}`,
		`{"password":"x","issuer":"` + strings.Repeat("x", 101) + `"}`,
	} {
		wantRefusal(t, body, post(p.Client, "/two-factor/enable", body), 400, "VALIDATION_ERROR")
	}
	if got := post(p.Client, "/two-factor/send-otp", "", "Content-Type", "text/plain"); got.StatusCode != 415 {
		t.Error(got.StatusCode)
	}
}

// state is what a user has: no factor, one that waits for its first code, or one that is on.
var states = map[string]func(r *rig, email string) *person{
	"none":    func(r *rig, email string) *person { return r.signUp(email) },
	"pending": func(r *rig, email string) *person { p := r.signUp(email); p.enable(); return p },
	"on":      func(r *rig, email string) *person { return r.enrolled(email) },
}

// TestAnswers: each endpoint in each state of the factor. A want is the status and either the code of a refusal or the
// fields of an answer.
func TestAnswers(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		n := 0
		for _, row := range []struct{ path, body, none, pending, on string }{
			{"enable", `{"password":"wrong-wrong"}`, "400 INVALID_PASSWORD", "400 INVALID_PASSWORD", "400 INVALID_PASSWORD"},
			{"enable", `{"password":"P"}`, "200 backupCodes method totpURI", "200 backupCodes method totpURI",
				"400 TOTP_ALREADY_ENABLED"},
			{"enable", `{"password":"P","method":"otp"}`, "400 OTP_NOT_CONFIGURED", "400 OTP_NOT_CONFIGURED",
				"400 OTP_NOT_CONFIGURED"},
			{"verify-totp", `{"code":"C"}`, "400 TOTP_NOT_ENABLED", "200 token user", "200 token user"},
			{"verify-totp", `{"code":"abcdef"}`, "400 TOTP_NOT_ENABLED", "401 INVALID_CODE", "401 INVALID_CODE"},
			{"verify-backup-code", `{"code":"R"}`, "400 BACKUP_CODES_NOT_ENABLED", "400 BACKUP_CODES_NOT_ENABLED",
				"200 token user"},
			{"verify-backup-code", `{"code":"aaaaa-aaaaa"}`, "400 BACKUP_CODES_NOT_ENABLED", "400 BACKUP_CODES_NOT_ENABLED",
				"401 INVALID_BACKUP_CODE"},
			{"verify-backup-code", `{"code":"R","disableSession":true}`, "400 BACKUP_CODES_NOT_ENABLED",
				"400 BACKUP_CODES_NOT_ENABLED", "200 token user"},
			{"send-otp", `{}`, "400 OTP_NOT_CONFIGURED", "400 OTP_NOT_CONFIGURED", "400 OTP_NOT_CONFIGURED"},
			{"verify-otp", `{"code":"000000"}`, "400 OTP_NOT_CONFIGURED", "400 OTP_NOT_CONFIGURED", "400 OTP_NOT_CONFIGURED"},
			{"generate-backup-codes", `{"password":"wrong-wrong"}`, "400 INVALID_PASSWORD", "400 INVALID_PASSWORD",
				"400 INVALID_PASSWORD"},
			{"generate-backup-codes", `{"password":"P"}`, "400 TWO_FACTOR_NOT_ENABLED", "400 TWO_FACTOR_NOT_ENABLED",
				"200 backupCodes status"},
			{"get-totp-uri", `{"password":"wrong-wrong"}`, "400 INVALID_PASSWORD", "400 INVALID_PASSWORD",
				"400 INVALID_PASSWORD"},
			{"get-totp-uri", `{"password":"P"}`, "400 TOTP_NOT_ENABLED", "200 totpURI", "400 TOTP_ALREADY_ENABLED"},
			{"disable", `{"password":"wrong-wrong"}`, "400 INVALID_PASSWORD", "400 INVALID_PASSWORD", "400 INVALID_PASSWORD"},
			{"disable", `{"password":"P"}`, "200 status", "200 status", "200 status"},
		} {
			for state, want := range map[string]string{"none": row.none, "pending": row.pending, "on": row.on} {
				n++
				p := states[state](r, fmt.Sprintf("ada%d@example.com", n))
				body := strings.ReplaceAll(row.body, `"P"`, `"`+p.password+`"`)
				if p.uri != "" {
					body = strings.ReplaceAll(strings.ReplaceAll(body, `"C"`, `"`+p.code()+`"`), `"R"`, `"`+p.codes[0]+`"`)
				}
				got := post(p.Client, "/two-factor/"+row.path, body)
				if text := digest(t, got); text != want {
					t.Errorf("%s %s, %s: %s, want %s", row.path, row.body, state, text, want)
				}
				if row.path != "send-otp" && row.path != "verify-otp" && !strings.HasPrefix(row.path, "verify-") {
					got := post(r.browser(), "/two-factor/"+row.path, body)
					wantRefusal(t, row.path+" without a session", got, 401, "UNAUTHORIZED")
				}
			}
		}
	})
}

// digest is the status of an answer with its code or its fields.
func digest(t *testing.T, got authtest.Answer) string {
	v := map[string]any{}
	decode(t, got, &v)
	if code, ok := v["code"]; ok {
		return fmt.Sprint(got.StatusCode, " ", code)
	}
	return fmt.Sprint(got.StatusCode, " ", strings.Join(slices.Sorted(maps.Keys(v)), " "))
}

// TestEnrolment: nothing asks for a code before the first right one; a second try makes another secret; turning on
// renews the session, shows no secret any more, and is told.
func TestEnrolment(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.signUp("ada@example.com")
		p.enable()
		old := *p
		p.enable()
		if p.uri == old.uri || len(p.codes) != 10 || p.codes[0] == old.codes[0] || r.count("recovery_codes") != 10 {
			t.Errorf("the second try: %s, %v", p.uri, p.codes)
		}
		c := r.browser()
		if wantOK(t, signIn(c, p.email, p.password)); who(t, c) != p.email {
			t.Error("a pending factor is asked for")
		}
		wantRefusal(t, "a code of the first try", verify(p.Client, old.code()), 401, "INVALID_CODE")
		if got := wantOK(t, post(p.Client, "/two-factor/get-totp-uri", map[string]any{"password": p.password})); !strings.
			Contains(unescaped(t, got), p.uri) {
			t.Errorf("%s, want %s", got.Text, p.uri)
		}
		before, copied := value(p.Client, tokenCookie), p.Copy()
		mails, events := r.log.length()
		var v struct {
			Token string
			User  struct{ TwoFactorEnabled bool }
		}
		got := wantOK(t, verify(p.Client, p.code()))
		if decode(t, got, &v); !v.User.TwoFactorEnabled || v.Token != p.session(p.Client).ID {
			t.Errorf("%+v", v)
		}
		if value(p.Client, tokenCookie) == before || who(t, copied) != "" || who(t, p.Client) != p.email {
			t.Error("the session is not renewed")
		}
		if sent, heard := r.log.since(mails, events); fmt.Sprint(sent, heard) != "[two_factor_enabled] [two_factor_enabled]" {
			t.Error(sent, heard)
		}
		var u struct {
			User struct{ TwoFactorEnabled bool }
		}
		for _, query := range []string{"", "?disableCookieCache=true"} {
			if decode(t, p.Get("/api/auth/get-session"+query), &u); !u.User.TwoFactorEnabled {
				t.Errorf("get-session%s says off", query)
			}
		}
		state, err := r.factor.State(t.Context(), p.id)
		if want := (twofactor.State{On: true, Since: r.clock.Now(), CodesLeft: 10}); err != nil || state != want {
			t.Errorf("%+v, %v", state, err)
		}
	})
}

func unescaped(t *testing.T, got authtest.Answer) string {
	var v any
	if err := json.Unmarshal([]byte(got.Text), &v); err != nil {
		t.Fatal(err)
	}
	return fmt.Sprint(v)
}

// TestRecoveryCodes are told, by mail and in the trail, when they are used and made anew; the old ones end.
func TestRecoveryCodes(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.enrolled("ada@example.com")
		mails, events := r.log.length()
		wantOK(t, recovery(p.pending(), p.codes[0]))
		if m := r.log.mails[mails]; m.Purpose != "recovery_code_used" || m.About != "9" {
			t.Errorf("%+v", m)
		}
		if e := r.log.events[events+1]; e.Name != "recovery_code_used" || e.Detail != "9" || e.ActorID != p.id {
			t.Errorf("%+v", e)
		}
		mails, events = r.log.length()
		var v struct{ BackupCodes []string }
		decode(t, wantOK(t, post(p.Client, "/two-factor/generate-backup-codes", map[string]any{"password": p.password})), &v)
		sent, heard := r.log.since(mails, events)
		if fmt.Sprint(sent, heard) != "[recovery_codes_made] [recovery_codes_made]" {
			t.Error(sent, heard)
		}
		wantRefusal(t, "an old code", recovery(p.pending(), p.codes[1]), 401, "INVALID_BACKUP_CODE")
		for i, code := range v.BackupCodes {
			wantOK(t, recovery(p.pending(), code))
			if state, err := r.factor.State(t.Context(), p.id); err != nil || state.CodesLeft != 9-i {
				t.Errorf("%+v, %v", state, err)
			}
		}
		wantRefusal(t, "after the last", recovery(p.pending(), p.codes[2]), 401, "INVALID_BACKUP_CODE")
		wantOK(t, verify(p.pending(), p.code()))
	})
}

// TestARecoveryCodeWithoutASession: with disableSession a client learns who the user is, and code and first step are
// spent.
func TestARecoveryCodeWithoutASession(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.enrolled("ada@example.com")
		c := p.pending()
		typed := func(code string) map[string]any { return map[string]any{"code": code, "disableSession": true} }
		wantRefusal(t, "a wrong one", post(c, "/two-factor/verify-backup-code", typed("x")), 401, "INVALID_BACKUP_CODE")
		copied := c.Copy()
		got := wantOK(t, post(c, "/two-factor/verify-backup-code", typed(p.codes[0])))
		var v map[string]struct{ Email string }
		if decode(t, got, &v); len(v) != 1 || v["user"].Email != p.email || who(t, c) != "" {
			t.Errorf("%s, %q", got.Text, who(t, c))
		}
		wantRefusal(t, "the step again", verify(copied, p.code()), 401, "INVALID_TWO_FACTOR_COOKIE")
		wantRefusal(t, "the code again", recovery(p.pending(), p.codes[0]), 401, "INVALID_BACKUP_CODE")
	})
}

// TestOthersCodes: the codes of one user are worth nothing to another.
func TestOthersCodes(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p, q := r.enrolled("ada@example.com"), r.enrolled("bob@example.com")
	wantRefusal(t, "a recovery code", recovery(p.pending(), q.codes[0]), 401, "INVALID_BACKUP_CODE")
	wantRefusal(t, "a code", verify(p.pending(), q.code()), 401, "INVALID_CODE")
	wantOK(t, recovery(q.pending(), q.codes[0]))
}

// TestNothingShowsASecret: no answer has one, and the database has none that opens beside another user.
func TestNothingShowsASecret(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p, q := r.enrolled("ada@example.com"), r.enrolled("bob@example.com")
	_, rest, _ := strings.Cut(p.uri, "secret=")
	secret, _, _ := strings.Cut(rest, "&")
	c := r.browser()
	c.SignIn("root@example.com", authtest.Password)
	for _, got := range []authtest.Answer{
		p.Get("/api/auth/get-session?disableCookieCache=true"), p.Get("/api/auth/list-sessions"),
		p.Get("/api/auth/list-accounts"), c.Get("/api/auth/admin/get-user?id=" + p.id),
		signIn(r.browser(), p.email, p.password),
	} {
		for _, word := range []string{secret, p.codes[0], "backupCodes", "ecret", "locked", "failures"} {
			if wantOK(t, got); strings.Contains(got.Text, word) {
				t.Errorf("%s shows %s: %s", got.Request.URL, word, got.Text)
			}
		}
	}
	if got := c.Get("/api/auth/admin/get-user?id=" + p.id); !strings.Contains(got.Text, `"twoFactorEnabled":true`) {
		t.Error(got.Text)
	}
	var sealed string
	r.must(r.db.Raw("SELECT secret FROM two_factors WHERE user_id = ?", p.id).Scan(&sealed).Error)
	r.must(r.db.Exec("UPDATE two_factors SET secret = ? WHERE user_id = ?", sealed, q.id).Error)
	q.uri = p.uri
	if got := verify(q.pending(), q.code()); got.StatusCode != 500 {
		t.Errorf("a secret that was copied to another user: %d %s", got.StatusCode, got.Text)
	}
}

// TestTheFlagIsTheServers: neither the user nor an admin sets twoFactorEnabled.
func TestTheFlagIsTheServers(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p := r.enrolled("ada@example.com")
	c := r.browser()
	c.SignIn("root@example.com", authtest.Password)
	for _, v := range []any{true, false, nil} {
		if got := post(p.Client, "/update-user", map[string]any{"twoFactorEnabled": v}); got.StatusCode != 400 {
			t.Errorf("update-user: %d %s", got.StatusCode, got.Text)
		}
		wantOK(t, post(p.Client, "/update-user", map[string]any{"name": "Ada", "twoFactorEnabled": v}))
		for _, data := range []map[string]any{{"twoFactorEnabled": v}, {"name": "Ada", "twoFactorEnabled": v}} {
			wantRefusal(t, "admin/update-user", post(c, "/admin/update-user", map[string]any{"userId": p.id, "data": data}),
				400, "FIELD_NOT_ALLOWED")
		}
	}
	p.pending()
	d := r.browser()
	wantOK(t, post(d, "/sign-up/email", map[string]any{"name": "Eve", "email": "eve@example.com",
		"password": authtest.Password, "twoFactorEnabled": true}))
	if got := wantOK(t, signIn(d, "eve@example.com", authtest.Password)); who(t, d) == "" {
		t.Errorf("a sign-up sets the flag: %s", got.Text)
	}
}

// TestChangesNeedAFreshSession: the password is not enough in a session that was proved long ago.
func TestChangesNeedAFreshSession(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		for i, state := range []string{"none", "pending", "on"} {
			p := states[state](r, fmt.Sprintf("ada%d@example.com", i))
			r.clock.advance(10 * time.Minute)
			for _, path := range []string{"enable", "generate-backup-codes", "get-totp-uri", "disable"} {
				got := post(p.Client, "/two-factor/"+path, map[string]any{"password": p.password})
				wantRefusal(t, state+": "+path, got, 403, "SESSION_NOT_FRESH")
			}
			if state != "none" { // a thief in the session must not lock the codes of the account
				wantRefusal(t, state+": a code", verify(p.Client, p.code()), 403, "SESSION_NOT_FRESH")
				wantRefusal(t, state+": a recovery code", recovery(p.Client, p.codes[0]), 403, "SESSION_NOT_FRESH")
			}
			if state == "on" {
				got := post(p.Client, "/delete-user", map[string]any{"password": p.password})
				wantRefusal(t, "deleting the account", got, 400, "SESSION_EXPIRED")
			}
			s := p.session(p.Client)
			req := request(t, p.Client)
			for what, act := range map[string]func() error{
				"Enable":       func() error { _, err := r.factor.Enable(req, s, ""); return err },
				"PendingSetup": func() error { _, err := r.factor.PendingSetup(t.Context(), s); return err },
				"NewCodes":     func() error { _, err := r.factor.NewCodes(req, s); return err },
				"Disable":      func() error { _, err := r.factor.Disable(nopWriter{}, req, s); return err },
			} {
				if err := act(); fmt.Sprint(err) != "Session is not fresh" {
					t.Errorf("%s, %s: %v", state, what, err)
				}
			}
		}
	})
}

// TestReauthentication asks for the second factor too, by either kind of code, and only then is the session fresh.
func TestReauthentication(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.enrolled("ada@example.com")
		c, d := p.pending(), p.pending()
		wantOK(t, verify(c, p.code()))
		wantOK(t, verify(d, p.code()))
		r.clock.advance(10 * time.Minute)
		s := p.session(c)
		code := p.code()
		for _, bad := range []string{"", p.wrong(), strings.Repeat("7", 24)} {
			if _, err := r.auth.Reauthenticate(nopWriter{}, request(t, c), s, p.password, bad); err == nil {
				t.Errorf("%q re-authenticates", bad)
			}
		}
		for browser, good := range map[*authtest.Client]string{c: code, d: p.codes[0]} {
			fresh, err := r.auth.Reauthenticate(nopWriter{}, request(t, browser), p.session(browser), p.password, good)
			if err != nil || !r.auth.RecentlyAuthenticated(fresh) {
				t.Errorf("%q: %v", good, err)
			}
			own := p.session(p.Client)
			if _, err := r.auth.Reauthenticate(nopWriter{}, request(t, p.Client), own, p.password, good); err == nil {
				t.Errorf("%q re-authenticates twice", good)
			}
		}
	})
}

// TestImpersonatingAdminsChangeNoFactor, and enter no codes.
func TestImpersonatingAdminsChangeNoFactor(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	for i, state := range []string{"none", "pending", "on"} {
		p := states[state](r, fmt.Sprintf("ada%d@example.com", i))
		c := r.browser()
		c.SignIn("root@example.com", authtest.Password)
		wantOK(t, post(c, "/admin/impersonate-user", map[string]any{"userId": p.id}))
		for _, path := range []string{"enable", "generate-backup-codes", "get-totp-uri", "disable"} {
			got := post(c, "/two-factor/"+path, map[string]any{"password": p.password})
			wantRefusal(t, state+": "+path, got, 403, "FORBIDDEN")
		}
		code, recover := "000000", "x"
		if p.uri != "" {
			code, recover = p.code(), p.codes[0]
		}
		wantRefusal(t, state+": a code", verify(c, code), 403, "FORBIDDEN")
		wantRefusal(t, state+": a recovery code", recovery(c, recover), 403, "FORBIDDEN")
		s := p.session(c)
		if s.ImpersonatedBy == nil {
			t.Fatal("no impersonation")
		}
		if err := r.factor.RevokeDevice(request(t, c), s, "x"); err == nil {
			t.Error("revokes a device")
		}
	}
}

// TestAnEndedSessionTouchesNoFactor: not even with a cached copy, or between its check and the change.
func TestAnEndedSessionTouchesNoFactor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.signUp("ada@example.com")
		thief := p.Copy()
		s, req := p.session(thief), request(t, thief)
		wantOK(t, thief.Get("/api/auth/get-session"))
		wantOK(t, signIn(p.Client, p.email, p.password))
		for _, path := range []string{"enable", "disable", "generate-backup-codes", "get-totp-uri"} {
			got := post(thief, "/two-factor/"+path, map[string]any{"password": p.password})
			wantRefusal(t, path, got, 401, "UNAUTHORIZED")
		}
		if _, err := r.factor.Enable(req, s, ""); fmt.Sprint(err) != "Unauthorized" {
			t.Errorf("Enable: %v", err)
		}
		p.enable()
		if _, _, err := r.factor.Confirm(nopWriter{}, req, s, p.code(), false); fmt.Sprint(err) != "Unauthorized" {
			t.Errorf("Confirm: %v", err)
		}
		wantOK(t, verify(p.Client, p.code()))
		s.User.SecondFactor, s.AMR = true, "pwd otp mfa" // as if it had been started so
		if _, err := r.factor.Disable(nopWriter{}, req, s); fmt.Sprint(err) != "Unauthorized" {
			t.Errorf("Disable: %v", err)
		}
		if _, err := r.factor.NewCodes(req, s); fmt.Sprint(err) != "Unauthorized" {
			t.Errorf("NewCodes: %v", err)
		}
		p.pending()
	})
}

// TestSecretsSurviveANewAppSecret: after the first purge of a process that has both, the old one may go.
func TestSecretsSurviveANewAppSecret(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.enrolled("ada@example.com")
		q := r.signUp("bob@example.com")
		q.enable()
		const newer = "another secret of a sufficient length"
		with := func(secrets ...string) (*auth.Auth, *twofactor.Factor) {
			a := authtest.NewOn(t, db, auth.Options{Now: r.clock.Now, Secrets: secrets})
			f, err := twofactor.New(a, db, secrets, twofactor.Options{Issuer: "The App"})
			r.must(err)
			return a, f
		}
		s := q.session(q.Client)
		if _, f := with(newer); true {
			if _, err := f.PendingSetup(t.Context(), s); err == nil {
				t.Error("a secret opens without its key")
			}
		}
		a, f := with(newer, authtest.Secret)
		if setup, err := f.PendingSetup(t.Context(), s); err != nil || setup.URI != q.uri {
			t.Errorf("before the purge: %v", err)
		}
		r.must(a.Purge(t.Context()))
		a, f = with(newer)
		if setup, err := f.PendingSetup(t.Context(), s); err != nil || setup.URI != q.uri {
			t.Errorf("after the purge: %v", err)
		}
		_, err := a.Reauthenticate(nopWriter{}, request(t, p.Client), p.session(p.Client), p.password, p.code())
		r.must(err)
	})
}

func TestNewRefuses(t *testing.T) {
	a := authtest.New(t)
	for what, make := range map[string]func() error{
		"no issuer": func() error {
			_, err := twofactor.New(a, nil, []string{authtest.Secret}, twofactor.Options{})
			return err
		},
		"no secret": func() error { _, err := twofactor.New(a, nil, nil, twofactor.Options{Issuer: "x"}); return err },
		"a weak secret": func() error {
			_, err := twofactor.New(a, nil, []string{"x"}, twofactor.Options{Issuer: "x"})
			return err
		},
	} {
		if make() == nil {
			t.Error(what)
		}
	}
}

// FuzzCookies: what is not signed here neither starts a session nor passes for a trusted device, and nothing panics.
func FuzzCookies(f *testing.F) {
	r := newRig(f, dbtest.Open(f, dbtest.SQLite(f)))
	p := r.enrolled("ada@example.com")
	c := p.trusted()
	step, trust := value(p.pending(), stepCookie), value(c, trustCookie)
	raw := []string{}
	for _, v := range []string{step, trust} {
		plain, err := url.PathUnescape(v)
		r.must(err)
		raw = append(raw, plain)
	}
	for _, seed := range []string{
		"", step, trust, step[:26], "%", "%00." + step, strings.Repeat("x", 4000), "\xff.=", step + "=",
	} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		plain, _ := url.PathUnescape(text)
		if plain == raw[0] || plain == raw[1] { // the same cookie, spelled in another way
			return
		}
		req, err := http.NewRequestWithContext(t.Context(), http.MethodPost, home, nil)
		if err != nil {
			t.Fatal(err)
		}
		req.AddCookie(&http.Cookie{Name: stepCookie, Value: text})
		req.AddCookie(&http.Cookie{Name: trustCookie, Value: text})
		if email, err := r.factor.Challenged(req); err != nil || email != "" {
			t.Errorf("%q leads to %s, %v", text, email, err)
		}
		w := nopWriter{}
		if s, err := r.factor.Verify(w, req, p.code(), false, false); err == nil {
			t.Errorf("%q starts %+v", text, s)
		}
		s, err := r.auth.SignInEmail(w, req, auth.Credentials{Email: p.email, Password: p.password})
		if err == nil {
			t.Errorf("%q replaces the code: %+v", text, s)
		}
	})
}
