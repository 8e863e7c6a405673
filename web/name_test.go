package web_test

import "example.com/foyer/web"

// hostCookie begins the names of all cookies on https.
const hostCookie = "__Host-" + web.CookiePrefix + "."
