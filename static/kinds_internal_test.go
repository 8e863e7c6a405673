package static

import (
	"bytes"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/fstest"
)

// TestKinds: files of every kind that a clone may add are served with their type, also in folders, compressed where
// that makes them smaller.
func TestKinds(t *testing.T) {
	text := bytes.Repeat([]byte("foo bar "), 100)
	files := fstest.MapFS{}
	kinds := map[string]string{
		"x-logo.png": "image/png", "x-photo.jpg": "image/jpeg", "x/icon.ico": "image/vnd.microsoft.icon",
		"x/inter.woff2": "font/woff2", "x-photo.avif": "image/avif", "x-photo.webp": "image/webp",
		"x-robots.txt": "text/plain; charset=utf-8", "x.webmanifest": "application/manifest+json", "x.svg": "image/svg+xml",
		"x.glb": "application/octet-stream",
	}
	for name := range kinds {
		files[name] = &fstest.MapFile{Data: text}
	}
	files["x.go"] = &fstest.MapFile{Data: text}
	files["x.css"] = &fstest.MapFile{Data: []byte("a { src: url(x/inter.woff2) url(\"x-logo.png\") url(data:,) }")}
	for _, styles := range []bool{false, true} {
		if err := add(files, styles); err != nil {
			t.Fatal(err)
		}
	}
	for name, kind := range kinds {
		w, r := httptest.NewRecorder(), httptest.NewRequest("GET", URL(name), nil)
		r.Header.Set("Accept-Encoding", "gzip")
		if !Serve(w, r) || w.Header().Get("Content-Type") != kind {
			t.Errorf("%s has the type %q, want %q", name, w.Header().Get("Content-Type"), kind)
		}
		smaller := strings.Contains(kind, "text") || strings.Contains(kind, "json") || strings.Contains(kind, "svg") ||
			strings.HasSuffix(name, ".ico")
		if w.Header().Get("Content-Encoding") == "gzip" != smaller || w.Body.Len() < len(text) != smaller {
			t.Errorf("%s: %q, %d bytes", name, w.Header().Get("Content-Encoding"), w.Body.Len())
		}
	}
	want := "a { src: url(" + URL("x/inter.woff2") + ") url(" + URL("x-logo.png") + ") url(data:,) }"
	if Text("x.css") != want {
		t.Errorf("a style has %q, want %q", Text("x.css"), want)
	}
	for name := range urls {
		if strings.HasSuffix(name, ".go") {
			t.Errorf("%s is served", name)
		}
	}
}
