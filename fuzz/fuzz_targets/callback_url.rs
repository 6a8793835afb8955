#![no_main]

libfuzzer_sys::fuzz_target!(|input: &[u8]| handleproof::fuzzing::callback_url(input));
