//! What the person is told of, and in which browsers.

use actix_web::http::header::USER_AGENT;
use actix_web::{HttpResponse, web};
use askama::Template;

use crate::domain::id::ChannelId;
use crate::domain::quiet_hours::{Minute, QuietHours};
use crate::domain::subscription::{
    BrowserKeys, Endpoint, Level, NotificationSettings, Subscription, Verdict,
};
use crate::domain::telling::Telling;
use crate::domain::web_address::WebAddress;
use crate::domain::webhook::Outcome;
use crate::notify::outbox::Outbox;
use crate::service::notifications::{Notifications, Overview};
use crate::web::frame::answers::{html, html_again};
use crate::web::frame::call::Call;
use crate::web::frame::chrome::Chrome;
use crate::web::frame::flash::Done;
use crate::web::frame::forms::fields::{Choice, Fields, Form, Pressed, choices};
use crate::web::frame::forms::submitted::Submitted;
use crate::web::frame::problems::Problems;
use crate::web::frame::refusal::{Refusal, broken};
use crate::web::words::delivered::Delivered;
use crate::web::words::device;
use crate::web::words::format::{When, channel_name, sentence};

const PATH: &str = "/profile/notifications";

const LEVELS: [(&str, &str); 3] =
    [("all", "Every message"), ("first", "The first unread message"), ("none", "Nothing")];

#[derive(Template)]
#[template(path = "profile/notifications.html")]
struct NotificationsPage {
    c: Chrome,
    tab: &'static str,
    /// What browsers subscribe with.
    key: String,
    browsers: Vec<ListedBrowser>,
    form: SettingsForm,
    levels: Vec<Choice>,
    zone: String,
    channels: Vec<Choice>,
    channel_levels: Vec<Choice>,
    /// Channels that are not like all others: id, name, what is set.
    exceptions: Vec<(String, String, &'static str)>,
    problems: Problems,
}

struct ListedBrowser {
    id: i64,
    label: String,
    service: String,
    gave_up: bool,
    failing_since: Option<When>,
    next_try: Option<When>,
    taken: Option<When>,
    created: When,
    deliveries: Vec<Delivered>,
}

impl ListedBrowser {
    fn new(call: &Call, (browser, tellings): (Subscription, Vec<Telling>)) -> Self {
        let when = |at| When::new(at, call.now());
        Self {
            id: browser.id.0,
            label: browser.label,
            service: browser.service,
            gave_up: browser.gave_up,
            failing_since: browser.failing_since.map(when),
            next_try: browser.next_try.map(when),
            taken: browser.taken.map(when),
            created: when(browser.created),
            deliveries: tellings.into_iter().map(|one| Delivered::new(call.now(), one)).collect(),
        }
    }
}

/// What holds for all channels, as it was typed.
pub struct SettingsForm {
    level: String,
    with_names: bool,
    is_quiet: bool,
    from: String,
    until: String,
}

impl Form for SettingsForm {
    fn read(fields: &Fields) -> Self {
        Self {
            level: fields.text("level"),
            with_names: fields.ticked("names"),
            is_quiet: fields.ticked("quiet"),
            from: fields.line("from"),
            until: fields.line("until"),
        }
    }
}

impl SettingsForm {
    fn of(settings: NotificationSettings) -> Self {
        let shown =
            |minute: Option<Minute>, usual: &str| minute.map_or(usual.to_owned(), |at| at.to_string());
        Self {
            level: level_value(settings.level).to_owned(),
            with_names: settings.with_names,
            is_quiet: settings.quiet.is_some(),
            from: shown(settings.quiet.map(QuietHours::from), "22:00"),
            until: shown(settings.quiet.map(QuietHours::until), "07:00"),
        }
    }

    fn judge(&self) -> Result<NotificationSettings, Problems> {
        let quiet = if self.is_quiet { Some(self.quiet()?) } else { None };
        let level = level(&self.level).unwrap_or(Level::All);
        Ok(NotificationSettings { level, with_names: self.with_names, quiet })
    }

