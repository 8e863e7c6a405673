// Package static embeds the files that browsers load: all of this folder but Go. The address of each has a hash of its
// content, so that browsers can cache it forever. Addresses without the hash are not served. A style names other files
// as url(logo.png).
package static

import (
	"bytes"
	"cmp"
	"compress/gzip"
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"errors"
	"io/fs"
	"net/http"
	"path"
	"regexp"
	"strconv"
	"strings"
)

//go:embed *
var files embed.FS

// The media types of files, which not every system knows. Those of packed are compressed already.
var (
	texts = map[string]string{
		".css": "text/css; charset=utf-8", ".ico": "image/vnd.microsoft.icon", ".js": "text/javascript; charset=utf-8",
		".json": "application/json", ".mjs": "text/javascript; charset=utf-8", ".otf": "font/otf", ".svg": "image/svg+xml",
		".ttf": "font/ttf", ".txt": "text/plain; charset=utf-8", ".wasm": "application/wasm",
		".webmanifest": "application/manifest+json", ".xml": "text/xml; charset=utf-8",
	}
	packed = map[string]string{
		".avif": "image/avif", ".gif": "image/gif", ".jpeg": "image/jpeg", ".jpg": "image/jpeg", ".pdf": "application/pdf",
		".png": "image/png", ".webp": "image/webp", ".woff": "font/woff", ".woff2": "font/woff2",
	}
)

type asset struct {
	mime        string
	plain, gzip []byte // gzip is nil for a file that is compressed already
}

var (
	urls   = map[string]string{} // file name → address
	assets = map[string]asset{}  // address → file
)

var (
	// forReaders are the comments and indents of a style, which browsers do not load.
	forReaders = regexp.MustCompile(`(?s)/\*.*?\*/|(?m)^\s+`)
	// reference finds the file that a style names.
	reference = regexp.MustCompile(`url\("?([^")]+)"?\)`)
	// wantsGzip matches an Accept-Encoding with gzip. The weight 0 refuses gzip (RFC 9110 §12.5.3).
	wantsGzip = regexp.MustCompile(`(?i)(^|,)\s*(x-)?gzip\s*(,|$|;\s*q=(1|0\.0*[1-9]))`)
)

func init() {
	err := errors.Join(add(files, false), add(files, true)) // styles last, because they need the addresses of others
	if err != nil {
		panic(err)
	}
}

// add gives the styles of files, or all other files, their addresses.
func add(files fs.FS, styles bool) error {
	return fs.WalkDir(files, ".", func(name string, entry fs.DirEntry, err error) error {
		ext := path.Ext(name)
		if err != nil || entry.IsDir() || ext == ".go" || styles != (ext == ".css") {
			return err
		}
		data, err := fs.ReadFile(files, name)
		if err != nil {
			return err
		}
		if onlyComment(data) {
			urls[name] = ""
			return nil
		}
		if styles {
			data = reference.ReplaceAllFunc(forReaders.ReplaceAll(data, nil), addressed)
		}
		sum := sha256.Sum256(data)
		urls[name] = "/static/" + strings.TrimSuffix(name, ext) + "." + hex.EncodeToString(sum[:6]) + ext
		a := asset{mime: contentType(name), plain: data}
		if texts[ext] != "" {
			a.gzip = compress(data)
		}
		assets[urls[name]] = a
		return nil
	})
}

// addressed returns a reference with the address of its file, if it is one of this folder.
func addressed(found []byte) []byte {
	url := urls[string(reference.FindSubmatch(found)[1])]
	if url == "" {
		return found
	}
	return []byte("url(" + url + ")")
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
	ext := path.Ext(name)
	return cmp.Or(texts[ext], packed[ext], "application/octet-stream")
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
	if a.gzip != nil && wantsGzip.MatchString(r.Header.Get("Accept-Encoding")) {
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
