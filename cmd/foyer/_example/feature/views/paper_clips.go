package views

import "github.com/a-h/templ"

// paperClipsLayout surrounds the pages of paper clips.
func paperClipsLayout(h Head) templ.Component {
	return sectionLayout(Link{"/paper-clips", "Paper clips"}, h)
}

// paperClipInputs are the inputs of the form and the columns of the lists.
var paperClipInputs = []input{
	{Name: "trade_name", Label: "Trade name", Type: "text", MaxLength: 200},
	{Name: "wire_gauge", Label: "Wire gauge", Type: "text", MaxLength: 200},
	{Name: "box_label", Label: "Box label", Type: "text", MaxLength: 200, Optional: true},
	{Name: "sales_pitch", Label: "Sales pitch", Type: "textarea", MaxLength: 5000},
	{Name: "care_hint", Label: "Care hint", Type: "textarea", MaxLength: 5000, Optional: true},
	{Name: "bend_count", Label: "Bend count", Type: "number", Min: "0"},
	{Name: "spare_count", Label: "Spare count", Type: "number", Min: "0", Optional: true},
	{Name: "zinc_coated", Label: "Zinc coated", Type: "checkbox"},
	{Name: "made_on", Label: "Made on", Type: "date"},
	{Name: "sold_on", Label: "Sold on", Type: "date", Optional: true},
}

// PaperClips is the list of the visitor's paper clips.
func PaperClips() List {
	return List{
		Title: "Paper clips", Layout: paperClipsLayout, Path: "/paper-clips", One: "paper clip", Many: "paper clips",
		Search: "Search", Order: "-created_at", New: Link{"/paper-clips/new", "New paper clip"},
		Columns: columns(paperClipInputs), Menu: true,
		Export: "/paper-clips.csv", // opt:csv
	}
}

// opt:admin

// AllPaperClips is the list of the paper clips of all owners.
func AllPaperClips() List {
	return List{
		Title: "All paper clips", Layout: adminLayout, Path: "/admin/paper-clips", One: "paper clip", Many: "paper clips",
		Search: "Search", Order: "-created_at", Columns: append(columns(paperClipInputs), Column{Label: "Owner"}),
	}
}

// end:admin

// PaperClipForm is the form of a paper clip, which is a new one if id is "".
func PaperClipForm(id string) Form {
	f := Form{
		Title: "New paper clip", Layout: paperClipsLayout, Path: "/paper-clips/new", Inputs: paperClipInputs,
		Button: "Save", Cancel: "/paper-clips",
	}
	if id != "" {
		f.Title, f.Path = "Edit paper clip", "/paper-clips/"+id
		f.Below = []templ.Component{dialogLink("delete", f.Path+"/delete", "Delete", true)}
	}
	return f
}

// DeletePaperClip asks before a paper clip is deleted.
func DeletePaperClip(id, name string) Form {
	return Form{
		Title: "Delete paper clip", Above: []Link{{"/paper-clips/" + id, name}}, Layout: paperClipsLayout,
		Path: "/paper-clips/" + id + "/delete", About: name, Lead: "It is deleted at once and for good.",
		Button: "Delete", Danger: true, Cancel: "/paper-clips/" + id,
	}
}
