package web

// UserActions names what an admin can do to a user, for the table of TestStepUp.
func UserActions() (names []string) {
	for _, a := range userActions {
		names = append(names, a.name)
	}
	return names
}
