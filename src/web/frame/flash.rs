//! What the last action did, told once on the next page. The cookie names one of these; it carries no text of its own.

use actix_web::cookie::Cookie;
use actix_web::{HttpMessage, HttpRequest};

use crate::domain::id::UndoId;
use crate::domain::read_state::UnreadCount;
use crate::web::frame::cookies::Jar;
use crate::web::frame::site::Site;
use crate::web::words::format::{Unread, count, number};

/// One of them as the page shows it.
#[derive(Debug, Clone)]
pub struct Flash {
    pub tone: &'static str,
    pub icon: &'static str,
    pub text: String,
    /// By which it is taken back, where it can be.
    pub undo: Option<UndoId>,
    /// Whether it stays until it is too late for that.
    pub lasts: bool,
}

/// Something that was done, or was not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Done {
    MarkedRead(UnreadCount),
    MarkedUnread(u64),
    Archived(u64),
    MovedToInbox(u64),
    Starred(u64),
    Unstarred(u64),
    Snoozed(u64),
    Deleted(u64),
    /// Without a way back.
    DeletedForGood(u64),
    /// No message was deleted: all are too young for that.
    KeptByRetention(u64),
    /// Some were, with a way back or without one, and some are too young.
    DeletedInPart {
        gone: u64,
        kept: u64,
        for_good: bool,
    },
    NothingChosen,
    MarkedUnreadFrom,
    TakenBack,
    NothingToTakeBack,
    TakenBackTooLate,
    TakenBackInPart,
    ChannelMade,
    ChannelSaved,
    ChannelClosed,
    ChannelPinned,
    ChannelUnpinned,
    ChannelMuted,
    ChannelUnmuted,
    ChannelDeleted,
    TokenRevoked,
    WebhookMade,
    WebhookSaved,
    WebhookPaused,
    WebhookResumed,
    WebhookPassedOver,
    WebhookTaken,
    WebhookNotTaken,
    WebhookDeleted,
    TooMuchByHand,
    NotificationsSaved,
    BrowserSubscribed,
    BrowserRemoved,
    BrowserGone,
    NotificationTaken,
    NotificationNotTaken,
    LinkMailed,
    LinkNotValid,
    MailboxConfirmed,
    TestMailed,
    MailboxRemoved,
    ResetAsked,
    ContactSaved,
    Sent,
    ProfileSaved,
    PasswordChanged,
    AppearanceSaved,
    SessionEnded,
    KeyPublished,
    KeyKept,
    BackupMade,
    BackupFailed,
    BackupUnderWay,
    KeyRetired,
    SignedOut,
    Locked,
    TestSent,
    TestRefused,
    SearchSaved,
    SearchForgotten,
    SearchNotSaved,
    AccountMade,
    UserAdded,
    AccountDisabled,
    AccountEnabled,
    QuotaSet,
    UserDisabled,
    UserEnabled,
    OneselfStays,
    AccountDeleted,
    OtherAccountDeleted,
    UserDeleted,
}

/// Stands in the cookie before the id of what is taken back.
const UNDO: char = '~';

const OK: (&str, &str) = ("ok", "check");
const WARN: (&str, &str) = ("warn", "alert");

