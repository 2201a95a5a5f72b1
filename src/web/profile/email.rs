//! Where and when the person is told by e-mail.

use actix_web::{HttpResponse, web};
use askama::Template;
use serde::Deserialize;

use crate::domain::mail_address::MailAddress;
use crate::domain::mailbox::{Mailbox, Rhythm};
use crate::domain::quiet_hours::Minute;
use crate::domain::telling::Telling;
use crate::notify::outbox::Outbox;
use crate::service::error::Error;
use crate::service::mailboxes::Mailboxes;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Choice, Fields, Form, Pressed, choices};
use crate::web::frame::forms::submitted::{Submitted, SubmittedBy};
use crate::web::frame::guards::{Confirmed, Guard};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::delivered::Delivered;
use crate::web::words::format::{When, sentence};

const PATH: &str = "/profile/notifications/email";

const RHYTHMS: [(&str, &str); 4] = [
    ("never", "Never"),
    ("at-once", "At once"),
    ("bundled", "Every 15 minutes, together"),
    ("daily", "Once a day"),
];

#[derive(Template)]
#[template(path = "profile/email.html")]
struct EmailPage {
    c: Chrome,
    tab: &'static str,
    /// Whether this server sends any.
    is_sent: bool,
    mailbox: Option<Shown>,
    /// As it was typed.
    address: String,
    zone: String,
    problems: Problems,
}

struct Shown {
    address: String,
    confirmed: bool,
    gave_up: bool,
    asked: When,
    failing_since: Option<When>,
    next_try: Option<When>,
    taken: Option<When>,
    answer: String,
    rhythms: Vec<Choice>,
    at: String,
    deliveries: Vec<Delivered>,
}

impl Shown {
    fn new<G: Guard>(call: &Call<G>, (mailbox, tellings): (Mailbox, Vec<Telling>)) -> Self {
        let when = |at| When::new(at, call.now());
        let (chosen, at) = match mailbox.rhythm {
            Rhythm::Never => ("never", None),
            Rhythm::AtOnce => ("at-once", None),
            Rhythm::Bundled => ("bundled", None),
            Rhythm::Daily(at) => ("daily", Some(at.to_string())),
        };

        Self {
            address: mailbox.address.as_str().to_owned(),
            confirmed: mailbox.confirmed,
            gave_up: mailbox.gave_up,
            asked: when(mailbox.asked),
            failing_since: mailbox.failing_since.map(when),
            next_try: mailbox.next_try.filter(|_| mailbox.tries > 0).map(when),
            taken: mailbox.taken.map(when),
            answer: mailbox.answer,
            rhythms: choices(&RHYTHMS, chosen),
            at: at.unwrap_or_else(|| "08:00".to_owned()),
            deliveries: tellings.into_iter().map(|one| Delivered::new(call.now(), one)).collect(),
        }
    }
}

/// The address, as it was typed.
pub struct NewAddress(String);

impl Form for NewAddress {
    const IS_KEPT: bool = true;

    fn read(fields: &Fields) -> Self {
        Self(fields.line("address"))
    }
}

/// When something is sent, as it was chosen.
pub struct NewRhythm {
    rhythm: String,
    at: String,
}

impl Form for NewRhythm {
    fn read(fields: &Fields) -> Self {
        Self { rhythm: fields.text("rhythm"), at: fields.line("at") }
    }
}

/// What the link in the message shows.
#[derive(Deserialize)]
pub struct Code {
    #[serde(default)]
    code: String,
}

/// The same, sent with a form.
pub struct ShownCode(String);

impl Form for ShownCode {
    fn read(fields: &Fields) -> Self {
        Self(fields.text("code"))
    }
}

pub async fn show(
    call: Call,
    mailboxes: web::Data<Mailboxes>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    html(&page(&call, &mailboxes, &outbox, String::new(), Problems::none()).await?)
}

/// Keeps an address and has a link sent to it. Whoever finds a browser signed in has nothing sent to themselves.
pub async fn keep(
    SubmittedBy(NewAddress(typed), call): SubmittedBy<NewAddress, Confirmed>,
    mailboxes: web::Data<Mailboxes>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    let Some(problem) = ask(&typed, &call, &mailboxes, &outbox).await? else {
        return call.told(PATH, Done::LinkMailed);
    };
    html_again(&page(&call, &mailboxes, &outbox, typed, Problems::one("address", problem)).await?)
}

