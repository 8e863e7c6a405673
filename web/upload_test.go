package web_test

import (
	"bytes"
	"fmt"
	"mime/multipart"
	"os"
	"testing"

	"example.com/foyer/internal/auth/authtest"
)

// TestUpload: a form takes a file of its limit, for the visitor it was drawn for, and leaves nothing on the disk. Other
// forms take none.
func TestUpload(t *testing.T) {
	temp := t.TempDir()
	s := newSite(t)
	s.server.PlantUpload(2 << 20)
	ada, id := s.person(t, "ada@example.com")
	_, eve := s.person(t, "eve@example.com")
	t.Setenv("TMPDIR", temp)
	send := func(c *authtest.Client, path, drawnFor string, size int) authtest.Answer {
		t.Helper()
		var body bytes.Buffer
		w := multipart.NewWriter(&body)
		w.WriteField("for", drawnFor)
		w.WriteField("name", "Holiday")
		file, err := w.CreateFormFile("photo", "beach.jpg")
		if err != nil {
			t.Fatal(err)
		}
		file.Write(bytes.Repeat([]byte{0xff}, size))
		w.Close()
		return c.Do("POST", path, body.String(), append([]string{"Content-Type", w.FormDataContentType()}, navigate...)...)
	}
	for size, onDisk := range map[int]string{1000: "false", 1 << 20: "true"} {
		got := send(ada, "/planted/files", id, size)
		expect(t, got, 200)
		contains(t, got, fmt.Sprintf("Holiday, beach.jpg, %d, %s", size, onDisk))
	}
	other := send(ada, "/planted/files", eve, 1<<20)
	expect(t, other, 409)
	contains(t, other, "nothing was changed")
	large := send(ada, "/planted/files", id, 2<<20)
	expect(t, large, 413)
	contains(t, large, "The request is larger than 2048 KiB.")
	expect(t, send(s.stranger(t), "/planted/files", id, 1<<20), 303, "Location", "/login")
	expect(t, send(ada, "/settings", id, 1000), 415)
	if left, err := os.ReadDir(temp); err != nil || len(left) > 0 {
		t.Errorf("on the disk are %v %v", left, err)
	}
}
