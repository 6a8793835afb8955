//! Reading a secret from a file, as container platforms and systemd hand them over.

use std::fs::File;
use std::io::Read;
use std::path::Path;

use zeroize::Zeroizing;

use super::Complaint;
use crate::crypto::secret::SecretText;

/// No secret of ours comes near this; it only keeps a wrong path from filling the memory.
const MAX_BYTES: u64 = 64 * 1024;

/// The file's text without its trailing line break.
///
/// # Errors
/// Where it cannot be read, is no text, or is far too long. The path is not repeated.
pub fn read(path: &Path) -> Result<SecretText, Complaint> {
    let file = File::open(path).map_err(|error| unreadable(&error))?;
    // Room for everything at once: a buffer that grows leaves copies behind that nobody wipes.
    let room = usize::try_from(MAX_BYTES + 1).unwrap_or_default();
    let mut bytes = Zeroizing::new(Vec::with_capacity(room));
    file.take(MAX_BYTES + 1).read_to_end(&mut bytes).map_err(|error| unreadable(&error))?;
    if bytes.len() >= room {
        return Err(Complaint::new(
            "names a file of more than 64 KiB",
            "name the file that holds only the secret",
        ));
    }
    let text = std::str::from_utf8(&bytes).map_err(|_| {
        Complaint::new("names a file that is not UTF-8 text", "write the secret as plain text")
    })?;
    Ok(SecretText::new(text.trim_end_matches(['\r', '\n']).to_owned()))
}

/// The path is not shown: it may be the secret itself, put under the wrong key.
fn unreadable(error: &std::io::Error) -> Complaint {
    Complaint::new(
        format!("names a file that cannot be read ({})", error.kind()),
        "create the file, or let the service's user read it",
    )
}
