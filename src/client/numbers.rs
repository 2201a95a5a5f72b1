//! What the numbers of letters say: the holder counts its letters, so one that comes again or was moved is noticed.

use crate::client::contact::{Contact, Heard};
use crate::client::letter::{Letter, State};

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

    /// Whether the next letter is no newer than one that came before: the server shows it again, or changed the order.
    pub fn is_misplaced(&mut self, letter: &Letter) -> bool {
        let Some(this) = heard(letter) else { return false };
        // A command that did not end is run again for the same letter.
        let is_in_place = self.last.is_none_or(|last| last == this || last.number < this.number);
        if is_in_place {
            self.last = Some(this);
        }
        !is_in_place
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
        for (sequence, number, expected) in
            [(7, 3, false), (8, 3, true), (9, 2, true), (10, 5, false), (11, 4, true), (12, 6, false)]
        {
            let is_misplaced = numbers.is_misplaced(&letter(sequence, number, State::Proven));
            assert_eq!(is_misplaced, expected, "{sequence} {number}");
        }
        assert!(!numbers.is_misplaced(&letter(13, 1, State::Wrong)));
        assert!(!Numbers::afresh().is_misplaced(&letter(1, 9, State::Proven)));
    }
}
