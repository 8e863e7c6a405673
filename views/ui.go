package views

import (
	"strings"
	"time"
	"unicode/utf8"
)

// FieldError is what is wrong with one field of a form.
type FieldError struct{ Field, Message string }

// Errors is what is wrong with a form, in the order of its fields; an empty Field means the form as a whole.
type Errors []FieldError

// Of gives the message of one field, "" where it is right.
func (e Errors) Of(field string) string {
	for _, f := range e {
		if f.Field == field {
			return f.Message
		}
	}
	return ""
}

// spoken says the errors as one sentence.
func (e Errors) spoken() string {
	words := []string{"There is a problem."}
	for _, f := range e {
		words = append(words, f.Message)
	}
	return strings.Join(words, " ")
}

// input is one field of a form.
type input struct {
	Name, Label, Type, Value  string
	Autocomplete, Mode, Rules string
	Hint                      string
	Optional                  bool
}

// describedBy names the elements that explain a field.
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

// withErrors marks a title the way screen readers announce first.
func withErrors(title string, errors Errors) string {
	if len(errors) > 0 {
		return "Error: " + title
	}
	return title
}

// newPassword is the field for a password of one's choice, with what it must be for managers and for people.
func newPassword(name, label string) input {
	return input{
		Name: name, Label: label, Type: "password", Autocomplete: "new-password",
		Rules: "minlength: 8; maxlength: 128;", Hint: "At least 8 characters. Spaces and pasting are welcome.",
	}
}

// current says where a link stands to the page at path: "page" leads to it, "true" to what it is part of.
func current(path, href string) string {
	switch {
	case path == href:
		return "page"
	case strings.HasPrefix(path, href+"/"):
		return "true"
	}
	return ""
}

func pressed(yes bool) string {
	if yes {
		return "true"
	}
	return "false"
}

func initial(name string) string {
	r, _ := utf8.DecodeRuneInString(strings.TrimSpace(name))
	return strings.ToUpper(string(r))
}

func date(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }
