//! The rule for every address in the settings: https, or http where it cannot leave the machine.

use std::net::{Ipv4Addr, Ipv6Addr};

use url::{Host, Url};

use super::Complaint;

/// An absolute https URL without user name, password and fragment; http only on loopback.
pub fn parse_web_address(text: &str) -> Result<Url, Complaint> {
    let url = Url::parse(text).map_err(|error| {
        Complaint::new(format!("is no URL ({error})"), "write it in full: https://host/path")
    })?;
    if !matches!(url.scheme(), "https" | "http") || url.host().is_none() {
        return Err(Complaint::new("is no web address", "begin it with https://"));
    }
    if url.scheme() == "http" && !is_loopback(&url) {
        return Err(Complaint::new(
            "is plain http",
            "use https; http is for 127.0.0.1, [::1] and localhost only",
        ));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(Complaint::new("has a user name or password in it", "take out what stands before the @"));
    }
    if url.fragment().is_some() {
        return Err(Complaint::new("has a fragment", "take out the # and what follows"));
    }
    if url.port() == Some(0) {
        return Err(Complaint::new("has port 0", "name the port that answers, or none"));
    }
    Ok(url)
}

/// Whether the host is this machine: a loopback IP literal or `localhost`. No name is resolved for it.
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => Ipv4Addr::is_loopback(&address),
        Some(Host::Ipv6(address)) => Ipv6Addr::is_loopback(&address),
        Some(Host::Domain(name)) => name == "localhost",
        None => false,
    }
}
