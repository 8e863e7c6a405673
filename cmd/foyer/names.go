package main

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/mod/modfile"
	"golang.org/x/mod/module"
)

// nameFile has the name and the prefix of the app as constants.
const nameFile = "web/name.go"

var nameConstant = regexp.MustCompile(`\b(AppName|CookiePrefix)(\s*=\s*)"([^"\n]+)"`)

// namesOf returns the names of the app in a tree.
func namesOf(t tree) (names, error) {
	has := map[string]string{}
	for _, m := range nameConstant.FindAllStringSubmatch(t[nameFile], -1) {
		has[m[1]] = m[3]
	}
	n := names{modfile.ModulePath([]byte(t["go.mod"])), has["AppName"], has["CookiePrefix"]}
	if n.Module == "" {
		return n, errors.New("go.mod has no module path")
	}
	if n.Name == "" || n.Prefix == "" {
		return n, fmt.Errorf("%s lacks AppName or CookiePrefix as a constant in quotes", nameFile)
	}
	return n, nil
}

var (
	majorSuffix = regexp.MustCompile(`/v\d+$`)
	notDashed   = regexp.MustCompile(`[^a-z0-9]+`)
	appNames    = regexp.MustCompile(`^[\pL\pM\pN]+([ .+-][\pL\pM\pN]+)*!?$`)
	prefixes    = regexp.MustCompile(`^[a-z][a-z0-9-]{0,18}[a-z0-9]$`) // internal/auth takes 20 characters
	letter      = regexp.MustCompile(`\pL`)
)

// complete returns the names with what is missing: a name from the module path, a prefix from the name.
func (n names) complete() names {
	words := strings.FieldsFunc(path.Base(majorSuffix.ReplaceAllString(n.Module, "")), func(r rune) bool {
		return strings.ContainsRune("-_~", r) // a module path has no other signs but dots
	})
	last := cmp.Or(strings.Join(words, " "), "app")
	n.Name = cmp.Or(n.Name, strings.ToUpper(last[:1])+last[1:])
	n.Prefix = cmp.Or(n.Prefix, dashed(n.Name))
	return n
}

// dashed returns the small letters and digits of a text with dashes in place of all else.
func dashed(text string) string {
	return strings.Trim(notDashed.ReplaceAllString(strings.ToLower(text), "-"), "-")
}

// ask asks for what is missing.
func (n *names) ask(p *person, usualModule string) {
	p.ask("Module path", &n.Module, usualModule)
	p.ask("Name that people read", &n.Name, n.complete().Name)
	p.ask("Prefix of cookies", &n.Prefix, n.complete().Prefix)
}

// check refuses names that would break the app or its tests. A name needs a letter because the passwords of tests have
// none, and no password may have the name in it.
func (n names) check() error {
	if err := module.CheckPath(n.Module); err != nil {
		return err
	}
	if !appNames.MatchString(n.Name) || !letter.MatchString(n.Name) || utf8.RuneCountInString(n.Name) > 50 {
		return fmt.Errorf("the name %q is not at most 50 letters, digits and single blanks, dots, dashes or + between them",
			n.Name)
	}
	if !prefixes.MatchString(n.Prefix) || module.CheckFilePath(n.Prefix) != nil {
		return fmt.Errorf("the prefix %q of cookies is not 2 to 20 small letters, digits and - between them: choose one by "+
			"--prefix", n.Prefix)
	}
	return nil
}

// renamed returns t with other names in place of its own. LICENSE keeps the names of those who wrote it. The tool keeps
// its files, because it imports nothing of the project and names in its tests are made up.
func renamed(t tree, to names) (tree, error) {
	from, err := namesOf(t)
	if err != nil {
		return nil, err
	}
	after := maps.Clone(t)
	for _, name := range t.names() {
		tool := path.Dir(name) == path.Dir(partsFile)
		if tool || name == "LICENSE" || name == projectFile || strings.Contains(t[name], "\x00") {
			continue
		}
		if name == nameFile {
			after[name] = to.constants(t[name])
		}
		after[name] = from.replaced(to, name, after[name])
		if after[name] != t[name] && path.Ext(name) == ".go" {
			after[name] = formatted(after[name]) // another path has another place among imports
		}
	}
	return after, nil
}

// replaced returns the text of a file, or some lines of it, with other names. Lines of a README that call the tool
// stay, so that the names in its examples can be those of the app.
func (n names) replaced(to names, file, text string) string {
	swaps := []swap{
		{n.Module, to.Module, aroundModule},
		{"data/" + n.Prefix + ".db", "data/" + to.Prefix + ".db", aroundFile},
	}
	readme := path.Base(file) == "README.md"
	if readme || file == ".env.example" {
		swaps = append(swaps, swap{n.Name, to.Name, aroundWord}, swap{n.Prefix, to.Prefix, aroundWord})
	}
	var out strings.Builder
	for line := range strings.Lines(text) {
		if !readme || !strings.Contains(line, "go run ./cmd/foyer ") {
			line = replaced(line, swaps)
		}
		out.WriteString(line)
	}
	return out.String()
}

// constants returns the text of nameFile with these names.
func (n names) constants(text string) string {
	values := map[string]string{"AppName": n.Name, "CookiePrefix": n.Prefix}
	return nameConstant.ReplaceAllStringFunc(text, func(found string) string {
		m := nameConstant.FindStringSubmatch(found)
		return m[1] + m[2] + strconv.Quote(values[m[1]])
	})
}

// A swap puts one text in the place of another where the text around it, 9 bytes before and 9 after, fits.
type swap struct {
	old, new string
	around   [2]*regexp.Regexp
}

var (
	// A module path may begin after https:// and end before the path of a package, @version or a full stop.
	aroundModule = [2]*regexp.Regexp{
		regexp.MustCompile(`(^|[^\pL\pN_.~/-]|//)$`), regexp.MustCompile(`^($|[^\pL\pN_.~-]|\.($|[^\pL\pN]))`)}
	aroundFile = [2]*regexp.Regexp{regexp.MustCompile(`(^|[^\pL\pN_.-])$`), regexp.MustCompile(`^($|[^\pL\pN_])`)}
	// A word is no part of a path or of a word with a dash or colon, such as those of the tool, which keeps its name.
	aroundWord = [2]*regexp.Regexp{
		regexp.MustCompile(`(^|[^\pL\pN_./:-]|__Host-|__Secure-)$`), regexp.MustCompile(`^($|[^\pL\pN_-])`)}
)

// replaced does all swaps in one pass, so that none meets what another put in.
func replaced(text string, swaps []swap) string {
	if !slices.ContainsFunc(swaps, func(s swap) bool { return strings.Contains(text, s.old) }) {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		at := slices.IndexFunc(swaps, func(s swap) bool { return s.fits(text, i) })
		if at < 0 {
			out.WriteByte(text[i])
			i++
			continue
		}
		out.WriteString(swaps[at].new)
		i += len(swaps[at].old)
	}
	return out.String()
}

func (s swap) fits(text string, i int) bool {
	end := i + len(s.old)
	return strings.HasPrefix(text[i:], s.old) && s.around[0].MatchString(text[max(0, i-9):i]) &&
		s.around[1].MatchString(text[end:min(len(text), end+9)])
}
