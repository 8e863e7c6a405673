package views

var appCode = input{
	Name: "code", Label: "Code", Type: "code", Autocomplete: "one-time-code",
	Hint: "The six digits that your authenticator app shows now.",
}

var recoveryCode = input{
	Name: "code", Label: "Recovery code", Type: "code", Autocomplete: "off",
	Hint: "One of those that you kept when you set up the second factor. Each works once.",
}

// WithCode is the form with a field for the code of a second factor. other is where it asks for the other kind of code.
func (f Form) WithCode(recovery bool, other string) Form {
	code, kind, label := appCode, "", "Use a recovery code"
	if recovery {
		code, kind, label = recoveryCode, "recovery", "Use your authenticator app"
	}
	f.Lead = "This account has a second factor. Enter its code, too."
	f.Inputs = append(f.Inputs, code, hidden("way", kind))
	f.Ways = append([]way{{"No code at hand?", Link{other, label}}}, f.Ways...)
	return f
}

// SecondStep is the form for the second step of the log-in of the account with the address email. login is the address
// of the first step; recovery and other are those of WithCode.
func SecondStep(email, returnTo, login string, recovery bool, other string) Form {
	form := Form{
		Title: "Enter your code", Quiet: true, Path: "/login/code", Focus: true, About: email, Button: "Log in",
		Inputs: []input{hidden("returnTo", returnTo)}, Ways: []way{{"", Link{login, "Back to the log-in"}}},
	}.WithCode(recovery, other)
	form.Inputs = append(form.Inputs, input{
		Name: "trust", Label: "Trust this device for 30 days", Type: "checkbox",
		Hint: "It then logs in without a code. Leave this off on a device that others use.",
	})
	return form
}