/// What is wrong, if it was not done.
async fn ask(
    typed: &str,
    call: &Call<Confirmed>,
    mailboxes: &Mailboxes,
    outbox: &Outbox,
) -> Result<Option<String>, Refusal> {
    if !outbox.sends_mail() {
        return Ok(Some("This server sends no e-mail.".to_owned()));
    }
    let address = match MailAddress::parse(typed) {
        Ok(address) => address,
        Err(error) => return Ok(Some(error.to_string())),
    };
    let shown = match mailboxes.keep(call.owner(), address.clone()).await {
        Err(error @ Error::TooManyLinks) => return Ok(Some(sentence(&error))),
        other => other?,
    };
    Ok(match outbox.ask_for_confirmation(call.owner().account(), &address, &shown).await {
        Some(Ok(())) => None,
        Some(Err(why)) => Some(format!("The link could not be sent: {why}")),
        None => Some(Done::TooMuchByHand.text().to_owned()),
    })
}

pub async fn save(
    Submitted(new): Submitted<NewRhythm>,
    call: Call,
    mailboxes: web::Data<Mailboxes>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    let rhythm = match (new.rhythm.as_str(), Minute::parse(&new.at)) {
        ("at-once", _) => Rhythm::AtOnce,
        ("bundled", _) => Rhythm::Bundled,
        ("daily", Some(at)) => Rhythm::Daily(at),
        ("daily", None) => {
            let problems = Problems::one("at", "Write a time of day, such as 08:00.");
            return html_again(&page(&call, &mailboxes, &outbox, String::new(), problems).await?);
        }
        _ => Rhythm::Never,
    };
    mailboxes.set_rhythm(call.owner(), rhythm).await?;
    call.told(PATH, Done::NotificationsSaved)
}

pub async fn test(
    _pressed: Submitted<Pressed>,
    call: Call,
    mailboxes: web::Data<Mailboxes>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    let problem = match mailboxes.test(call.owner()).await {
        Ok(mailbox) => match outbox.test_mailbox(call.owner().account(), mailbox).await {
            Some(Ok(())) => return call.told(PATH, Done::TestMailed),
            Some(Err(why)) => format!("The test could not be sent: {why}"),
            None => Done::TooMuchByHand.text().to_owned(),
        },
        Err(error @ Error::TooManyLinks) => sentence(&error),
        Err(error) => return Err(error.into()),
    };
    html_again(&page(&call, &mailboxes, &outbox, String::new(), Problems::one("", problem)).await?)
}

pub async fn remove(
    _pressed: Submitted<Pressed>,
    call: Call,
    mailboxes: web::Data<Mailboxes>,
) -> Result<HttpResponse, Refusal> {
    mailboxes.remove(call.owner()).await?;
    call.told(PATH, Done::MailboxRemoved)
}

#[derive(Template)]
#[template(path = "profile/email_confirm.html")]
struct ConfirmPage {
    c: Chrome,
    tab: &'static str,
    code: String,
}

/// What the link opens. Only the button confirms, as programs open links too.
pub async fn ask_confirm(call: Call, query: web::Query<Code>) -> Result<HttpResponse, Refusal> {
    let c = call.chrome("profile").await?;
    html(&ConfirmPage { c, tab: "notifications", code: query.into_inner().code })
}

pub async fn confirm(
    Submitted(ShownCode(code)): Submitted<ShownCode>,
    call: Call,
    mailboxes: web::Data<Mailboxes>,
) -> Result<HttpResponse, Refusal> {
    match mailboxes.confirm(call.owner(), code).await {
        Ok(()) => call.told(PATH, Done::MailboxConfirmed),
        Err(Error::LinkNotValid) => call.told(PATH, Done::LinkNotValid),
        Err(error) => Err(error.into()),
    }
}

async fn page<G: Guard>(
    call: &Call<G>,
    mailboxes: &Mailboxes,
    outbox: &Outbox,
    address: String,
    problems: Problems,
) -> Result<EmailPage, Refusal> {
    let (c, mailbox) = call.page("profile", mailboxes.find(call.owner())).await?;
    Ok(EmailPage {
        c,
        tab: "notifications",
        is_sent: outbox.sends_mail(),
        mailbox: mailbox.map(|found| Shown::new(call, found)),
        address,
        zone: call.now().zone.name().to_owned(),
        problems,
    })
}
