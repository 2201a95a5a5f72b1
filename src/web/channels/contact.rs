//! One counterparty: what its holder calls it and knows of it, and the rights of its token.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::channel::Channel;
use crate::domain::id::{ChannelId, TokenId};
use crate::domain::token::{ApiToken, Description, Note, Permissions};
use crate::service::contacts::{Changed, Contacts, Counterparty};
use crate::service::error::Error;
use crate::web::channels::expiry::{Expiry, ExpiryChoice};
use crate::web::channels::head::Head;
use crate::web::channels::tokens::{behind_words, rights, to_tokens};
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::confirm::ConfirmPage;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::SubmittedBy;
use crate::web::frame::guards::{Confirmed, Guard};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::{Mark, Now, When, sentence};

#[derive(Template)]
#[template(path = "channels/contact.html")]
struct ContactPage {
    c: Chrome,
    ch: Head,
    id: TokenId,
    mark: Mark,
    name: String,
    is_own: bool,
    /// The rights that there are to keep.
    rights: Permissions,
    created: When,
    used: Option<When>,
    behind: String,
    end: Option<Expiry>,
    colours: Vec<Colour>,
    form: ContactForm,
    problems: Problems,
}

/// A colour to choose.
struct Colour {
    value: String,
    hue: u8,
    word: &'static str,
    chosen: bool,
}

/// In the order of the style sheet.
const COLOURS: [&str; 8] = ["Blue", "Teal", "Green", "Amber", "Orange", "Red", "Pink", "Violet"];

pub struct ContactForm {
    label: String,
    note: String,
    hue: Option<u8>,
    kept: Permissions,
    expiry: ExpiryChoice,
    /// Rights may be taken by it.
    sure: bool,
}

impl Form for ContactForm {
    const IS_KEPT: bool = true;
    fn read(fields: &Fields) -> Self {
        let hue = fields.text("hue").parse().ok();
        Self {
            label: fields.line("label"),
            note: fields.text("note").replace("\r\n", "\n").trim_end().to_owned(),
            hue: hue.filter(|hue: &u8| usize::from(*hue) < COLOURS.len()),
            kept: rights(fields),
            expiry: ExpiryChoice::read(fields),
            sure: fields.ticked("sure"),
        }
    }
}

impl ContactForm {
    fn of(one: &Counterparty) -> Self {
        let kept = one.token.permissions;
        let (label, note) = (one.token.description.clone(), one.note.clone());
        Self { label, note, hue: one.hue, kept, expiry: ExpiryChoice::default(), sure: false }
    }

    /// As the question sends it on.
    fn carried(self) -> Vec<(&'static str, String)> {
        let hue = self.hue.map(|hue| hue.to_string()).unwrap_or_default();
        let (ends, ends_on) = (self.expiry.choice, self.expiry.day);
        let Permissions { read, write, delete } = self.kept;
        let boxes = [("read", read), ("write", write), ("delete", delete)].into_iter();
        let boxes = boxes.filter(|(_, is)| *is).map(|(name, _)| (name, "yes".to_owned()));
        let texts =
            [("label", self.label), ("note", self.note), ("hue", hue), ("ends", ends), ("ends_on", ends_on)];
        texts.into_iter().chain(boxes).collect()
    }

    /// What a token with these rights can no longer do, in words.
    fn loses(&self, has: Permissions) -> Vec<&'static str> {
        let writes = has.write && self.kept.write;
        let rights = [
            (has.read && !self.kept.read, "read"),
            (has.write && !self.kept.write, "write"),
            (writes && has.delete && !self.kept.delete, "delete what others wrote"),
        ];
        rights.into_iter().filter(|(is_taken, _)| *is_taken).map(|(_, word)| word).collect()
    }

    /// Whether it leaves nothing that a token with these rights opens.
    fn leaves_nothing(&self, has: Permissions) -> bool {
        !(has.read && self.kept.read || has.write && self.kept.write)
    }

    fn judge(&self, now: Now<'_>) -> Result<Changed, Problems> {
        let mut problems = Problems::none();
        let name = Description::new(&self.label).map_err(|error| problems.add("label", sentence(&error)));
        let note = Note::new(&self.note).map_err(|error| problems.add("note", sentence(&error)));
        let end = self.expiry.judge(now).map_err(|wrong| problems.add("ends", wrong));
        match (name, note, end) {
            (Ok(name), Ok(note), Ok(end)) => Ok(Changed { name, note, hue: self.hue, kept: self.kept, end }),
            _ => Err(problems),
        }
    }
}

