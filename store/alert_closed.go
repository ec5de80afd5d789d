package store

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"time"

	"gpuhour/market"
)

const closeScript = `
local rules, closed = unpack(KEYS)
local id, field, at = unpack(ARGV)
if redis.call('HEXISTS', rules, id) == 1 then redis.call('HSETNX', closed, field, at) end
return 1
`

// CloseTarget keeps that a delivery's target wants nothing more of its rule, until the rule is edited.
func (s *Store) CloseTarget(ctx context.Context, d market.Delivery, at time.Time) error {
	if err := s.client.Eval(ctx, closeScript, []string{rulesKey, closedKey}, d.RuleID, closedField(d), at.UTC().Format(time.RFC3339)).Err(); err != nil {
		return fmt.Errorf("close a target of %s: %w", d.RuleID, err)
	}
	return nil
}

// TargetClosed says whether a delivery's target wants nothing more of its rule.
func (s *Store) TargetClosed(ctx context.Context, d market.Delivery) (bool, error) {
	closed, err := s.client.HExists(ctx, closedKey, closedField(d)).Result()
	if err != nil {
		return false, fmt.Errorf("read %s: %w", closedKey, err)
	}
	return closed, nil
}

// closedField names a target without telling the secret in it.
func closedField(d market.Delivery) string {
	digest := sha256.Sum256([]byte(d.Target))
	return d.RuleID + " " + hex.EncodeToString(digest[:16])
}
