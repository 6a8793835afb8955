//! A platform whose name leads to another address from now on.

use std::time::Duration;

use super::kept_alive::Front;
use super::measure::{beside_others, figure, ms, until};
use super::namespace;
use super::site::Site;
use super::walk;
use crate::harness::HostilePlatform;
use crate::harness::child::free_port;

/// The names of a machine of its own: what stands in the file may change later.
const SCRIPT: &str = r#"
hosts=$1; shift
mount --bind "$hosts" /etc/hosts || exit 42
exec "$@"
"#;

/// So many that no thread of the service was left out, however they were given out.
const FLOWS_IN_A_ROW: usize = 20;

/// Two addresses with the same port.
async fn two_addresses(old: &HostilePlatform, new: &HostilePlatform) -> (Front, Front) {
    loop {
        let first = Front::at(("127.0.0.2", 0), old.address.port()).await.unwrap();
        if let Some(second) = Front::at(("127.0.0.3", first.port), new.address.port()).await {
            return (first, second);
        }
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f40_a_platform_that_changes_its_address_under_one_name_is_used_at_the_new_one() {
    let _turn = beside_others().await;
    let site = Site::alone("").await;
    let (old, new) = (&site.platform, HostilePlatform::start().await);
    let (first, second) = two_addresses(old, &new).await;
    let text = std::fs::read_to_string(site.config()).unwrap();
    // The user goes to either platform, the service to the one that the name leads to.
    let mut named = text.clone();
    for path in ["token", "identity", "revoke"] {
        let by_address = format!("http://{}/{path}", old.address);
        named = named.replace(&by_address, &format!("http://localhost:{}/{path}", first.port));
    }
    assert_ne!(text, named);
    std::fs::write(site.config(), named).unwrap();
    let hosts = site.folder.path().join("hosts");
    let leads_to = |address: &str| std::fs::write(&hosts, format!("{address} localhost\n")).unwrap();
    leads_to("127.0.0.2");
    let serve = site.serve(site.port, free_port());
    let serve = namespace::serve(SCRIPT, &[hosts.to_str().unwrap()], &serve);
    let Some(_child) = namespace::ready("F40", site.port, serve).await else { return };
    let flow = async |platform: &HostilePlatform| {
        let link = walk::create(&site, site.port, "acme").await?;
        let opened = walk::open(site.port, &link, platform).await?;
        walk::prove(&site, site.port, &opened).await
    };
    flow(old).await.unwrap();
    assert!(first.requests() > 0 && second.requests() == 0);

    // The old address goes on and keeps its connections, which are always in use. Neither platform knows the codes of the
    // other, so that a flow at the new one ends well where the service goes there.
    leads_to("127.0.0.3");
    let kept = until("the new address is used", async || {
        tokio::time::sleep(Duration::from_millis(100)).await;
        // Each thread of the service has connections of its own.
        for _ in 0..FLOWS_IN_A_ROW {
            if flow(&new).await.is_err() {
                return false;
            }
        }
        true
    })
    .await;

    // An address that is gone at once with its connections.
    second.leaves().await;
    leads_to("127.0.0.2");
    let gone = until("the other address is used", async || flow(old).await.is_ok()).await;
    figure(
        "F40",
        &format!(
            "another address under the name: used after {:.1} s where the former one keeps its connections in constant use, after {} where it is gone",
            kept.as_secs_f64(),
            ms(gone)
        ),
    );
}
