package twofactor_test

import (
	"fmt"
	"maps"
	"slices"
	"testing"
	"time"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database"
	"example.com/foyer/internal/database/dbtest"
	"example.com/foyer/migrations"
	"gorm.io/gorm"
)

const next = "another-horse-2"

// endings are what ends trusted devices and half-done sign-ins. p.Client is a signed-in browser of the user.
var endings = map[string]func(p *person){
	"password changed": func(p *person) {
		wantOK(p.t, post(p.Client, "/change-password", map[string]any{"currentPassword": p.password, "newPassword": next}))
		p.password = next
	},
	"password changed, others end": func(p *person) {
		wantOK(p.t, post(p.Client, "/change-password",
			map[string]any{"currentPassword": p.password, "newPassword": next, "revokeOtherSessions": true}))
		p.password = next
	},
	"password reset": func(p *person) {
		c := p.browser()
		wantOK(p.t, post(c, "/request-password-reset", map[string]any{"email": p.email}))
		wantOK(p.t, post(c, "/reset-password", map[string]any{"newPassword": next, "token": p.linkToken("reset_password")}))
		p.password = next
	},
	"password set by an admin": func(p *person) {
		p.must(p.auth.SetPassword(p.t.Context(), p.admin(), p.id, next))
		p.password = next
	},
	"banned, let in again": func(p *person) {
		_, err := p.auth.BanUser(p.t.Context(), p.admin(), p.id, "", nil)
		p.must(err)
		_, err = p.auth.UnbanUser(p.t.Context(), p.admin(), p.id)
		p.must(err)
	},
	"all sessions revoked":   func(p *person) { wantOK(p.t, post(p.Client, "/revoke-sessions", `{}`)) },
	"other sessions revoked": func(p *person) { wantOK(p.t, post(p.Client, "/revoke-other-sessions", `{}`)) },
	"revoked by an admin":    func(p *person) { p.must(p.auth.RevokeSessions(p.t.Context(), p.admin(), p.id)) },
	"address changed by an admin": func(p *person) {
		email := "new-" + p.email
		_, err := p.auth.ChangeUser(p.t.Context(), p.admin(), p.id, auth.UserChanges{Email: &email})
		p.must(err)
		p.email = email
	},
	"address changed by its user": func(p *person) {
		email := "new-" + p.email
		wantOK(p.t, post(p.Client, "/change-email", map[string]any{"newEmail": email}))
		for _, purpose := range []string{"confirm_email_change", "change_email"} {
			wantOK(p.t, p.Get("/api/auth/verify-email?token="+p.linkToken(purpose)))
		}
		p.email = email
	},
	"new recovery codes": func(p *person) {
		wantOK(p.t, post(p.Client, "/two-factor/generate-backup-codes", map[string]any{"password": p.password}))
	},
	"another secret": func(p *person) {
		wantOK(p.t, post(p.Client, "/two-factor/disable", map[string]any{"password": p.password}))
		p.enable()
		wantOK(p.t, verify(p.Client, p.code()))
	},
	"every session ended": func(p *person) {
		_, _, err := p.auth.EndEverySession(p.t.Context())
		p.must(err)
	},
}

// TestWhatWasProvedBeforeEnds: with the password, the address or the factor, and when sessions end.
func TestWhatWasProvedBeforeEnds(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		n := 0
		for what, end := range endings {
			t.Run(what, func(t *testing.T) {
				n++
				p := r.enrolled(fmt.Sprintf("ada%d@example.com", n))
				r.must(db.Model(&auth.User{}).Where("id = ?", p.id).Update("email_verified", true).Error)
				other, pending := p.trusted(), p.pending()
				trust := value(other, trustCookie)
				end(p)
				c := r.browser()
				hold(c, trustCookie, trust)
				p.firstStep(c)
				wantRefusal(t, "the half-done sign-in", verify(pending, p.code()), 401, "INVALID_TWO_FACTOR_COOKIE")
				wantOK(t, verify(c, p.code()))
			})
		}
	})
}

