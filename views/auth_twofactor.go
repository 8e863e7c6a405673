package views

// CodeWay says by which code a form has the second factor proved.
type CodeWay struct {
	Recovery bool   // by a recovery code, not by one of the app
	Other    string // where the form asks for the other kind
}

// WithCode is the form with a field for the code, and says why.
func (f Form) WithCode(w CodeWay) Form {
	code, other, kind := appCode(), Link{w.Other, "Use a recovery code"}, ""
	if w.Recovery {
		code, other, kind = recoveryCode(), Link{w.Other, "Use your authenticator app"}, "recovery"
	}
	f.Lead = "This account has a second factor. Enter its code, too."
	f.Inputs = append(f.Inputs, code, hidden("way", kind))
	f.Ways = append([]way{{"No code at hand?", other}}, f.Ways...)
	return f
}

// appCode is the field for the code of an authenticator app.
func appCode() input {
	return input{
		Name: "code", Label: "Code", Type: "code", Autocomplete: "one-time-code",
		Hint: "The six digits that your authenticator app shows now.",
	}
}

func recoveryCode() input {
	return input{
		Name: "code", Label: "Recovery code", Type: "code", Autocomplete: "off",
		Hint: "One of those that you kept when you set up the second factor. Each works once.",
	}
}

// SecondStep is the form for the second step of the log-in of the account with the address email. login is the address
// of the first step.
func SecondStep(email, returnTo, login string, w CodeWay) Form {
	form := Form{
		Title: "Enter your code", Quiet: true, Path: "/login/code", Focus: true, Button: "Log in",
		About: email, Ways: []way{{"", Link{login, "Back to the log-in"}}},
	}.WithCode(w)
	form.Inputs = append(form.Inputs, hidden("returnTo", returnTo), input{
		Name: "trust", Label: "Trust this device for 30 days", Type: "checkbox",
		Hint: "It then logs in without a code. Leave this off on a device that others use.",
	})
	return form
}
