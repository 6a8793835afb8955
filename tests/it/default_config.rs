//! The commented configuration that `handleproof config` prints, and `handleproof health`.

use crate::harness::child::{Deployment, run};

#[test]
fn the_file_in_deploy_is_what_the_program_prints_and_check_accepts_it() {
    let printed = run(&["config"]);
    assert_eq!((printed.code, printed.err.as_str()), (0, ""));
    let path = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/handleproof.toml");
    assert!(
        std::fs::read_to_string(path).unwrap() == printed.out,
        "print it anew: handleproof config > deploy/handleproof.toml"
    );
    let deployment = Deployment::new("");
    std::fs::write(deployment.folder.path().join("handleproof.toml"), printed.out).unwrap();
    assert_eq!(deployment.run(&["keys", "create", "Shop"]).code, 0);
    let checked = deployment.run(&["check"]);
    assert_eq!(checked.code, 0, "{}{}", checked.out, checked.err);
}

#[test]
fn health_says_that_nothing_answers_where_nothing_listens() {
    let deployment = Deployment::new("");
    for arguments in [&["health"][..], &["health", "--ready"]] {
        let asked = deployment.run(arguments);
        assert_eq!((asked.code, asked.out.as_str()), (1, ""));
        assert!(asked.err.contains("does not answer"), "{}", asked.err);
    }
}
