// Package sandbox is the only place that opens a network connection. It dials
// loopback addresses, and others only where whoever runs it named the host and
// acknowledged it.
//
// A name is looked up only when it was allowed, once, when the sandbox is made,
// and what it resolved to then is all that is ever dialled for it: a name that
// resolves elsewhere later, a redirect, a reply that holds an address, change
// nothing. Proxies and base URLs of the environment are not read. An address is
// judged in the form in which it is dialled, after an IPv4 address was taken
// out of its IPv6 form.
//
// Loopback is not yet a sandbox: a gateway on this machine may forward what it
// is sent. Package server looks for what a server says of itself.
package sandbox
