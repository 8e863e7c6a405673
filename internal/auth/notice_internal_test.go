package auth

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

// FuzzNotice: what is accepted can be confirmed to its sender, means the same when sent again and voids what it names.
func FuzzNotice(f *testing.F) {
	good, err := json.Marshal(notice{newID(), newID(), []string{newID(), "moved-over"}})
	if err != nil {
		f.Fatal(err)
	}
	id := strings.Repeat("0f", 16)
	for _, v := range []string{
		string(good), "", "null", "[]", "{}", `"x"`, string(good[:50]), string(good) + "x", strings.ToUpper(string(good)),
		`{"from":"` + id + `","id":"` + id + `"}`, `{"from":"` + id + `","id":"` + id + `","ids":null}`, `{"from":"` + id + `","id":"` + id + `","ids":[1]}`,
		`{"from":"x","id":"` + id + `","ids":[]}`, `{"from":"` + id + `","id":"\u0000","ids":[]}`, `{"from":"` + id + `","id":"` + strings.Repeat("f", 7900) + `"}`,
		`{"from":"` + id + `","id":"` + id + `","ids":["\ud800","\u0000",""]}`, `{"from":"` + id + `","id":"a","id":"` + id + `"}`,
	} {
		f.Add(v)
	}
	f.Fuzz(func(t *testing.T, payload string) {
		v, ok := readNotice(payload)
		if !ok {
			return
		}
		if len(v.ID) != 32 || strings.ToLower(v.ID) != v.ID || strings.ContainsFunc(v.ID, func(r rune) bool { return !strings.ContainsRune("0123456789abcdef", r) }) {
			t.Fatalf("%q would be confirmed as %q", payload, v.ID)
		}
		again, err := json.Marshal(v)
		if w, ok := readNotice(string(again)); err != nil || !ok || !reflect.DeepEqual(v, w) {
			t.Fatalf("%q is read as %+v and again as %+v", payload, v, w)
		}
		revoked := newRevocations(0, time.Time{})
		revoked.add(fuzzNow, v.IDs...)
		for _, id := range v.IDs {
			if !revoked.since(fuzzNow, id) {
				t.Fatalf("%q leaves %q valid", payload, id)
			}
		}
	})
}
