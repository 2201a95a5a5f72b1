//! The keys that others seal messages with, for nobody but the holder to open.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::id::KeyId;
use crate::domain::key::{AccountKey, Fingerprint, KeyUse, MAX_COPY_BYTES, PublicKey};
use crate::service::keys::Keys;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::confirm::ConfirmPage;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form, Pressed};
use crate::web::frame::forms::submitted::SubmittedBy;
use crate::web::frame::guards::{Confirmed, Guard};
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::When;

/// What exists, and what this device has of it; the latter is told by the script.
#[derive(Template)]
#[template(path = "profile/keys.html")]
struct KeysPage {
    c: Chrome,
    tab: &'static str,
    keys: Vec<ListedKey>,
    form: NewKey,
    problems: Problems,
}

/// Makes a key in the browser, or takes one in from a file.
#[derive(Template)]
#[template(path = "profile/key_new.html")]
struct MakingPage {
    c: Chrome,
    keeping: Keeping,
    keys: Vec<ListedKey>,
}

/// Brings keys to this device, and has them at hand for another copy, a sheet or a file.
#[derive(Template)]
#[template(path = "profile/key_unlock.html")]
struct UnlockingPage {
    c: Chrome,
    keeping: Keeping,
    keys: Vec<ListedKey>,
}

/// What stands on a recovery sheet beside the key, and how a passphrase is named in a keeper of passwords.
struct Keeping {
    user: String,
    account: String,
    address: String,
}

struct ListedKey {
    id: i64,
    /// As programs take it.
    name: String,
    fingerprint: Fingerprint,
    /// What only the holder's passphrase opens; empty when there is none.
    copy: String,
    created: When,
    created_millis: i64,
    retired: Option<When>,
    /// Whether it is the one that others seal with.
    in_use: bool,
}

/// The account's keys as pages show them, newest first.
fn listed<G: Guard>(call: &Call<G>, keys: Vec<AccountKey>) -> Vec<ListedKey> {
    let used = keys.iter().find(|key| key.retired.is_none()).map(|key| key.id);
    let of = |key: AccountKey| ListedKey {
        id: key.id.0,
        name: key.public.to_string(),
        fingerprint: key.fingerprint,
        copy: key.copy.unwrap_or_default(),
        created: When::new(key.created, call.now()),
        created_millis: key.created.as_millis(),
        retired: key.retired.map(|retired| When::new(retired, call.now())),
        in_use: used == Some(key.id),
    };
    keys.into_iter().map(of).collect()
}

/// A key to be published.
#[derive(Default)]
pub struct NewKey {
    key: String,
    copy: String,
    /// Whether it is only to open what was sealed with it before.
    only_opens: bool,
}

impl Form for NewKey {
    fn read(fields: &Fields) -> Self {
        let only_opens = fields.text("use") == "open";
        Self { key: fields.line("key"), copy: fields.text("copy"), only_opens }
    }
}

impl NewKey {
    /// The key, and the copy of its secret half where the browser made one.
    fn checked(&self) -> Result<(PublicKey, Option<String>), Problems> {
        let key = PublicKey::parse(&self.key).ok_or_else(|| {
            Problems::one("key", "This is not a public key: it is 32 bytes in base64, 44 characters.")
        })?;
        if self.copy.len() > MAX_COPY_BYTES {
            return Err(Problems::one("key", "The copy of the key is too long to be one."));
        }
        Ok((key, (!self.copy.is_empty()).then(|| self.copy.clone())))
    }
}

pub async fn list(call: Call, keys: web::Data<Keys>) -> Result<HttpResponse, Refusal> {
    html(&page(&call, &keys, NewKey::default(), Problems::none()).await?)
}

pub async fn make(call: Call<Confirmed>, keys: web::Data<Keys>) -> Result<HttpResponse, Refusal> {
    let (c, keys) = call.page("profile", keys.list(call.owner())).await?;
    html(&MakingPage { keeping: keeping(&call, &c), keys: listed(&call, keys), c })
}

/// Whoever has the copies can try passphrases as fast as machines do, so the password is asked first.
pub async fn unlock(call: Call<Confirmed>, keys: web::Data<Keys>) -> Result<HttpResponse, Refusal> {
    let (c, keys) = call.page("profile", keys.list(call.owner())).await?;
    html(&UnlockingPage { keeping: keeping(&call, &c), keys: listed(&call, keys), c })
}

fn keeping(call: &Call<Confirmed>, c: &Chrome) -> Keeping {
    let (user, account) =
        c.person.as_ref().map(|person| (person.user.clone(), person.account.clone())).unwrap_or_default();
    Keeping { user, account, address: call.site.public_url(&call.request) }
}

/// Whoever publishes a key reads what is sealed from then on, so the password is asked first.
pub async fn publish(
    SubmittedBy(form, call): SubmittedBy<NewKey, Confirmed>,
    keys: web::Data<Keys>,
) -> Result<HttpResponse, Refusal> {
    let used = if form.only_opens { KeyUse::Opens } else { KeyUse::Seals };
    let published = match form.checked() {
        Err(problems) => Err(problems),
        Ok((key, copy)) => match keys.publish(call.owner(), key, copy, used).await {
            Err(error) => Err(Problems::of_limit(&error).ok_or(error)?),
            Ok(()) => Ok(()),
        },
    };
    match published {
        Ok(()) if form.only_opens => call.told("/profile/keys", Done::KeyKept),
        Ok(()) => call.told("/profile/keys", Done::KeyPublished),
        Err(problems) => html_again(&page(&call, &keys, form, problems).await?),
    }
}

pub async fn ask_retire(call: Call<Confirmed>, keys: web::Data<Keys>) -> Result<HttpResponse, Refusal> {
    let id: i64 = call.named("key")?;
    let (c, keys) = call.page("profile", keys.list(call.owner())).await?;
    let keys = listed(&call, keys);
    let key = keys.iter().find(|key| key.id == id && key.retired.is_none()).ok_or(Refusal::NotFound)?;
    let next = keys.iter().find(|other| other.retired.is_none() && other.id != id);
    let after = match next {
        None => {
            "No key is left to seal with: what others write to you can then be read by the operator of this \
                 server, until you make a new key."
                .to_owned()
        }
        Some(next) if key.in_use => format!("Others seal with the key {} then.", next.fingerprint),
        Some(_) => "Others seal with a newer key already.".to_owned(),
    };
    html(&ConfirmPage {
        c,
        heading: "Retire this key?".to_owned(),
        action: format!("/profile/keys/{id}/retire"),
        carried: Vec::new(),
        consequences: vec![
            format!("The key {}.", key.fingerprint),
            "It still opens what was sealed with it, on every device that has it.".to_owned(),
            "Links that name this key seal nothing any more: whoever has one needs a new link from you."
                .to_owned(),
            after,
        ],
        typed: String::new(),
        word: "Retire the key",
        back: "/profile/keys".to_owned(),
        problems: Problems::none(),
    })
}

pub async fn retire(
    SubmittedBy(Pressed, call): SubmittedBy<Pressed, Confirmed>,
    keys: web::Data<Keys>,
) -> Result<HttpResponse, Refusal> {
    keys.retire(call.owner(), KeyId(call.named("key")?)).await?;
    call.told("/profile/keys", Done::KeyRetired)
}

async fn page<G: Guard>(
    call: &Call<G>,
    keys: &Keys,
    form: NewKey,
    problems: Problems,
) -> Result<KeysPage, Refusal> {
    let (c, keys) = call.page("profile", keys.list(call.owner())).await?;
    Ok(KeysPage { c, tab: "keys", keys: listed(call, keys), form, problems })
}
