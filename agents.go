package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"

	"gpuhour/market"
	"gpuhour/web"
)

// agentsCommand is what an operator does for the agents of his hosts.
type agentsCommand struct {
	Token agentTokenCommand `cmd:"" help:"Make a token for the agent of a host, and print it: this once, because only its digest is kept. The one before stays valid, older ones end."`
}

// agentTokenCommand makes a token.
type agentTokenCommand struct {
	Host string `arg:"" help:"The id that you give the host."`
}

// Run prints the new token alone, so that it can go into a file.
func (c *agentTokenCommand) Run(ctx context.Context, s *session) error {
	if !market.ValidHost(c.Host) {
		return fmt.Errorf("host: %q must be letters, digits, dots, dashes and underscores", c.Host)
	}
	a, err := newApp(ctx, s, "")
	if err != nil {
		return err
	}
	token := rand.Text() + rand.Text()
	if err := a.store.AddAgentToken(ctx, c.Host, web.TokenDigest(token)); err != nil {
		return errors.Join(fmt.Errorf("token: %w", err), a.close())
	}
	fmt.Fprintln(s.out, token)
	return a.close()
}
