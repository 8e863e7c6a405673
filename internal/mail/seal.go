package mail

import (
	"encoding/base64"
	"errors"
	"strings"
)

// What a letter says waits in the database sealed, because it may hold a link that opens an account: a copy of the database
// shows none, not even while a mail server is away.

// sealMark starts a sealed text. What an older version wrote has none: it is no text of a letter.
const sealMark = "sealed:"

// errSealed says that a letter was sealed by a secret that this process does not have, or moved from one row to another.
var errSealed = errors.New("the letter is sealed by a secret that is not in APP_SECRET")

func (o *Outbox) seal(m *Mail) {
	m.Text = sealMark + o.sealPart(m.Text, m.ID+" text")
	m.HTML = sealMark + o.sealPart(m.HTML, m.ID+" html")
}

func (o *Outbox) sealPart(plain, of string) string {
	return base64.RawStdEncoding.EncodeToString(o.sealer.Seal([]byte(plain), []byte(of)))
}

// open puts what a letter says in place of what the database holds; errSealed leaves it as it is.
func (o *Outbox) open(m *Mail) error {
	text, textOK := o.openPart(m.Text, m.ID+" text")
	html, htmlOK := o.openPart(m.HTML, m.ID+" html")
	if !textOK || !htmlOK {
		return errSealed
	}
	m.Text, m.HTML = text, html
	return nil
}

func (o *Outbox) openPart(stored, of string) (plain string, ok bool) {
	encoded, sealed := strings.CutPrefix(stored, sealMark)
	if !sealed {
		return stored, true
	}
	text, err := base64.RawStdEncoding.DecodeString(encoded)
	if err != nil {
		return "", false
	}
	opened, ok := o.sealer.Open(text, []byte(of))
	return string(opened), ok
}
