//! The code that makes the same checks at an integrator's: with this run's values, and the secret left out.

/// What the samples are about.
pub(super) struct Sample<'a> {
    pub(super) public_url: &'a str,
    pub(super) platform: &'a str,
    pub(super) state: &'a str,
    /// The raw query of the callback.
    pub(super) query: &'a str,
    /// Where one can be built from what was received.
    pub(super) base_string: Option<&'a str>,
}

/// The file that the Node sample imports; it is tested against the verifier's vectors.
pub(super) const NODE_VERIFIER: &str = include_str!("../../../verifiers/node/handleproof.mjs");

/// The file that the Python sample imports; it is tested against the verifier's vectors.
pub(super) const PYTHON_VERIFIER: &str =
    include_str!("../../../verifiers/python/src/handleproof_verify/__init__.py");

/// The button of `docs/connect-button.md`, which browser tests press.
pub(super) const CONNECT_BUTTON: &str = include_str!("../../../docs/connect-button.html");

impl Sample<'_> {
    /// With the crate.
    pub(super) fn rust(&self) -> String {
        format!(
            "use handleproof_verify::Verifier;

let secret = std::env::var(\"HANDLEPROOF_SIGNING_SECRET\")?;
// From this browser's own session, never looked up by the state that came back.
let expected_state = {state:?};
let query = {query:?};

let proof = Verifier::new(secret)?
    .expect_platform({platform:?})
    .verify_query(query, expected_state)?;
println!(\"{{}} {{}} {{}}\", proof.platform(), proof.platform_id(), proof.handle_decoded());
",
            state = self.state,
            query = self.query,
            platform = self.platform,
        )
    }

    /// With the file of [`NODE_VERIFIER`].
    pub(super) fn node(&self) -> String {
        format!(
            "import {{ Verifier }} from \"./handleproof.mjs\";

const verifier = new Verifier(process.env.HANDLEPROOF_SIGNING_SECRET).expectPlatform({platform});
// From this browser's own session, never looked up by the state that came back.
const expectedState = {state};
const proof = verifier.verifyQuery({query}, expectedState);
console.log(proof.platform, proof.platformId, proof.handleDecoded);
",
            query = quoted(self.query),
            state = quoted(self.state),
            platform = quoted(self.platform),
        )
    }

    /// With the file of [`PYTHON_VERIFIER`].
    pub(super) fn python(&self) -> String {
        format!(
            "import os
from handleproof_verify import Verifier

verifier = Verifier(os.environ[\"HANDLEPROOF_SIGNING_SECRET\"]).expect_platform({platform})
# From this browser's own session, never looked up by the state that came back.
expected_state = {state}
proof = verifier.verify_query({query}, expected_state)
print(proof.platform, proof.platform_id, proof.handle_decoded)
",
            query = quoted(self.query),
            state = quoted(self.state),
            platform = quoted(self.platform),
        )
    }

    /// The request that made the session, and the MAC over the base string.
    pub(super) fn shell(&self) -> String {
        let body = serde_json::json!({
            "platform": self.platform,
            "state": self.state,
            "callback_url": format!("{}/tester/callback", self.public_url),
        });
        let session = format!(
            "# Your server makes a session; the user's browser opens its authorize_url.
curl -s {url} \\
  -H \"Authorization: Bearer $HANDLEPROOF_API_KEY\" \\
  -H 'Content-Type: application/json' \\
  -d {body}
",
            url = shell_quoted(&format!("{}/api/oauth/delegate/sessions", self.public_url)),
            body = shell_quoted(&body.to_string()),
        );
        let Some(base) = self.base_string else { return session };
        format!(
            "{session}
# What the signature is over. The result has to be the value of sig.
printf %s {base} |
  openssl dgst -sha256 -hmac \"$HANDLEPROOF_SIGNING_SECRET\"
",
            base = shell_quoted(base),
        )
    }
}

/// A string of JSON, which is one of JavaScript and of Python as well.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

/// One word of a POSIX shell, whatever is in it.
fn shell_quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn t82_no_value_breaks_out_of_a_sample() {
        let sample = Sample {
            public_url: "http://127.0.0.1:1",
            platform: "acme",
            state: "'\"\\;${x}",
            query: "handle=\"'; rm -rf ~ #\n\\",
            base_string: Some("it's; $(id)"),
        };
        assert!(sample.rust().contains(r#"let query = "handle=\"'; rm -rf ~ #\n\\";"#));
        assert!(sample.node().contains(r#"verifyQuery("handle=\"'; rm -rf ~ #\n\\", expectedState)"#));
        assert!(sample.python().contains(r#"verify_query("handle=\"'; rm -rf ~ #\n\\", expected_state)"#));
        assert!(sample.shell().contains(r"printf %s 'it'\''s; $(id)' |"));
    }
}
