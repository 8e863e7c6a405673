package views

// Signup is the form to sign up. login is the address of the login page.
func Signup(returnTo, login string) Form {
	return Form{
		Title: "Sign up", Path: "/signup", Button: "Sign up",
		Inputs: []input{
			{Name: "name", Label: "Name", Type: "text", Autocomplete: "name"}, email("username"),
			newPassword("password", "Password"), remember(), hidden("returnTo", returnTo),
		},
		Question: "Have an account?", Answer: Link{login, "Log in"},
	}
}
