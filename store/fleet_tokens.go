package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/redis/go-redis/v9"
)

// ErrTokenKnown says that a token is in use already.
var ErrTokenKnown = errors.New("this token is in use already")

// addTokenScript keeps the newest two tokens of a host, so that one can be put in the place of the other while agents go on reporting.
const addTokenScript = `
local tokens, bearers = unpack(KEYS)
local host, digest = unpack(ARGV)
if redis.call('HEXISTS', bearers, digest) == 1 then return 0 end
local newest, oldest = string.match(redis.call('HGET', tokens, host) or '', '^(%x*) ?(%x*)$')
if oldest and oldest ~= '' then redis.call('HDEL', bearers, oldest) end
local kept = digest
if newest and newest ~= '' then kept = digest .. ' ' .. newest end
redis.call('HSET', tokens, host, kept)
redis.call('HSET', bearers, digest, host)
return 1
`

const revokeScript = `
local tokens, bearers = unpack(KEYS)
local gone = 0
for digest in string.gmatch(redis.call('HGET', tokens, ARGV[1]) or '', '%x+') do gone = gone + redis.call('HDEL', bearers, digest) end
redis.call('HDEL', tokens, ARGV[1])
return gone
`

// AddAgentToken lets the agent of a host report with a token, of which only the SHA-256 is known, in hexadecimal. The newest two are valid.
// ErrTokenKnown says that it is another's, or was added before.
func (s *Store) AddAgentToken(ctx context.Context, host, digest string) error {
	outcome, err := s.client.Eval(ctx, addTokenScript, []string{tokensKey, bearersKey}, host, digest).Int()
	if err == nil && outcome == 0 {
		err = ErrTokenKnown
	}
	if err != nil {
		return fmt.Errorf("add a token of %s: %w", host, err)
	}
	return nil
}

// RevokeAgents makes all tokens of a host invalid, and says how many those were.
func (s *Store) RevokeAgents(ctx context.Context, host string) (int, error) {
	gone, err := s.client.Eval(ctx, revokeScript, []string{tokensKey, bearersKey}, host).Int()
	if err != nil {
		return 0, fmt.Errorf("revoke the tokens of %s: %w", host, err)
	}
	return gone, nil
}

// AgentTokens are the digests of a host's valid tokens.
func (s *Store) AgentTokens(ctx context.Context, host string) ([]string, error) {
	text, err := s.client.HGet(ctx, tokensKey, host).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return nil, fmt.Errorf("read %s: %w", tokensKey, err)
	}
	return strings.Fields(text), nil
}

// AgentOf is the host that a token is bound to; empty where the token is not known.
func (s *Store) AgentOf(ctx context.Context, digest string) (host string, err error) {
	host, err = s.client.HGet(ctx, bearersKey, digest).Result()
	if err != nil && !errors.Is(err, redis.Nil) {
		return "", fmt.Errorf("read %s: %w", bearersKey, err)
	}
	return host, nil
}

// HasAgentTokens says whether any agent has a token.
func (s *Store) HasAgentTokens(ctx context.Context) (bool, error) {
	n, err := s.client.HLen(ctx, tokensKey).Result()
	if err != nil {
		return false, fmt.Errorf("count %s: %w", tokensKey, err)
	}
	return n > 0, nil
}
