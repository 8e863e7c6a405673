package views

import (
	"strings"

	"github.com/a-h/templ"
)

// Form is a form and the page it stands on. It draws itself twice: Page is the whole page, Fragment the form alone, by
// which htmx replaces a form that was refused.
type Form struct {
	Title  string // of the page
	Layout layout
	Class  string
	Path   string // to which it is posted
	Fields fields
	Inputs []string          // the names of the inputs that can be wrong, in their order on the page
	Below  []templ.Component // what follows the form on its page
	Errors Errors
}

type (
	layout = func(title string) templ.Component
	fields = func(Errors) templ.Component // the content of a form, with its heading and buttons
)

// authForm is a form that is alone on its page.
func authForm(title, path string, content fields, inputs ...string) Form {
	return Form{Title: title, Layout: authLayout, Class: "stack", Path: path, Fields: content, Inputs: inputs}
}

// cardForm is a form on a page of the settings or of the admin section.
func cardForm(page layout, title, path string, content fields, inputs ...string) Form {
	return Form{Title: title, Layout: page, Class: "card stack narrow", Path: path, Fields: content, Inputs: inputs}
}

// title is the title of the document. A refused form says so first, because screen readers read the title first.
func (f Form) title() string { return withErrors(f.Title, f.Errors) }

// FieldError is what is wrong with one field of a form.
type FieldError struct{ Field, Message string }

// Errors is what is wrong with a form, in the order of its fields. An empty Field means the form as a whole.
type Errors []FieldError

// Of returns the message of one field, "" if the field is right.
func (e Errors) Of(field string) string {
	for _, f := range e {
		if f.Field == field {
			return f.Message
		}
	}
	return ""
}

// sentences joins the errors into one text, for screen readers.
func (e Errors) sentences() string {
	words := []string{"There is a problem."}
	for _, f := range e {
		words = append(words, f.Message)
	}
	return strings.Join(words, " ")
}

func withErrors(title string, errors Errors) string {
	if len(errors) > 0 {
		return "Error: " + title
	}
	return title
}

// input is one field of a form.
type input struct {
	Name, Label, Type, Value  string
	Autocomplete, Rules, Hint string // "" for none; Rules are passwordrules, for password managers
	Optional                  bool
}

// describedBy lists the ids of the elements that explain a field.
func (f input) describedBy(errors Errors) string {
	var ids []string
	if errors.Of(f.Name) != "" {
		ids = append(ids, f.Name+"-error")
	}
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
	}
	return strings.Join(ids, " ")
}

// email is the field for the e-mail address of an account.
func email(value, autocomplete string) input {
	return input{Name: "email", Label: "E-mail", Type: "email", Value: value, Autocomplete: autocomplete}
}

// password is the field for the password of an account.
func password(autocomplete string) input {
	return input{Name: "password", Label: "Password", Type: "password", Autocomplete: autocomplete}
}

// newPassword is the field for a password that is chosen. It states the password rules to people and to password
// managers.
func newPassword(name, label string) input {
	return input{
		Name: name, Label: label, Type: "password", Autocomplete: "new-password",
		Rules: "minlength: 8; maxlength: 128;", Hint: "At least 8 characters. Spaces and pasting are welcome.",
	}
}

// typedAddress is the field in which a person types email to confirm that they delete the account with that address.
func typedAddress(email, value string) input {
	return input{Name: "confirm", Label: "Type " + email + " to confirm", Type: "email", Value: value, Autocomplete: "off"}
}

// part:admin

// pairs makes each word both value and label of a choice.
func pairs(words []string) (options []string) {
	for _, w := range words {
		options = append(options, w, w)
	}
	return options
}

// end:admin
