// Package payload reads requests of programs strictly: it refuses input that two parsers would read differently. A Body
// collects the faults of its fields, so that one answer reports all of them.
package payload

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"net/http"
	"slices"
	"strings"
	"unicode/utf8"

	"example.com/foyer/internal/errs"
)

// MaxSize is how many bytes of a request body JSON and Wire read; more is a 413.
const MaxSize = 64 << 10

// maxDepth is how many objects and arrays may be nested; endpoints need two.
const maxDepth = 8

const mediaJSON = "application/json"

// Object decodes a JSON object; its numbers are json.Number. Refusals: 415 for another media type or charset or an
// encoded body, 413 beyond limit bytes, 400 for broken JSON, duplicate keys, invalid UTF-8, trailing data and deep
// nesting.
func Object(w http.ResponseWriter, r *http.Request, limit int64) (map[string]any, error) {
	_, data, err := read(w, r, limit, mediaJSON)
	if err != nil {
		return nil, err
	}
	return parseJSON(data)
}

// JSON is Object of at most MaxSize bytes, as a Body. Unknown keys are ignored.
func JSON(w http.ResponseWriter, r *http.Request) (*Body, error) {
	values, err := Object(w, r, MaxSize)
	if err != nil {
		return nil, err
	}
	return newBody("body", values, false), nil
}

// read returns the body of a request that has one of the media types, and that type.
func read(
	w http.ResponseWriter, r *http.Request, limit int64, medias ...string,
) (media string, data []byte, err error) {
	media, params, err := mime.ParseMediaType(r.Header.Get("Content-Type"))
	charset, named := params["charset"]
	foreign := named && !strings.EqualFold(charset, "utf-8") || r.Header.Get("Content-Encoding") != ""
	if err != nil || !slices.Contains(medias, media) || foreign {
		return "", nil, errs.New(http.StatusUnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE",
			"Content-Type must be application/json")
	}
	data, err = io.ReadAll(http.MaxBytesReader(w, r.Body, limit))
	var tooLarge *http.MaxBytesError
	if errors.As(err, &tooLarge) {
		return "", nil, errs.TooLarge(tooLarge.Limit)
	}
	if err != nil {
		return "", nil, badRequest("The request body could not be read")
	}
	return media, data, nil
}

func badRequest(message string) error { return errs.New(http.StatusBadRequest, "BAD_REQUEST", message) }

func parseJSON(data []byte) (map[string]any, error) {
	broken := badRequest("Invalid JSON in request body")
	if !utf8.Valid(data) { // encoding/json would replace invalid bytes, in keys too
		return nil, broken
	}
	d := json.NewDecoder(bytes.NewReader(data))
	d.UseNumber()
	v, err := decodeValue(d, 0)
	if err != nil {
		return nil, broken
	}
	if _, err := d.Token(); !errors.Is(err, io.EOF) {
		return nil, broken
	}
	values, ok := v.(map[string]any)
	if !ok {
		return nil, errs.New(http.StatusBadRequest, "VALIDATION_ERROR",
			"[body] Invalid input: expected object, received "+kind(v, true))
	}
	return values, nil
}

// decodeValue is json.Unmarshal into any, but refuses duplicate keys and deep nesting.
func decodeValue(d *json.Decoder, depth int) (any, error) {
	t, err := d.Token()
	delim, nested := t.(json.Delim)
	if err != nil || !nested {
		return t, err
	}
	if depth >= maxDepth {
		return nil, errors.New("nested too deeply")
	}
	object, array := map[string]any{}, []any{}
	for d.More() {
		var key string
		if delim == '{' {
			k, err := d.Token()
			if err != nil {
				return nil, err
			}
			key = k.(string)
			if _, twice := object[key]; twice {
				return nil, errors.New("duplicate key")
			}
		}
		v, err := decodeValue(d, depth+1)
		if err != nil {
			return nil, err
		}
		if delim == '{' {
			object[key] = v
		} else {
			array = append(array, v)
		}
	}
	if _, err := d.Token(); err != nil { // the closing delimiter
		return nil, err
	}
	if delim == '{' {
		return object, nil
	}
	return array, nil
}
