package audit

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"example.com/foyer/internal/auth"
	"example.com/foyer/internal/keys"
)

// seal is the signature of an encoded row or head, as its column holds it.
func seal(by keys.MAC, encoded []byte) string { return hex.EncodeToString(by.Sign(encoded)) }

// sealed reports whether seal is one that by made of encoded, in the one spelling that seal gives it.
func sealed(by keys.MAC, encoded []byte, seal string) bool {
	signature, err := hex.DecodeString(seal)
	return err == nil && seal == strings.ToLower(seal) && by.Verify(encoded, signature)
}

// encode puts fields one after the other, each behind its length: no two lists have the same encoding.
func encode(fields ...string) []byte {
	var b []byte
	for _, f := range fields {
		b = binary.BigEndian.AppendUint64(b, uint64(len(f)))
		b = append(b, f...)
	}
	return b
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// encode is the row as it is sealed; previous is the link of the row before.
func (e *record) encode(previous string) []byte {
	return encode(previous, number(e.Seq), number(e.At.UnixNano()), e.Event, e.ActorID, e.ImpersonatorID, e.SubjectID, e.Detail, number(e.Times), e.Private)
}

// link is what the next row's seal covers of this one and so of all before it. It takes no key, so that rows whose key is
// gone are vouched for by a later seal.
func link(encoded []byte, seal string) string {
	sum := sha256.Sum256(append(encoded, seal...))
	return hex.EncodeToString(sum[:])
}

func (h *head) encode() []byte {
	return encode(number(h.Seq), h.Link, number(h.PrunedSeq), h.PrunedLink, number(h.BrokenSeq))
}

// part is what an event says of one person: nobody else's goes when theirs does. OwnerID is "" for a stranger's.
type part struct {
	Seq       int64
	OwnerID   string
	Salt      string // keeps what is gone from being guessed by its hash
	Name      string
	IPAddress string
	UserAgent string
	Note      string
}

// TableName implements gorm's Tabler.
func (part) TableName() string { return "audit_private" }

func (p *part) hash() string {
	sum := sha256.Sum256(encode(p.Salt, number(p.Seq), p.OwnerID, p.Name, p.IPAddress, p.UserAgent, p.Note))
	return hex.EncodeToString(sum[:])
}

// owners lists whom an event concerns, each once; a stranger, "", where it concerns nobody who is known.
func (e *record) owners() (list []string) {
	for _, id := range []string{e.ActorID, e.ImpersonatorID, e.SubjectID} {
		if id != "" && !slices.Contains(list, id) {
			list = append(list, id)
		}
	}
	if list == nil {
		return []string{""}
	}
	return list
}

// doer is whose address and agent an event holds: who sat there. What nobody signed in did counts as its subject's, whom
// it tells where it was tried.
func (e *record) doer() string {
	for _, id := range []string{e.ImpersonatorID, e.ActorID, e.SubjectID} {
		if id != "" {
			return id
		}
	}
	return ""
}

// split gives each owner the part of e that is theirs, and nothing to those who are gone.
func split(row *record, e auth.Event, gone map[string]bool) (hashes string, parts []part) {
	names := map[string]string{e.SubjectID: e.SubjectName, e.ImpersonatorID: e.ImpersonatorName, e.ActorID: e.ActorName}
	names[""] = ""
	var list []string
	for _, id := range row.owners() {
		if gone[id] {
			list = append(list, "")
			continue
		}
		p := part{Seq: row.Seq, OwnerID: id, Salt: rand.Text(), Name: plain(names[id], maxName)}
		if id == row.doer() {
			p.IPAddress, p.UserAgent = plain(e.IPAddress, maxName), plain(e.UserAgent, maxName)
		}
		if id == e.SubjectID {
			p.Note = plain(e.Note, maxNote)
		}
		list, parts = append(list, p.hash()), append(parts, p)
	}
	return strings.Join(list, " "), parts
}
