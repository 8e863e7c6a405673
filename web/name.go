package web

// The names of the app. No other file has them.
const (
	AppName      = "Foyer" // in pages and mails
	CookiePrefix = "foyer" // begins the name of every cookie
)
