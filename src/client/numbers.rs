//! What the numbers of letters say: the holder counts its letters, so one that comes again or was moved is noticed.

use crate::client::contact::{Contact, Heard};
use crate::client::letter::{Letter, State};

/// Where a letter stands among those before it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Place {
    /// After them all, or it proves no number.
    Next,
    /// It is the last one, which was handled.
    Again,
    /// It is no newer than one that came before: the server shows it again, or changed the order.
    Wrong,
}

/// Follows the proven letters of one holder, in the order in which the server gives them. Others prove no number.
pub struct Numbers {
    last: Option<Heard>,
}

impl Numbers {
    /// After what was heard of a contact before.
    pub fn after(contact: &Contact) -> Self {
        Self { last: contact.heard }
    }

    /// From the beginning of what is read.
    pub fn afresh() -> Self {
        Self { last: None }
    }

    /// The place of the next letter.
    pub fn place_of(&mut self, letter: &Letter) -> Place {
        let Some(this) = heard(letter) else { return Place::Next };
        match self.last {
            Some(last) if last == this => Place::Again,
            Some(last) if last.number >= this.number => Place::Wrong,
            _ => {
                self.last = Some(this);
                Place::Next
            }
        }
    }
}

/// What is remembered of a letter; nothing of one whose number is not proven.
pub fn heard(letter: &Letter) -> Option<Heard> {
    let is_theirs = letter.state == State::Proven && letter.author.as_deref() != Some("own");
    let number = letter.number.filter(|_| is_theirs)?;
    Some(Heard { number, sequence: letter.sequence })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn letter(sequence: u64, number: u64, state: State) -> Letter {
        Letter {
            sequence,
            received: String::new(),
            author: Some("holder".to_owned()),
            content_type: String::new(),
            body: Vec::new(),
            state,
            number: Some(number),
            at: None,
        }
    }

    #[test]
    fn a_letter_that_comes_again_or_late_is_noticed() {
        let mut numbers = Numbers { last: Some(Heard { number: 3, sequence: 7 }) };
        for (sequence, number, expected) in [
            (7, 3, Place::Again),
            (8, 3, Place::Wrong),
            (9, 2, Place::Wrong),
            (10, 5, Place::Next),
            (10, 5, Place::Again),
            (11, 4, Place::Wrong),
            (12, 6, Place::Next),
        ] {
            assert_eq!(
                numbers.place_of(&letter(sequence, number, State::Proven)),
                expected,
                "{sequence} {number}"
            );
        }
        assert_eq!(numbers.place_of(&letter(13, 1, State::Wrong)), Place::Next);
        assert_eq!(Numbers::afresh().place_of(&letter(1, 9, State::Proven)), Place::Next);
    }
}
