//! How times, sizes, names and identities are written on pages.

use std::fmt;
use std::ops::Deref;
use std::time::Duration;

use crate::domain::channel::Retention;
use crate::domain::id::TokenId;
use crate::domain::normal_form::composed;
use crate::domain::plural;
use crate::domain::read_state::UnreadCount;
use crate::domain::time::Timestamp;
use crate::domain::zone::Zone;
use crate::http::failure::{capitalised, whole_seconds};
use crate::service::conversation::AuthorName;

const MONTHS: [&str; 12] =
    ["Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec"];

/// An instant in the three forms that a page needs.
#[derive(Debug, Clone)]
pub struct When {
    pub iso: String,
    pub full: String,
    /// The time of day for today, else the date; the script makes it relative.
    pub short: String,
}

/// The instant of a request, and the zone of whoever made it.
#[derive(Debug, Clone, Copy)]
pub struct Now<'a> {
    pub at: Timestamp,
    pub zone: &'a Zone,
}

impl Deref for Now<'_> {
    type Target = Timestamp;

    fn deref(&self) -> &Timestamp {
        &self.at
    }
}

impl When {
    pub fn new(at: Timestamp, now: Now<'_>) -> Self {
        let date = now.zone.calendar(at);
        let today = now.zone.calendar(now.at);
        let month = MONTHS[usize::from(u8::from(date.month())) - 1];
        let (hour, minute) = (date.hour(), date.minute());
        let short = if date.date() == today.date() {
            format!("{hour:02}:{minute:02}")
        } else if date.year() == today.year() {
            format!("{} {month}", date.day())
        } else {
            format!("{} {month} {}", date.day(), date.year())
        };
        let zone = now.zone.abbreviation(at);
        let full = format!("{} {month} {}, {hour:02}:{minute:02} {zone}", date.day(), date.year());
        Self { iso: at.to_string(), full, short }
    }
}

/// The heading of the day an instant belongs to, in the reader's zone.
pub fn day_title(at: Timestamp, now: Now<'_>) -> String {
    let (date, today) = (now.zone.calendar(at), now.zone.calendar(now.at));
    if date.date() == today.date() {
        return "Today".to_owned();
    }
    if Some(date.date()) == today.date().previous_day() {
        return "Yesterday".to_owned();
    }
    let month = date.month();
    if date.year() == today.year() {
        format!("{}, {} {month}", date.weekday(), date.day())
    } else {
        format!("{} {month} {}", date.day(), date.year())
    }
}

/// A channel's or person's recognisable sign: two letters on one of eight hues.
#[derive(Debug, Clone)]
pub struct Mark {
    pub hue: u8,
    pub letters: String,
}

impl Mark {
    /// The hue comes from `seed`, which never changes, so renaming keeps it.
    pub fn new(seed: i64, name: &str) -> Self {
        // Neighbouring rows get far apart hues.
        Self { hue: u8::try_from((seed * 5).rem_euclid(8)).unwrap_or(0), letters: letters(name) }
    }

    /// The sign of whoever wrote a message in the channel of that row.
    pub fn of_author(author: &AuthorName, channel: i64) -> Self {
        let name = author_words(author);
        match author {
            AuthorName::Token(contact) => Self::of_contact(contact.token, &name, contact.hue),
            AuthorName::Holder | AuthorName::HolderToken(_) | AuthorName::Anonymous => {
                Self::new(channel, &name)
            }
        }
    }

    /// The sign of a counterparty, in the colour that the holder gave it.
    pub fn of_contact(token: TokenId, name: &str, hue: Option<u8>) -> Self {
        let sign = Self::new(token.0, name);
        Self { hue: hue.unwrap_or(sign.hue), ..sign }
    }
}

/// What a channel is called: its holder's name for it, or the beginning of its id.
pub fn channel_name(label: &str, id: &str) -> String {
    if label.is_empty() { format!("Channel {}", id.get(..6).unwrap_or(id)) } else { label.to_owned() }
}

/// What stands within words: `Léa's` is one.
const APOSTROPHES: [char; 2] = ['\'', '’'];

/// Two letters that stand for a name: first letters of its first two words, or its first two letters.
pub fn letters(name: &str) -> String {
    let name = composed(name);
    let is_between = |c: char| !c.is_alphanumeric() && !APOSTROPHES.contains(&c);
    let words = name.split(is_between).map(|word| word.trim_matches(APOSTROPHES));
    let mut words = words.filter(|word| !word.is_empty());
    let first = words.next().unwrap_or("?");
    if let Some(second) = words.next() {
        return first.chars().take(1).chain(second.chars().take(1)).collect::<String>().to_uppercase();
    }
    let mut chars = first.chars().filter(|c| !APOSTROPHES.contains(c));
    let head = chars.next().map(|c| c.to_uppercase().to_string()).unwrap_or_default();
    head + &chars.next().map(|c| c.to_lowercase().to_string()).unwrap_or_default()
}

