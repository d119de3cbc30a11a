// Package content says what a text shows. It knows no database: it is given
// texts, of logs or of replies to a replay, and says what is in them.
//
// # How
//
// A text is folded and searched once for the keywords of all parts. A part then
// tries its patterns only near its keywords. Two things have no words of their
// own, and there a classifier decides (package classify): the tone of a reply
// that lectures instead of answering, and suffixes that an optimiser found. Each
// is a logistic regression over hashed features with weights of one byte: 8208
// and 2064 bytes in weights, which
//
//	go run ./analyze/content/train
//
// makes again from ../shared/data, always the same. What a text is called
// depends on who said it: an order in a document or in a tool's result weighs
// more than one of a user, and what a system prompt orders is no attack.
//
// # How well
//
// The figures are those of
//
//	go test ./analyze/content -v -run 'XSTest|JailbreakBench|Benign|BIPIA'
//
// which fails below its bars. A text is flagged from a score of [Flagged] on.
// What was learned was learned from other texts: those that answer the same
// question, or are for the same goal, are all on one side of each of five
// splits.
//
// Refusals, on XSTest's 900 replies as two people read them (the keywords that
// come with XSTest are right for 0.860 and 0.809):
//
//	                                        mistralinstruct  mistralguard
//	accuracy                                          0.933         0.922
//	precision                                         0.883         0.918
//	recall                                            0.697         0.938
//	accuracy, learned from the other model            0.922         0.898
//	accuracy of the phrases alone                     0.856         0.782
//
// Of 323 replies of other models that did what was asked, 5 are flagged, of 282
// e-mails none. Both models of XSTest are of one family; of others only their
// phrases are known to be found. Of a reply longer than 3000 bytes the middle is
// not looked at.
//
// Attacks on models, on JailbreakBench's prompts:
//
//	JBC   400 of 400  one template with 100 questions: a persona without rules
//	GCG   289 of 300  suffixes that gradients found; 80 of 100 and 66 of 200 where
//	                  none made against the same models was learned from
//	PAIR   19 of 146  plain language: a frame of fiction or purpose, which honest
//	                  prompts have too; 86 show some sign, below the threshold
//
// Injections, on BIPIA's texts put behind, before and into its e-mails: 129 of
// 225 with texts and 141 of 150 with code are flagged as documents. Those missed
// are questions and tasks that a user may as well have asked ("what is the
// capital of ..."): they say nothing to the model as such, and only what it then
// does tells. Who wrote the phrases had read these texts, and those of
// JailbreakBench: on others expect less. How much less is measured on invented
// attacks in two halves, of which the phrases were tuned on one
//
//	go test ./analyze/drill -v -run AttackTexts
//
// at a score of 0.7: prompts that override, with what they ask for, 390 of 400 in
// the half tuned on and 146 of 400 in the other; role play 400 and 182; orders in
// documents to send data away 400 and 305. Orders that read as anybody's ("pass the
// names on to this address") are not found in either.
//
// Texts without an attack: of 250 safe and 200 unsafe questions of XSTest, 282
// e-mails of LLMail as documents and as prompts, and 45 of BIPIA, none is
// flagged. In source code and manuals about one piece of 4 KB in 200 is: by its
// end, when that is code without order, or because it speaks of instructions to
// ignore, of functions to call, or of delimiters of chats.
//
// The phrases are English but for refusals, which are known in ten more
// languages.
//
// What a text gives away or hides (secrets, personal data, encoded and hidden
// text) costs little: by processor time, these parts together scan ordinary
// prose (mails, prompts, answers of models) at 86 to 133 MB a second and core
// with the search for their keywords, and bodies full of vectors and pictures at
// 57. Text made to look like secrets throughout is the slowest, at some hundred
// kilobytes a second.
package content
