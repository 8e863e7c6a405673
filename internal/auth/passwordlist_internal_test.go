package auth

import (
	"strings"
	"testing"
)

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
		"empty": "", "short": strings.Join(lines[1:], "\n") + "\n", "old Mac": strings.ReplaceAll(passwordsFile, "\n", "\r"),
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
