//! The commands of `deploy/kubernetes`, with the real `kubectl` as far as it goes without a cluster.

use super::markdown::block;
use super::repository::ROOT;
use super::terminal::Terminal;

/// Creates as a trial, renders what would be applied, and runs on this machine what would run in the pod.
const KUBECTL: &str = r#"
kubectl() (
    set -euo pipefail
    if [ "$1" = -n ]; then [ "$2" = handleproof-production ]; shift 2; fi
    case "$1" in
    create) exec KUBECTL "$@" --dry-run=client -o name ;;
    apply) [ "$2" = -k ]; KUBECTL kustomize "ROOT/$3" >applied.yaml; grep -c '^kind: ' applied.yaml ;;
    exec)
        [ "$2 $3" = 'deploy/handleproof --' ]
        grep -A9 '^kind: Deployment' applied.yaml | grep -q '^  name: handleproof$'
        grep -q -- '- /etc/handleproof/handleproof.toml$' applied.yaml
        shift 3
        "${@/#\/etc\/handleproof\//}" ;;
    *) echo "unknown: $*" >&2; exit 64 ;;
    esac
)
"#;

fn kubectl() -> String {
    let found = std::process::Command::new("bash").args(["-c", "command -v kubectl"]).output().unwrap();
    assert!(found.status.success(), "kubectl is needed for this test: tests/run installs it");
    String::from_utf8(found.stdout).unwrap().trim().to_owned()
}

#[test]
fn the_deployment_on_kubernetes_is_made_by_the_commands_of_its_readme() {
    let terminal = Terminal::new();
    terminal.knows(&KUBECTL.replace("KUBECTL", &kubectl()).replace("ROOT", ROOT));
    terminal.write("registry_url", "postgres://handleproof@db.stores/handleproof");
    terminal.write("sessions_url", "redis://redis.stores");
    terminal.write(
        "handleproof.toml",
        "public_url = \"https://verify.example.com\"\n[secrets]\nmaster_key_file = \"master_key\"\n",
    );
    let said: Vec<String> =
        block("deploy/kubernetes/README.md", "$ kubectl create namespace handleproof-production")
            .steps()
            .iter()
            .map(|step| terminal.succeeds(&step.command))
            .collect();
    assert_eq!(said[0], "namespace/handleproof-production\n");
    assert_eq!(said[2], "secret/handleproof-secrets\n");
    assert!(said[3].trim().parse::<u32>().unwrap() > 5, "{}", said[3]);
    assert!(said[4].contains("hpk_") && said[4].contains("pss_"), "{}", said[4]);
}
