//! A real server inside the test's process: own folder, own port, own clock.

use std::cell::RefCell;
use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::thread::JoinHandle;
use std::time::Duration;

use peerbox::{Config, ManualClock, Server, Timestamp};
use rusqlite::Connection;
use serde_json::Value;
use tempfile::TempDir;
use tokio::sync::{mpsc, oneshot};

use crate::support::anonymous::Anonymous;
use crate::support::channel::Channel;
use crate::support::owner::Owner;
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::site::Site;
use crate::support::soon;

pub const USER: &str = "username";
pub const PASSWORD: &str = "password";

/// 2026-03-01T18:43:00.120Z, when every server starts: an afternoon hour, and a fraction with a zero to lose.
const START_MS: i64 = 1_772_390_580_120;

/// What every server is given unless a case says otherwise. Jobs run when they are stepped, not on their own.
const DEFAULTS: &[(&str, &str)] = &[
    ("server.listen", "\"127.0.0.1:0\""),
    ("server.workers", "1"),
    ("server.shutdown_grace", "\"2s\""),
    ("retention.prune_interval", "\"10000d\""),
    ("log.access", "\"off\""),
    ("log.level", "\"error\""),
];

/// A running server, which stops when it is dropped.
pub struct App {
    pub site: Site,
    pub installation: Arc<Installation>,
    clock: ManualClock,
    toml: String,
    orders: Option<mpsc::UnboundedSender<Order>>,
}

enum Order {
    Prune(oneshot::Sender<u64>),
    Stop(oneshot::Sender<()>),
}

impl App {
    pub async fn start() -> Self {
        Self::with("").await
    }

    /// A server with these lines of configuration, written as `section.key = value`.
    pub async fn with(toml: &str) -> Self {
        let installation = Arc::new(first_account().unpack());
        Self::serving(installation, toml, ManualClock::starting_at(Timestamp::from_millis(START_MS))).await
    }

    /// A server that shares nothing with others; they all have copies of one database.
    pub async fn start_new() -> Self {
        let installation = Arc::new(Installation::with_account());
        Self::serving(installation, "", ManualClock::starting_at(Timestamp::from_millis(START_MS))).await
    }

    /// A second server over the same file, as another process would be.
    pub async fn beside(&self) -> Self {
        Self::serving(Arc::clone(&self.installation), &self.toml, self.clock.clone()).await
    }

    async fn serving(installation: Arc<Installation>, toml: &str, clock: ManualClock) -> Self {
        let mut app = Self { site: Site::new(""), installation, clock, toml: toml.to_owned(), orders: None };
        app.run().await;
        app
    }

    async fn run(&mut self) {
        let text = configuration(&self.installation, &self.toml);
        let (clock, installation) = (self.clock.clone(), Arc::clone(&self.installation));
        let (orders, received) = mpsc::unbounded_channel();
        let (ready, address) = oneshot::channel();
        let thread = std::thread::Builder::new().name("server under test".to_owned()).spawn(move || {
            actix_web::rt::System::new().block_on(serve(text, clock, ready, received));
            drop(installation);
        });
        join_later(thread.expect("a thread"));
        let address = soon("start", address).await.expect("a server that started");
        self.site.moved_to(&format!("http://{address}"));
        self.orders = Some(orders);
    }

    /// Stops and starts again over the same file. Clients made before follow.
    pub async fn restart(&mut self) {
        self.stop().await;
        self.run().await;
    }

    pub async fn stop(&mut self) {
        let (done, stopped) = oneshot::channel();
        if let Some(orders) = self.orders.take() {
            assert!(orders.send(Order::Stop(done)).is_ok(), "the server ended on its own");
            soon("stop", stopped).await.expect("a graceful stop");
        }
    }

    /// Begins this work and comes back when the server, because of it, has so many more who wait for just this long. An
    /// answer before that is a failure.
    pub async fn held<T: std::fmt::Debug>(
        &self,
        work: &mut (impl Future<Output = T> + Unpin),
        wait: Duration,
        waiters: usize,
    ) {
        let before = self.clock.sleepers(wait);
        soon("a wait", async {
            tokio::select! {
                biased;
                early = work => panic!("not held: {early:?}"),
                () = self.clock.until_sleepers(wait, before + waiters) => {}
            }
        })
        .await;
    }

    /// Whether anybody in the server waits for just this long.
    pub fn is_waited_for(&self, wait: Duration) -> bool {
        self.clock.sleepers(wait) > 0
    }

    /// Comes back when somebody in the server waits for just this long.
    pub async fn until_somebody_waits(&self, wait: Duration) {
        soon("somebody who waits", self.clock.until_sleepers(wait, 1)).await;
    }

    pub fn advance(&self, duration: Duration) {
        self.clock.advance(duration);
    }

    /// Sets the clock right after it was ahead.
    pub fn turn_back(&self, duration: Duration) {
        self.clock.turn_back(duration);
    }

    /// One retention pass; tells how many messages it removed.
    pub async fn prune(&self) -> u64 {
        let (done, removed) = oneshot::channel();
        assert!(self.orders.as_ref().expect("a running server").send(Order::Prune(done)).is_ok());
        soon("prune", removed).await.expect("a pass that ended")
    }

    /// Changes rows of the file, as somebody with access to it would.
    pub fn edit(&self, statement: &str) {
        let connection = Connection::open(self.installation.database()).expect("the database");
        let changed = connection.execute(statement, []).expect("a change");
        assert!(changed > 0, "nothing was edited");
    }

