//! Text from outside: byte-order marks, normal forms, charsets.

use crate::support::app::{App, PASSWORD, USER, temporary_folder};
use crate::support::owner::{Owner, settings_of_a_channel};
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::site::Site;

const MARK: &str = "\u{feff}";

#[tokio::test]
async fn byte_order_marks_are_no_part_of_json_passwords_and_settings() {
    let app = App::start().await;
    let body = format!("{MARK}{}", settings_of_a_channel());
    let owner = app.owner();
    owner.post(&owner.path("/channel"), "application/json", &body).await.ok();

    let piped = ["user", "add", "--account", "first", "piped", "--password-stdin"];
    app.installation.succeed(&piped, &format!("{MARK}piped password\r\n"));
    let file = app.installation.root().join("password");
    let in_utf_16: Vec<u8> =
        "\u{feff}password in a file\r\n".encode_utf16().flat_map(u16::to_le_bytes).collect();
    for (user, bytes) in [("filed", format!("{MARK}password in a file\n").into_bytes()), ("wide", in_utf_16)]
    {
        std::fs::write(&file, bytes).expect("space");
        app.installation.succeed(
            &["user", "add", "--account", "first", user, "--password-stdin"],
            "password in a file\n",
        );
        let remote = ["remote", "--server", &app.site.base(), "--user", user, "channel", "list"];
        let ended = app.installation.command(&remote).env("PEERBOX_PASSWORD_FILE", &file).output();
        let ended = ended.expect("the executable");
        assert!(ended.status.success(), "{}", String::from_utf8_lossy(&ended.stderr));
        Owner::new(&app.site, 1, user, "password in a file").list().await.ok();
    }
    Owner::new(&app.site, 1, "piped", "piped password").list().await.ok();

    let installation = Installation::with_account();
    let server = installation.serve_with(&format!("{MARK}server.listen = \"127.0.0.1:0\"\n")).await;
    server.owner().list().await.ok();
}

#[tokio::test]
async fn byte_order_marks_are_no_part_of_certificates_and_keys() {
    let folder = temporary_folder();
    let made = rcgen::generate_simple_self_signed(["127.0.0.1".to_owned()]).expect("a certificate");
    let path = |name: &str| folder.path().join(name).display().to_string();
    std::fs::write(path("cert.pem"), format!("{MARK}{}", made.cert.pem())).expect("space");
    std::fs::write(path("key.pem"), format!("{MARK}{}", made.signing_key.serialize_pem())).expect("space");
    let toml = format!("tls.cert_file = '{}'\ntls.key_file = '{}'", path("cert.pem"), path("key.pem"));
    let app = App::with(&toml).await;
    let trusted = reqwest::Certificate::from_pem(made.cert.pem().as_bytes()).expect("a certificate");
    let site = Site::trusting(&format!("https://{}", app.site.authority()), [trusted]);
    Owner::new(&site, 1, USER, PASSWORD).list().await.ok();

    let installation = Installation::with_account();
    let key = std::fs::read_to_string(installation.key_file()).expect("a key");
    std::fs::write(installation.key_file(), format!("{MARK}{key}")).expect("space");
    installation.succeed(&["account", "list"], "");
}

#[tokio::test]
async fn one_person_has_one_name_and_one_password_on_every_keyboard() {
    let app = App::start().await;
    let (composed, decomposed) = ("p\u{e4}ssw\u{f6}rd", "pa\u{308}sswo\u{308}rd");
    let jose = app.installation.create_account("caf\u{e9}", "Jos\u{e9}", decomposed);
    for user in ["jos\u{e9}", "Jose\u{301}", "JOSE\u{301}"] {
        for password in [composed, decomposed] {
            Owner::new(&app.site, jose, user, password).list().await.ok();
        }
        Owner::new(&app.site, jose, user, "passwo\u{308}rd").list().await.refused(401);
    }
    let mut person = Person::new(&app.site);
    person.sign_in("Jose\u{301}", composed).await;
    let found = app.installation.succeed(&["user", "list", "--account", "cafe\u{301}"], "");
    assert!(found.contains("Jos\u{e9}"), "{found}");
    let (account, code) = app.installation.createaccount("cafe\u{301}", "another", PASSWORD);
    assert!(account.ends_with(&format!("account-id:{jose}")) && code == Some(0), "{account}");
}

