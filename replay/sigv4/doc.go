// Package sigv4 signs requests to AWS with an access key, as Signature Version 4
// says (https://docs.aws.amazon.com/IAM/latest/UserGuide/reference_sigv-create-signed-request.html).
// It signs what is about to be sent and nothing else: the host of the signature
// is the one that is dialled, and a signature is good for one request and some
// minutes.
//
// The secret half of a key never leaves this package: it is not in what is sent,
// and no way of printing credentials shows them.
package sigv4