impl Done {
    const PLAIN: &[(Self, &'static str, (&'static str, &'static str), &'static str)] = &[
        (Self::NothingChosen, "none", WARN, "Nothing was selected."),
        (Self::MarkedUnreadFrom, "unread-from", OK, "Marked unread from there on."),
        (Self::TakenBack, "undone", OK, "Undone."),
        (Self::NothingToTakeBack, "undo-nothing", WARN, "There is nothing left to undo."),
        (
            Self::TakenBackTooLate,
            "undo-late",
            WARN,
            "Too late: what is deleted can be brought back for a minute.",
        ),
        (
            Self::TakenBackInPart,
            "undo-full",
            WARN,
            "The account is full. Make room, then undo again: what is left is kept.",
        ),
        (Self::ChannelMade, "made", OK, "The channel is ready. Next, invite somebody or make a token."),
        (Self::ChannelSaved, "saved", OK, "The settings are saved."),
        (
            Self::ChannelClosed,
            "closed",
            OK,
            "The channel is closed to strangers: from now on it takes a token.",
        ),
        (
            Self::ChannelPinned,
            "pinned",
            OK,
            "The channel is pinned: first among the channels, and in the navigation of wide pages.",
        ),
        (Self::ChannelUnpinned, "unpinned", OK, "The channel is no longer pinned."),
        (
            Self::ChannelMuted,
            "muted",
            OK,
            "The channel is muted: what comes there is not in the inbox and not announced.",
        ),
        (Self::ChannelUnmuted, "unmuted", OK, "The channel is no longer muted."),
        (Self::ChannelDeleted, "gone", OK, "The channel is deleted."),
        (Self::TokenRevoked, "revoked", OK, "The token is revoked. Whoever used it is refused from now on."),
        (Self::WebhookMade, "hook", OK, "The webhook is made. Send a test to see whether it is answered."),
        (Self::WebhookSaved, "hook-saved", OK, "The webhook is changed."),
        (Self::WebhookPaused, "hook-off", OK, "The webhook is paused."),
        (Self::WebhookResumed, "hook-on", OK, "The webhook is at work again."),
        (Self::WebhookPassedOver, "hook-over", OK, "The message was passed over."),
        (Self::WebhookTaken, "hook-sent", OK, "Sent, and taken."),
        (Self::WebhookNotTaken, "hook-not", WARN, "Sent, but not taken. The list of deliveries says why."),
        (Self::WebhookDeleted, "hook-gone", OK, "The webhook is deleted."),
        (Self::TooMuchByHand, "busy", WARN, "Too much is being sent by hand. Try again in a moment."),
        (Self::NotificationsSaved, "told-saved", OK, "What you are notified of is saved."),
        (
            Self::BrowserSubscribed,
            "told-here",
            OK,
            "This browser is notified from now on. Send a test to see it.",
        ),
        (Self::BrowserRemoved, "told-gone", OK, "That browser is no longer notified."),
        (
            Self::BrowserGone,
            "told-none",
            WARN,
            "That browser wants no notifications any more and was removed.",
        ),
        (Self::NotificationTaken, "told-sent", OK, "Sent. The browser shows it in a moment."),
        (
            Self::NotificationNotTaken,
            "told-not",
            WARN,
            "Sent, but the push service did not take it. The list says why.",
        ),
        (Self::LinkMailed, "mail-asked", OK, "A link is on its way to that address. Open it within a day."),
        (
            Self::LinkNotValid,
            "mail-old",
            WARN,
            "That link is too old, or for another address. Have another one sent.",
        ),
        (Self::MailboxConfirmed, "mail-on", OK, "The address is yours. You are notified there from now on."),
        (
            Self::ResetAsked,
            "reset-asked",
            OK,
            "If that user has confirmed an address, a link is there or on its way. It works for six hours; no \
             other is sent before they are over.",
        ),
        (Self::TestMailed, "mail-test", OK, "The test is on its way."),
        (Self::MailboxRemoved, "mail-gone", OK, "The address is removed."),
        (Self::ContactSaved, "contact", OK, "Saved."),
        (Self::Sent, "sent", OK, "Sent."),
        (Self::ProfileSaved, "profile", OK, "Your profile is saved."),
        (Self::PasswordChanged, "password", OK, "The password is changed. Every other session has ended."),
        (Self::AppearanceSaved, "look", OK, "Saved in this browser."),
        (Self::SessionEnded, "ended", OK, "Signed out there."),
        (Self::BackupMade, "backup", OK, "The backup is made."),
        (Self::BackupFailed, "backup-not", WARN, "The backup was not made."),
        (Self::BackupUnderWay, "backup-on", OK, "The backup is being made. Load this page again in a while."),
        (Self::KeyPublished, "key", OK, "The key is published. Others seal with it from now on."),
        (Self::KeyKept, "key-kept", OK, "The key is kept. It opens what was sealed with it before."),
        (Self::KeyRetired, "key-off", OK, "The key is retired. It still opens what was sealed with it."),
        (Self::SignedOut, "out", OK, "You are signed out."),
        (Self::Locked, "locked", OK, "Sensitive actions ask for the password again."),
        (Self::TestSent, "test", OK, "The test message is on its way."),
        (Self::TestRefused, "test-not", WARN, "That channel is locked, so nothing was sent."),
        (
            Self::SearchSaved,
            "search",
            OK,
            "The search is saved: it stands in the navigation, and under Search.",
        ),
        (Self::SearchForgotten, "search-gone", OK, "The saved search is removed."),
        (
            Self::SearchNotSaved,
            "search-not",
            WARN,
            "The search was not saved: it needs a name, and an account may have 20.",
        ),
        (Self::AccountMade, "account", OK, "The account is made."),
        (Self::UserAdded, "user", OK, "The user is added."),
        (
            Self::AccountDisabled,
            "disabled",
            OK,
            "The account is disabled: nobody can sign in and no token works.",
        ),
        (Self::AccountEnabled, "enabled", OK, "The account is enabled again."),
        (Self::QuotaSet, "quota", OK, "The quota is saved."),
        (Self::UserDisabled, "user-off", OK, "The user is disabled and signed out everywhere."),
        (Self::UserEnabled, "user-on", OK, "The user is enabled again."),
        (
            Self::OneselfStays,
            "oneself",
            WARN,
            "Nothing was done: nobody can disable the account or the user that they are signed in with.",
        ),
        (Self::OtherAccountDeleted, "account-other", OK, "The account and everything in it is deleted."),
        (Self::UserDeleted, "user-gone", OK, "The user is deleted and signed out everywhere."),
    ];

