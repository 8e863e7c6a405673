package views

// InviteForm creates a user who chooses the password by a mailed link.
type InviteForm struct {
	Name, Email, Role string
	Roles             []string // all that exist
}

// Invite is the form to invite a user.
func Invite(f InviteForm) Form {
	return Form{
		Title: "Invite a user", Layout: adminLayout, Path: "/admin/users/new", Button: "Invite", Cancel: "/admin/users",
		Lead: "They get a mail with a link to choose their password. It works for 7 days.",
		Inputs: []input{
			{Name: "name", Label: "Name", Type: "text", Value: f.Name, Autocomplete: "off"},
			email(f.Email, "off"),
			roleChoice(f.Role, f.Roles),
		},
	}
}
