//! A secret from where no other process reads it: a variable, a prompt without echo, or a line of standard input.

use std::io::{BufRead, IsTerminal};

use super::{Failed, fail};
use crate::crypto::secret::SecretText;

/// The secret `name`, from `variable` where it is set, and asked for otherwise.
pub(super) fn read(name: &str, variable: &str) -> Result<SecretText, Failed> {
    if let Ok(secret) = std::env::var(variable) {
        return Ok(SecretText::new(secret));
    }
    let line = if std::io::stdin().is_terminal() {
        rpassword::prompt_password(format!("{name}: "))
    } else {
        let mut line = String::new();
        std::io::stdin().lock().read_line(&mut line).map(|_| line)
    };
    let line = line.map_err(|error| fail(format_args!("the {name} cannot be read: {error}")))?;
    Ok(SecretText::new(line.trim_end_matches(['\r', '\n']).to_owned()))
}
