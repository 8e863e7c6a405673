package password

import (
	"errors"
	"strings"
	"testing"

	"example.com/foyer/internal/errs"
	"golang.org/x/text/unicode/norm"
)

// code is the code of a refusal, "" for none.
func code(err error) string {
	var e *errs.Error
	if !errors.As(err, &e) {
		return ""
	}
	return e.Code
}

func TestPasswordPolicy(t *testing.T) {
	const short, long, common = "PASSWORD_TOO_SHORT", "PASSWORD_TOO_LONG", "PASSWORD_TOO_COMMON"
	policy := Policy{AppName: "Quill Pad"}
	for _, c := range []struct{ name, password, code string }{
		{"7 characters", "xkcd936", short},
		{"8 characters", "xkcd936!", ""},
		{"8 after trimming none", "  xkcd  ", ""},
		{"spaces alone", strings.Repeat(" ", 8), ""},
		{"7 emoji", strings.Repeat("🦫", 7), short},
		{"8 emoji", "🦫🐢🦔🐙🦉🐝🦎🐬", ""},
		{"7 characters of 2 code points each, composed", strings.Repeat("e\u0301", 7), short},
		{"8 after composing", strings.Repeat("e\u0301", 8), ""},
		{"8 after expanding 4", strings.Repeat("ﬀ", 4), ""},
		{"7 after expanding", strings.Repeat("ﬀ", 3) + "x", short},
		{"128 characters", strings.Repeat("xkcd936!", 16), ""},
		{"129 characters", strings.Repeat("xkcd936!", 16) + "x", long},
		{"128 characters of 4 bytes", strings.Repeat("🦫", 128), ""},
		{"129 characters of 4 bytes", strings.Repeat("🦫", 129), long},
		{"129 after expanding 65", strings.Repeat("ﬀ", 65), long},
		{"512 that compose to 128", strings.Repeat("e\u0301", 128), ""},
		{"512 that stay", strings.Repeat("x", 512), long},
		{"513", strings.Repeat("x", 513), long},
		{"one that grows 18-fold, 512 times", strings.Repeat("\ufdfa", 512), long},
		{"no classes needed", "purplemonkeydishwasher", ""},
		{"a first line", "!qaz2wsx", common},
		{"common in capitals", "PASSWORD1", common},
		{"common in full-width letters", "ｐａｓｓｗｏｒｄ１", common},
		{"common and more", "password1 is not enough", ""},
		{"the address", "my-lovelace-9", common},
		{"the address in capitals", "my-LoveLace-9", common},
		{"the app", "quillpad2026", common},
		{"the app as it is written", "my Quill Pad!", common},
		{"the app in capitals with other spaces", "i-love-QUILL_PAD", common},
		{"the app in full-width letters", "ｑｕｉｌｌｐａｄ９９", common},
		{"a word of the app", "quill-and-paper", ""},
		{"the domain", "example.com-9", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			normal, err := policy.Check(c.password, "lovelace@example.com")
			if got := code(err); got != c.code || (normal == "") != (err != nil) {
				t.Errorf("%q, %v; want %q", normal, err, c.code)
			}
		})
	}
	for name, want := range map[string]string{"Café Zürich": common, "Quill": "", "...": "", "caf": ""} {
		if _, err := (Policy{AppName: name}).Check("cafézürich-1", "ada@example.com"); code(err) != want {
			t.Errorf("an app called %s: %v", name, err)
		}
	}
	if _, err := policy.Check("ada-is-purple-9", "ada@example.com"); err != nil {
		t.Errorf("a word of three letters: %v", err)
	}
}

func TestEveryCommonPasswordIsRefused(t *testing.T) {
	lines := strings.Fields(passwordsFile)
	if len(lines) != passwordsListed {
		t.Errorf("%d passwords, want %d", len(lines), passwordsListed)
	}
	for i, line := range lines {
		if i > 0 && lines[i-1] >= line || len(line) < MinLength || norm.NFKC.String(line) != line {
			t.Errorf("line %d, %q: twice, out of order, too short or never met in that form", i+1, line)
		}
		variants := []string{line, strings.ToUpper(line), strings.ToUpper(line[:1]) + line[1:]}
		if i%10 != 0 {
			variants = variants[:1]
		}
		for _, typed := range variants {
			if _, err := (Policy{}).Check(typed, "ada@example.com"); code(err) != "PASSWORD_TOO_COMMON" {
				t.Fatalf("%q: %v", typed, err)
			}
		}
	}
	if _, err := (Policy{AllowCommon: true}).Check(lines[0], "ada@example.com"); err != nil {
		t.Errorf("with the rule off: %v", err)
	}
}

// TestPasswordListOfAWindowsCheckout: line ends of another system switch nothing off, and a damaged list ends the
// program.
func TestPasswordListOfAWindowsCheckout(t *testing.T) {
	list := passwordList(strings.ReplaceAll(passwordsFile, "\n", "\r\n"))
	lines := strings.Fields(passwordsFile)
	for _, line := range []string{lines[0], lines[499], lines[8999], lines[len(lines)-1]} {
		if !strings.Contains(list, "\n"+line+"\n") {
			t.Errorf("%q is not on the list", line)
		}
	}
	for name, file := range map[string]string{
		"empty": "", "short": strings.Join(lines[1:], "\n") + "\n",
		"old Mac": strings.ReplaceAll(passwordsFile, "\n", "\r"),
	} {
		t.Run(name, func(t *testing.T) {
			defer func() {
				if recover() == nil {
					t.Error("a damaged list is taken")
				}
			}()
			passwordList(file)
		})
	}
}
