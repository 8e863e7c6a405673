package audit_test

import (
	"testing"

	"example.com/foyer/internal/database/dbtest"
)

func TestMain(m *testing.M) { dbtest.Main(m) }
