//! Figures in prose, against the constants that they come from. What was measured is not looked at.

use super::markdown::Document;
use super::repository::read;

const MINUTE: u64 = 60;
const HOUR: u64 = 60 * MINUTE;
const DAY: u64 = 24 * HOUR;

/// The document says so; line breaks do not count.
#[track_caller]
pub fn says(document: &str, sentence: &str) {
    let words = |text: &str| text.split_whitespace().collect::<Vec<_>>().join(" ");
    assert!(
        words(&Document::read(document).prose()).contains(&words(sentence)),
        "{document} does not say: {sentence}"
    );
}

/// A constant of the sources: a number, a product, or a time in seconds.
#[track_caller]
fn constant(file: &str, name: &str) -> u64 {
    let source = read(file);
    let line = source
        .lines()
        .find(|line| line.contains(&format!("const {name}:")))
        .unwrap_or_else(|| panic!("{file}: {name}"));
    let (_, value) = line.split_once("= ").unwrap();
    value
        .trim_end_matches(';')
        .split(" * ")
        .map(|factor| {
            if factor.chars().all(|c| c.is_ascii_uppercase()) {
                return constant(file, factor);
            }
            let unit = match factor {
                _ if factor.contains("from_mins") => MINUTE,
                _ if factor.contains("from_hours") => HOUR,
                _ => 1,
            };
            let digits: String = factor.chars().filter(char::is_ascii_digit).collect();
            let digits = factor
                .split_once('(')
                .map_or(digits, |(_, inner)| inner.chars().filter(char::is_ascii_digit).collect());
            digits.parse::<u64>().unwrap_or_else(|_| panic!("{file}: {line}")) * unit
        })
        .product()
}

/// As it is written out.
pub fn word(n: u64) -> &'static str {
    match n {
        2 => "two",
        3 => "three",
        4 => "four",
        5 => "five",
        6 => "six",
        7 => "seven",
        8 => "eight",
        9 => "nine",
        10 => "ten",
        12 => "twelve",
        15 => "fifteen",
        20 => "twenty",
        30 => "thirty",
        50 => "fifty",
        _ => panic!("{n} needs a word here"),
    }
}

/// `8,192`
fn thousands(n: u64) -> String {
    format!("{},{:03}", n / 1000, n % 1000)
}

/// What holds where the configuration is silent.
fn default_setting(key: &str) -> u64 {
    let config = read("deploy/handleproof.toml");
    let line = config
        .lines()
        .find_map(|line| line.trim_start_matches('#').strip_prefix(&format!("{key} = ")).map(str::to_owned));
    line.unwrap_or_else(|| panic!("{key}"))
        .split_whitespace()
        .next()
        .unwrap()
        .replace('_', "")
        .parse()
        .unwrap()
}

#[test]
fn lives_are_as_long_as_is_said() {
    let minutes = |seconds: u64| word(seconds / MINUTE);
    says(
        "docs/integrate.md",
        &format!("works once and for {} minutes", minutes(default_setting("ttl_seconds"))),
    );
    let proof = handleproof_verify::DEFAULT_MAX_AGE.as_secs();
    assert_eq!(proof, default_setting("proof_ttl_seconds"));
    says("docs/integrate.md", &format!("never more than {} minutes ahead", minutes(proof)));
    says("docs/connect.md", &format!("redeem the proof within its {} minutes", minutes(proof)));
    let readable = constant("src/store/sessions/mod.rs", "READABLE_AFTER_END");
    says("docs/errors.md", &format!("forgotten {} minutes after its end", minutes(readable)));
    says("docs/performance.md", &format!("the {readable} s for which an ended session can be read"));
    says(
        "docs/connect.md",
        &format!("works once, for {} minutes", minutes(constant("src/flow/connect.rs", "CONNECT_LIFE"))),
    );
}

#[test]
fn signing_keys_follow_each_other_as_is_said() {
    let schedule = |name: &str| constant("src/signing_keys/schedule.rs", name);
    says("docs/operating.md", &format!("signs for {} days", schedule("SIGNS") / DAY));
    assert_eq!((schedule("AHEAD"), schedule("ARCHIVE"), schedule("SLOW_CLOCK")), (DAY, 365 * DAY, HOUR));
    says(
        "docs/operating.md",
        "The next is published a day before it signs, a retired one for a year after its last proof",
    );
    says("docs/operating.md", "forgotten an hour after the next one took over");
    says("docs/public-proofs.md", "in the key set for a year");
    says("docs/operating.md", &format!("it signs in {} hours", schedule("AHEAD") / HOUR));
    says("docs/operating.md", &format!("it signs in {} seconds", word(schedule("AHEAD_AT_ONCE"))));
    assert!(read("src/web/key_set.rs").contains("max-age=300"));
    says("docs/operating.md", "until they read it anew, five minutes at most");
}

