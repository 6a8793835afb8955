//! The JavaScript and Python of documents, run with what their readers would have around them.

use std::os::unix::fs::symlink;

use handleproof_verify::{Claims, sign};
use serde_json::{Value, json};

use super::harness::child::Ran;
use super::harness::service::{CALLBACK, STATE};
use super::harness::{Answer, Browser, Landing, Service, Setup};
use super::markdown::{Block, Document, block};
use super::repository::ROOT;
use super::terminal::{Terminal, with};

const SECRET: &str = "pss_example_0123456789abcdefghijklmnop";

/// A program out of a document's blocks, and what it printed.
struct Program {
    terminal: Terminal,
    file: &'static str,
    command: String,
}

impl Program {
    /// With the packages of `modules`, and `handleproof-verify`.
    fn node(modules: &str) -> Self {
        let terminal = Terminal::new();
        let folder = terminal.folder.path().join("node_modules");
        std::fs::create_dir(&folder).unwrap();
        symlink(format!("{ROOT}/verifiers/node"), folder.join("handleproof-verify")).unwrap();
        symlink(format!("{ROOT}/tests/jws/node_modules/{modules}"), folder.join(modules)).unwrap();
        Self { terminal, file: "program.mjs", command: "node program.mjs".to_owned() }
    }

    fn python() -> Self {
        let venv = format!("{ROOT}/target/venv/bin/python");
        let python = if std::path::Path::new(&venv).exists() { venv } else { "python3".to_owned() };
        let command = format!("PYTHONPATH={ROOT}/verifiers/python/src {python} -B program.py");
        Self { terminal: Terminal::new(), file: "program.py", command }
    }

    /// Runs it; what it is given is in the environment as `GIVEN`, in JSON.
    fn run(&self, code: &str, given: &Value) -> Ran {
        self.terminal.write(self.file, code);
        let mut shell = self.terminal.shell(&self.command);
        let shell = shell.env("GIVEN", given.to_string()).env("HANDLEPROOF_SIGNING_SECRET", SECRET);
        Ran::of(shell.output().unwrap())
    }

    /// The same, to a good end: what it printed.
    #[track_caller]
    fn prints(&self, code: &str, given: &Value) -> String {
        let ran = self.run(code, given);
        assert_eq!(ran.code, 0, "{code}\n{}", ran.err);
        ran.out
    }
}

/// A query with a proof for `state`, fresh now.
fn query(state: &str) -> String {
    let claims = Claims::new("tiktok", "_000abc", "jane", state, now() + 300).unwrap();
    claims.to_query(&sign(&claims, SECRET.as_bytes()))
}

fn now() -> u64 {
    std::time::SystemTime::now().duration_since(std::time::UNIX_EPOCH).unwrap().as_secs()
}

/// The expression in inline code that begins so.
fn span(document: &str, begins: &str) -> String {
    Document::read(document).spans().into_iter().find(|span| span.starts_with(begins)).unwrap()
}

fn given() -> Value {
    json!({
        "url": format!("{CALLBACK}?{}", query("a1b2c3d4")), "query": query("a1b2c3d4"), "secret": SECRET,
        "denied": format!("{CALLBACK}?error=access_denied&platform=tiktok&state=a1b2c3d4"), "expires": now() + 300,
    })
}

/// Indented once more, to stand in a function.
fn indented(block: &Block) -> String {
    format!("    {}\n", block.text.trim_end().replace('\n', "\n    "))
}

#[test]
fn the_node_packages_readme_is_a_program_that_works() {
    const README: &str = "verifiers/node/README.md";
    let callback = block("verifiers/node/README.md", "import { Verifier }").text;
    let errors = block("verifiers/node/README.md", "try {\n").text;
    let proof = block("verifiers/node/README.md", "const query = signedQuery").text;
    let both = span(README, "new Verifier(newSecret)");
    let code = format!(
        "import {{ CallbackError, SecretError, VerifyError, signedQuery }} from 'handleproof-verify';
        {callback}
        const given = JSON.parse(process.env.GIVEN);
        function judge(url, expectedState) {{ {errors} }}
        const session = {{ proofState: 'a1b2c3d4' }};
        console.log(...callback(session, given.url));
        try {{ callback(session, given.url); }} catch (error) {{ console.log(error.kind); }}
        judge(given.denied, 'a1b2c3d4');
        const {{ secret, expires }} = given, state = 'b2';
        {proof}
        const [newSecret, oldSecret] = ['pss_another_0123456789abcdefghijklmnop', secret];
        console.log(({both}).verifyQuery(query, state).handleDecoded);
        try {{ new Verifier('short'); }} catch (error) {{ console.log(error instanceof SecretError); }}"
    );
    let printed = Program::node("jose").prints(&code, &given());
    assert_eq!(printed, "tiktok _000abc\nno_expected_state\nended with access_denied\nBen & Jerry's\ntrue\n");
}

