// Package model is what the resolvers answer with: the domain's values beside the one view of the market that the whole
// request sees.
package model