/// The beginning of a text, not cut within a letter, and whether there is more.
pub fn beginning(bytes: &[u8], most: usize) -> (String, bool) {
    let mut end = bytes.len().min(most);
    // At most three bytes of a letter in UTF-8 follow its first.
    while end < bytes.len() && end > 0 && most - end < 4 && bytes[end] & 0xc0 == 0x80 {
        end -= 1;
    }
    (String::from_utf8_lossy(&bytes[..end]).into_owned(), end < bytes.len())
}

/// A number with thin groups of three: `1 204`.
pub fn number(value: u64) -> String {
    let digits = value.to_string();
    let mut text = String::new();
    for (index, digit) in digits.chars().enumerate() {
        if index > 0 && (digits.len() - index).is_multiple_of(3) {
            text.push('\u{202f}');
        }
        text.push(digit);
    }
    text
}

/// How many messages are unread, as a page shows it: exact, or `1 000+`.
#[derive(Debug, Clone, Copy, Default)]
pub struct Unread(pub UnreadCount);

impl Unread {
    /// Whether there is anything to count.
    pub fn any(&self) -> bool {
        self.0.number > 0
    }

    /// `1 message`, `1 000+ messages`.
    pub fn messages(&self) -> String {
        format!("{self} {}", plural::noun(self.0.number, "message"))
    }
}

impl fmt::Display for Unread {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&number(self.0.number))?;
        f.write_str(if self.0.more { "+" } else { "" })
    }
}

/// `1 token`, `2 tokens`.
pub fn count(value: u64, noun: &str) -> String {
    format!("{} {}", number(value), plural::noun(value, noun))
}

/// An error as a sentence of its own.
pub fn sentence(error: &impl fmt::Display) -> String {
    format!("{}.", capitalised(&error.to_string()))
}

/// How somebody is called who wrote a message.
pub fn author_words(author: &AuthorName) -> String {
    match author {
        AuthorName::Holder => "You".to_owned(),
        AuthorName::HolderToken(_) => "You (a program)".to_owned(),
        AuthorName::Token(contact) => contact.name.clone(),
        AuthorName::Anonymous => "Somebody without a token".to_owned(),
    }
}

/// How long messages of a channel stay, in words.
pub fn kept(retention: &Retention) -> String {
    let days = |days: i32| count(u64::try_from(days).unwrap_or(0), "day");
    let least = retention.min_age_days().filter(|days| *days > 0);
    let most = retention.max_age_days().filter(|days| *days > 0 && retention.auto_prune());
    match (least, most) {
        (None, None) => "until deleted".to_owned(),
        (Some(least), None) => format!("at least {}", days(least)),
        (None, Some(most)) => format!("at most {}", days(most)),
        (Some(least), Some(most)) => format!("at least {}, at most {}", days(least), days(most)),
    }
}

/// A stretch of time in its largest unit, to the nearest: a week that has just begun is seven days.
pub fn stretch(time: Duration) -> String {
    let minutes = time.as_secs().div_ceil(60);
    match minutes {
        0..=119 => count(minutes, "minute"),
        120..=2879 => count((minutes + 30) / 60, "hour"),
        _ => count((minutes + 12 * 60) / (24 * 60), "day"),
    }
}

/// What somebody with too many attempts is told.
pub fn come_back_in(pause: Duration) -> String {
    match whole_seconds(pause) {
        1 => "Try again in a second.".to_owned(),
        seconds @ 0..=90 => format!("Try again in {}.", count(seconds, "second")),
        seconds => format!("Try again in {}.", count(seconds.div_ceil(60), "minute")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn letters_are_not_cut() {
        assert_eq!(beginning("aé".as_bytes(), 2), ("a".to_owned(), true));
        assert_eq!(beginning("aé".as_bytes(), 3), ("aé".to_owned(), false));
        assert!(beginning(&[0x80; 9], 5).1);
    }

    #[test]
    fn letters_stand_for_names() {
        for (name, sign) in
            [("Orders from the shop", "OF"), ("shop", "Sh"), ("", "?"), ("ünal", "Ün"), ("#42", "42")]
        {
            assert_eq!(letters(name), sign);
        }
        for (name, sign) in [
            ("Léa's", "Lé"),
            ("Le\u{301}a’s shop", "LS"),
            ("d'Artagnan", "Da"),
            ("'quoted' words", "QW"),
            ("'", "?"),
        ] {
            assert_eq!(letters(name), sign);
        }
    }

    #[test]
    fn numbers_are_grouped() {
        assert_eq!(number(1_234_567), "1\u{202f}234\u{202f}567");
        assert_eq!(count(1, "token"), "1 token");
    }
}
