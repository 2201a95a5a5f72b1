//! Lists in the days of the reader's zone.

use crate::domain::time::Timestamp;
use crate::web::words::format::{Now, day_title};

/// What belongs to one day.
pub struct Day<T> {
    pub title: String,
    pub items: Vec<T>,
}

/// The items of a moment's day, which is the last one or comes after it.
pub fn day_of<'a, T>(days: &'a mut Vec<Day<T>>, at: Timestamp, now: Now<'_>) -> &'a mut Vec<T> {
    let title = day_title(at, now);
    if days.last().is_none_or(|day| day.title != title) {
        days.push(Day { title, items: Vec::new() });
    }
    let last = days.len() - 1;
    &mut days[last].items
}
