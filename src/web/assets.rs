//! Files that pages load. All of them are in the binary, and each has its content's hash in its address, so that a
//! browser keeps it for good and still never shows an old one.

use std::sync::LazyLock;

use actix_web::http::header::{CACHE_CONTROL, CONTENT_SECURITY_POLICY};
use actix_web::web::Path;
use actix_web::{HttpRequest, HttpResponse};
use rust_embed::RustEmbed;

use super::problem;

#[derive(RustEmbed)]
#[folder = "src/web/assets"]
struct Files;

/// The address of the stylesheet.
pub(super) static STYLESHEET: LazyLock<String> = LazyLock::new(|| address("style", "css"));

/// The address of the icon.
pub(super) static ICON: LazyLock<String> = LazyLock::new(|| address("icon", "svg"));

/// `GET /assets/{file}`.
pub(super) async fn serve(request: HttpRequest, file: Path<String>) -> HttpResponse {
    let Some((content_type, data)) = find(&file) else {
        return problem::not_found_anywhere(request).await;
    };
    HttpResponse::Ok()
        .content_type(content_type)
        .insert_header((CACHE_CONTROL, "public, max-age=31536000, immutable"))
        .insert_header((CONTENT_SECURITY_POLICY, "default-src 'none'; frame-ancestors 'none'"))
        .body(data)
}

fn address(stem: &str, extension: &str) -> String {
    format!("/assets/{stem}.{}.{extension}", hash(&format!("{stem}.{extension}")).unwrap_or_default())
}

/// The file of this address: only with the hash that it has now.
fn find(file: &str) -> Option<(&'static str, Vec<u8>)> {
    let (rest, extension) = file.rsplit_once('.')?;
    let (stem, presented) = rest.split_once('.')?;
    let name = format!("{stem}.{extension}");
    if hash(&name)? != presented {
        return None;
    }
    let content_type = match extension {
        "css" => "text/css; charset=utf-8",
        "svg" => "image/svg+xml",
        _ => return None,
    };
    Some((content_type, Files::get(&name)?.data.into_owned()))
}

fn hash(name: &str) -> Option<String> {
    let hash = Files::get(name)?.metadata.sha256_hash();
    Some(hash.iter().take(8).map(|byte| format!("{byte:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_file_is_found_by_its_own_hash_alone() {
        let (content_type, data) = find(STYLESHEET.strip_prefix("/assets/").unwrap()).unwrap();
        assert_eq!(content_type, "text/css; charset=utf-8");
        assert!(String::from_utf8(data).unwrap().contains("color-scheme"));
        assert!(find(ICON.strip_prefix("/assets/").unwrap()).is_some());
        for other in ["style.css", "style.0000000000000000.css", "../page.rs", "", ".", "..", "style..css"] {
            assert!(find(other).is_none(), "{other}");
        }
    }
}
