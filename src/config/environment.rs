//! The process's environment: read once, here and nowhere else.

use std::collections::BTreeMap;
use std::io;
use std::path::{Path, PathBuf};

use crate::config::error::{Error, Origin};
use crate::config::keys::{KEYS, SettingKey};
use crate::config::value::SettingValue;
use crate::domain::secret::Password;
use crate::domain::text;

/// A setting that a variable makes.
type Made = (&'static SettingKey, Origin, SettingValue);

/// Variables by name. There is no `Debug`: one of them may be a password.
pub struct Environment(BTreeMap<String, String>);

const PREFIX: &str = "PEERBOX_";
const FILE_SUFFIX: &str = "_FILE";

/// Short names, and the names by which existing compose files configure the reference server.
const ALIASES: &[(&str, &str)] = &[
    ("PEERBOX_DATA_DIR", "data.dir"),
    ("PEERBOX_KEY_FILE", "data.key_file"),
    ("PEERBOX_PASSPHRASE_FILE", "data.passphrase_file"),
    ("PEERBOX_LOG_FORMAT", "log.format"),
    ("AppConfiguration:MaxMessageContentLength", "limits.message_bytes"),
    ("AppConfiguration__MaxMessageContentLength", "limits.message_bytes"),
    ("AppConfiguration:NotificationTextNewMessage", "api.notification_text"),
    ("AppConfiguration__NotificationTextNewMessage", "api.notification_text"),
];

/// Variables of ours that are no settings.
const CONFIG: &str = "PEERBOX_CONFIG";
const PASSWORD: &str = "PEERBOX_PASSWORD";
const PASSWORD_FILE: &str = "PEERBOX_PASSWORD_FILE";

/// How the variables begin that `listen --exec` sets for a command, which may well be this program.
pub const OF_A_MESSAGE: &str = "PEERBOX_MESSAGE_";

impl Environment {
    /// Takes the variables of this process.
    #[expect(clippy::disallowed_methods, reason = "this is the one place that reads the environment")]
    pub fn of_process() -> Self {
        Self(
            std::env::vars_os()
                .map(|(name, value)| {
                    (name.to_string_lossy().into_owned(), value.to_string_lossy().into_owned())
                })
                .collect(),
        )
    }

    /// The configuration file that the environment names, by the variable that names it.
    pub(super) fn config_file(&self) -> Option<(Origin, PathBuf)> {
        self.get(CONFIG).map(|path| (Origin::Variable(CONFIG.to_owned()), PathBuf::from(path)))
    }

    /// The configuration files that are used without being named, the strongest first.
    pub(super) fn usual_config_files(&self) -> Vec<PathBuf> {
        let packaged = PathBuf::from("/etc/peerbox/config.toml");
        let own = self.config_home().map(|(_, folder)| folder.join("peerbox/config.toml"));
        [Some(packaged), own].into_iter().flatten().collect()
    }

    /// The folder for data that the system suggests: systemd's first, then the desktop's.
    pub(super) fn data_dir(&self) -> Option<(Origin, PathBuf)> {
        // systemd lists several folders with colons when a unit asks for several.
        let state = self.get("STATE_DIRECTORY").and_then(|list| list.split(':').next());
        if let Some(folder) = state {
            return Some((Origin::System("STATE_DIRECTORY"), PathBuf::from(folder)));
        }
        let (origin, folder) = self.base_folder("XDG_DATA_HOME", ".local/share")?;
        Some((origin, folder.join("peerbox")))
    }

    /// The master key that systemd hands to the service, if it does.
    pub(super) fn credential_key(&self) -> Option<(Origin, PathBuf)> {
        let path = Path::new(self.get("CREDENTIALS_DIRECTORY")?).join("peerbox-key");
        path.exists().then_some((Origin::System("CREDENTIALS_DIRECTORY"), path))
    }

    /// Where a master key is made when nobody names one.
    pub(super) fn generated_key_file(&self) -> Option<PathBuf> {
        self.config_home().map(|(_, folder)| folder.join("peerbox/master.key"))
    }

    /// Whether systemd's journal reads what the process writes.
    pub(super) fn is_read_by_journal(&self) -> bool {
        self.get("JOURNAL_STREAM").is_some()
    }

    /// The password for a command that needs one.
    pub fn password(&self) -> Result<Option<Password>, Error> {
        match (self.get(PASSWORD), self.get(PASSWORD_FILE)) {
            (Some(_), Some(_)) => Err(twice("the password", PASSWORD, PASSWORD_FILE)),
            (Some(text), None) => Ok(Some(Password::new(text))),
            (None, Some(path)) => {
                let origin = Origin::Variable(PASSWORD_FILE.to_owned());
                read_secret(origin, Path::new(path)).map(Some)
            }
            (None, None) => Ok(None),
        }
    }

    /// Every setting that the environment makes, each once, and what it seems to try.
    pub(super) fn settings(&self) -> Vec<Result<Made, Error>> {
        let mut named: BTreeMap<&'static str, &str> = BTreeMap::new();
        let made = self.0.iter().filter_map(|(variable, value)| {
            let (key, from_file) = match recognise(variable) {
                Ok(recognised) => recognised?,
                Err(mistake) => return Some(Err(mistake)),
            };
            if let Some(other) = named.insert(key.name, variable) {
                return Some(Err(twice(key.name, other, variable)));
            }
            let origin = Origin::Variable(variable.clone());
            if !from_file {
                return Some(Ok((key, origin, SettingValue::One(value.clone()))));
            }
            let path = PathBuf::from(value);
            Some(read_value(origin, &path).map(|text| {
                let origin = Origin::VariableFile { variable: variable.clone(), path };
                (key, origin, SettingValue::One(text))
            }))
        });
        made.collect()
    }

    /// Whether terminals get more than plain letters: people who do not want that set a variable.
    pub fn takes_colour(&self) -> bool {
        self.get("NO_COLOR").is_none()
    }

    /// Where a person's contacts lie.
    pub fn contacts_dir(&self) -> Option<PathBuf> {
        self.config_home().map(|(_, folder)| folder.join("peerbox"))
    }

    fn config_home(&self) -> Option<(Origin, PathBuf)> {
        self.base_folder("XDG_CONFIG_HOME", ".config")
    }

    /// A folder of the XDG base directory specification, which says to ignore relative paths.
    fn base_folder(&self, variable: &'static str, below_home: &str) -> Option<(Origin, PathBuf)> {
        let named = self.get(variable).map(PathBuf::from).filter(|path| path.is_absolute());
        if let Some(folder) = named {
            return Some((Origin::System(variable), folder));
        }
        let home = PathBuf::from(self.get("HOME")?);
        home.is_absolute().then(|| (Origin::System("HOME"), home.join(below_home)))
    }

    /// A variable's value; an empty one counts as unset, as shells and compose files leave them behind.
    fn get(&self, variable: &str) -> Option<&str> {
        self.0.get(variable).map(String::as_str).filter(|value| !value.is_empty())
    }
}

impl<const N: usize> From<[(&str, &str); N]> for Environment {
    fn from(variables: [(&str, &str); N]) -> Self {
        Self(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect())
    }
}

/// Tells which setting a variable makes and whether by naming a file; a foreign variable makes none.
fn recognise(variable: &str) -> Result<Option<(&'static SettingKey, bool)>, Error> {
    if let Some(key) = key_of(variable) {
        return Ok(Some((key, false)));
    }
    if !variable.starts_with(PREFIX)
        || variable.starts_with(OF_A_MESSAGE)
        || [CONFIG, PASSWORD, PASSWORD_FILE].contains(&variable)
    {
        return Ok(None);
    }
    if let Some(key) = variable.strip_suffix(FILE_SUFFIX).and_then(key_of) {
        return Ok(Some((key, true)));
    }
    let name = variable[PREFIX.len()..].to_lowercase().replace("__", ".");
    let nearest = SettingKey::closest(&name).map(SettingKey::variable);
    Err(Error::UnknownKey { origin: Origin::System("environment"), key: variable.to_owned(), nearest })
}

fn key_of(variable: &str) -> Option<&'static SettingKey> {
    let alias = ALIASES.iter().find(|(name, _)| *name == variable).and_then(|(_, key)| SettingKey::find(key));
    alias.or_else(|| KEYS.iter().find(|key| key.variable() == variable))
}

