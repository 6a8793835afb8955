// Answers cases, a line of JSON each, as verifier/examples/oracle.rs does, with the sample for Go.
package main

import (
	"bufio"
	"encoding/json"
	"errors"
	"fmt"
	"os"

	"handleproof"
)

type question struct {
	Query            string
	Secrets          []string
	ExpectedState    string `json:"expected_state"`
	ExpectedPlatform string `json:"expected_platform"`
	Now              int64
}

type object map[string]any

func answer(asked question) object {
	proof, err := handleproof.Verify(asked.Query, handleproof.Expected{
		Secrets: asked.Secrets, State: asked.ExpectedState, Platform: asked.ExpectedPlatform, Now: asked.Now,
	})
	var callback *handleproof.CallbackError
	var refused *handleproof.Error
	switch {
	case err == nil:
		return object{"accepted": object{
			"platform": proof.Platform, "platform_id": proof.PlatformID, "handle": proof.Handle,
			"handle_decoded": proof.HandleDecoded(), "state": proof.State, "expires": proof.Expires,
		}}
	case errors.As(err, &callback):
		var description any
		if callback.Description != "" {
			description = callback.Description
		}
		return object{"callback_error": callback.Code, "description": description, "state_matches": callback.StateMatches}
	case errors.As(err, &refused) && refused.Parameter != "":
		return object{"refused": refused.Kind, "parameter": refused.Parameter}
	case refused != nil:
		return object{"refused": refused.Kind}
	}
	panic(err)
}

func main() {
	lines := bufio.NewScanner(os.Stdin)
	lines.Buffer(nil, 1<<20)
	out := json.NewEncoder(os.Stdout)
	out.SetEscapeHTML(false)
	for lines.Scan() {
		var asked question
		if err := json.Unmarshal(lines.Bytes(), &asked); err != nil {
			panic(err)
		}
		if err := out.Encode(answer(asked)); err != nil {
			panic(err)
		}
	}
	if err := lines.Err(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
}
