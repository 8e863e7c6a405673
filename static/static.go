// Package static embeds the files that browsers load. The address of each has a hash of its content, so that browsers
// can cache it forever. Addresses without the hash are not served.
package static

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

//go:embed *.css *.js *.svg *.json
var files embed.FS

type asset struct {
	mime        string
	plain, gzip []byte
}

var (
	urls   = map[string]string{} // file name → address
	assets = map[string]asset{}  // address → file
)

// forReaders are the comments and indents of a style, which browsers do not load.
var forReaders = regexp.MustCompile(`(?s)/\*.*?\*/|(?m)^\s+`)

func init() {
	names, err := fs.Glob(files, "*")
	if err != nil {
		panic(err)
	}
	for _, name := range names {
		data, err := files.ReadFile(name)
		if err != nil {
			panic(err)
		}
		if onlyComment(data) {
			urls[name] = ""
			continue
		}
		ext := path.Ext(name)
		if ext == ".css" {
			data = forReaders.ReplaceAll(data, nil)
		}
		sum := sha256.Sum256(data)
		urls[name] = "/static/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		assets[urls[name]] = asset{mime: contentType(name), plain: data, gzip: compress(data)}
	}
}

// onlyComment reports whether a style or script has no effect, so that pages need not load it.
func onlyComment(data []byte) bool {
	text := strings.TrimSpace(string(data))
	text, opened := strings.CutPrefix(text, "/*")
	text, closed := strings.CutSuffix(text, "*/")
	return text == "" && opened == closed || opened && closed && !strings.Contains(text, "*/")
}

func contentType(name string) string {
	if name == "speculation.json" { // HTML standard, "speculation rules": browsers require this type
		return "application/speculationrules+json"
	}
	return mime.TypeByExtension(path.Ext(name))
}

func compress(data []byte) []byte {
	var b bytes.Buffer
	w, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	w.Write(data)
	w.Close()
	return b.Bytes()
}

// URL returns the address of a file, "" if it has only a comment. It panics if there is no such file.
func URL(name string) string {
	url, ok := urls[name]
	if !ok {
		panic("static: no file " + name)
	}
	return url
}

// Text returns the content of a file.
func Text(name string) string { return string(assets[URL(name)].plain) }

// Serve answers a request for an address of URL, compressed if the browser accepts gzip. It reports whether there is
// such a file.
func Serve(w http.ResponseWriter, r *http.Request) bool {
	a, ok := assets[r.URL.EscapedPath()]
	if !ok {
		return false
	}
	body := a.plain
	h := w.Header()
	h.Set("Content-Type", a.mime)
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	h.Set("Vary", "Accept-Encoding")
	if strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") {
		body = a.gzip
		h.Set("Content-Encoding", "gzip")
	}
	h.Set("Content-Length", strconv.Itoa(len(body)))
	w.WriteHeader(http.StatusOK)
	if r.Method != http.MethodHead {
		w.Write(body)
	}
	return true
}