    pub fn anonymous(&self) -> Anonymous {
        Anonymous { site: self.site.clone() }
    }

    /// The first account's first user, in a browser.
    pub async fn signed_in(&self) -> Person {
        let mut person = Person::new(&self.site);
        person.sign_in(USER, PASSWORD).await;
        person
    }

    /// Another user of the first account, signed in.
    pub async fn another_person(&self, user: &str) -> Person {
        let (said, code) = self.installation.createaccount("first", user, PASSWORD);
        assert_eq!(code, Some(0), "{said}");
        let mut person = Person::new(&self.site);
        person.sign_in(user, PASSWORD).await;
        person
    }

    /// The first account's first user.
    pub fn owner(&self) -> Owner {
        Owner::new(&self.site, 1, USER, PASSWORD)
    }

    /// Another account, made while the server runs.
    pub fn another_account(&self, user: &str) -> Owner {
        let account = self.installation.create_account(&format!("account of {user}"), user, PASSWORD);
        Owner::new(&self.site, account, user, PASSWORD)
    }

    pub async fn channel(&self) -> Channel {
        self.owner().channel().await
    }

    pub async fn sequenced_channel(&self) -> Channel {
        self.owner().sequenced_channel().await
    }

    pub async fn channel_with(&self, settings: Value) -> Channel {
        self.owner().channel_with(settings).await
    }
}

async fn serve(
    text: String,
    clock: ManualClock,
    ready: oneshot::Sender<std::net::SocketAddr>,
    mut orders: mpsc::UnboundedReceiver<Order>,
) {
    let config = Config::from_toml(&text).unwrap_or_else(|error| panic!("{error} in\n{text}"));
    let bound = Server::bind(config, Arc::new(clock)).expect("a server");
    let address = bound.addresses()[0];
    let running = bound.run().expect("a running server");
    let _ = ready.send(address);
    while let Some(order) = orders.recv().await {
        match order {
            Order::Prune(done) => {
                let _ = done.send(running.prune().await.expect("a whole pass"));
            }
            Order::Stop(done) => {
                running.stop().await;
                let _ = done.send(());
                return;
            }
        }
    }
    running.stop().await;
}

fn configuration(installation: &Installation, extra: &str) -> String {
    use std::fmt::Write;
    let mut text = format!("{extra}\n");
    let is_set = |key: &str| extra.lines().any(|line| line.trim_start().starts_with(key));
    for (key, value) in DEFAULTS.iter().filter(|(key, _)| !is_set(key)) {
        writeln!(text, "{key} = {value}").expect("memory");
    }
    writeln!(text, "data.dir = '{}'", installation.data_dir().display()).expect("memory");
    writeln!(text, "data.key_file = '{}'", installation.key_file().display()).expect("memory");
    text
}

thread_local! {
    /// Servers to wait for when the test's thread ends, when all its connections are gone.
    static ENDING: RefCell<Ending> = const { RefCell::new(Ending(Vec::new())) };
}

struct Ending(Vec<JoinHandle<()>>);

impl Drop for Ending {
    fn drop(&mut self) {
        for thread in self.0.drain(..) {
            let _ = thread.join();
        }
    }
}

fn join_later(thread: JoinHandle<()>) {
    ENDING.with_borrow_mut(|ending| ending.0.push(thread));
}

/// The files of an installation with one account, kept in memory: making an account hashes a password, copying it does not.
struct Packed(Vec<(PathBuf, Vec<u8>)>);

fn first_account() -> &'static Packed {
    static PACKED: OnceLock<Packed> = OnceLock::new();
    PACKED.get_or_init(|| {
        let installation = Installation::empty();
        assert_eq!(installation.create_account("first", USER, PASSWORD), 1);
        Packed::of(installation.root())
    })
}

/// All files in a folder and in the folders below it.
pub fn files_below(root: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let (mut files, mut folders) = (BTreeMap::new(), vec![root.to_owned()]);
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).expect("a folder") {
            let path = entry.expect("an entry").path();
            if path.is_dir() {
                folders.push(path);
            } else {
                files.insert(path.clone(), fs::read(path).expect("a file"));
            }
        }
    }
    files
}

impl Packed {
    fn of(root: &Path) -> Self {
        let name = |path: PathBuf| path.strip_prefix(root).expect("a name below the root").to_owned();
        Self(files_below(root).into_iter().map(|(path, content)| (name(path), content)).collect())
    }

    fn unpack(&self) -> Installation {
        let installation = Installation::empty();
        for (name, bytes) in &self.0 {
            let path = installation.root().join(name);
            private_folder(path.parent().expect("a folder"));
            fs::write(&path, bytes).expect("space");
            restrict(&path, 0o600);
        }
        installation
    }
}

fn private_folder(path: &Path) {
    fs::create_dir_all(path).expect("a folder");
    restrict(path, 0o700);
}

fn restrict(path: &Path, mode: u32) {
    use std::os::unix::fs::PermissionsExt;
    fs::set_permissions(path, fs::Permissions::from_mode(mode)).expect("a file of ours");
}

/// A folder below cargo's own, so that what a killed run leaves behind lies there.
pub fn temporary_folder() -> TempDir {
    tempfile::Builder::new().prefix("peerbox").tempdir_in(env!("CARGO_TARGET_TMPDIR")).expect("a folder")
}
