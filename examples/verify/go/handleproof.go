// Package handleproof verifies the proofs that a handleproof service sends to your callback. Standard library only.
// Made to be copied. As strict as the Rust crate, and tested against the same vectors.
//
//	session := sessions.Get(r)                // behind a cookie that is HttpOnly, Secure and SameSite=Lax
//	expected := session.Pop("proof_state")    // from this browser's own session, never looked up by ?state=;
//	                                          // taken out: a proof is good for one time
//	proof, err := handleproof.Verify(r.URL.RawQuery, handleproof.Expected{
//		Secrets: []string{os.Getenv("HANDLEPROOF_SIGNING_SECRET")}, State: expected, Platform: "tiktok",
//	})
//	// The account is proof.Platform together with proof.PlatformID. proof.HandleDecoded() is for display.
package handleproof

import (
	"crypto/hmac"
	"crypto/sha256"
	"crypto/subtle"
	"encoding/hex"
	"regexp"
	"strconv"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Expected is what a proof is held against.
type Expected struct {
	// Secrets are your signing secrets, as the text shown: two during a change.
	Secrets []string
	// State is what this browser's own session holds.
	State string
	// Platform is the one that the user picked; empty accepts every platform but sandbox.
	Platform string
	// Now is Unix time in seconds; 0 reads the clock.
	Now int64
	// Horizon is how far ahead of now a proof may end; 0 stands for 300 s and 60 s of leeway.
	Horizon int64
}

// Proof is a verified proof. An account is Platform and PlatformID together.
type Proof struct {
	Platform, PlatformID, Handle, State string
	// Expires is the last second in which the proof is fresh.
	Expires int64
}

// HandleDecoded is the user name as the platform shows it: for display, and to be escaped like any text of a stranger.
func (p Proof) HandleDecoded() string { return decodeHandle(p.Handle) }

// Error is why there is no proof. It is for your log; to the user all but a CallbackError should look alike.
type Error struct{ Kind, Parameter string }

func (e *Error) Error() string { return strings.TrimSuffix(e.Kind+": "+e.Parameter, ": ") }

// CallbackError means that the user came back with error=…. It is not signed: a hint, and none unless StateMatches.
type CallbackError struct {
	Code         string
	Description  string
	StateMatches bool
}

func (e *CallbackError) Error() string { return e.Code }

var (
	signed   = []string{"platform", "platform_id", "handle", "state", "expires"}
	expected = append(append([]string{}, signed...), "sig")
	errCode  = regexp.MustCompile(`\A[a-z_]{1,64}\z`)
	patterns = map[string]*regexp.Regexp{
		"platform":    regexp.MustCompile(`\A[a-z][a-z0-9_]{0,31}\z`),
		"platform_id": regexp.MustCompile(`\A[A-Za-z0-9._~:@/-]{1,255}\z`),
		"handle":      regexp.MustCompile(`\A[^&\p{Cc}\x{2028}\x{2029}]*\z`),
		"state":       regexp.MustCompile(`\A[!-%'-~]{1,512}\z`),
		"expires":     regexp.MustCompile(`\A[1-9][0-9]{9,11}\z`),
		"sig":         regexp.MustCompile(`\A[0-9a-f]{64}\z`),
	}
)

// isNothing tells what is printed for a variable that holds nothing. It would match every session that lost its state.
func isNothing(state string) bool {
	switch state {
	case "", "undefined", "null", "None", "NaN":
		return true
	}
	return false
}

// Verify verifies the raw query of a callback: what follows the ?, as it came over the wire.
func Verify(query string, want Expected) (*Proof, error) {
	if len(want.Secrets) == 0 {
		return nil, &Error{Kind: "short_secret"}
	}
	for _, secret := range want.Secrets {
		if len(secret) < 32 {
			return nil, &Error{Kind: "short_secret"}
		}
	}
	if want.Now == 0 {
		want.Now = time.Now().Unix()
	}
	if want.Horizon == 0 {
		want.Horizon = 360
	}
	received := read(query)
	stateMatches := matches(received["state"], want.State)
	if err := callbackError(received, stateMatches); err != nil {
		return nil, err
	}
	values, err := wellFormed(received)
	if err != nil {
		return nil, err
	}
	expires, err := strconv.ParseInt(values["expires"], 10, 64)
	if err != nil {
		return nil, &Error{"malformed", "expires"}
	}
	switch {
	case !signedByOneOf(want.Secrets, values):
		return nil, &Error{Kind: "bad_signature"}
	case want.Platform == "" && values["platform"] == "sandbox":
		return nil, &Error{Kind: "sandbox_platform"}
	case want.Platform != "" && values["platform"] != want.Platform:
		return nil, &Error{Kind: "platform_mismatch"}
	case isNothing(want.State):
		return nil, &Error{Kind: "no_expected_state"}
	case !stateMatches:
		return nil, &Error{Kind: "state_mismatch"}
	case want.Now > expires:
		return nil, &Error{Kind: "expired"}
	case expires > want.Now+want.Horizon:
		return nil, &Error{Kind: "too_far_ahead"}
	}
	return &Proof{values["platform"], values["platform_id"], values["handle"], values["state"], expires}, nil
}

// value is what a parameter came with; ok is false where that is no percent-encoded UTF-8.
type value struct {
	text string
	ok   bool
}

// read gives every value that each of our names came with. url.ParseQuery drops what it cannot decode, and a dropped
// parameter is one that nobody refuses.
func read(query string) map[string][]value {
	received := map[string][]value{}
	for _, pair := range strings.Split(strings.TrimPrefix(query, "?"), "&") {
		rawName, rawValue, _ := strings.Cut(pair, "=")
		name := decode(rawName)
		if !name.ok {
			continue
		}
		switch name.text {
		case "platform", "platform_id", "handle", "state", "expires", "sig", "error", "error_description":
			received[name.text] = append(received[name.text], decode(rawValue))
		}
	}
	return received
}

func decode(raw string) value {
	var text strings.Builder
	for at := 0; at < len(raw); at++ {
		switch raw[at] {
		case '+':
			text.WriteByte(' ')
		case '%':
			if at+2 >= len(raw) {
				return value{}
			}
			digits, err := hex.DecodeString(raw[at+1 : at+3])
			if err != nil {
				return value{}
			}
			text.WriteByte(digits[0])
			at += 2
		default:
			text.WriteByte(raw[at])
		}
	}
	return value{text.String(), utf8.ValidString(text.String())}
}

// matches compares in constant time. A repeated state counts for nothing: which one it is would depend on who reads it.
func matches(received []value, state string) bool {
	return !isNothing(state) && len(received) == 1 && received[0].ok &&
		subtle.ConstantTimeCompare([]byte(received[0].text), []byte(state)) == 1
}

func callbackError(received map[string][]value, stateMatches bool) error {
	codes, descriptions := received["error"], received["error_description"]
	switch {
	case len(codes) == 0:
		return nil
	case len(codes) > 1:
		return &Error{"duplicate", "error"}
	case !codes[0].ok || !errCode.MatchString(codes[0].text):
		return &Error{"malformed", "error"}
	}
	description := ""
	// Text for a log or a page: short, and without control characters that would forge a line.
	if len(descriptions) == 1 && descriptions[0].ok && len(descriptions[0].text) <= 512 &&
		strings.IndexFunc(descriptions[0].text, unicode.IsControl) < 0 {
		description = descriptions[0].text
	}
	return &CallbackError{codes[0].text, description, stateMatches}
}

func wellFormed(received map[string][]value) (map[string]string, error) {
	for _, name := range expected {
		if len(received[name]) > 1 {
			return nil, &Error{"duplicate", name}
		}
	}
	for _, name := range expected {
		if len(received[name]) == 0 {
			return nil, &Error{"missing", name}
		}
	}
	values := map[string]string{}
	for _, name := range expected {
		value := received[name][0]
		fits := value.ok && patterns[name].MatchString(value.text)
		if name == "handle" {
			fits = fits && len(decodeHandle(value.text)) <= 512
		}
		if name == "state" {
			fits = fits && !isNothing(value.text)
		}
		if !fits {
			return nil, &Error{"malformed", name}
		}
		values[name] = value.text
	}
	return values, nil
}

func signedByOneOf(secrets []string, values map[string]string) bool {
	parts := make([]string, 0, len(signed))
	for _, name := range signed {
		parts = append(parts, name+"="+values[name])
	}
	sig, err := hex.DecodeString(values["sig"])
	if err != nil {
		return false
	}
	fits := false
	for _, secret := range secrets {
		mac := hmac.New(sha256.New, []byte(secret))
		mac.Write([]byte(strings.Join(parts, "&")))
		// Tries them all, so that the time does not tell which one fits.
		fits = hmac.Equal(mac.Sum(nil), sig) || fits
	}
	return fits
}

func decodeHandle(handle string) string {
	// In this order: the other one would turn the %2526 of a genuine %26 into &.
	return strings.ReplaceAll(strings.ReplaceAll(handle, "%26", "&"), "%25", "%")
}
