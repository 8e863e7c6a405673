package webtest

// This file is yours: what your app needs in tests. Updates of the template keep what you wrote.

// addApp makes the stores of your own packages for a site under test, as cmd/server/app.go does for the program:
//
//	s.Projects = projects.New(s.db, s.auth.Now)
func (s *site) addApp() {}
