//! The keys that others seal messages with, for nobody but the holder to open.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::id::KeyId;
use crate::domain::key::{AccountKey, Fingerprint, MAX_COPY_BYTES, PublicKey};
use crate::service::error::Error;
use crate::service::keys::Keys;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;
use crate::web::words::format::When;

#[derive(Template)]
#[template(path = "profile/keys.html")]
struct KeysPage {
    c: Chrome,
    tab: &'static str,
    keys: Vec<ListedKey>,
    form: NewKey,
    problems: Problems,
}

struct ListedKey {
    id: i64,
    /// As programs take it.
    name: String,
    fingerprint: Fingerprint,
    /// What only the holder's passphrase opens; empty when there is none.
    copy: String,
    created: When,
    retired: Option<When>,
}

impl ListedKey {
    fn of(call: &Call, key: AccountKey) -> Self {
        Self {
            id: key.id.0,
            name: key.public.to_string(),
            fingerprint: key.fingerprint,
            copy: key.copy.unwrap_or_default(),
            created: When::new(key.created, call.now()),
            retired: key.retired.map(|retired| When::new(retired, call.now())),
        }
    }
}

/// A key to be published.
#[derive(Default)]
pub struct NewKey {
    key: String,
    copy: String,
}

impl Form for NewKey {
    fn read(fields: &Fields) -> Self {
        Self { key: fields.line("key"), copy: fields.text("copy") }
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

/// Which key is retired.
pub struct Retiring(Option<KeyId>);

impl Form for Retiring {
    fn read(fields: &Fields) -> Self {
        Self(fields.text("key").parse().ok())
    }
}

pub async fn list(call: Call, keys: web::Data<Keys>) -> Result<HttpResponse, Refusal> {
    html(&page(&call, &keys, NewKey::default(), Problems::none()).await?)
}

pub async fn publish(
    Submitted(form): Submitted<NewKey>,
    call: Call,
    keys: web::Data<Keys>,
) -> Result<HttpResponse, Refusal> {
    let published = match form.checked() {
        Err(problems) => Err(problems),
        Ok((key, copy)) => match keys.publish(call.owner(), key, copy).await {
            Err(Error::TooManyKeys { most }) => {
                Err(Problems::one("", format!("This account has {most} keys, the most it may have.")))
            }
            outcome => Ok(outcome?),
        },
    };
    match published {
        Ok(()) => call.told("/profile/keys", Done::KeyPublished),
        Err(problems) => html_again(&page(&call, &keys, form, problems).await?),
    }
}

pub async fn retire(
    Submitted(Retiring(key)): Submitted<Retiring>,
    call: Call,
    keys: web::Data<Keys>,
) -> Result<HttpResponse, Refusal> {
    let key = key.ok_or(Error::KeyNotFound)?;
    keys.retire(call.owner(), key).await?;
    call.told("/profile/keys", Done::KeyRetired)
}

async fn page(call: &Call, keys: &Keys, form: NewKey, problems: Problems) -> Result<KeysPage, Refusal> {
    let (c, listed) = call.page("profile", keys.list(call.owner())).await?;
    let keys = listed.into_iter().map(|key| ListedKey::of(call, key)).collect();
    Ok(KeysPage { c, tab: "keys", keys, form, problems })
}
