package main

// This file is yours: what your app needs beside the template's parts. Updates of the template keep what you wrote.

// addApp makes the stores of your own packages and gives them to the pages (web.Stores in web/app.go), after every part
// of the template. For example:
//
//	a.site.Projects = projects.New(a.db, database.Now)
//
// What runs beside the requests is added to a.works.
func (a *app) addApp() error {
	return nil
}

// appCommands are your own lines of `server help`: name, arguments, what it does, the method that does it.
var appCommands = []command{}
