//! A disk that the kernel turns read-only after an error, as ext4 does with `errors=remount-ro`.

use std::process::Command;

use super::measure::{beside_others, figure, until};
use super::namespace;
use super::operator;
use super::site::Site;
use super::walk;
use crate::harness::child::free_port;

/// A file system of its own in a file, with the registry on it. Where it is there already it is mounted again.
const SCRIPT: &str = r#"
image=$1; folder=$2; shift 2
if [ ! -e "$image" ]; then
    truncate -s 32M "$image" && mkfs.ext4 -q -F "$image" || exit 42
    new=yes
fi
mount -o loop,errors=remount-ro "$image" "$folder/disk" || exit 42
if [ -n "$new" ]; then
    cp "$folder"/handleproof.db* "$folder/disk/" && sync "$folder"/disk/* || exit 42
fi
exec "$@"
"#;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn f11_with_a_disk_that_turned_read_only_flows_go_on_changes_are_503_and_the_database_stays_whole() {
    let _turn = beside_others().await;
    let site = Site::alone(&operator::settings()).await;
    let (folder, disk) = (site.folder.path(), site.folder.path().join("disk"));
    std::fs::create_dir(&disk).unwrap();
    let (image, folder) = (folder.join("image").display().to_string(), folder.display().to_string());
    let start = async || {
        let mut serve = site.serve(site.port, free_port());
        serve.env("HANDLEPROOF_STORES__REGISTRY", "sqlite:disk/handleproof.db");
        namespace::ready("F11", site.port, namespace::serve(SCRIPT, &[&image, &folder], &serve)).await
    };
    let Some(child) = start().await else { return };
    walk::whole_if_served(&site, site.port).await.unwrap();
    let mut made = 1;
    for _ in 0..3 {
        assert_eq!(operator::new_key(&site).await.status, 201);
        made += 1;
    }
    let pid = child.child.id().to_string();
    let mut abort = Command::new("nsenter");
    abort.args(["-t", &pid, "-m", "mount", "-o", "remount,abort"]).arg(&disk);
    assert!(abort.status().unwrap().success(), "the disk does not turn read-only");

    operator::refused(&operator::new_key(&site).await);
    let times = operator::flows_without_changes(&site).await;
    child.signal("KILL");
    child.ended().await;
    until("the disk is not in use any more", async || {
        Command::new("losetup").args(["-j", &image]).output().unwrap().stdout.is_empty()
    })
    .await;

    // Mounted again after the repair that ext4 makes by itself; the service refuses a damaged file at its start.
    let _again = start().await.expect("it mounted before");
    walk::whole_if_served(&site, site.port).await.unwrap();
    assert_eq!(operator::keys(&site).await, made, "every key that was answered for is there, and no other");
    assert_eq!(operator::new_key(&site).await.status, 201);
    figure(
        "F11",
        &format!(
            "an ext4 turned read-only under it: changes are 503; 50 of 50 flows meanwhile: {times}; all {made} keys there after kill -9 and a new mount"
        ),
    );
}
