package web

import (
	"fmt"
	"strings"
	"testing"

	"rsc.io/qr"
)

// TestPictureIsTheQRCode reads the path of a picture and compares it with the code, module by module.
func TestPictureIsTheQRCode(t *testing.T) {
	t.Parallel()
	code, err := qr.Encode("otpauth://totp/App:"+strings.Repeat("m", 250)+"?secret="+strings.Repeat("A", 32), qr.M)
	if err != nil {
		t.Fatal(err)
	}
	black := map[[2]int]bool{}
	for _, bar := range strings.Split(strings.TrimSuffix(drawn(code), "z"), "z") {
		var x, y, width, back int
		if _, err := fmt.Sscanf(bar, "M%d %dh%dv1H%d", &x, &y, &width, &back); err != nil || back != x || width < 1 {
			t.Fatalf("%q: %v", bar, err)
		}
		for i := range width {
			black[[2]int{x + i, y}] = true
		}
	}
	for y := range code.Size {
		for x := range code.Size {
			if black[[2]int{x, y}] != code.Black(x, y) {
				t.Errorf("module %d, %d", x, y)
			}
		}
	}
	if len(black) == 0 || code.Size < 60 {
		t.Errorf("%d black modules of %d × %d", len(black), code.Size, code.Size)
	}
}
