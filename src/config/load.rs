//! Brings the sources together: flag, then environment, then file, then default.

use std::borrow::Cow;
use std::path::PathBuf;

use crate::config::Config;
use crate::config::draft::{Draft, Setting};
use crate::config::environment::{self, Environment};
use crate::config::error::{Error, Mistakes, Origin};
use crate::config::flags::Flags;
use crate::config::keys::SettingKey;
use crate::domain::text;

/// A configuration with the story of how it came about.
#[derive(Debug)]
pub struct Loaded {
    pub config: Config,
    /// One for each key, in that order.
    pub settings: Vec<Setting>,
    /// The file that was read, if there was one.
    pub file: Option<PathBuf>,
}

/// Loads the configuration of this process.
///
/// # Errors
/// With every mistake that can be told from the others, not only the first.
pub fn load(flags: &Flags, environment: &Environment) -> Result<Loaded, Mistakes> {
    let mut draft = Draft::new();
    let file = draft.unless_mistaken(read_file(flags, environment)).flatten();
    if let Some((path, text)) = &file {
        draft.add_toml(text, &Origin::File(Some(path.clone())));
    }
    for setting in environment.settings() {
        if let Some((key, origin, written)) = draft.unless_mistaken(setting) {
            draft.put(key, origin, written);
        }
    }
    for (flag, name, written) in &flags.settings {
        if let Some(key) = SettingKey::find(name) {
            draft.put(key, Origin::Flag(flag), written.clone());
        }
    }
    draft.fill_places(environment);
    let (mut config, settings) = draft.finish()?;
    config.log.undated = environment.is_read_by_journal();
    config.data.generated_key_file = environment.generated_key_file();
    Ok(Loaded { config, settings, file: file.map(|(path, _)| path) })
}

impl Config {
    /// Reads a configuration from the text of a file alone, without environment; for programs that embed the
    /// server, tests among them. `data.dir` must be given.
    pub fn from_toml(text: &str) -> Result<Self, Mistakes> {
        let mut draft = Draft::new();
        draft.add_toml(text, &Origin::File(None));
        draft.finish().map(|(config, _settings)| config)
    }
}