    /// What the page says of it, where no number belongs to it.
    pub fn text(self) -> &'static str {
        Self::PLAIN.iter().find(|one| one.0 == self).map_or("", |one| one.3)
    }

    /// The cookie that tells it to the next page, with how it is taken back.
    pub fn cookie(self, site: &Site, undo: Option<UndoId>) -> Cookie<'static> {
        let value = match self {
            Self::MarkedRead(count) => format!("read-{}{}", count.number, if count.more { "+" } else { "" }),
            Self::MarkedUnread(number) => format!("unread-{number}"),
            Self::Archived(number) => format!("archived-{number}"),
            Self::MovedToInbox(number) => format!("inbox-{number}"),
            Self::Starred(number) => format!("starred-{number}"),
            Self::Unstarred(number) => format!("unstarred-{number}"),
            Self::Snoozed(number) => format!("snoozed-{number}"),
            Self::Deleted(number) => format!("deleted-{number}"),
            Self::DeletedForGood(number) => format!("purged-{number}"),
            Self::KeptByRetention(number) => format!("kept-{number}"),
            Self::DeletedInPart { gone, kept, for_good } => {
                format!("{}-{gone}-{kept}", if for_good { "purged" } else { "deleted" })
            }
            Self::AccountDeleted => "account-gone".to_owned(),
            plain => {
                Self::PLAIN.iter().find(|one| one.0 == plain).map_or_else(String::new, |one| one.1.to_owned())
            }
        };
        let undo = undo.map_or_else(String::new, |id| format!("{UNDO}{id}"));
        Jar::Flash.set(site, &(value + &undo), None)
    }
}

/// A mark at the request: its answer tells what the cookie says, which is then over.
struct FlashShown;

/// Whether the answer to this request tells it.
pub fn is_told(request: &HttpRequest) -> bool {
    request.extensions().contains::<FlashShown>()
}

/// What the cookie of this request tells, for the page that answers it; nothing for a value that is not ours.
pub fn tell(site: &Site, request: &HttpRequest) -> Option<Flash> {
    let value = Jar::Flash.read(site, request)?;
    request.extensions_mut().insert(FlashShown);
    let (said, undo) = match value.split_once(UNDO) {
        Some((said, id)) => (said, id.parse().ok()),
        None => (value.as_str(), None),
    };
    Some(Flash { undo, ..words(said)? })
}

fn words(value: &str) -> Option<Flash> {
    if value == "account-gone" {
        return Some(flash(OK, "The account and everything in it is deleted."));
    }
    if let Some((_, _, look, text)) = Done::PLAIN.iter().find(|one| one.1 == value) {
        return Some(flash(*look, text));
    }
    let (what, number) = value.split_once('-')?;
    if let Some((gone, kept)) = number.split_once('-') {
        return deleted_in_part(what, gone.parse().ok()?, kept.parse().ok()?);
    }
    let (number, more) = number.strip_suffix('+').map_or((number, false), |number| (number, true));
    let messages = Unread(UnreadCount { number: number.parse().ok()?, more }).messages();
    match what {
        "read" => Some(flash(OK, &format!("{messages} marked read."))),
        "unread" => Some(flash(OK, &format!("{messages} marked unread."))),
        "purged" => {
            let text = format!(
                "{messages} deleted for everyone, at once and for good: there is no room to keep them."
            );
            Some(flash(OK, &text))
        }
        "archived" => Some(flash(OK, &format!("{messages} archived."))),
        "inbox" => Some(flash(OK, &format!("{messages} moved to the inbox."))),
        "starred" => Some(flash(OK, &format!("{messages} starred."))),
        "unstarred" => Some(flash(OK, &format!("The star is taken off {messages}."))),
        "snoozed" => Some(flash(OK, &format!("{messages} snoozed."))),
        "deleted" => {
            let text = format!("{messages} deleted for everyone.");
            Some(Flash { lasts: true, ..flash(OK, &text) })
        }
        "kept" => {
            Some(flash(WARN, &format!("{messages} not deleted: younger than the channel's minimum age.")))
        }
        _ => None,
    }
}

fn deleted_in_part(what: &str, gone: u64, kept: u64) -> Option<Flash> {
    let how = match what {
        "purged" => ", at once and for good",
        "deleted" => "",
        _ => return None,
    };
    let are = if kept == 1 { "is" } else { "are" };
    let (gone, kept) = (count(gone, "message"), number(kept));
    let text = format!("{gone} deleted for everyone{how}; {kept} {are} too young to be deleted.");
    Some(Flash { lasts: true, ..flash(WARN, &text) })
}

fn flash((tone, icon): (&'static str, &'static str), text: &str) -> Flash {
    Flash { tone, icon, text: text.to_owned(), undo: None, lasts: false }
}