#[tokio::test]
async fn no_name_is_given_that_passes_for_another() {
    let app = App::with("accounts.signup = \"open\"\nlimits.login = \"100 per 15m\"").await;
    app.installation.create_account("box", "Jos\u{e9} 1", PASSWORD);
    let add = |name: &str| {
        let arguments = ["user", "add", "--account", "first", name, "--password-stdin"];
        app.installation.run(&arguments, "a password\n").status.code()
    };
    for twin in ["jose\u{301} 1", "JOS\u{c9} \u{ff11}", "jos\u{e9}\u{a0}1", "jos\u{e9}  1"] {
        assert_eq!(add(twin), Some(7), "{twin:?} is taken");
    }
    let unseen = ["jos\u{e9}\u{200b} 1", "\u{202e}jos\u{e9}", "jos\u{e9}\u{7}", "jo\u{ad}se", "\u{feff}jose"];
    let mixed = ["us\u{435}rname", "\u{3bf}wner", "\u{441}\u{43e}\u{441}\u{43e}"];
    let mut visitor = Person::new(&app.site);
    visitor.get("/register").await.is(200);
    for name in unseen.into_iter().chain(mixed) {
        assert_eq!(add(name), Some(2), "{name:?}");
        let as_user = [("account", "fresh"), ("user", name), ("password", PASSWORD)];
        visitor.post("/register", &as_user).await.is(422);
        let as_account = [("account", name), ("user", "fresh"), ("password", PASSWORD)];
        visitor.post("/register", &as_account).await.is(422);
    }
    for name in ["Мария", "Ελένη", "佐藤 Ken", "Kjær", "box@example.org"] {
        assert_eq!(add(name), Some(0), "{name:?}");
    }
}

#[tokio::test]
async fn text_is_shown_and_found_in_the_charset_that_it_declares() {
    let app = App::start().await;
    let channel = app.channel().await;
    let owner = channel.two_way().await;
    owner.write_as("text/plain; charset=iso-8859-1", b"un caf\xe9 cr\xe8me".to_vec()).await.ok();
    owner
        .write_as("application/json; charset=\"windows-1251\"", b"{\"word\":\"\xec\xe8\xf0\"}".to_vec())
        .await
        .ok();
    owner.write_as("text/plain", b"\xef\xbb\xbfmarked".to_vec()).await.ok();
    let mut person = Person::new(&app.site);
    person.sign_in(USER, PASSWORD).await;
    let (talk, list) = (format!("/channels/{}", channel.id), "/inbox?view=all");
    for path in [talk.as_str(), list] {
        let page = person.get(path).await.is(200).text();
        for words in ["un café crème", "мир", "marked"] {
            assert!(page.contains(words), "{words} on {path}");
        }
        assert!(!page.contains('\u{feff}') && !page.contains('\u{fffd}'), "{path}");
    }
    for (sequence, words) in [(1, "un café crème"), (2, "мир"), (3, "marked")] {
        assert!(person.get(&format!("/m/{}/{sequence}", channel.id)).await.is(200).text().contains(words));
    }
    assert!(person.get("/inbox?view=all&q=caf%C3%A9").await.is(200).text().contains("crème"));
    let raw = person.get(&format!("/m/{}/1/raw", channel.id)).await.is(200);
    assert_eq!(raw.header("content-type"), Some("text/plain; charset=windows-1252"));
    assert_eq!(&raw.body[..], b"un caf\xe9 cr\xe8me");
}
