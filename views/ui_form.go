package views

import (
	"slices"
	"strings"

	"github.com/a-h/templ"
)

// Form is a form and the page it stands on. It is data, and draws itself in three ways: Page is the whole page, Draw
// the form alone, for a dialog, and Fragment what replaces a form that was refused. A dialogLink can open it, for
// example a question before a deed:
//
//	func DeleteProject(p Project) Form {
//		return Form{
//			Title: "Delete the project", Layout: projectsLayout, Path: "/projects/" + p.ID + "/delete",
//			About: p.Name, Lead: "It is deleted at once and for good.",
//			Button: "Delete", Danger: true, Cancel: "/projects/" + p.ID,
//		}
//	}
type Form struct {
	Title   string // of the page
	Summary string // of the page, a sentence below its title; "" for none
	Heading string // of the form; "" means Title
	Above   []Link // the pages above it
	Layout  layout // of the page; nil for a form that is alone on its page, such as the form to log in
	Quiet   bool   // alone on a page without a picture, for one step on a way
	Path    string // to which it is posted

	Intro       templ.Component // below the heading; nil for none
	Errors      Errors          // below Intro
	About, Lead string          // below the errors: what is changed, and a sentence about it
	Text        templ.Component // below Lead; nil for none
	Inputs      []input         // in their order on the page
	Focus       bool            // the first empty field has the focus when the page opens

	Button string
	Danger bool              // the button destroys something
	Cancel string            // where Cancel leads; "" for none
	Ways   []way             // below the button
	Below  []templ.Component // what follows the form on its page
}

// Filled is the form with the values that were typed into it; nil changes nothing. Passwords, hidden fields and files
// stay as they are.
func (f Form) Filled(typed map[string][]string) Form {
	if typed == nil {
		return f
	}
	inputs := make([]input, len(f.Inputs))
	for i, in := range f.Inputs {
		values := typed[in.Name]
		switch in.Type {
		case "hidden", "username", "password", "file":
		case "checkbox":
			in.Checked = len(values) > 0
		default:
			if len(values) > 0 {
				in.Value = strings.TrimSpace(values[0])
			}
		}
		inputs[i] = in
	}
	f.Inputs = inputs
	return f
}

// hasFile reports whether the form sends a file, so that it is sent as multipart. Its handler reads c.FormFile and
// c.FormValue, because forms without a file may not be multipart.
func (f Form) hasFile() bool {
	for _, in := range f.Inputs {
		if in.Type == "file" {
			return true
		}
	}
	return false
}

// Names are the names of the inputs.
func (f Form) Names() (names []string) {
	for _, in := range f.Inputs {
		names = append(names, in.Name)
	}
	return names
}

func (f Form) head() Head {
	return Head{Title: f.Title, Lead: f.Summary, Above: f.Above, Refused: len(f.Errors) > 0}
}

func (f Form) heading() string {
	if f.Heading != "" {
		return f.Heading
	}
	return f.Title
}

// fields are the inputs. If Focus applies, the first empty one has it. The errors of a refused form have it otherwise.
func (f Form) fields() []input {
	list := slices.Clone(f.Inputs)
	first := slices.IndexFunc(list, func(in input) bool {
		return in.Value == "" && !slices.Contains([]string{"hidden", "username", "checkbox"}, in.Type)
	})
	if f.Focus && len(f.Errors) == 0 && first >= 0 {
		list[first].focus = true
	}
	return list
}

// way leads to a page that a visitor may want instead of a form, such as {"New here?", Link{"/signup", "Sign up"}}.
type way struct {
	Question string // before the link; "" for none
	Link
}

// asksAddress reports whether a form has the e-mail address of an account, which its ways then keep.
func (f Form) asksAddress() bool { return slices.Contains(f.Names(), "email") }

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

// input is one field of a form.
type input struct {
	Name, Label, Value string
	Type               string   // of the element input, or textarea, select or username
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
		ids = append(ids, f.Name+"-error")
	}
	if f.Hint != "" {
		ids = append(ids, f.Name+"-hint")
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
		Rules: "minlength: 8; maxlength: 128;", Hint: "At least 8 characters, and no common password. Spaces and pasting are welcome.",
	}
}

// typedAddress is the field in which a person types email to confirm that they delete the account with that address.
func typedAddress(email string) input {
	return input{Name: "confirm", Label: "Type " + email + " to confirm", Type: "email", Autocomplete: "off"}
}

// pairs makes each word both value and label of a choice.
func pairs(words []string) (options []string) {
	for _, w := range words {
		options = append(options, w, w)
	}
	return options
}
