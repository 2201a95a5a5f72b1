//! How much an account may store.

use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::account::Account;
use crate::domain::size::size;
use crate::service::accounts::Accounts;
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Fields, Form};
use crate::web::frame::forms::submitted::SubmittedBy;
use crate::web::frame::guards::ConfirmedManaging;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::Refusal;

/// Bytes of the unit in which it is typed, the `M` of the settings.
const MEBIBYTE: u64 = 1 << 20;

/// The most of them that can be typed: more than any disk has.
const MOST: u64 = 1_000_000_000;

#[derive(Template)]
#[template(path = "admin/quota.html")]
struct QuotaPage {
    c: Chrome,
    id: i64,
    name: String,
    stored: String,
    /// What every account may store that has no quota of its own, if that is limited.
    server: Option<String>,
    typed: TypedQuota,
    most: u64,
    problems: Problems,
}

pub struct TypedQuota {
    kind: String,
    mebibytes: String,
}

impl Form for TypedQuota {
    const IS_KEPT: bool = true;

    fn read(fields: &Fields) -> Self {
        Self { kind: fields.text("kind"), mebibytes: fields.line("mebibytes") }
    }
}

impl TypedQuota {
    fn of(quota: Option<u64>) -> Self {
        let (kind, mebibytes) = match quota {
            None => ("server", String::new()),
            Some(0) => ("none", String::new()),
            Some(bytes) => ("own", bytes.div_ceil(MEBIBYTE).to_string()),
        };
        Self { kind: kind.to_owned(), mebibytes }
    }

    /// As an account has it, or what is wrong. `now` is what it may store so far.
    fn quota(&self, now: Option<u64>) -> Result<Option<u64>, &'static str> {
        match self.kind.as_str() {
            "server" | "none" if !self.mebibytes.is_empty() && self.mebibytes != Self::of(now).mebibytes => {
                Err("To have what you typed here hold, choose “This much”; else empty it.")
            }
            "server" => Ok(None),
            "none" => Ok(Some(0)),
            _ => match self.mebibytes.parse() {
                Ok(mebibytes @ 1..=MOST) => Ok(Some(mebibytes * MEBIBYTE)),
                _ => Err("Type a whole number of MiB, at least 1."),
            },
        }
    }
}

pub async fn show(
    call: Call<ConfirmedManaging>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let account = accounts.get(&call.right, call.named("account")?).await?;
    let typed = TypedQuota::of(account.quota);
    html(&page(&call, account, typed, Problems::none()).await?)
}

pub async fn change(
    SubmittedBy(typed, call): SubmittedBy<TypedQuota, ConfirmedManaging>,
    accounts: web::Data<Accounts>,
) -> Result<HttpResponse, Refusal> {
    let account = accounts.get(&call.right, call.named("account")?).await?;
    match typed.quota(account.quota) {
        Ok(quota) => {
            accounts.set_quota(&call.right, account.id, quota).await?;
            call.told("/admin", Done::QuotaSet)
        }
        Err(wrong) => html_again(&page(&call, account, typed, Problems::one("mebibytes", wrong)).await?),
    }
}

async fn page(
    call: &Call<ConfirmedManaging>,
    account: Account,
    typed: TypedQuota,
    problems: Problems,
) -> Result<QuotaPage, Refusal> {
    Ok(QuotaPage {
        c: call.chrome("admin").await?,
        id: account.id.0,
        name: account.name,
        stored: size(account.bytes),
        server: call.site.quota.map(size),
        typed,
        most: MOST,
        problems,
    })
}
