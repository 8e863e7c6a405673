package web

import "regexp"

// byteOrderMark has Excel read the file as UTF-8.
const byteOrderMark = "\ufeff"

// formula is where a spreadsheet would begin to calculate: at the start of a cell, and after a semicolon, at which half of
// the world's spreadsheets part the cells of a CSV file.
var formula = regexp.MustCompile(`(^|;)(\s*[=+\-@\t\r＝＋－＠])`)

// cell keeps a spreadsheet from reading somebody's name as a formula (OWASP, CSV Injection).
func cell(s string) string { return formula.ReplaceAllString(s, "$1'$2") }
