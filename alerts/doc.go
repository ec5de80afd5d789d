// Package alerts says when prices and stock are what somebody waits for, and brings the word to where it is wanted.
//
// Rules are judged by pure functions of a rule, the offers and the state they left behind. An engine wakes the rules that a commit
// touched and keeps their events. From there a courier takes over: it claims what is due from a queue, sends it as a signed webhook or
// as a message to people, and keeps what came of it: taken, to be tried again, or a dead letter.
//
// Every connection goes through one guard, which sees the address after DNS and refuses those that are not public.
package alerts
