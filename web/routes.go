package web

import "example.com/foyer/views"

// routes lists all routes. The first word of a line is the door, which says who may open it:
//   - public reads no session; anyone reads it and refuses no visitor; guest refuses visitors who are logged in.
//   - user requires a session, fresh one that is RecentlyAuthenticated, admin the role, freshAdmin both.
//   - role("editor"), which appRoutes may use, requires one of the roles that it names.
//   - service is for the token of another process. Each of its lines names the services it admits. // part:servicetoken
//   - dev exists in development only, for browsers on this machine.
//
// POST and Form are counted by IP address before the door opens. A last argument names the act that the request counts
// as (auth.Auth.Count). Mostly it is the endpoint of /api/auth that does the same, so that both share a budget.
func (s *Server) routes(
	public, anyone, guest, user, fresh, admin, freshAdmin, dev door,
	service serviceDoor, // part:servicetoken
) {
	public.GET("/", s.showHome)
	public.GET("/static/*", s.showStatic)
	public.GET("/healthz", s.showHealth)
	public.GET("/readyz", s.showReady)
	public.GET("/.well-known/change-password", s.showChangePassword)
	public.GET("/.well-known/passkey-endpoints", s.showPasskeyPages) // part:passkey
	public.GET("/.well-known/jwks.json", s.showKeys)                 // part:servicetoken
	public.POST("/password-hint", s.hintPassword)
	public.Mount("/api/auth/*", s.API) // part:betterauth

	anyone.GET("/nav", s.show(views.Loaded()))
	anyone.POST("/logout", s.logout, "/sign-out")
	anyone.POST("/theme", s.setTheme)
	anyone.POST("/address", s.goToPage)
	anyone.GET("/forgot-password", s.showForgot)
	anyone.Form("/forgot-password", s.forgot, "/request-password-reset")
	anyone.GET("/reset-password", s.showReset)
	anyone.POST("/reset-password", s.reset)
	anyone.GET("/verify-email", s.showVerify)
	anyone.POST("/verify-email", s.verify)
	anyone.Form("/verify-email/resend", s.resendVerification, "/send-verification-email")
	anyone.GET("/stop-email-change", s.showEmailLink(stopChange))
	anyone.POST("/stop-email-change", s.followEmailLink(stopChange))
	anyone.GET("/undo-email", s.showEmailLink(undoChange))
	anyone.POST("/undo-email", s.followEmailLink(undoChange))

	guest.GET("/login", s.showPage(s.loginForm))
	guest.Form("/login", s.login, "/sign-in/email")
	guest.GET("/signup", s.showPage(s.signupForm))
	guest.Form("/signup", s.signup, "/sign-up/email")
	guest.Form("/login/passkey", s.logInByPasskey, "/passkey/verify-authentication") // part:passkey
	guest.GET("/login/code", s.showCode)                                             // part:twofactor
	guest.Form("/login/code", s.enterCode, "/two-factor/verify-totp")                // part:twofactor

	// part:magiclink
	if s.MagicLink != nil {
		guest.GET(askLinkPath, s.showAskLink)
		guest.Form(askLinkPath, s.askLink, "/sign-in/magic-link")
		guest.Form(askLinkPath+"/code", s.logInByCode, "/sign-in/email-otp")
		anyone.GET(magicLinkPath, s.showMagicLink)
		anyone.POST(magicLinkPath, s.logInByLink)
	}
	// end:magiclink

	user.GET("/dashboard", s.showDashboard)
	user.POST(stopPath, s.stopImpersonating) // part:admin
	user.GET("/reauth", s.showPage(s.reauthForm))
	user.Form("/reauth", s.reauth, "/sign-in/again")
	user.Form("/reauth/passkey", s.reauthByPasskey, "/passkey/verify-authentication") // part:passkey
	user.GET("/settings", s.showProfile)
	user.Form("/settings", s.saveProfile, "/update-user")
	user.GET(sessionsPath, s.showSessions)
	user.GET("/settings/appearance", s.show(views.Appearance()))
	user.POST("/settings/appearance", s.setKeys)

	fresh.GET(sessionsPath+"/:session", s.showEndSession)
	fresh.POST(sessionsPath+"/:session", fromForm(s.endSession))
	fresh.GET("/settings/security", s.showPage(s.passwordForm))
	fresh.Form("/settings/security", s.changePassword, "/change-password")
	// part:passkey
	fresh.GET(passkeysPath, s.showPasskeys)
	fresh.Form(passkeysPath, s.addPasskey, "/passkey/verify-registration")
	fresh.GET(passkeysPath+"/:passkey", s.showPasskey(views.RenamePasskey))
	fresh.Form(passkeysPath+"/:passkey", s.renamePasskey, "/passkey/update-passkey")
	fresh.GET(passkeysPath+"/:passkey/delete", s.showPasskey(views.DeletePasskey))
	fresh.Form(passkeysPath+"/:passkey/delete", s.deletePasskey, "/passkey/delete-passkey")
	// end:passkey
	// part:twofactor
	fresh.GET(setUpPath, s.showSetUp)
	fresh.Form(setUpPath, s.setUp, "/two-factor/verify-totp")
	fresh.GET(setUpPath+"/codes", s.show(views.NewCodes().Page()))
	fresh.POST(setUpPath+"/codes", fromForm(s.makeCodes), "/two-factor/generate-backup-codes")
	fresh.GET(setUpPath+"/off", s.showTurnOff)
	fresh.POST(setUpPath+"/off", fromForm(s.turnOff), "/two-factor/disable")
	fresh.GET("/settings/security/devices/:device", s.showDevice)
	fresh.POST("/settings/security/devices/:device", fromForm(s.stopTrusting))
	// end:twofactor
	fresh.GET("/settings/email", s.showEmail)
	fresh.Form("/settings/email", s.changeEmail, "/change-email")
	fresh.GET("/settings/delete", s.showDelete)
	fresh.Form("/settings/delete", s.deleteAccount, "/delete-user")

	admin.GET("/admin", s.showAdmin)
	admin.GET("/admin/audit", s.showAudit)    // part:audit
	admin.GET("/admin/users", s.showUsers)    // part:admin
	admin.GET("/admin/users/:id", s.showUser) // part:admin

	freshAdmin.POST("/api/admin/users", s.createUser, "/admin/create-user")
	freshAdmin.GET("/admin/users.csv", s.exportUsers)                 // part:admin
	freshAdmin.GET("/admin/users/new", s.showInvite)                  // part:admin
	freshAdmin.Form("/admin/users/new", s.invite)                     // part:admin
	freshAdmin.GET("/admin/users/selected/:action", s.showSelected)   // part:admin
	freshAdmin.Form("/admin/users/selected/:action", s.actOnSelected) // part:admin
	freshAdmin.GET("/admin/users/:id/:action", s.showUserAction)      // part:admin
	freshAdmin.Form("/admin/users/:id/:action", s.actOnUser)          // part:admin

	service.from("service:worker").GET("/api/service/whoami", s.whoami) // part:servicetoken

	if s.Development {
		dev.GET("/dev/guards", s.show(views.Guards()))
		dev.GET("/dev/components", s.showComponents)
		dev.GET("/dev/mail", s.showInbox)
		dev.GET("/dev/mail/:id", s.showInbox)
		dev.GET("/dev/mail/:id/html", s.showMail)
		dev.GET("/dev/reload", s.streamVersion)
	}
}