/// The configuration file's path and text: the one that was named, or the first usual one that exists.
fn read_file(flags: &Flags, environment: &Environment) -> Result<Option<(PathBuf, String)>, Error> {
    let flag = flags.config.clone().map(|path| (Origin::Flag("--config"), path));
    let has_data = flags.settings.iter().any(|(_, name, _)| *name == "data.dir");
    let found = flag.or_else(|| environment.config_file()).or_else(|| {
        let usual = environment.usual_config_files();
        let there = usual.iter().find(|path| path.exists());
        // One that cannot be looked at is there for whoever named no data: to go on without it would be to use, or make,
        // other data.
        let hidden = || usual.iter().find(|path| !has_data && path.try_exists().is_err());
        let usual = there.or_else(hidden).cloned();
        usual.map(|path| (Origin::Default, path))
    });
    let Some((origin, path)) = found else { return Ok(None) };
    let text = std::fs::read(&path)
        .and_then(|bytes| text::decode(&bytes).map(Cow::into_owned).ok_or_else(environment::no_text));
    match text {
        Ok(text) => Ok(Some((path, text))),
        Err(reason) => Err(Error::Unreadable { origin, path, reason }),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::HashSet;
    use std::time::Duration;

    use super::*;
    use crate::config::keys::KEYS;
    use crate::config::{Listen, Rate, Signup, Speaks};

    const HOME: (&str, &str) = ("HOME", "/home/anna");

    #[test]
    fn every_default_can_be_used() {
        let config = Config::from_toml("[data]\ndir = 'd'").expect("usable");
        assert_eq!(
            config.server.listen,
            [Listen::Tcp("127.0.0.1:5010".parse().expect("an address"), Speaks::Http)]
        );
        assert_eq!(config.server.base_url, None);
        assert_eq!(config.tls, None);
        assert_eq!(config.limits.token_requests, None);
        assert_eq!(config.limits.login, Rate { count: 5, per: Duration::from_mins(15) });
    }

    #[test]
    fn every_setting_has_one_name_and_a_sentence() {
        let names: HashSet<_> = KEYS.iter().map(|key| key.name).collect();
        assert_eq!(names.len(), KEYS.len());
        for key in KEYS {
            assert!(key.meaning.ends_with('.'), "{}", key.name);
        }
    }

    #[test]
    fn every_setting_can_be_read_from_a_file() {
        let config = Config::from_toml(
            r#"
            hsts = true
            [server]
            listen = ["127.0.0.1:80", "unix:/run/p.sock"]
            workers = 3
            [data]
            dir = "/data"
            [accounts]
            signup = "open"
            [limits]
            message_bytes = "1M"
            login = "3 per minute"
            token_requests = 0
            [api]
            notification_text = "ding, dong"
            "#,
        )
        .expect("usable");
        assert!(config.hsts);
        assert_eq!(config.server.listen[1], Listen::Unix("/run/p.sock".into()));
        assert_eq!(config.server.workers, Some(3));
        assert_eq!(config.accounts.signup, Signup::Open);
        assert_eq!(config.limits.message_bytes, 1 << 20);
        assert_eq!(config.limits.login, Rate { count: 3, per: Duration::from_mins(1) });
        assert_eq!(config.api.notification_text, "ding, dong");
    }

    #[test]
    fn a_file_that_cannot_be_used_is_refused_with_the_reason() {
        let check = |text: &str, expect: &str| {
            let error = Config::from_toml(text).expect_err(text).to_string();
            assert_eq!(error, format!("the configuration: {expect}"));
        };
        check("[server]\nlisen = 1", r#"there is no setting "server.lisen"; did you mean "server.listen"?"#);
        check("[sever]\nlisten = 1", r#"there is no setting "sever"; did you mean "server"?"#);
        check("listen = 1", r#"there is no setting "listen"; did you mean "server.listen"?"#);
        check("[zzz]", r#"there is no setting "zzz"; `peerbox config keys` lists them all"#);
        check("hsts = [true]", "hsts: takes one value, not a list");
        check("[server]\nlisten = []", "server.listen: the list is empty; write at least one");
        check(
            "[server]\nunix_mode = 660",
            r#"server.unix_mode: "660" is not a mode; write four octal digits in quotes, such as "0660""#,
        );
        check("[ui]\ntitle = ''", "ui.title: is empty");
        check("[accounts]\nsignup = 'invite'", r#"accounts.signup: "invite" is not one of closed, open"#);
        check(
            "[limits]\nmessage_bytes = '17M'",
            r#"limits.message_bytes: "17M" is out of range; write 1 to 16M"#,
        );
    }

    #[test]
    fn settings_that_belong_together_are_checked_together() {
        let check = |text: &str, expect: &str| {
            let error = Config::from_toml(text).expect_err(text).to_string();
            assert!(error.starts_with(expect), "{error}");
        };
        check("[tls]\ncert_file = 'a'\n[data]\ndir = 'd'", "tls.cert_file and tls.key_file belong together");
        check("[cors]\napi_origins = ['*', 'https://a']\n[data]\ndir = 'd'", "cors.api_origins");
        check("", "data.dir");
    }

    #[test]
    fn each_mistake_is_told() {
        let file = "[server]\nlisten = '5010'\nwrong = 1\n[zzz]\n[log]\nformat = 'xml'\nlevel = 1979-05-27\n[tls]\ncert_file = 'c'";
        let told = Config::from_toml(file).expect_err("mistakes").to_string();
        let lines: Vec<&str> = told.lines().collect();
        assert_eq!((lines[0], lines.len()), ("the configuration has 5 mistakes:", 6), "{told}");
        for part in ["server.listen: ", "\"server.wrong\"", "\"zzz\"", "log.format: ", "log.level: "] {
            assert_eq!(lines[1..].iter().filter(|line| line.contains(part)).count(), 1, "{part} in {told}");
        }
        let spanning = "[tls]\ncert_file = 'c'\n[cors]\napi_origins = ['*', 'https://a']";
        let told = Config::from_toml(spanning).expect_err("mistakes").to_string();
        assert_eq!(told.lines().count(), 4, "{told}");
    }

    #[test]
    fn the_stronger_source_wins() {
        let folder = tempfile::tempdir().expect("folder");
        let file = folder.path().join("c.toml");
        std::fs::write(&file, "[ui]\ntitle = 'file'\nnotice = 'file'\ndefault_theme = 'dark'")
            .expect("written");
        let environment =
            Environment::from([HOME, ("PEERBOX_UI__TITLE", "variable"), ("PEERBOX_UI__NOTICE", "variable")]);
        let flags = Flags::reading(Some(file.clone())).with("--title", "ui.title", Some("flag".to_owned()));
        let loaded = load(&flags, &environment).expect("usable");
        let check = |name: &str, value: &str, origin: Origin| {
            let setting = loaded.settings.iter().find(|setting| setting.key.name == name).expect(name);
            assert_eq!((setting.value.as_str(), &setting.origin), (value, &origin));
        };
        check("ui.title", "flag", Origin::Flag("--title"));
        check("ui.notice", "variable", Origin::Variable("PEERBOX_UI__NOTICE".to_owned()));
        check("ui.default_theme", "dark", Origin::File(Some(file)));
        check("ui.disabled", "false", Origin::Default);
        check("data.dir", "/home/anna/.local/share/peerbox", Origin::System("HOME"));
        assert_eq!(
            loaded.config.data.generated_key_file,
            Some("/home/anna/.config/peerbox/master.key".into())
        );
    }

    #[test]
    fn a_named_file_that_is_missing_is_an_error() {
        let flags = Flags::reading(Some("/nowhere/c.toml".into()));
        let refused = load(&flags, &Environment::from([HOME])).expect_err("no file").to_string();
        assert!(refused.starts_with("--config: cannot read /nowhere/c.toml: "), "{refused}");
    }
}