#[test]
fn the_python_packages_readme_is_a_program_that_works() {
    const README: &str = "verifiers/python/README.md";
    let callback = block("verifiers/python/README.md", "from handleproof_verify import Verifier").text;
    let errors = indented(&block("verifiers/python/README.md", "try:\n"));
    let proof = block("verifiers/python/README.md", "query = signed_query").text;
    let both = span(README, "Verifier(new_secret)");
    let code = format!(
        "import json, logging, os, sys
from handleproof_verify import CallbackError, SecretError, VerifyError, signed_query
log = logging.getLogger()
logging.basicConfig(stream=sys.stdout, level='INFO', format='%(message)s')
{callback}
given = json.loads(os.environ['GIVEN'])
def judge(query, expected_state):
{errors}
session = {{'proof_state': 'a1b2c3d4'}}
print(*callback(session, given['query']))
try:
    callback(session, given['query'])
except VerifyError as error:
    print(error.kind)
judge(given['denied'].split('?')[1], 'a1b2c3d4')
judge(given['query'][:-1], 'a1b2c3d4')
state, expires, secret = 'b2', given['expires'], given['secret']
{proof}
new_secret, old_secret = 'pss_another_0123456789abcdefghijklmnop', secret
print({both}.verify_query(query, state).handle_decoded)
try:
    Verifier('short')
except SecretError:
    print('refused')
"
    );
    let printed = Program::python().prints(&code, &given());
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[..3], ["tiktok _000abc", "no_expected_state", "ended with access_denied"]);
    assert_eq!(lines[3..], ["refused: malformed sig", "Ben & Jerry's", "refused"]);
}

#[test]
fn integrates_python_takes_a_proof_once_and_for_its_own_browser_alone() {
    let shown = block("docs/integrate.md", "def start(session):").text;
    let code = format!(
        "import json, os, secrets
from handleproof_verify import Verifier, VerifyError, signed_query
given = json.loads(os.environ['GIVEN'])
redirect = lambda to: to
create_session = lambda state: {{'authorize_url': 'https://verify.example.com/' + state}}
verify = lambda query, expected: Verifier(given['secret']).verify_query(query, expected)
link_account = print
{shown}
jane, mallory = {{}}, {{}}
assert start(jane).endswith(jane['proof_state']) and start(mallory) != start({{}})
query = signed_query('tiktok', '_000abc', 'jane', jane['proof_state'], given['expires'], given['secret'])
for session in (mallory, jane, jane):
    try:
        print(callback(session, query))
    except VerifyError as error:
        print(error.kind)
"
    );
    let printed = Program::python().prints(&code, &given());
    assert_eq!(printed, "state_mismatch\ntiktok _000abc jane\n/connected\nno_expected_state\n");
}

/// What `docs/connect.md` takes for granted: requests with the key, a session, a page that is refused.
const CONNECTS: &str = "import hmac, json, os, sys, urllib.parse, urllib.request
given = json.loads(os.environ['GIVEN'])
BACK = 'https://app.example.com/back'
class Session(dict):
    user_id = 'user-17'
def get(path, **query):
    return send(path + '?' + urllib.parse.urlencode(query), None)
def post(path, **body):
    return send(path, json.dumps(body).encode())
def send(path, body):
    headers = {'Authorization': 'Bearer ' + given['api_key'], 'Content-Type': 'application/json'}
    with urllib.request.urlopen(urllib.request.Request(given['url'] + path, body, headers)) as answer:
        return json.load(answer)
redirect = lambda to: to
abort = sys.exit
link_account = print
";

