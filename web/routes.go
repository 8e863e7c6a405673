package web

import "github.com/labstack/echo/v5"

// routes says who may open what: the first word of each line. public looks nobody up; anyone knows the visitor
// and refuses nobody; guest is for strangers only; user asks for a session; fresh for one whose password was
// typed minutes ago; admin for the role, freshAdmin for both.
// service is for the token of another process, and no session.
// dev exists in development only, for whoever sits at this machine.
func (s *Server) routes(
	public, anyone, guest, user, fresh, admin, freshAdmin *echo.Group,
	service *echo.Group,
	dev *echo.Group,
) {
	public.GET("/", s.showHome)
	public.GET("/static/*", s.showStatic)
	public.GET("/healthz", s.showHealth)
	public.GET("/readyz", s.showReady)
	public.GET("/.well-known/change-password", s.showChangePassword)
	public.GET("/.well-known/jwks.json", s.showKeys)
	public.Any("/api/auth/*", s.serveAuth) // the provider guards its own endpoints

	anyone.GET("/nav", s.showNav)
	anyone.POST("/logout", s.logout)
	anyone.POST("/theme", s.setTheme)
	anyone.GET("/forgot-password", s.showForgot)
	anyone.POST("/forgot-password", s.forgot)
	anyone.GET("/reset-password", s.showReset)
	anyone.POST("/reset-password", s.reset)
	anyone.GET("/verify-email", s.showVerify)
	anyone.POST("/verify-email", s.verify)
	anyone.POST("/verify-email/resend", s.resendVerification)
	anyone.GET("/undo-email", s.showUndo)
	anyone.POST("/undo-email", s.undo)

	guest.GET("/login", s.showLogin)
	guest.POST("/login", s.login)
	guest.GET("/signup", s.showSignup)
	guest.POST("/signup", s.signup)

	user.GET("/dashboard", s.showDashboard)
	user.POST("/impersonation/stop", s.stopImpersonating)
	user.GET("/reauth", s.showReauth)
	user.POST("/reauth", s.reauth)
	user.GET("/settings", s.showSettings)
	user.POST("/settings", s.saveSettings)
	user.GET("/settings/sessions", s.showSessions)
	user.GET("/settings/appearance", s.showAppearance)

	fresh.POST("/settings/sessions", s.endSessions)
	fresh.GET("/settings/security", s.showSecurity)
	fresh.POST("/settings/security", s.changePassword)
	fresh.GET("/settings/email", s.showEmail)
	fresh.POST("/settings/email", s.changeEmail)
	fresh.GET("/settings/delete", s.showDelete)
	fresh.POST("/settings/delete", s.deleteAccount)

	admin.GET("/admin", s.showAdmin)
	admin.GET("/admin/audit", s.showAudit)
	admin.POST("/api/admin/users", s.createUser)
	admin.GET("/admin/users", s.showUsers)
	admin.GET("/admin/users/:id", s.showUser)

	freshAdmin.GET("/admin/users.csv", s.exportUsers)
	freshAdmin.GET("/admin/users/new", s.showInvite)
	freshAdmin.POST("/admin/users/new", s.invite)
	freshAdmin.GET("/admin/users/:id/:action", s.showUserAction)
	freshAdmin.POST("/admin/users/:id/:action", s.actOnUser)

	service.GET("/api/service/whoami", s.whoami)

	if s.Development {
		dev.GET("/dev/guards", s.showGuards)
		dev.GET("/dev/components", s.showComponents)
		dev.GET("/dev/mail", s.showInbox)
		dev.GET("/dev/mail/:id", s.showMail)
		dev.GET("/dev/reload", s.streamVersion)
	}
}
