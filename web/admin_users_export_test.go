package web

// UserActions names what an admin can do to a user, for the table of TestStepUp.
func UserActions() (names []string) {
	for _, a := range userActions {
		names = append(names, a.name)
	}
	return names
}

// SelectedActions are those on several users.
func SelectedActions() (names []string) {
	for _, a := range userActions {
		if a.doneToSeveral != "" {
			names = append(names, a.name)
		}
	}
	return names
}
