package views

import "strings"

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

// pairs makes words values and labels of a choice.
func pairs(words []string) (options []string) {
	for _, w := range words {
		options = append(options, w, w)
	}
	return options
}