pub async fn show(call: Call, contacts: web::Data<Contacts>) -> Result<HttpResponse, Refusal> {
    let (channel, token) = (call.named("channel")?, call.named("token")?);
    match call.page("channels", contacts.get(call.owner(), &channel, token)).await {
        Err(Error::TokenRevoked) => Ok(to_tokens(&call, &channel)),
        outcome => {
            let (c, (channel, one)) = outcome?;
            let form = ContactForm::of(&one);
            html(&page(&call, c, &channel, one, form, Problems::none()))
        }
    }
}

pub async fn save(
    SubmittedBy(form, call): SubmittedBy<ContactForm>,
    contacts: web::Data<Contacts>,
) -> Result<HttpResponse, Refusal> {
    let (channel, token) = (call.named::<ChannelId>("channel")?, call.named("token")?);
    let judged = form.judge(call.now());
    if judged.is_ok() {
        let one = match contacts.get(call.owner(), &channel, token).await {
            Err(Error::TokenRevoked) => return Ok(to_tokens(&call, &channel)),
            outcome => outcome?.1,
        };
        let lost = if one.is_own { Vec::new() } else { form.loses(one.token.permissions) };
        if !lost.is_empty() {
            if form.leaves_nothing(one.token.permissions) {
                // As good as revoking it.
                Confirmed::judge(&call.request, &call.session)?;
            }
            if !form.sure {
                let c = call.chrome("channels").await?;
                return html(&narrower_page(c, &channel, &one.token, form, &lost));
            }
        }
    }
    let problems = match judged {
        Ok(changed) => match contacts.save(call.owner(), &channel, token, changed).await {
            Ok(()) => {
                let place = format!("/channels/{}/tokens/{token}", channel.as_str());
                return call.told(&place, Done::ContactSaved);
            }
            Err(Error::TokenRevoked) => return Ok(to_tokens(&call, &channel)),
            Err(error) => Problems::of_limit(&error).ok_or(error)?,
        },
        Err(problems) => problems,
    };
    let (c, (channel, one)) = call.page("channels", contacts.get(call.owner(), &channel, token)).await?;
    html_again(&page(&call, c, &channel, one, form, problems))
}

/// Asks before a right goes, which never comes back.
fn narrower_page(
    c: Chrome,
    channel: &ChannelId,
    token: &ApiToken,
    form: ContactForm,
    lost: &[&str],
) -> ConfirmPage {
    let (name, place) = (&token.description, format!("/channels/{}/tokens/{}", channel.as_str(), token.id));
    ConfirmPage {
        c,
        heading: format!("Take rights away from “{name}”?"),
        action: place.clone(),
        carried: form.carried(),
        consequences: vec![
            format!(
                "“{name}” can no longer {}, from that moment on. This cannot be undone; a new token can be made.",
                lost.join(" or ")
            ),
            "What was written with the token stays.".to_owned(),
        ],
        typed: String::new(),
        word: "Take away",
        back: place,
        problems: Problems::none(),
    }
}

fn page(
    call: &Call,
    c: Chrome,
    channel: &Channel,
    one: Counterparty,
    form: ContactForm,
    problems: Problems,
) -> ContactPage {
    let token = one.token;
    let mark = Mark::of_contact(token.id, &token.description, one.hue);
    let automatic = Mark::of_contact(token.id, &token.description, None).hue;
    let own = Colour { value: String::new(), hue: automatic, word: "Automatic", chosen: form.hue.is_none() };
    let colours = COLOURS.iter().zip(0_u8..).map(|(word, hue)| Colour {
        value: hue.to_string(),
        hue,
        word,
        chosen: form.hue == Some(hue),
    });
    ContactPage {
        ch: Head::new(call, channel, 0, "tokens"),
        id: token.id,
        mark,
        is_own: one.is_own,
        rights: token.permissions,
        created: When::new(token.created, call.now()),
        used: one.used.map(|used| When::new(used, call.now())),
        behind: behind_words(one.behind),
        end: token.expires.map(|end| Expiry::new(end, call.now())),
        colours: std::iter::once(own).chain(colours).collect(),
        name: token.description,
        form,
        problems,
        c,
    }
}
