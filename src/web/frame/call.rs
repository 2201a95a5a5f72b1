//! What every handler of a page needs: the request, whoever makes it, and what its answer is made with.

use std::ops::Deref;
use std::str::FromStr;

use actix_web::dev::Payload;
use actix_web::{FromRequest, HttpRequest, HttpResponse, web};
use futures_util::future::{LocalBoxFuture, Ready, ready};

use crate::auth::access::Owner;
use crate::auth::session::{Session, Sessions};
use crate::domain::id::UndoId;
use crate::domain::secret::SessionSecret;
use crate::domain::time::{Clock, Timestamp};
use crate::domain::zone::Zone;
use crate::service::Reading;
use crate::service::error::Error;
use crate::service::profiles::Profiles;
use crate::web::frame::answers;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::cookies::session_cookie;
use crate::web::frame::flash::Done;
use crate::web::frame::guards::{Guard, SignedIn, signed_in};
use crate::web::frame::page::Pages;
use crate::web::frame::refusal::{Refusal, broken};
use crate::web::frame::site::{Site, shared};
use crate::web::words::format::Now;

/// A request for a page by anybody.
pub struct AnyCall {
    pub request: HttpRequest,
    pub site: web::Data<Site>,
    pages: web::Data<Pages>,
    clock: web::Data<dyn Clock>,
}

/// A request for a page by somebody with a session, of whom the guard demands what it likes.
pub struct Call<G: Guard = SignedIn> {
    plain: AnyCall,
    pub session: Session,
    pub right: G::Permit,
    /// The zone that pages are in.
    zone: Zone,
    /// Whether nobody has said which one that is.
    zone_is_unknown: bool,
}

impl AnyCall {
    fn of(request: &HttpRequest) -> Result<Self, Refusal> {
        Ok(Self {
            request: request.clone(),
            site: shared(request)?,
            pages: shared(request)?,
            clock: shared(request)?,
        })
    }

    /// What time it is on the server's clock.
    pub fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// What the address names in these braces. What cannot be read names nothing that exists.
    pub fn named<T: FromStr>(&self, parameter: &str) -> Result<T, Refusal> {
        let text = self.request.match_info().get(parameter).unwrap_or_default();
        text.parse().map_err(|_| Refusal::NotFound)
    }

    /// What surrounds a page of somebody who is not signed in.
    pub fn gate(&self) -> Chrome {
        self.pages.gate(&self.request)
    }

    /// What a page needs that is the same for whoever asks, and knows nobody.
    pub fn bare(&self) -> Chrome {
        self.pages.bare(&self.request)
    }

    /// On to another page.
    pub fn redirect(&self, path: &str) -> HttpResponse {
        answers::redirect(&self.site.base, path)
    }

    /// On to a page, which tells what was done.
    pub fn told(&self, path: &str, done: Done) -> Result<HttpResponse, Refusal> {
        answers::told(&self.site, path, done)
    }

    /// The same for what can be taken back.
    pub fn told_with(&self, path: &str, done: Done, undo: Option<UndoId>) -> Result<HttpResponse, Refusal> {
        answers::told_with(&self.site, path, done, undo)
    }
}

impl<G: Guard> Call<G> {
    /// The instant of the request, in the reader's zone.
    pub fn now(&self) -> Now<'_> {
        Now { at: self.plain.now(), zone: &self.zone }
    }

    /// Who is signed in.
    pub fn owner(&self) -> &Owner {
        self.session.owner()
    }

    /// What surrounds a page of this section.
    pub async fn chrome(&self, section: &'static str) -> Result<Chrome, Error> {
        let c = self.pages.alone(&self.request, &self.session, section).await?;
        Ok(self.in_zone(c))
    }

    /// The same together with what the page shows, all of one moment.
    pub async fn page<T>(&self, section: &'static str, shown: Reading<T>) -> Result<(Chrome, T), Error>
    where
        T: Send + 'static,
    {
        let (c, shown) = self.pages.around(&self.request, &self.session, section, shown).await?;
        Ok((self.in_zone(c), shown))
    }

    fn in_zone(&self, c: Chrome) -> Chrome {
        Chrome { zone_is_unknown: self.zone_is_unknown, ..c }
    }

    /// What a part of a page needs of it.
    pub fn part(&self) -> Chrome {
        self.pages.part(&self.request, &self.session)
    }

    /// The answer, with the new secret of the session.
    pub fn renewed(
        &self,
        mut answer: HttpResponse,
        sessions: &Sessions,
        secret: &SessionSecret,
    ) -> Result<HttpResponse, Refusal> {
        let cookie = session_cookie(&self.site, sessions, secret, self.session.remembered());
        answer.add_cookie(&cookie).map_err(broken)?;
        Ok(answer)
    }
}

impl<G: Guard> Deref for Call<G> {
    type Target = AnyCall;

    fn deref(&self) -> &AnyCall {
        &self.plain
    }
}

impl FromRequest for AnyCall {
    type Error = Refusal;
    type Future = Ready<Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        ready(Self::of(request))
    }
}

impl<G: Guard + 'static> FromRequest for Call<G> {
    type Error = Refusal;
    type Future = LocalBoxFuture<'static, Result<Self, Refusal>>;

    fn from_request(request: &HttpRequest, _payload: &mut Payload) -> Self::Future {
        let request = request.clone();
        Box::pin(async move {
            let session = signed_in(&request).await?;
            let right = G::judge(&request, &session)?;
            let zone = shared::<Profiles>(&request)?.zone(session.owner())?;
            let (zone_is_unknown, zone) = (zone.is_none(), zone.unwrap_or_else(Zone::utc));
            Ok(Self { plain: AnyCall::of(&request)?, session, right, zone, zone_is_unknown })
        })
    }
}
