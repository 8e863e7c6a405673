package betterauth_test

import (
	"strings"
	"testing"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/auth/authtest"
	"example.com/foyer/internal/database/dbtest"
	"gorm.io/gorm"
)

// TestFormsOfClientsSignUp sends what the forms of better-auth's demo (an empty image) and of its settings UI without
// further fields (an empty name) send.
func TestFormsOfClientsSignUp(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		r := newRig(t, db, auth.Options{})
		sent := func(fields string) string {
			return `{` + fields + `,"password":"` + authtest.Password + `","callbackURL":"/dashboard"}`
		}
		for _, c := range []struct{ body, email, name, image string }{
			{sent(`"name":"Ada","email":"ada@example.com","image":""`), "ada@example.com", "Ada", ""},
			{sent(`"name":"","email":"Bob.Roe@example.com"`), "bob.roe@example.com", "bob.roe", ""},
			{sent(`"name":"","email":"cy@example.com","image":""`), "cy@example.com", "cy", ""},
			{sent(`"name":"Dee","email":"dee@example.com","image":"/uploads/a.png"`), "dee@example.com", "Dee",
				"/uploads/a.png"},
		} {
			if got := post(r.browser(), "/sign-up/email", c.body); got.StatusCode != 200 {
				t.Errorf("%s: %d %s", c.body, got.StatusCode, got.Text)
				continue
			}
			u, err := r.auth.UserByEmail(t.Context(), c.email)
			if err != nil || u.Name != c.name || (u.Image == nil) != (c.image == "") || u.Image != nil && *u.Image != c.image {
				t.Errorf("%s: %+v, %v", c.body, u, err)
			}
		}
		wantRefusal(t, post(r.browser(), "/sign-up/email", sent(`"name":"","email":"nobody"`)), 400, "VALIDATION_ERROR")
		wantRefusal(t, post(r.browser(), "/sign-up/email", sent(`"name":" ","email":"eve@example.com"`)), 400,
			"VALIDATION_ERROR")
	})
}

// TestImages: an avatar may be where uploads are kept. Data stays out, and so does what other sites see in the clear.
func TestImages(t *testing.T) {
	t.Parallel()
	dbtest.Each(t, func(t *testing.T, db *gorm.DB) {
		for _, local := range []bool{false, true} {
			r := newRig(t, db, auth.Options{LocalImages: local})
			r.SignUp(map[bool]string{false: "ada@example.com", true: "bob@example.com"}[local])
			onlyLocal := "refused"
			if local {
				onlyLocal = "kept"
			}
			for image, want := range map[string]string{
				"":                              "none",
				"/uploads/a.png":                "kept",
				"/uploads/a.png?v=2#x":          "kept",
				"https://images.example/a.png":  "kept",
				"http://localhost:9000/a.png":   onlyLocal,
				"http://127.0.0.1/a.png":        onlyLocal,
				"http://[::1]:9000/a.png":       onlyLocal,
				"HTTP://LOCALHOST/a.png":        "refused",
				"http://images.example/a.png":   "refused",
				"http://localhost.example/":     "refused",
				"http://localhost@evil.test/":   "refused",
				`http://localhost\\.evil.test`:  "refused",
				`http://localhost\\@evil.test`:  "refused",
				"http://evil.test#@localhost/":  "refused",
				"data:image/png;base64,iVBO":    "refused",
				"//images.example/a.png":        "refused",
				"uploads/a.png":                 "refused",
				`/\\images.example/a.png`:       "refused",
				"/uploads/a b.png":              "refused",
				"javascript:alert(1)":           "refused",
				"ftp://localhost/a.png":         "refused",
				"/" + strings.Repeat("a", 2048): "refused",
			} {
				if got := post(r.Client, "/update-user", `{"image":"https://a.example/old.png"}`); got.StatusCode != 200 {
					t.Fatal(got.Text)
				}
				got := post(r.Client, "/update-user", `{"image":"`+image+`"}`)
				shown := map[string]string{
					"none": `"image":null`, "kept": `"image":"` + image + `"`, "refused": `"image":"https://a.example/old.png"`,
				}[want]
				if session := r.Get("/api/auth/get-session").Text; (got.StatusCode == 200) == (want == "refused") ||
					!strings.Contains(session, shown) {
					t.Errorf("local %t, %.60q: %d %s, then %s", local, image, got.StatusCode, got.Text, session)
				}
			}
		}
	})
}
