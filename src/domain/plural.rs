//! Numbers of things in words.

/// A thing as so many of them are called: `account`, `accounts`.
pub fn noun(number: u64, thing: &str) -> String {
    format!("{thing}{}", if number == 1 { "" } else { "s" })
}

/// `1 account`, `2 accounts`.
pub fn counted(number: u64, thing: &str) -> String {
    format!("{number} {}", noun(number, thing))
}
