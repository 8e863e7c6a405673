package chain

import (
	"crypto/rand"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
	"strconv"
	"strings"

	"example.com/foyer/internal/audit"
	"example.com/foyer/internal/keys"
)

// sign returns the seal of an encoded row or head, as it is stored.
func sign(by keys.MAC, encoded []byte) string { return hex.EncodeToString(by.Sign(encoded)) }

// verified reports whether seal is the result of sign, by any of the secrets.
func verified(by keys.MAC, encoded []byte, seal string) bool {
	signature, err := hex.DecodeString(seal)
	return err == nil && seal == strings.ToLower(seal) && by.Verify(encoded, signature)
}

// encode joins fields, each after its length, so that no two lists have the same encoding.
func encode(fields ...string) []byte {
	var b []byte
	for _, f := range fields {
		b = binary.BigEndian.AppendUint64(b, uint64(len(f)))
		b = append(b, f...)
	}
	return b
}

func number(n int64) string { return strconv.FormatInt(n, 10) }

// encodeRow is the row as it is sealed; previous is the link of the row before.
func encodeRow(r *audit.Row, previous string) []byte {
	return encode(previous, number(r.Seq), number(r.At.UnixNano()), r.Event, r.ActorID, r.ImpersonatorID, r.SubjectID,
		r.Detail, number(r.Times), r.Private)
}

func encodeHead(h *audit.Head) []byte {
	return encode(number(h.Seq), h.Link, number(h.PrunedSeq), h.PrunedLink, number(h.BrokenSeq))
}

// link is a hash of a row and all rows before it. It needs no key, so that a newer seal covers rows whose secret is
// gone.
func link(encoded []byte, seal string) string { return hash(append(encoded, seal...)) }

func hash(b []byte) string {
	sum := sha256.Sum256(b)
	return hex.EncodeToString(sum[:])
}

// sealPersonal salts the Personal rows of r, so that what is deleted cannot be guessed from its hash. It returns the
// hash of each owner's, in the order of Owners; "" for a deleted user.
func sealPersonal(r *audit.Row) string {
	var hashes []string
	for _, id := range r.Owners() {
		i := slices.IndexFunc(r.Personal, func(p audit.Personal) bool { return p.OwnerID == id })
		if i < 0 {
			hashes = append(hashes, "")
			continue
		}
		r.Personal[i].Salt = rand.Text()
		hashes = append(hashes, hashPersonal(&r.Personal[i]))
	}
	return strings.Join(hashes, " ")
}

func hashPersonal(p *audit.Personal) string {
	return hash(encode(p.Salt, number(p.Seq), p.OwnerID, p.Name, p.IPAddress, p.UserAgent, p.Note))
}
