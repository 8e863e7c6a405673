package views

// Signup is the form to sign up. address is what the visitor typed on another page, "" for nothing.
func Signup(returnTo, address string) Form {
	return Form{
		Title: "Sign up", Path: "/signup", Focus: true, Button: "Sign up",
		Inputs: []input{
			{Name: "name", Label: "Name", Type: "text", Autocomplete: "name"}, email("username", address),
			newPassword("password", "Password"), remember(), hidden("returnTo", returnTo),
		},
		Ways: []way{{"Have an account?", Link{"/login", "Log in"}}},
	}
}
