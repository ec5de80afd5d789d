// Package market is the domain: what an offer is, how a provider's words become one, when it is believed,
// and how today's offers are asked about. It imports none of our other packages and knows no technology:
// no network, no database, no clock.
package market
