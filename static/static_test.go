package static_test

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/hex"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"regexp"
	"strings"
	"testing"

	"example.com/foyer/static"
)

func get(method, path, encoding string) (*httptest.ResponseRecorder, bool) {
	r := httptest.NewRequest(method, "http://app.example"+path, nil)
	r.Header.Set("Accept-Encoding", encoding)
	w := httptest.NewRecorder()
	return w, static.Serve(w, r)
}

func TestFiles(t *testing.T) {
	for name, media := range map[string]string{
		"app.css": "text/css; charset=utf-8", "app.js": "text/javascript; charset=utf-8",
		"htmx-4.0.1.min.js": "text/javascript; charset=utf-8", "icon.svg": "image/svg+xml",
	} {
		t.Run(name, func(t *testing.T) {
			file, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			if strings.HasSuffix(name, ".css") {
				file = regexp.MustCompile(`(?m)^[ \n]+|/\*.*\*/`).ReplaceAll(file, nil)
			}
			sum := sha256.Sum256(file)
			if url := static.URL(name); !strings.Contains(url, hex.EncodeToString(sum[:6])) {
				t.Errorf("%s does not change with the content", url)
			}
			plain, ok := get("GET", static.URL(name), "")
			if !ok || plain.Code != http.StatusOK || !bytes.Equal(plain.Body.Bytes(), file) {
				t.Errorf("served %t, %d, %d bytes of %d", ok, plain.Code, plain.Body.Len(), len(file))
			}
			packed, _ := get("GET", static.URL(name), "br, gzip, zstd")
			r, err := gzip.NewReader(packed.Body)
			if err != nil {
				t.Fatal(err)
			}
			if unpacked, err := io.ReadAll(r); err != nil || !bytes.Equal(unpacked, file) {
				t.Errorf("compressed, it is another file: %v", err)
			}
			head, _ := get("HEAD", static.URL(name), "")
			if head.Body.Len() != 0 || head.Header().Get("Content-Length") != plain.Header().Get("Content-Length") {
				t.Errorf("HEAD: %d bytes, Content-Length %q", head.Body.Len(), head.Header().Get("Content-Length"))
			}
			for _, w := range []*httptest.ResponseRecorder{plain, packed, head} {
				for key, want := range map[string]string{"Content-Type": media,
					"Cache-Control": "public, max-age=31536000, immutable", "Vary": "Accept-Encoding"} {
					if got := w.Header().Get(key); got != want {
						t.Errorf("%s: %q, want %q", key, got, want)
					}
				}
			}
			if plain.Header().Get("Content-Encoding") != "" || packed.Header().Get("Content-Encoding") != "gzip" {
				t.Errorf("Content-Encoding %q and %q", plain.Header().Get("Content-Encoding"),
					packed.Header().Get("Content-Encoding"))
			}
		})
	}
}

// TestGzipIsAskedFor: a file is compressed for a browser that accepts gzip, and for no other (RFC 9110 §12.5.3).
func TestGzipIsAskedFor(t *testing.T) {
	for accept, want := range map[string]string{
		"gzip": "gzip", "br, gzip, zstd": "gzip", "GZIP": "gzip", "x-gzip": "gzip", "deflate,gzip;q=1.0": "gzip",
		"br;q=1, gzip ; q=0.001": "gzip", "gzip;q=1": "gzip", "gzip;Q=0.5, *;q=0": "gzip",
		"": "", "identity": "", "br": "", "gzipped": "", "a-gzip": "", "br;gzip": "",
		"gzip;q=0": "", "gzip;q=0.0": "", "br, gzip; q=0.000, zstd": "", "GZIP;Q=0": "", "gzip;q=": "", "gzip;q=x": "",
		"gzip;q=0, identity;q=1": "",
	} {
		w, _ := get("GET", static.URL("app.css"), accept)
		if got := w.Header().Get("Content-Encoding"); got != want {
			t.Errorf("%q: %q, want %q", accept, got, want)
		}
	}
}

func TestNothingElseIsServed(t *testing.T) {
	url := static.URL("app.css")
	for _, path := range []string{
		"/static/", "/static", "/", "/static/app.css", "/static/static.go", "/static/app.000000000000.css", url + "/", url +
			"%00", "/x" + url, "/" + url,
		strings.ToUpper(url), strings.Replace(url, "app", "%61pp", 1), "/static/..%2f" + strings.TrimPrefix(url, "/"),
		"/static/../static/app.css", "/static/%2e%2e/go.mod",
	} {
		w, ok := get("GET", path, "")
		if ok || w.Body.Len() > 0 || len(w.Header()) > 0 {
			t.Errorf("%s is answered with %d bytes and %v", path, w.Body.Len(), w.Header())
		}
	}
	defer func() {
		if recover() == nil {
			t.Error("the address of a file that does not exist is given")
		}
	}()
	static.URL("no-such-file.css")
}

// TestBudgets: a first visit loads little, nothing from other sites, and nothing that needs eval.
func TestBudgets(t *testing.T) {
	size := func(name string) int {
		w, _ := get("GET", static.URL(name), "gzip")
		return w.Body.Len()
	}
	for _, budget := range []struct {
		what  string
		bytes int
		files []string
	}{
		{"styles", 8 << 10, []string{"app.css", "shell.css"}},
		{"own scripts", 4 << 10, []string{"app.js", "shell.js"}},
		{"all that /login loads but its page", 20 << 10, []string{"app.css", "htmx-4.0.1.min.js", "app.js", "icons.svg", "icon.svg"}},
	} {
		n := 0
		for _, name := range budget.files {
			n += size(name)
		}
		if n > budget.bytes {
			t.Errorf("%s: %d bytes compressed, want at most %d", budget.what, n, budget.bytes)
		}
	}
	read := func(names ...string) (text []byte) {
		for _, name := range names {
			one, err := os.ReadFile(name)
			if err != nil {
				t.Fatal(err)
			}
			text = append(text, one...)
		}
		return text
	}
	script, style := read("app.js", "shell.js"), read("app.css", "shell.css")
	// part:passkey
	script = append(script, read("passkey.js")...)
	if n := len(static.Text("passkey.js")); n > 2560 {
		t.Errorf("the script of passkeys has %d bytes, want at most 2.5 KB", n)
	}
	// end:passkey
	for _, bad := range []string{"eval(", "new Function", "innerHTML", "localStorage", "sessionStorage", "http://",
		"https://"} {
		if bytes.Contains(script, []byte(bad)) {
			t.Errorf("a script holds %s", bad)
		}
	}
	for _, bad := range []string{"@import", "url(", "http://", "https://"} {
		if bytes.Contains(style, []byte(bad)) {
			t.Errorf("a style holds %s", bad)
		}
	}
}