#[test]
fn limits_are_those_of_the_code() {
    says(
        "docs/errors.md",
        &format!("A body may have {} KiB", constant("src/web/api/body.rs", "MAX_BYTES") / 1024),
    );
    says(
        "docs/integrate.md",
        &format!("at most {} printable characters", constant("verifier/src/rules.rs", "STATE_MAX")),
    );
    says(
        "docs/grants.md",
        &format!("at most {} characters", thousands(constant("src/flow/grant_seal.rs", "LONGEST"))),
    );
    says(
        "docs/grants.md",
        &format!("Up to {} at once", word(constant("src/web/api/grants.rs", "MOST_GRANTS"))),
    );
    says("docs/own-apps.md", &format!("A key can have {} apps", handleproof::apps::MOST_APPS));
    let tries = constant("src/web/limits.rs", "TRIES_PER_ACCOUNT");
    says("docs/platforms.md", &format!("can be tried {} times a minute", word(tries)));
    let at_once = constant("src/platform/http.rs", "MAX_CALLS_AT_ONCE");
    says("docs/performance.md", &format!("**{at_once} calls to one platform at once**"));
    says(
        "docs/performance.md",
        &format!("a map in {} parts", constant("src/store/sessions/expiring_map.rs", "SHARDS")),
    );
}

#[test]
fn times_that_an_operator_waits_for_are_those_of_the_code() {
    says(
        "docs/operating.md",
        &format!("gathered for {} ms", constant("src/observe/log/pipe.rs", "GATHERING")),
    );
    assert!(constant("src/platform/connections.rs", "LIFE") <= 30);
    says("docs/operating.md", "followed within half a minute");
    let (heads, bodies) =
        (constant("src/app.rs", "HEAD_LIMIT"), constant("src/web/api/body.rs", "TIME_LIMIT"));
    says("docs/reliability.md", &format!("heads {heads} s, bodies {bodies} s"));
}

#[test]
fn the_verifiers_defaults_are_those_of_their_manuals() {
    let (max_age, leeway) =
        (handleproof_verify::DEFAULT_MAX_AGE.as_secs(), handleproof_verify::DEFAULT_LEEWAY.as_secs());
    let secret = handleproof_verify::MIN_SECRET_LEN;
    let others = [
        ("verifiers/node/handleproof.mjs", "export const "),
        ("verifiers/python/src/handleproof_verify/__init__.py", ""),
    ];
    for (file, prefix) in others {
        let source = read(file);
        let constants =
            [("DEFAULT_MAX_AGE", max_age), ("DEFAULT_LEEWAY", leeway), ("MIN_SECRET_LEN", secret as u64)];
        for (name, value) in constants {
            assert!(source.contains(&format!("\n{prefix}{name} = {value}")), "{file}: {name}");
        }
    }
    for (manual, age) in
        [("verifier", "max_age"), ("verifiers/node", "maxAge"), ("verifiers/python", "max_age")]
    {
        let manual = format!("{manual}/README.md");
        says(&manual, &format!("no further ahead than `{age}` ({max_age} s) and `leeway` ({leeway} s"));
        says(&manual, &format!("Under {secret} bytes it is refused"));
    }
}

#[test]
fn versions_are_those_that_the_packages_ask_for() {
    let (_, rust) = read("Cargo.toml")
        .split_once("rust-version = \"")
        .map(|(a, b)| (a.to_owned(), b.to_owned()))
        .unwrap();
    let rust = rust.split('"').next().unwrap();
    says("README.md", &format!("with Rust {rust} or newer"));
    says("CONTRIBUTING.md", &format!("Rust {rust} and a C compiler"));
    let versions = "examples/verify/README.md";
    for (file, before, after, language) in [
        ("verifiers/node/package.json", "\"node\": \">=", "\"", "Node"),
        ("verifiers/python/pyproject.toml", "requires-python = \">=", "\"", "Python"),
        ("examples/verify/go/go.mod", "\ngo ", "\n", "Go"),
        ("examples/verify/php/handleproof.php", "callback. PHP ", " or later", "PHP"),
    ] {
        let text = read(file);
        let version =
            text.split(before).nth(1).unwrap_or_else(|| panic!("{file}")).split(after).next().unwrap();
        says(versions, &format!("{language} {version} or later"));
    }
    says("verifiers/node/README.md", "Node 20 or later");
    says("verifiers/python/README.md", "Python 3.9 or later");
}

#[test]
fn the_verifiers_are_as_many_and_as_often_compared_as_is_said() {
    let run = read("tests/verifiers/run");
    let (_, others) = run.split_once("OTHERS = {").unwrap();
    let languages = 1 + others.split('}').next().unwrap().matches("\": [").count() as u64;
    says("README.md", &format!("the verifiers in {} languages", word(languages)));
    says("CONTRIBUTING.md", &format!("all {} verifiers", word(languages)));
    assert!(run.contains("\"--count\", type=int, default=20_000"));
    says("examples/verify/README.md", "twenty thousand mutated callbacks");
}
