package views

import "github.com/a-h/templ"

// Login is the form to log in. address is what the visitor typed on another page, "" for nothing.
func Login(returnTo, address string) Form {
	return Form{
		Title: "Log in", Path: "/login", Focus: true, Button: "Log in",
		Inputs: []input{
			email("username webauthn", address), password("current-password webauthn"), remember(),
			hidden("returnTo", returnTo),
		},
		Ways: []way{{"", Link{"/forgot-password", "Forgot your password?"}}, {"New here?", Link{"/signup", "Sign up"}}},
	}
}

// NoCookies says why the browser was not logged in although the form was right.
func NoCookies() templ.Component {
	return alert("warning", "alert", "This browser keeps no cookies of this site. Allow them to log in.")
}
