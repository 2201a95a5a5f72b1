//! Ready-made curl commands with the person's real addresses.

/// Writes a text message.
pub fn write(address: &str, token: &str) -> String {
    format!(
        "curl -H 'Authorization: Bearer {token}' -H 'Content-Type: text/plain' \\\n  --data 'Hello' {address}"
    )
}

/// Reads what is unread.
pub fn read(address: &str, token: &str) -> String {
    format!("curl -H 'Authorization: Bearer {token}' \\\n  '{address}?unread=true'")
}

/// Makes a channel with the account's user name; curl asks for the password.
pub fn create_channel(api: &str, account: i64, user: &str) -> String {
    let body =
        r#"{"public_read":false,"public_write":false,"sequenced":false,"retention":{"auto_prune":false}}"#;
    format!(
        "curl -u {} -H 'Content-Type: application/json' \\\n  --data '{body}' \\\n  {api}/account/{account}/channel",
        quoted(user)
    )
}

/// A word of a shell's command line, whatever it holds.
pub fn quoted(text: &str) -> String {
    let plain = |c: char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_' | '.' | '@');
    if !text.is_empty() && text.chars().all(plain) {
        return text.to_owned();
    }
    format!("'{}'", text.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::quoted;

    #[test]
    fn names_are_safe_in_a_shell() {
        assert_eq!(quoted("mara"), "mara");
        assert_eq!(quoted("a b"), "'a b'");
        assert_eq!(quoted("x'; rm -rf /"), r"'x'\''; rm -rf /'");
    }
}
