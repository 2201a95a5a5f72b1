//! What a relay does not take: its own faults, and addresses behind which there is nobody.

use std::time::Duration;

use crate::mail::{APART, Case, PAGE, ask, says, told};
use crate::support::relay::Answer;

/// Longer than any pause between two tries.
const LONG: Duration = Duration::from_hours(5);

/// For more than a day.
const NOBODY: [&str; 6] = [
    "550 5.1.1 nobody of that name",
    "550 still nobody",
    "551 nobody here",
    "553 nobody at all",
    "550 5.2.1 nobody any more",
    "550 nobody ever",
];

impl Case {
    /// The next try is answered like this, and that is noted before the clock moves on.
    async fn is_answered(&mut self, answer: Answer) {
        self.relay.answer(&[answer]);
        self.app.advance(LONG);
        self.relay.next().await;
        if let Answer::Says(words) | Answer::Refuses(words) = answer {
            says(&self.person, words).await;
        }
    }
}

#[tokio::test]
async fn what_the_relay_does_not_take_is_sent_again_and_shown() {
    let mut case = told(&[("rhythm", "at-once")]).await;
    case.relay.answer(&[Answer::Says("451 zebra: later"), Answer::HangsUp]);
    case.other.wrote("one").await;
    let first = case.relay.next().await;
    says(&case.person, "zebra: later").await;
    case.app.advance(LONG);
    let second = case.relay.next().await;
    // Each try is noted before the clock moves on.
    says(&case.person, "incomplete response").await;
    case.app.advance(LONG);
    let third = case.relay.next().await;
    let id = first.header("Message-ID");
    assert_eq!((second.header("Message-ID"), third.header("Message-ID")), (id.clone(), id));
    says(&case.person, "Last notified").await;
    assert!(!case.person.get(PAGE).await.text().contains("Failing since"));

    // Who has no mailbox there for more than a day.
    case.other.wrote("two").await;
    for refusal in NOBODY {
        assert!(!case.person.get(PAGE).await.text().contains("gave up"), "within a day");
        case.is_answered(Answer::Refuses(refusal)).await;
    }
    says(&case.person, "gave up").await;
    let list = case.person.get(PAGE).await.text();
    let rows: Vec<_> = list.split("<tr>").skip(2).collect();
    assert_eq!(rows.len(), 9, "one for each try: {list}");
    for (row, words) in rows.iter().zip([
        ["3 unread messages", "Not taken", NOBODY[5]],
        ["3 unread messages", "Not taken", NOBODY[4]],
        ["3 unread messages", "Not taken", NOBODY[3]],
        ["3 unread messages", "Not taken", NOBODY[2]],
        ["3 unread messages", "Not taken", NOBODY[1]],
        ["3 unread messages", "Not taken", NOBODY[0]],
        ["2 unread messages", "Delivered", ""],
        ["2 unread messages", "Failed", "incomplete response"],
        ["2 unread messages", "Failed", "451 zebra: later"],
    ]) {
        assert!(words.iter().all(|word| row.contains(word)), "{words:?} in {row}");
    }
    case.other.wrote("three").await;
    case.app.advance(LONG);
    case.person.get(PAGE).await.is(200);
    assert!(case.relay.is_empty());
    // What waited is told when it starts again.
    case.person.post(&format!("{PAGE}/rhythm"), &[("rhythm", "at-once")]).await.is(303);
    assert_eq!(case.relay.next().await.header("Subject"), "4 unread messages");
}

#[tokio::test]
async fn what_the_relay_does_not_do_for_anybody_ends_nobodys_letters() {
    let mut case = told(&[("rhythm", "at-once")]).await;
    case.relay.answer(&[Answer::Refuses("550 5.7.1 relay denied")]);
    case.other.wrote("one").await;
    case.relay.next().await;
    says(&case.person, "relay denied").await;
    for answer in [
        Answer::Says("550 5.1.1 after the text"),
        Answer::Refuses("554 5.7.1 not from you"),
        Answer::Refuses("552 5.2.2 over quota"),
        Answer::Refuses("550 5.7.23 the sender policy fails"),
        Answer::Refuses("550 5.3.0 nobody does it"),
        Answer::Refuses("550 5.1.1 nobody, for once"),
    ] {
        case.is_answered(answer).await;
    }
    assert!(!case.person.get(PAGE).await.text().contains("gave up"));
    case.app.advance(LONG);
    assert_eq!(case.relay.next().await.header("Subject"), "2 unread messages");
    says(&case.person, "Last notified").await;
}

#[tokio::test]
async fn when_another_address_was_told_is_not_said_of_this_one() {
    let mut case = told(&[("rhythm", "at-once")]).await;
    case.other.wrote("one").await;
    case.relay.next().await;
    says(&case.person, "Last notified").await;
    case.app.advance(APART);
    ask(&mut case.person, "other@example.org").await;
    assert!(!case.person.get(PAGE).await.text().contains("Last notified"));
}