    fn quiet(&self) -> Result<QuietHours, Problems> {
        let mut problems = Problems::none();
        let mut read = |field, text: &str| {
            let minute = Minute::parse(text);
            if minute.is_none() {
                problems.add(field, "Write a time of day, such as 22:30.");
            }
            minute
        };
        let (from, until) = (read("from", &self.from), read("until", &self.until));
        let (Some(from), Some(until)) = (from, until) else { return Err(problems) };
        QuietHours::new(from, until)
            .ok_or_else(|| Problems::one("until", "The hours have to end at another time than they begin."))
    }
}

pub async fn show(call: Call, notifications: web::Data<Notifications>) -> Result<HttpResponse, Refusal> {
    let key = notifications.key().await?;
    let (c, shown) = call.page("profile", notifications.overview(call.owner())).await?;
    let form = SettingsForm::of(shown.settings);
    html(&page(&call, c, key, shown, form, Problems::none()))
}

pub async fn save(
    Submitted(form): Submitted<SettingsForm>,
    call: Call,
    notifications: web::Data<Notifications>,
) -> Result<HttpResponse, Refusal> {
    match form.judge() {
        Ok(settings) => {
            notifications.save(call.owner(), settings).await?;
            call.told(PATH, Done::NotificationsSaved)
        }
        Err(problems) => again(&call, &notifications, Some(form), problems).await,
    }
}

/// What a browser says of itself when it subscribes; the script fills it in.
pub struct NewBrowser {
    address: String,
    public: String,
    auth: String,
    /// The address that it had before.
    before: String,
}

impl Form for NewBrowser {
    fn read(fields: &Fields) -> Self {
        Self {
            address: fields.text("endpoint"),
            public: fields.text("p256dh"),
            auth: fields.text("auth"),
            before: fields.text("before"),
        }
    }
}

pub async fn subscribe(
    Submitted(new): Submitted<NewBrowser>,
    call: Call,
    notifications: web::Data<Notifications>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    let keys = BrowserKeys::parse(&new.public, &new.auth).ok();
    let endpoint = WebAddress::parse(&new.address).ok().zip(keys);
    if let Some((address, _)) = &endpoint
        && let Err(error) = outbox.may_call(address)
    {
        return again(&call, &notifications, None, Problems::one("", sentence(&error))).await;
    }
    let Some(endpoint) = endpoint.map(|(address, keys)| Endpoint { address, keys }) else {
        let problem = Problems::one(
            "",
            "This browser did not say where it can be notified. Allow scripts and try again.",
        );
        return again(&call, &notifications, None, problem).await;
    };
    let agent = call.request.headers().get(USER_AGENT).and_then(|agent| agent.to_str().ok());
    let label = device::name(agent.unwrap_or_default());
    let before = WebAddress::parse(&new.before).ok();
    match notifications.subscribe(&call.session, endpoint, before, label).await {
        Ok(()) => call.told(PATH, Done::BrowserSubscribed),
        Err(error) => match Problems::of_limit(&error) {
            Some(problems) => again(&call, &notifications, None, problems).await,
            None => Err(error.into()),
        },
    }
}

pub async fn remove(
    _pressed: Submitted<Pressed>,
    call: Call,
    notifications: web::Data<Notifications>,
) -> Result<HttpResponse, Refusal> {
    notifications.remove(call.owner(), call.named("browser")?).await?;
    call.told(PATH, Done::BrowserRemoved)
}

pub async fn test(
    _pressed: Submitted<Pressed>,
    call: Call,
    notifications: web::Data<Notifications>,
    outbox: web::Data<Outbox>,
) -> Result<HttpResponse, Refusal> {
    let due = notifications.test(call.owner(), call.named("browser")?).await?;
    let sent = outbox.test_browser(due).await.map_err(broken)?;
    let done = match sent.map(|tried| (tried.verdict, tried.telling.outcome)) {
        Some((Verdict::Gone, _)) => Done::BrowserGone,
        Some((_, Outcome::Taken)) => Done::NotificationTaken,
        Some(_) => Done::NotificationNotTaken,
        None => Done::TooMuchByHand,
    };
    call.told(PATH, done)
}

/// What holds for one channel.
pub struct OneChannel {
    id: Option<ChannelId>,
    level: Option<Level>,
}

impl Form for OneChannel {
    fn read(fields: &Fields) -> Self {
        Self { id: fields.text("channel").parse().ok(), level: level(&fields.text("level")) }
    }
}

pub async fn save_channel(
    Submitted(one): Submitted<OneChannel>,
    call: Call,
    notifications: web::Data<Notifications>,
) -> Result<HttpResponse, Refusal> {
    let Some(id) = one.id else {
        let problems = Problems::one("channel", "Choose the channel that this is for.");
        return again(&call, &notifications, None, problems).await;
    };
    notifications.set_level(call.owner(), &id, one.level).await?;
    call.told(PATH, Done::NotificationsSaved)
}

async fn again(
    call: &Call,
    notifications: &Notifications,
    form: Option<SettingsForm>,
    problems: Problems,
) -> Result<HttpResponse, Refusal> {
    let key = notifications.key().await?;
    let (c, shown) = call.page("profile", notifications.overview(call.owner())).await?;
    let form = form.unwrap_or_else(|| SettingsForm::of(shown.settings));
    html_again(&page(call, c, key, shown, form, problems))
}

fn page(
    call: &Call,
    c: Chrome,
    key: String,
    shown: Overview,
    form: SettingsForm,
    problems: Problems,
) -> NotificationsPage {
    let asked = call.request.query_string().strip_prefix("channel=").unwrap_or_default().to_owned();
    let name = |channel: &crate::domain::channel::Channel| channel_name(&channel.label, channel.id.as_str());
    let own = shown.channels.iter().filter_map(|(channel, level)| {
        level.map(|level| (channel.id.as_str().to_owned(), name(channel), level_words(level)))
    });
    let mut channel_levels = vec![Choice::new("", "As for all channels", false)];
    channel_levels.extend(choices(&LEVELS, "-"));
    NotificationsPage {
        tab: "notifications",
        key,
        levels: choices(&LEVELS, &form.level),
        zone: call.now().zone.name().to_owned(),
        channels: shown
            .channels
            .iter()
            .map(|(channel, _)| Choice::new(channel.id.as_str(), name(channel), channel.id.as_str() == asked))
            .collect(),
        channel_levels,
        exceptions: own.collect(),
        browsers: shown.browsers.into_iter().map(|one| ListedBrowser::new(call, one)).collect(),
        c,
        form,
        problems,
    }
}

fn level(value: &str) -> Option<Level> {
    match value {
        "all" => Some(Level::All),
        "first" => Some(Level::FirstUnread),
        "none" => Some(Level::None),
        _ => None,
    }
}

fn level_value(level: Level) -> &'static str {
    match level {
        Level::All => "all",
        Level::FirstUnread => "first",
        Level::None => "none",
    }
}

fn level_words(level: Level) -> &'static str {
    let value = level_value(level);
    LEVELS.iter().find(|(known, _)| *known == value).map_or("", |(_, word)| *word)
}
