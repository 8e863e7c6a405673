package views

// Invite is the form to invite a user, who chooses the password by a mailed link, so that no admin knows it. roles are
// all that exist.
func Invite(roles []string) Form {
	return Form{
		Title: "Invite a user", Above: []Link{usersLink}, Layout: adminLayout, Path: "/admin/users/new",
		Button: "Invite", Cancel: "/admin/users",
		Lead: "They get a mail with a link to choose their password. It works for 7 days.",
		Inputs: []input{
			{Name: "name", Label: "Name", Type: "text", Autocomplete: "off"}, email("off"), roleChoice("", roles),
		},
	}
}