// TestChangesOfTheFactorEndOtherSessions: those that began with less proof.
func TestChangesOfTheFactorEndOtherSessions(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.signUp("ada@example.com")
		other := r.browser()
		other.SignIn(p.email, p.password)
		p.enable()
		if who(t, other) == "" {
			t.Error("a pending factor ends sessions")
		}
		own := p.Copy()
		wantOK(t, verify(p.Client, p.code()))
		if who(t, other) != "" || who(t, own) != "" || who(t, p.Client) != p.email {
			t.Error("turned on: a session of before lives, or the new one does not")
		}
		other = p.trusted()
		own = p.Copy()
		hold(p.Client, trustCookie, value(other, trustCookie))
		wantOK(t, post(p.Client, "/two-factor/disable", map[string]any{"password": p.password}))
		if who(t, other) != "" || who(t, own) != "" || who(t, p.Client) != p.email {
			t.Error("turned off: a session of before lives, or the new one does not")
		}
		if value(p.Client, trustCookie) != "" {
			t.Error("turned off: the cookie of a trusted device stays")
		}
		for _, table := range []string{"two_factors", "recovery_codes", "trusted_devices", "second_steps"} {
			if n := r.count(table); n != 0 {
				t.Errorf("%d rows of %s are left", n, table)
			}
		}
		other.Forget("two_factor")
		if got := signIn(other, p.email, p.password); who(t, other) != p.email {
			t.Errorf("turned off, but asked: %s", got.Text)
		}
	})
}

// TestSignOutEndsTheFirstStep of its own browser, and keeps the trust.
func TestSignOutEndsTheFirstStep(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p := r.enrolled("ada@example.com")
	c := p.pending()
	copied := c.Copy()
	wantOK(t, post(c, "/sign-out", `{}`))
	if value(c, stepCookie) != "" {
		t.Error("the cookie stays")
	}
	wantRefusal(t, "a copy", verify(copied, p.code()), 401, "INVALID_TWO_FACTOR_COOKIE")
	d := p.trusted()
	wantOK(t, post(d, "/sign-out", `{}`))
	wantOK(t, signIn(d, p.email, p.password))
	if who(t, d) != p.email {
		t.Error("the trust ends with a sign-out")
	}
}

// TestBannedBetweenTheSteps: the code opens nothing.
func TestBannedBetweenTheSteps(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p := r.enrolled("ada@example.com")
	c := p.pending()
	_, err := r.auth.BanUser(t.Context(), r.admin(), p.id, "", nil)
	r.must(err)
	if got := verify(c, p.code()); got.StatusCode < 400 || who(t, c) != "" {
		t.Error(got.Text)
	}
}

// TestTrust: the cookie replaces the code, once, for 30 days from the code, for its own user; the session it opens
// counts as one factor.
func TestTrust(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p, q := r.enrolled("ada@example.com"), r.enrolled("bob@example.com")
		c := p.trusted()
		first := value(c, trustCookie)
		r.clock.advance(29 * 24 * time.Hour)
		got := wantOK(t, signIn(c, p.email, p.password))
		if who(t, c) != p.email {
			t.Fatal("asked for a code")
		}
		for _, cookie := range got.Cookies() {
			if cookie.Name == trustCookie && (cookie.MaxAge != 24*3600 || cookie.Value == first) {
				t.Errorf("the new cookie: %v", cookie)
			}
		}
		if s := p.session(c); s.AMR != "pwd" || r.auth.RecentlyAuthenticated(s) {
			t.Errorf("a trusted device passes for a second factor: %+v", s)
		}
		wantRefusal(t, "turning it off", post(c, "/two-factor/disable", map[string]any{"password": p.password}),
			403, "SESSION_NOT_FRESH")
		thief := r.browser()
		hold(thief, trustCookie, first)
		p.firstStep(thief)
		d := c.Copy()
		q.firstStep(d)
		r.clock.advance(24 * time.Hour)
		p.firstStep(c)
	})
}

