package views

// Delete is the form to delete the account with the address email.
func Delete(email string) Form {
	return Form{
		Title:   "Delete the account",
		Summary: "All its data is deleted with it, at once and for good. All browsers are logged out.",
		Layout:  settingsLayout, Path: "/settings/delete",
		Inputs: []input{typedAddress(email), password("current-password")},
		Button: "Delete the account", Danger: true, Cancel: "/settings",
	}
}
