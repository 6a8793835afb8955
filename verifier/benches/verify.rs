//! What a verification costs, against one bare HMAC.
fn main() {
    divan::main();
}
