//! N32: whatever single bit or byte of a good proof is changed, it is refused.

use handleproof_verify::Verifier;

const SECRET: &str = "pss_test_0123456789abcdefghijklmnopqrstuvwxyzABCDE";
const SIG: &str = "a7f30f1899afc29fea9b990610f891513565173e46a59b38fc42f45500ec6c2c";
const NOW: u64 = 1_900_000_000;
const P1: [(&str, &str); 6] = [
    ("platform", "tiktok"),
    ("platform_id", "_000abc"),
    ("handle", "jane"),
    ("state", "a1b2c3d4"),
    ("expires", "1900000300"),
    ("sig", SIG),
];

fn accepts(params: &[(&str, String)]) -> bool {
    let verifier = Verifier::new(SECRET).unwrap();
    // The state that was sent, so that a changed one is caught by the signature and not by the comparison alone.
    let state = params.iter().find(|(name, _)| *name == "state").unwrap().1.clone();
    verifier.verify_params_at(params.iter().map(|(name, value)| (name, value)), &state, NOW).is_ok()
}

fn changed(name: &str, value: &str) -> Vec<(&'static str, String)> {
    P1.iter()
        .map(|(key, old)| (*key, if *key == name { value.to_owned() } else { (*old).to_owned() }))
        .collect()
}

#[test]
fn n32_every_bit_of_the_mac_counts() {
    assert!(accepts(&changed("sig", SIG)));
    for nibble in 0..64 {
        for bit in 0..4 {
            let digit = u8::from_str_radix(&SIG[nibble..=nibble], 16).unwrap() ^ (1 << bit);
            let mut sig = SIG.to_owned();
            sig.replace_range(nibble..=nibble, &format!("{digit:x}"));
            assert!(!accepts(&changed("sig", &sig)), "digit {nibble}, bit {bit}");
        }
    }
}

#[test]
fn n32_every_byte_of_every_value_counts() {
    for (name, value) in P1 {
        for at in 0..value.len() {
            for other in (0..=0x7f_u8).filter(|other| *other != value.as_bytes()[at]) {
                let mut text = value.to_owned();
                text.replace_range(at..=at, &char::from(other).to_string());
                assert!(!accepts(&changed(name, &text)), "{name}={text:?}");
            }
        }
    }
}

#[test]
fn n32_every_byte_added_or_dropped_counts() {
    for (name, value) in P1 {
        for at in 0..=value.len() {
            for byte in 0..=0x7f_u8 {
                let mut text = value.to_owned();
                text.insert(at, char::from(byte));
                assert!(!accepts(&changed(name, &text)), "{name}={text:?}");
            }
            if at < value.len() {
                let mut text = value.to_owned();
                text.remove(at);
                assert!(!accepts(&changed(name, &text)), "{name}={text:?}");
            }
        }
    }
}