func TestDevicesAreListedAndRevoked(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p, q := r.enrolled("ada@example.com"), r.enrolled("bob@example.com")
		one, two := p.trusted(), p.trusted()
		r.clock.advance(time.Second)
		wantOK(t, signIn(one, p.email, p.password))
		list, err := r.factor.Devices(t.Context(), p.id)
		if err != nil || len(list) != 2 || list[0].IPAddress != "127.0.0.1" || list[0].UserAgent != "Go-http-client/1.1" ||
			list[0].Expires.Sub(list[0].Created) != 30*24*time.Hour || !list[0].LastUsed.After(list[0].Created) {
			t.Fatalf("%+v, %v", list, err)
		}
		for _, s := range []struct{ session, device string }{{"bob", list[0].ID}, {"ada", "x\x00"}, {"ada", ""}} {
			by := map[string]*person{"ada": p, "bob": q}[s.session]
			r.must(r.factor.RevokeDevice(request(t, by.Client), by.session(by.Client), s.device))
		}
		mails, events := r.log.length()
		r.must(r.factor.RevokeDevice(request(t, p.Client), p.session(p.Client), list[0].ID))
		if _, heard := r.log.since(mails, events); fmt.Sprint(heard) != "[device_revoked]" {
			t.Error(heard)
		}
		p.firstStep(one)
		if wantOK(t, signIn(two, p.email, p.password)); who(t, two) != p.email {
			t.Error("the other device is asked")
		}
		r.clock.advance(30 * 24 * time.Hour)
		if list, err := r.factor.Devices(t.Context(), p.id); err != nil || len(list) != 0 {
			t.Errorf("%+v, %v", list, err)
		}
		r.must(r.auth.Purge(t.Context()))
		if r.count("trusted_devices") != 0 || r.count("second_steps") != 0 {
			t.Error("what has expired is kept")
		}
	})
}

// TestTakenOverAccountLosesTheFactor: a stranger signed up with an address and set a factor up; its owner resets the
// password. A verified account keeps its factor.
func TestTakenOverAccountLosesTheFactor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		for i, verified := range []bool{false, true} {
			p := r.enrolled(fmt.Sprintf("ada%d@example.com", i))
			r.must(db.Model(&auth.User{}).Where("id = ?", p.id).Update("email_verified", verified).Error)
			mails, events := r.log.length()
			endings["password reset"](p)
			c := r.browser()
			if got := signIn(c, p.email, p.password); (who(t, c) == p.email) == verified {
				t.Errorf("verified %v: %s", verified, got.Text)
			}
			if state, err := r.factor.State(t.Context(), p.id); err != nil || state.On != verified {
				t.Errorf("verified %v: %+v, %v", verified, state, err)
			}
			sent, heard := r.log.since(mails, events)
			if slices.Contains(sent, "two_factor_disabled") == verified || slices.Contains(heard, "two_factor_disabled") == verified {
				t.Errorf("verified %v: %v %v", verified, sent, heard)
			}
		}
	})
}

// TestUnprovenAddressHasNoFactor: where the address has to be proved, a user neither begins nor ends the set-up of a
// factor before that.
func TestUnprovenAddressHasNoFactor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, func(o *auth.Options) { o.RequireEmailVerification = true })
		u, err := r.auth.CreateUser(t.Context(), nil,
			auth.NewUser{Name: "Ada", Email: "ada@example.com", Password: authtest.Password, Verified: true})
		r.must(err)
		p := &person{rig: r, Client: r.browser(), id: u.ID, email: u.Email, password: authtest.Password}
		p.SignIn(p.email, p.password)
		p.enable()
		r.must(db.Model(&auth.User{}).Where("id = ?", p.id).Update("email_verified", false).Error)
		for range 11 { // it is refused before the code is compared, so it is no guess
			wantRefusal(t, "ending", verify(p.Client, p.code()), 403, "EMAIL_NOT_VERIFIED")
		}
		again := post(p.Client, "/two-factor/enable", map[string]any{"password": p.password})
		wantRefusal(t, "beginning", again, 403, "EMAIL_NOT_VERIFIED")
		_, err = r.factor.Enable(request(t, p.Client), p.session(p.Client), "")
		if fmt.Sprint(err) != "Email not verified" {
			t.Errorf("beginning on a page: %v", err)
		}
		r.must(db.Model(&auth.User{}).Where("id = ?", p.id).Update("email_verified", true).Error)
		wantOK(t, verify(p.Client, p.code()))
	})
}

