package alerts

import (
	"crypto/rand"
	"encoding/base64"
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"gpuhour/market"
)

// secretPrefix begins every signing secret, so that people see what it is.
const secretPrefix = "whsec_"

// NewSecret makes a secret to sign webhooks with: whsec_ and 32 random bytes in Base64.
func NewSecret() string {
	key := make([]byte, 32)
	_, _ = rand.Read(key) // never fails
	return secretPrefix + base64.StdEncoding.EncodeToString(key)
}

// webhook is the request that tells an event by the rules of Standard Webhooks: the id is the event's on every attempt, the time and
// the signature are the attempt's.
func webhook(target, secret string, e market.Event, now time.Time) (post, error) {
	body, err := Body(e)
	if err != nil {
		return post{}, err
	}
	signer, err := standardwebhooks.NewWebhook(secret)
	if err != nil || secret == "" {
		return post{}, errors.New("the webhook has no signing secret")
	}
	signature, err := signer.Sign(e.ID(), now, body)
	if err != nil {
		return post{}, err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	header.Set(standardwebhooks.HeaderWebhookID, e.ID())
	header.Set(standardwebhooks.HeaderWebhookTimestamp, strconv.FormatInt(now.Unix(), 10))
	header.Set(standardwebhooks.HeaderWebhookSignature, signature)
	return post{url: target, header: header, body: body}, nil
}

// largestBody is what Standard Webhooks asks bodies to stay under.
const largestBody = 20_000

// Body is what a webhook says of an event: the same bytes whenever it is asked.
func Body(e market.Event) ([]byte, error) {
	payload := payloadOf(e)
	body, err := json.Marshal(payload)
	if err == nil && len(body) >= largestBody { // rather without its documents than not at all
		payload.Data.Sources = []PayloadSource{}
		body, err = json.Marshal(payload)
	}
	if err == nil && len(body) >= largestBody {
		err = errors.New("the event is too large for a webhook")
	}
	return body, err
}
