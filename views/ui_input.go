package views

import (
	"cmp"
	"strings"

	"github.com/a-h/templ"
)

// input is one field of a form.
type input struct {
	Name, Label, Value string
	ID                 string   // of its elements, where a form in the dialog may have the same Name; "" means Name
	Type               string   // of the element input, or textarea, select, username, or code for a code that one types
	Autocomplete, Hint string   // "" for none
	Rules              string   // passwordrules, for password managers
	Options            []string // of a select: value and label alternate
	Min, Max           string   // of a number or date
	MaxLength          int      // 0 for any
	Accept             string   // of a file: its media types
	Checked            bool     // of a checkbox, whose value is "on"
	Optional           bool
	focus              bool            // when the page opens
	After              templ.Component // what follows the field; nil for nothing
}

// id identifies the control. Its hint, error and verdict add to it.
func (f input) id() string { return cmp.Or(f.ID, f.Name) }

// attributes are those of the control, besides what identifies it.
func (f input) attributes(errors Errors) templ.Attributes {
	list := templ.Attributes{"required": f.required(), "autofocus": f.focus}
	for name, value := range map[string]string{
		"autocomplete": f.Autocomplete, "passwordrules": f.Rules, "min": f.Min, "max": f.Max, "accept": f.Accept,
		"aria-describedby": f.describedBy(errors),
	} {
		if value != "" {
			list[name] = value
		}
	}
	if f.MaxLength > 0 {
		list["maxlength"] = f.MaxLength
	}
	if errors.Of(f.Name) != "" {
		list["aria-invalid"] = "true"
	}
	if f.Autocomplete == "one-time-code" {
		list["inputmode"] = "numeric"
	}
	switch f.Type {
	case "text", "textarea", "select", "checkbox", "file":
	case "email":
		list["inputmode"] = "email"
		fallthrough
	default:
		list["autocapitalize"], list["spellcheck"] = "none", "false"
	}
	return list
}

// judged reports whether the server judges the field while a person types.
func (f input) judged() bool { return f.Autocomplete == "new-password" }

// required reports whether the browser demands a value. A select demands one only if its first option is empty.
func (f input) required() bool {
	switch f.Type {
	case "checkbox":
		return false
	case "select":
		return !f.Optional && len(f.Options) > 0 && f.Options[0] == ""
	}
	return !f.Optional
}

// describedBy lists the ids of the elements that explain a field.
func (f input) describedBy(errors Errors) string {
	var ids []string
	if f.focus {
		ids = append(ids, "toasts")
	}
	if errors.Of(f.Name) != "" {
		ids = append(ids, f.id()+"-error")
	}
	if f.Hint != "" {
		ids = append(ids, f.id()+"-hint")
	}
	return strings.Join(ids, " ")
}

// hidden is a field that people do not see.
func hidden(name, value string) input { return input{Name: name, Type: "hidden", Value: value} }

// username is a field that names the account of a password form for password managers. People read it in the text of
// the form.
func username(email string) input { return input{Name: "username", Type: "username", Value: email} }

// email is the field for the e-mail address of an account.
func email(autocomplete, value string) input {
	return input{Name: "email", Label: "E-mail", Type: "email", Value: value, Autocomplete: autocomplete}
}

// password is the field for the password of an account.
func password(autocomplete string) input {
	return input{Name: "password", Label: "Password", Type: "password", Autocomplete: autocomplete}
}

// remember is the field for a session that outlives the browser.
func remember() input {
	return input{Name: "remember", Label: "Keep me logged in", Type: "checkbox", Checked: true}
}

// newPassword is the field for a password that is chosen. It states the password rules to people and to password
// managers.
func newPassword(name, label string) input {
	return input{
		Name: name, Label: label, Type: "password", Autocomplete: "new-password",
		Rules: "minlength: 8; maxlength: 128;",
		Hint:  "At least 8 characters, and no common password. Spaces and pasting are welcome.",
	}
}

// typedAddress is the field in which a person types email to confirm that they delete the account with that address.
func typedAddress(email string) input {
	return input{Name: "confirm", Label: "Type " + email + " to confirm", Type: "email", Autocomplete: "off"}
}