#[tokio::test(flavor = "multi_thread")]
async fn connects_python_links_the_account_of_its_own_browser_alone() {
    let service = Service::start(Setup::sandbox()).await;
    let shown = block("docs/connect.md", "def start(session):").text;
    let begin = format!(
        "{CONNECTS}{shown}\nsession = Session()\nprint(start(session))\nprint(session['connect_state'])\n"
    );
    let access = json!({"url": service.public_url, "api_key": service.key.api_key});
    let program = Program::python();
    let begun = program.prints(&begin, &access);
    let [auth_url, state] = begun.lines().collect::<Vec<_>>()[..] else { panic!("{begun}") };
    let back = Landing::at(Browser::new().answer_as(auth_url, "ordinary").await);

    let finish = format!(
        "{CONNECTS}{shown}
for state in ('of another browser', given['state']):
    try:
        back(Session(connect_state=state), given['query'])
    except SystemExit as end:
        print(end)\n"
    );
    let query = json!({"code": back.value("code"), "state": back.value("state")});
    let printed = program.prints(
        &finish,
        &json!({"url": service.public_url, "api_key": service.key.api_key, "state": state, "query": query}),
    );
    let lines: Vec<&str> = printed.lines().collect();
    assert_eq!(lines[0], "403");
    assert!(lines.len() == 2 && lines[1].starts_with("tiktok "), "{printed}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_public_proof_is_checked_by_jose_and_joserfc_as_shown() {
    let service = Service::start(Setup::sandbox().real_clock()).await;
    let session = json!({"platform": "tiktok", "callback_url": CALLBACK, "state": STATE, "jws": true});
    let created = service.session_with(&session).await;
    let landing = service.browser().land_as(&created, "ordinary").await;
    let id = service.key.id.to_string();
    let own = [("https://verify.example.com", service.public_url.as_str()), ("key_0123456789abcdef", &id)];

    let js = with(&block("docs/public-proofs.md", "import { createRemoteJWKSet").text, &own);
    let code = |state: &str| {
        format!(
            "const jws = JSON.parse(process.env.GIVEN).jws;\nconst browserSession = {{ proofState: '{state}' }};\ntry {{ await check(); }} catch (error) {{ console.log(error.message); }}\n{}",
            js.replacen("\nconst keys", "\nasync function check() {\nconst keys", 1)
                + "console.log(payload.sub);\n}\n"
        )
    };
    let node = Program::node("jose");
    let given = json!({"jws": landing.value("jws")});
    assert_eq!(node.prints(&code(STATE), &given), format!("tiktok:{}\n", landing.value("platform_id")));
    assert_eq!(node.prints(&code("another"), &given), "begun in another browser\n");

    let shown = with(&block("docs/public-proofs.md", "from joserfc import jwt").text, &own);
    let keys = Answer::of(service.request(reqwest::Method::GET, "/.well-known/jwks.json")).await.json();
    let code = format!(
        "import json, os
from joserfc.jwk import KeySet
given = json.loads(os.environ['GIVEN'])
jws, key_set = given['jws'], KeySet.import_key_set(given['keys'])
{shown}
print(token.claims['sub'])\n"
    );
    let given = json!({"jws": landing.value("jws"), "keys": keys});
    assert_eq!(Program::python().prints(&code, &given), format!("tiktok:{}\n", landing.value("platform_id")));
    let foreign = code.replace(&id, "key_ffffffffffffffff");
    assert!(Program::python().run(&foreign, &given).code != 0, "a proof for another key is taken");
}

#[test]
fn the_careless_samples_are_asked_as_their_readme_says() {
    let url = format!("{CALLBACK}?{}", query("a1b2c3d4"));
    for step in block("tests/samples/README.md", "$ node naive.mjs").steps() {
        for (state, answer) in [("a1b2c3d4", "accept\n"), ("another", "reject\n")] {
            let now = now().to_string();
            let (url, secret) = (format!("'{url}'"), SECRET);
            let command = with(
                &step.command,
                &[("URL", &url), ("SECRET", secret), ("EXPECTED_STATE", state), ("NOW", &now)],
            );
            let terminal = Terminal::new();
            assert_eq!(
                terminal.run(&format!("cd {ROOT}/tests/samples && {command}")).out,
                answer,
                "{command}"
            );
        }
    }
}
