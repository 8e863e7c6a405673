package web

import (
	"maps"
	"net/url"
	"strings"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/audit/chain"
	"example.com/foyer/internal/auth/event"
	"example.com/foyer/internal/useragent"
	"example.com/foyer/views"
)

// eventWords are how pages call an event, and what its actor did. % in did stands for the subject.
type eventWords struct{ name, did string }

var templateEvents = map[event.Name]eventWords{
	event.AccountUnlinked:      {"Log-in method removed", "removed a log-in method of %"},
	event.CookieForged:         {"Forged session cookie refused", "sent a forged session cookie"},
	event.CrossSite:            {"Request from another site refused", "sent a request from another site"},
	event.DeletionAsked:        {"Account deletion requested", "asked to delete %"},
	event.EmailChangeAsked:     {"Change of address requested", "asked to change the address of %"},
	event.EmailChanged:         {"Address changed", "changed the address of %"},
	event.EmailChangeStopped:   {"Change of address stopped", "stopped the change of address of %"},
	event.EmailRestored:        {"Change of address undone", "undid the change of address of %"},
	event.EmailVerified:        {"Address confirmed", "confirmed the address of %"},
	event.Forbidden:            {"Not allowed", "tried what they are not allowed to do"},
	event.ImpersonationStarted: {"Impersonation started", "began to impersonate %"},
	event.ImpersonationStopped: {"Impersonation ended", "stopped impersonating %"},
	event.Invited:              {"Invited", "invited %"},
	event.MagicLinkAsked:       {"Log-in link requested", "asked for a log-in link for %"}, // part:magiclink
	event.PasskeyAdded:         {"Passkey added", "added a passkey of %"},                  // part:passkey
	event.PasskeyRemoved:       {"Passkey deleted", "deleted a passkey of %"},              // part:passkey
	event.PasskeyRenamed:       {"Passkey renamed", "renamed a passkey of %"},              // part:passkey
	event.PasswordChanged:      {"Password changed", "changed the password of %"},
	event.PasswordRefused:      {"Wrong current password", "entered a wrong current password of %"},
	event.PasswordReset:        {"Password reset by mailed link", "reset the password of % by a mailed link"},
	event.PasswordResetAsked:   {"Password reset requested", "asked for a new password for %"},
	event.PasswordSet:          {"Password set by an admin", "set the password of %"},
	event.RateLimited:          {"Too many requests", "made too many requests"},
	event.Reauthenticated:      {"Identity confirmed again", "entered their credentials again"},
	event.RoleChanged:          {"Role changed", "changed the role of %"},
	event.SessionRevoked:       {"Session ended remotely", "ended a session of %"},
	event.SessionsRevoked:      {"Sessions ended remotely", "ended the sessions of %"},
	event.SignIn:               {"Logged in", "logged in"},
	event.SignInFailed:         {"Failed log-in", "failed to log in as %"},
	event.SignOut:              {"Logged out", "logged out"},
	event.SignUp:               {"Signed up", "signed up"},
	event.UserBanned:           {"Banned", "banned %"},
	event.UserCreated:          {"Account created", "created the account of %"},
	event.UserDeleted:          {"Account deleted", "deleted %"},
	event.UserUnbanned:         {"Ban lifted", "lifted the ban of %"},
	event.UserUpdated:          {"Profile changed", "changed the profile of %"},
	event.UsersExported:        {"List of users exported", "exported the list of users"},
	event.VerificationSent:     {"Confirmation mail sent", "asked for a confirmation mail for %"},
	// part:twofactor
	event.CodeRefused:        {"Wrong code", "entered a wrong code of %"},
	event.DeviceRevoked:      {"Trusted device removed", "removed a trusted device of %"},
	event.DeviceTrusted:      {"Device trusted", "made a browser a trusted device of %"},
	event.FactorLocked:       {"Locked by wrong codes", "locked % by wrong codes"},
	event.FactorRemoved:      {"Second factor removed by an admin", "removed the second factor of %"},
	event.RecoveryCodesEnded: {"Recovery codes deleted", "took back the recovery codes of %"},
	event.RecoveryCodesMade:  {"New recovery codes", "made new recovery codes of %"},
	event.RecoveryCodeUsed:   {"Recovery code used", "used a recovery code of %"},
	event.SecondStepOwed:     {"First step of a log-in", "took the first step of the log-in of %"},
	event.TwoFactorDisabled:  {"Second factor turned off", "turned the second factor of % off"},
	event.TwoFactorEnabled:   {"Second factor turned on", "turned the second factor of % on"},
	// end:twofactor
	chain.EventPruned: {"Old events deleted", "deleted old events"}, // part:auditchain
}