// TestUndoneChangeEndsALaterFactor: a thief moves an account to an address of theirs and turns a factor on or makes
// recovery codes, of which only that address is told. The owner undoes the change, and is not asked for the thief's
// codes, also where the thief turned the factor on just before. A factor that was on for longer stays, and so do its
// codes, also those of a version that kept no date of them.
func TestUndoneChangeEndsALaterFactor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		for _, c := range []struct {
			email         string
			before, codes bool // a factor, from long before; recovery codes of the thief
			left          int  // recovery codes
			sent, events  string
		}{
			{"ada@example.com", true, false, 10, "[reset_password]", "[email_restored password_reset_asked]"},
			{"old@example.com", true, false, 10, "[reset_password]", "[email_restored password_reset_asked]"},
			{"eve@example.com", true, true, 0, "[recovery_codes_ended reset_password]",
				"[email_restored recovery_codes_ended password_reset_asked]"},
			{"bob@example.com", false, false, 0, "[two_factor_disabled reset_password]",
				"[email_restored two_factor_disabled password_reset_asked]"},
			{"joe@example.com", false, false, 0, "[two_factor_disabled reset_password]",
				"[email_restored two_factor_disabled password_reset_asked]"},
		} {
			p := r.signUp(c.email)
			turnOn := func() {
				p.enable()
				wantOK(t, verify(p.Client, p.code()))
			}
			justBefore := c.email == "joe@example.com"
			if c.before || justBefore {
				turnOn()
			}
			if c.before {
				long := r.clock.Now().Add(-2 * time.Hour)
				r.must(db.Exec("UPDATE two_factors SET confirmed_at = ? WHERE user_id = ?", long, p.id).Error)
				r.must(db.Exec("UPDATE recovery_codes SET created_at = ? WHERE user_id = ?", long, p.id).Error)
			}
			r.must(db.Model(&auth.User{}).Where("id = ?", p.id).Update("email_verified", true).Error)
			r.clock.advance(time.Second)
			if c.email == "old@example.com" {
				r.must(db.Exec("UPDATE recovery_codes SET created_at = NULL WHERE user_id = ?", p.id).Error)
			}
			endings["address changed by its user"](p)
			if !c.before && !justBefore {
				turnOn()
			}
			if c.codes {
				endings["new recovery codes"](p)
			}
			mails, events := r.log.length()
			r.must(r.auth.UndoEmailChange(request(t, r.browser()), r.linkToken("email_changed")))
			if state, err := r.factor.State(t.Context(), p.id); err != nil || state.On != c.before || state.CodesLeft != c.left {
				t.Errorf("%s: %+v, %v", c.email, state, err)
			}
			if u, err := r.auth.User(t.Context(), p.id); err != nil || u.SecondFactor != c.before || u.Email != c.email {
				t.Errorf("%+v, %v", u, err)
			}
			if sent, heard := r.log.since(mails, events); fmt.Sprint(sent) != c.sent || fmt.Sprint(heard) != c.events {
				t.Errorf("%s: %v %v", c.email, sent, heard)
			}
			for _, m := range r.log.mails[mails:] {
				if m.To != c.email {
					t.Errorf("told %s of %s", m.To, m.Purpose)
				}
			}
		}
	})
}

// TestOwnChangesAreTold, by mail and in the trail: a thief in the account would make them, too.
func TestOwnChangesAreTold(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p := r.enrolled("ada@example.com")
	for _, c := range []struct {
		change func()
		want   string
	}{
		{func() { p.trusted() }, "[device_trusted] [second_step_owed device_trusted sign_in]"},
		{func() { endings["new recovery codes"](p) }, "[recovery_codes_made] [recovery_codes_made]"},
		{func() {
			wantOK(t, post(p.Client, "/two-factor/disable", map[string]any{"password": p.password}))
		}, "[two_factor_disabled] [two_factor_disabled]"},
	} {
		mails, events := r.log.length()
		c.change()
		if sent, heard := r.log.since(mails, events); fmt.Sprint(sent, heard) != c.want || r.log.mails[mails].To != p.email {
			t.Errorf("%v %v, want %s", sent, heard, c.want)
		}
	}
}

// TestFactorsKeepTheAgeOfASession: turning a factor on and off and on again would else prove a thief in an open browser
// for ever. Without its factor a session counts as proved by the password alone.
func TestFactorsKeepTheAgeOfASession(t *testing.T) {
	t.Parallel()
	r := newRig(t, dbtest.Open(t, dbtest.SQLite(t)))
	p := r.signUp("ada@example.com")
	began := p.session(p.Client).CreatedAt
	for _, c := range []struct {
		change func()
		amr    string
	}{
		{func() { p.enable(); wantOK(t, verify(p.Client, p.code())) }, "pwd otp mfa"},
		{func() { wantOK(t, post(p.Client, "/two-factor/disable", map[string]any{"password": p.password})) }, "pwd"},
	} {
		old := p.session(p.Client).ID
		c.change()
		if s := p.session(p.Client); s.ID == old || !s.CreatedAt.Equal(began) || s.AMR != c.amr {
			t.Errorf("%+v, began %v", s, began)
		}
	}
}

