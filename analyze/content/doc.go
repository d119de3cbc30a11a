// Package content says what a text shows. It knows no database: it is given
// texts, of logs or of replies to a replay, and says what is in them.
package content
