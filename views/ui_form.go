package views

import (
	"cmp"
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
	Version string // the time of the last change of its row, for list.Unchanged; "" for none

	Intro       templ.Component // below the heading; nil for none
	Errors      Errors          // below Intro
	About, Lead string          // below the errors: what is changed, and a sentence about it
	Text        templ.Component // below Lead; nil for none
	Inputs      []input         // in their order on the page
	Focus       bool            // the first empty field has the focus when the page opens

	Button string
	Danger bool              // the button destroys something
	Cancel string            // where Cancel leads; "" for none
	Others []templ.Component // buttons below the button: other ways to do the same
	Ways   []way             // below the buttons
	Below  []templ.Component // what follows the form on its page
}

// Filled is the form with the values that were typed into it, and Version by the name updated_at; nil changes nothing.
// Passwords, codes, hidden fields and files stay as they are.
func (f Form) Filled(typed map[string][]string) Form {
	if typed == nil {
		return f
	}
	inputs := make([]input, len(f.Inputs))
	for i, in := range f.Inputs {
		values := typed[in.Name]
		switch in.Type {
		case "hidden", "username", "password", "code", "file":
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
	if seen := typed["updated_at"]; len(seen) > 0 {
		f.Version = seen[0]
	}
	return f
}

// hasFile reports whether the form sends a file, so that it is sent as multipart, for as long as it takes. Its route is
// an Upload of its door, whose handler reads the file by c.FormFile, because other forms may not be multipart.
func (f Form) hasFile() bool {
	return slices.ContainsFunc(f.Inputs, func(in input) bool { return in.Type == "file" })
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

func (f Form) heading() string { return cmp.Or(f.Heading, f.Title) }

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
type FieldError struct {
	Field, Message string
	Href           string // of a page that helps, without a Field; "" for none
}

// href is where the message of f leads, "" for nowhere.
func (f FieldError) href() string {
	if f.Field != "" {
		return "#" + f.Field
	}
	return f.Href
}

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