fn twice(key: &str, first: &str, second: &str) -> Error {
    Error::Twice { key: key.to_owned(), first: first.to_owned(), second: second.to_owned() }
}

/// The secret that is a file's only content.
pub(super) fn read_secret(origin: Origin, path: &Path) -> Result<Password, Error> {
    read_value(origin, path).map(Password::new)
}

/// The text of a file without its last line break.
fn read_value(origin: Origin, path: &Path) -> Result<String, Error> {
    let value = std::fs::read(path).and_then(|bytes| text::only_value(&bytes).ok_or_else(no_text));
    value.map_err(|reason| Error::Unreadable { origin, path: path.to_owned(), reason })
}

/// Why bytes cannot be read as text.
pub(super) fn no_text() -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, "it is not text in UTF-8")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings<const N: usize>(variables: [(&str, &str); N]) -> Result<Vec<String>, String> {
        let settings: Result<Vec<_>, _> = Environment::from(variables).settings().into_iter().collect();
        let settings = settings.map_err(|error| error.to_string())?;
        Ok(settings
            .iter()
            .map(|(key, origin, written)| format!("{}={written} ({origin})", key.name))
            .collect())
    }

    #[test]
    fn variables_become_settings() {
        let check = |name: &str, value: &str, expect: &str| {
            assert_eq!(settings([(name, value)]), Ok(vec![format!("{expect} ({name})")]));
        };
        check("PEERBOX_SERVER__LISTEN", "127.0.0.1:1,[::1]:2", "server.listen=127.0.0.1:1,[::1]:2");
        check("PEERBOX_HSTS", "true", "hsts=true");
        check("PEERBOX_DATA_DIR", "/d", "data.dir=/d");
        check("PEERBOX_KEY_FILE", "/k", "data.key_file=/k");
        check("PEERBOX_TLS__KEY_FILE", "/k", "tls.key_file=/k");
        check("AppConfiguration:MaxMessageContentLength", "9", "limits.message_bytes=9");
        check("AppConfiguration__NotificationTextNewMessage", "Hi", "api.notification_text=Hi");
    }

    #[test]
    fn a_variable_may_name_a_file_that_holds_the_value() {
        let folder = tempfile::tempdir().expect("folder");
        let path = folder.path().join("notice");
        std::fs::write(&path, "down on Sunday\n").expect("written");
        let path = path.to_str().expect("text");
        let expect = format!("ui.notice=down on Sunday (PEERBOX_UI__NOTICE_FILE ({path}))");
        assert_eq!(settings([("PEERBOX_UI__NOTICE_FILE", path)]), Ok(vec![expect]));
    }

    #[test]
    fn other_variables_are_left_alone() {
        assert_eq!(
            settings([("PEERBOX_MESSAGE_STATE", "open"), ("PEERBOX_PASSWORD", "x"), ("PEERBOX_CONFIG", "c")]),
            Ok(vec![])
        );
    }

    #[test]
    fn mistakes_are_refused() {
        let check = |variables, expect: &str| assert_eq!(settings(variables), Err(expect.to_owned()));
        check(
            [("PEERBOX_SERVER__LISEN", "x"), ("A", "")],
            "environment: there is no setting \"PEERBOX_SERVER__LISEN\"; did you mean \"PEERBOX_SERVER__LISTEN\"?",
        );
        check(
            [("PEERBOX_LISTEN", "x"), ("A", "")],
            "environment: there is no setting \"PEERBOX_LISTEN\"; did you mean \"PEERBOX_SERVER__LISTEN\"?",
        );
        check(
            [("PEERBOX_UI__TITLE", "x"), ("PEERBOX_UI__TITLE_FILE", "/x")],
            "ui.title is set by both PEERBOX_UI__TITLE and PEERBOX_UI__TITLE_FILE; remove one of them",
        );
        check(
            [("PEERBOX_DATA_DIR", "/a"), ("PEERBOX_DATA__DIR", "/b")],
            "data.dir is set by both PEERBOX_DATA_DIR and PEERBOX_DATA__DIR; remove one of them",
        );
    }

    #[test]
    fn systemd_knows_better_than_the_desktop_where_data_belongs() {
        let check = |variables, expect: Option<&str>| {
            let folder = Environment::from(variables).data_dir().map(|(_, path)| path);
            assert_eq!(folder.as_deref(), expect.map(Path::new));
        };
        check([("STATE_DIRECTORY", "/var/lib/a:/var/lib/b"), ("HOME", "/h")], Some("/var/lib/a"));
        check([("XDG_DATA_HOME", "/x"), ("HOME", "/h")], Some("/x/peerbox"));
        check([("XDG_DATA_HOME", "relative"), ("HOME", "/h")], Some("/h/.local/share/peerbox"));
        check([("XDG_DATA_HOME", ""), ("HOME", "")], None);
    }

    #[test]
    fn a_password_comes_from_one_place() {
        let password = |variables| Environment::from(variables).password();
        assert_eq!(password([("PEERBOX_PASSWORD", "x"), ("A", "")]).ok().flatten(), Some(Password::new("x")));
        assert_eq!(password([("B", ""), ("A", "")]).ok().flatten(), None);
        assert!(password([("PEERBOX_PASSWORD", "x"), ("PEERBOX_PASSWORD_FILE", "/x")]).is_err());
    }
}
