//! A configuration while its sources are read one after the other, the weakest first.

use crate::config::Config;
use crate::config::environment::{Environment, read_secret};
use crate::config::error::{Error, Mistakes, Origin, nearest};
use crate::config::keys::{KEYS, SettingKey};
use crate::config::value::SettingValue;

/// One setting as it stands.
#[derive(Debug, Clone)]
pub struct Setting {
    pub key: &'static SettingKey,
    /// As it was written; empty when unset.
    pub value: String,
    pub origin: Origin,
}

impl Setting {
    /// Whether nobody set it.
    pub fn is_default(&self) -> bool {
        self.origin == Origin::Default
    }
}

/// What the sources said so far.
pub(super) struct Draft {
    /// The strongest text for each setting.
    strongest: Vec<(&'static SettingKey, Origin, SettingValue)>,
    mistakes: Vec<Error>,
}

impl Draft {
    pub(super) fn new() -> Self {
        let default =
            |key: &'static SettingKey| (key, Origin::Default, SettingValue::One(key.default.to_owned()));
        Self { strongest: KEYS.iter().map(default).collect(), mistakes: Vec::new() }
    }

    /// Goes on without what is a mistake, and remembers that.
    pub(super) fn unless_mistaken<T>(&mut self, read: Result<T, Error>) -> Option<T> {
        read.map_err(|mistake| self.mistakes.push(mistake)).ok()
    }

    pub(super) fn put(&mut self, key: &'static SettingKey, origin: Origin, written: SettingValue) {
        if let Some(slot) = self.strongest.iter_mut().find(|(other, ..)| other.name == key.name) {
            *slot = (key, origin, written);
        }
    }

    fn is_unset(&self, name: &str) -> bool {
        self.strongest.iter().any(|(key, _, written)| key.name == name && written.is_empty())
    }

    pub(super) fn add_toml(&mut self, text: &str, origin: &Origin) {
        let table = text.parse().map_err(|error: toml::de::Error| Error::Syntax {
            origin: origin.clone(),
            detail: error.to_string(),
        });
        let table: toml::Table = self.unless_mistaken(table).unwrap_or_default();
        for (name, value) in &table {
            match value {
                toml::Value::Table(section) if is_section(name) => {
                    for (field, value) in section {
                        self.add_value(&format!("{name}.{field}"), value, origin);
                    }
                }
                value => self.add_value(name, value, origin),
            }
        }
    }

    fn add_value(&mut self, name: &str, value: &toml::Value, origin: &Origin) {
        let read = SettingKey::find(name).ok_or_else(|| unknown(name, origin)).and_then(|key| {
            let written = SettingValue::from_toml(value).map_err(|why| bad_value(key, origin, why))?;
            Ok((key, written))
        });
        if let Some((key, written)) = self.unless_mistaken(read) {
            self.put(key, origin.clone(), written);
        }
    }

    /// Fills in the places that depend on who runs the program, where nobody named them.
    pub(super) fn fill_places(&mut self, environment: &Environment) {
        let places = [("data.dir", environment.data_dir()), ("data.key_file", environment.credential_key())];
        for (name, place) in places {
            if let (Some((origin, path)), Some(key), true) =
                (place, SettingKey::find(name), self.is_unset(name))
            {
                self.put(key, origin, SettingValue::One(path.to_string_lossy().into_owned()));
            }
        }
    }

    /// With a certificate of its own the server is where browsers look for it, unless somebody said where it is.
    fn fill_addresses(&mut self) {
        let is_unsaid = self
            .strongest
            .iter()
            .any(|(key, origin, _)| key.name == "server.listen" && *origin == Origin::Default);
        if let (true, false, Some(key)) =
            (is_unsaid, self.is_unset("tls.domains"), SettingKey::find("server.listen"))
        {
            let usual = ["https://[::]:443", "redirect://[::]:80"].map(str::to_owned);
            self.put(key, Origin::Setting("tls.domains"), SettingValue::Many(usual.to_vec()));
        }
    }

    pub(super) fn finish(mut self) -> Result<(Config, Vec<Setting>), Mistakes> {
        self.fill_addresses();
        let mut config = Config::default();
        let mut settings = Vec::with_capacity(self.strongest.len());
        for (key, origin, written) in self.strongest {
            // Some defaults are to have nothing at all, which is not a value that anybody may write.
            if (origin != Origin::Default || !key.default.is_empty())
                && let Err(why) = (key.apply)(&mut config, &written)
            {
                self.mistakes.push(bad_value(key, &origin, why));
            }
            settings.push(Setting { key, value: written.to_string(), origin });
        }
        // Without them, what spans several settings would be judged by values that nobody meant.
        Mistakes::refuse(self.mistakes)?;
        Ok((config.settled()?, settings))
    }
}

impl Config {
    /// The rules that span several settings.
    fn settled(mut self) -> Result<Self, Mistakes> {
        let mut mistakes = Vec::new();
        // The relay's rules look at the address that a certificate may give.
        mistakes.extend(self.settle_certificate().and_then(|()| self.settle_mail()).err());
        if self.cors.api_origins.len() > 1 && self.cors.api_origins.iter().any(|origin| origin == "*") {
            mistakes.push(Error::Together("cors.api_origins: \"*\" stands alone; remove it or the others"));
        }
        if self.data.dir.as_os_str().is_empty() {
            mistakes.push(Error::Together(
                "data.dir: there is no home folder to put it in; set data.dir, --data-dir or PEERBOX_DATA_DIR",
            ));
        }
        if self.backup.dir.as_os_str().is_empty() {
            self.backup.dir = self.data.dir.join("backups");
        }
        if let Some(path) = &self.data.passphrase_file {
            match read_secret(Origin::Setting("data.passphrase_file"), path) {
                Ok(passphrase) => self.data.passphrase = Some(passphrase),
                Err(mistake) => mistakes.push(mistake),
            }
        }
        Mistakes::refuse(mistakes)?;
        Ok(self)
    }
}

fn sections() -> impl Iterator<Item = &'static str> {
    KEYS.iter().filter_map(|key| key.name.split_once('.')).map(|(section, _)| section)
}

fn is_section(name: &str) -> bool {
    sections().any(|section| section == name)
}

fn unknown(name: &str, origin: &Origin) -> Error {
    let section = if name.contains('.') { None } else { nearest(name, sections()) };
    let close = section.or_else(|| SettingKey::closest(name).map(|key| key.name));
    Error::UnknownKey { origin: origin.clone(), key: name.to_owned(), nearest: close.map(str::to_owned) }
}

fn bad_value(key: &SettingKey, origin: &Origin, why: String) -> Error {
    Error::Value { origin: origin.clone(), key: key.name, why }
}