// TestAdminRemovesAFactor: sessions end, the trail and the owner are told, and the password alone signs in.
func TestAdminRemovesAFactor(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.enrolled("ada@example.com")
		p.trusted()
		mails, events := r.log.length()
		req := request(t, r.browser())
		if err := r.factor.Remove(req, p.session(p.Client), p.id); fmt.Sprint(err) != "You are not allowed to do this." {
			t.Errorf("by the user: %v", err)
		}
		r.must(r.factor.Remove(req, r.admin(), p.id))
		sent, heard := r.log.since(mails, events)
		if fmt.Sprint(sent, heard) != "[two_factor_removed] [two_factor_removed]" {
			t.Error(sent, heard)
		}
		if e := r.log.events[len(r.log.events)-1]; e.ActorID != r.root.ID || e.SubjectID != p.id {
			t.Errorf("%+v", e)
		}
		if m := r.log.mails[len(r.log.mails)-1]; m.To != p.email || m.IP != "" {
			t.Errorf("%+v", m)
		}
		if who(t, p.Client) != "" || r.count("trusted_devices")+r.count("two_factors")+r.count("recovery_codes") != 0 {
			t.Error("something is left")
		}
		c := r.browser()
		if wantOK(t, signIn(c, p.email, p.password)); who(t, c) != p.email {
			t.Error("still asked")
		}
		for what, id := range map[string]string{"a second time": p.id, "nobody": "x"} {
			if err := r.factor.Remove(req, r.admin(), id); err == nil {
				t.Error(what)
			}
		}
	})
}

// TestDeletedUsersLeaveNothing behind.
func TestDeletedUsersLeaveNothing(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.enrolled("ada@example.com")
		p.trusted()
		c := p.pending()
		r.must(r.auth.RemoveUser(t.Context(), r.admin(), p.id))
		for _, table := range []string{"two_factors", "recovery_codes", "trusted_devices", "second_steps"} {
			if n := r.count(table); n != 0 {
				t.Errorf("%d rows of %s", n, table)
			}
		}
		wantRefusal(t, "the half-done sign-in", verify(c, p.code()), 401, "INVALID_TWO_FACTOR_COOKIE")
	})
}

// TestUnconfirmedSecretsEnd with what was proved before, and after half an hour: else a stranger who saw the page of
// the set-up would have the secret that the user confirms long after.
func TestUnconfirmedSecretsEnd(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		ends := maps.Clone(endings)
		delete(ends, "new recovery codes") // these need a factor that is on
		delete(ends, "another secret")
		ends["half an hour"] = func(p *person) { p.clock.advance(30 * time.Minute) }
		n := 0
		for what, end := range ends {
			n++
			p := r.signUp(fmt.Sprintf("ada%d@example.com", n))
			r.must(db.Model(&auth.User{}).Where("id = ?", p.id).Update("email_verified", true).Error)
			p.enable()
			end(p)
			c := r.browser()
			wantOK(t, signIn(c, p.email, p.password))
			got := post(c, "/two-factor/get-totp-uri", map[string]any{"password": p.password})
			wantRefusal(t, what+": showing it", got, 400, "TOTP_NOT_ENABLED")
			wantRefusal(t, what+": a code", verify(c, p.code()), 400, "TOTP_NOT_ENABLED")
		}
		r.must(r.auth.Purge(t.Context()))
		if rows, codes := r.count("two_factors"), r.count("recovery_codes"); rows != 0 || codes != 0 {
			t.Errorf("%d secrets and %d recovery codes are left", rows, codes)
		}
	})
}

// TestWithoutSecondFactors: when the tables go, no session counts as two factors because of a code.
func TestWithoutSecondFactors(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db)
		p := r.enrolled("ada@example.com")
		wantOK(t, verify(p.pending(), p.code()))
		for db.Migrator().HasTable("two_factors") {
			if err := database.MigrateDown(t.Context(), db, migrations.FS); err != nil {
				t.Fatal(err)
			}
		}
		var proofs []string
		err := db.Table("sessions").Where("user_id = ?", p.id).Pluck("amr", &proofs).Error
		if err != nil || !slices.Equal(proofs, []string{"pwd", "pwd"}) {
			t.Errorf("%q %v", proofs, err)
		}
	})
}
