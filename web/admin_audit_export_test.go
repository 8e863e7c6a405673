package web

import "example.com/foyer/internal/auth/event"

// An event of a clone with words; it has others without.
func init() { appEvents["paper_folded"] = "Paper folded" }

// HouseEvents says what the actor of each event of the house did.
func HouseEvents() map[event.Name]string {
	did := map[event.Name]string{}
	for name, w := range templateEvents {
		did[name] = w.did
	}
	return did
}
