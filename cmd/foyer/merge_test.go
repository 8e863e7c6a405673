package main

import "testing"

func TestFirstConflict(t *testing.T) {
	for _, row := range []struct {
		what, merged, ours, side, was string
		from                          int
	}{
		{"in the first line", "<<<<<<< HEAD\nmine\n||||||| render\nold\n=======\nnew\n>>>>>>> render\nb\n", "mine\nb\n",
			"mine\n", "old\n", 0},
		{"deleted", "a\nb\n<<<<<<< HEAD\n||||||| render\nold\n=======\nnew\n>>>>>>> render\n", "a\nb\n", "", "old\n", 4},
		{"twice", "x\na\nb\n<<<<<<< HEAD\nx\n||||||| render\nold\n=======\n>>>>>>> render\n", "x\na\nb\nx\n", "x\n", "old\n",
			6},
		{"below what the template changed",
			"new\nb\n<<<<<<< HEAD\nmine\n||||||| render\nold\n=======\nnew\n>>>>>>> render\n", "old\nb\nmine\n",
			"mine\n", "old\n", 6},
		{"in a file that shows conflicts", "s := \"<<<<<<< \"\n", "s := \"<<<<<<< \"\n", "s := \"<<<<<<< \"\n", "base", 0},
	} {
		from, side, was := firstConflict(row.merged, row.ours, "base")
		if from != row.from || side != row.side || was != row.was {
			t.Errorf("%s: %d, %q, %q", row.what, from, side, was)
		}
	}
}
