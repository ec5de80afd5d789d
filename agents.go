package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net/http"

	"gpuhour/market"
	"gpuhour/web"
)

// agentTokensPath is where the server that holds the store takes the digest of a token from the command beside it.
const agentTokensPath = "/v1/agent-tokens"

// agentsCommand is for who runs the hosts.
type agentsCommand struct {
	Token agentTokenCommand `cmd:"" help:"Make a token for the agent of a host, and print it once."`
}

// agentTokenCommand makes a token.
type agentTokenCommand struct {
	Host string `arg:"" help:"The id of the host: letters, digits, dots, dashes and underscores."`
}

// Help says how tokens are replaced.
func (*agentTokenCommand) Help() string {
	return `Only the token's SHA-256 is kept. The newest two tokens of a host are valid, so that a new one can be put in place while the agent goes on
reporting. From the first token on, every agent needs one.`
}

// agentToken is what is kept of a token.
type agentToken struct{ Host, Digest string }

// Run makes the token, lets it be kept, and prints it.
func (c *agentTokenCommand) Run(ctx context.Context, s *session) error {
	if !market.ValidHost(c.Host) {
		return fmt.Errorf("%q is no host's id: expected up to 64 letters, digits, dots, dashes and underscores", c.Host)
	}
	token := rand.Text() + rand.Text()
	if err := keepToken(ctx, s, agentToken{c.Host, web.TokenDigest(token)}); err != nil {
		return err
	}
	fmt.Fprintf(s.errs, "the token of %s, which is shown this once:\n", c.Host)
	_, err := fmt.Fprintln(s.out, token)
	return err
}

func keepToken(ctx context.Context, s *session, t agentToken) error {
	a, err := newApp(ctx, s, "")
	if server := heldBy(err); server != "" {
		return remote{s, server}.step(ctx, agentTokensPath, t, nil)
	}
	if err != nil {
		return err
	}
	return errors.Join(a.store.AddAgentToken(ctx, t.Host, t.Digest), a.close())
}

// largestTokenStep bounds a host and a digest on their way to the server.
const largestTokenStep = 64 << 10

// agentTokensHandler keeps the digest of a token that the command made.
func (a *app) agentTokensHandler() http.Handler {
	return stepHandler(largestTokenStep, func(ctx context.Context, t agentToken) (any, error) {
		if !market.ValidHost(t.Host) || len(t.Digest) != 64 {
			return nil, errors.New("expected a host and the SHA-256 of its token")
		}
		return nil, a.store.AddAgentToken(ctx, t.Host, t.Digest)
	})
}
