package views

var securityLink = Link{"/settings/security", "Security"}

// Password is the form to change the password of the account with the address email.
func Password(email string) Form {
	return Form{
		Title: securityLink.Label, Summary: "How you prove that it is you.", Layout: settingsLayout,
		Heading: "Password", Path: securityLink.Href,
		Inputs: []input{
			username(email),
			{Name: "currentPassword", Label: "Current password", Type: "password", Autocomplete: "current-password"},
			newPassword("newPassword", "New password"),
			{Name: "others", Label: "Log out all other browsers", Type: "checkbox", Checked: true},
		},
		Button: "Change the password",
	}
}
