package web

// An event of a clone with words; it has others without.
func init() { appEvents["paper_folded"] = "Paper folded" }
