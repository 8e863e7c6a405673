package mail

import (
	"encoding/base64"
	"errors"
	"strings"
)

// Text and HTML of a waiting mail are sealed in the database, because their link may open an account: a stolen copy of
// the database has no usable link.

// sealMark begins a sealed text. Rows of older versions are not sealed; none of their texts begins like this.
const sealMark = "sealed:"

// errSealed is for a mail that was sealed with a secret that this process does not have, or copied from another row.
var errSealed = errors.New("the mail is sealed with a secret that is not in APP_SECRET")

func (o *Outbox) seal(m *Mail) {
	m.Text = sealMark + o.sealPart(m.Text, m.ID+" text")
	m.HTML = sealMark + o.sealPart(m.HTML, m.ID+" html")
}

func (o *Outbox) sealPart(plain, of string) string {
	return base64.RawStdEncoding.EncodeToString(o.sealer.Seal([]byte(plain), []byte(of)))
}

// open replaces Text and HTML by their plain texts. With errSealed it leaves them as they are.
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
