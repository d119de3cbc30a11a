// Package render turns a stream of typed messages into what people and
// programs read: text, CSV, JSON and JSON lines.
//
// A stream opens with a [Config], which says what made it, and goes on with
// tables, rows and notes. The same stream gives every output, so that a saved
// one can be rendered again. Renderers are pure: the same messages and
// [Options] give the same bytes; nothing here reads a clock, an environment or
// a file.
//
// Logged text is attacker text. Each sink has an escaping function of its own
// in this package ([Terminal], [CSVCell], [HTML], [Markdown], [JSON]), and the
// renderers use them for every value, also for what looks harmless. Messages
// hold text as it was logged; callers do not escape.
package render
