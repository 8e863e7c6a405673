package web

// The names of the app: go run ./cmd/foyer rename changes them.
const (
	AppName      = "Foyer" // in pages and mails
	CookiePrefix = "foyer" // begins the name of every cookie
)