// knownEvents are the words of all events. Those of the app have names only.
func knownEvents() map[event.Name]eventWords {
	list := maps.Clone(templateEvents)
	for name, w := range appEvents {
		list[name] = eventWords{name: w}
	}
	return list
}

// wordsFor returns the words of an event. It makes missing ones from the name, such as "paper_torn".
func wordsFor(name event.Name, known map[event.Name]eventWords) eventWords {
	w := known[name]
	if w.name == "" {
		w.name = strings.ReplaceAll(string(name), "_", " ")
		w.name = strings.ToUpper(w.name[:1]) + w.name[1:]
	}
	if w.did == "" {
		w.did = "did this: " + w.name
	}
	return w
}

func auditRows(entries []audit.Entry) (rows []views.AuditRow) {
	known := knownEvents()
	for _, e := range entries {
		w := wordsFor(e.Name, known)
		row := views.AuditRow{
			At: e.At, Event: w.name, Did: w.did, Detail: e.Detail, Note: e.Note, Times: e.Times, IP: e.IPAddress,
			Actor: auditPerson(e.ActorID, e.ActorName, withoutActor(e)), Subject: auditSubject(e),
		}
		if e.ImpersonatorID != "" {
			row.Actor, row.As = auditPerson(e.ImpersonatorID, e.ImpersonatorName, ""), row.Actor
		}
		if e.UserAgent != "" {
			row.Browser = useragent.Name(e.UserAgent)
		}
		rows = append(rows, row)
	}
	return rows
}

// withoutActor labels the actor of an event without one: a stranger, who has an IP address, or else the command line.
// The IP address is deleted with the account that the stranger tried; then this func cannot distinguish them.
func withoutActor(e audit.Entry) string {
	switch {
	case e.IPAddress != "":
		return "A stranger"
	case e.Name == event.UserDeleted && e.Detail == event.DetailNeverConfirmed: // purged
		return "Automatic"
	case e.SubjectID != "" && e.SubjectName == "" && e.Name != event.UserDeleted:
		return "No longer known"
	}
	return "The command line"
}

// auditSubject is the user that an event is about.
func auditSubject(e audit.Entry) views.AuditPerson {
	switch {
	case e.SubjectID == "" && e.Name == event.SessionsRevoked:
		return views.AuditPerson{Name: "every user"}
	case e.ActorID != "" && e.ActorID == e.SubjectID && e.ImpersonatorID == "":
		return views.AuditPerson{Name: "their own account"}
	}
	return auditPerson(e.SubjectID, e.SubjectName, "an unknown account")
}

// auditPerson is a person in the audit trail, label without an id. Events name people as "Ada <ada@example.com>", and
// deleted users not at all.
func auditPerson(id, title, label string) views.AuditPerson {
	if id == "" {
		return views.AuditPerson{Name: label}
	}
	p := views.AuditPerson{Name: title, Href: "/admin/audit?person=" + url.QueryEscape(id)}
	if i := strings.LastIndex(title, " <"); i > 0 {
		p.Name, p.Email = title[:i], strings.TrimSuffix(title[i+2:], ">")
	}
	if title == "" {
		p.Name = "Deleted user " + id[:min(8, len(id))]
	}
	return p
}
