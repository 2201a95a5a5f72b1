//! Which addresses the server calls: none inside, whatever somebody types in and however it is written.

use crate::support::app::{PASSWORD, USER};
use crate::support::bearer::Bearer;
use crate::support::person::Person;
use crate::support::process::Installation;
use crate::support::receiver::{Receiver, hook, says};

#[tokio::test]
async fn nothing_inside_is_called() {
    let installation = Installation::with_account();
    let mut receiver = Receiver::start().await;
    let port = receiver.port();
    // While the operator allows everything they are taken.
    let mut server = installation.serve("push.allow_private = \"0.0.0.0/0, ::/0\"").await;
    let channel = server.owner().channel().await;
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    let hosts = [
        "127.0.0.1",
        "localhost",
        "0x7f.1",
        "2130706433",
        "0177.0.0.1",
        "127.1",
        "0.0.0.0",
        "[::1]",
        "[::]",
        "[::ffff:127.0.0.1]",
        "[64:ff9b::7f00:1]",
        "[fe80::1]",
        "[ff02::1]",
        "169.254.169.254",
        "10.0.0.1",
    ]
    .map(|host| format!("http://{host}:{port}/"));
    let mut pages = Vec::new();
    for url in &hosts {
        // A channel has only so many.
        let channel = server.owner().channel().await;
        pages.push((hook(&mut person, &channel, url, &[]).await, channel.two_way().await));
    }
    server.signal("TERM");
    server.end().await;

    let server = installation.serve("").await;
    let mut person = Person::new(&server.site);
    person.sign_in(USER, PASSWORD).await;
    for (url, (page, other)) in hosts.iter().zip(pages) {
        Bearer { site: server.site.clone(), ..other }.wrote("one").await;
        says(&person, &page, "private network, or to this machine").await;
        person.get(&page).await.is(200);
        person.post(&format!("{page}/send"), &[]).await.is(303);
        says(&person, &page, "A test").await;
        assert!(receiver.waiting().is_empty(), "{url}");
    }
    // Now the form says so itself; only what another name leads to shows when it is called.
    let path = format!("/channels/{}/webhooks", channel.id);
    for url in &hosts {
        person.get(&path).await.is(200);
        let refused = person.post(&path, &[("address", url), ("form", "standard")]).await.is(422).text();
        assert!(refused.contains("private network, or to this machine"), "{url}: {refused}");
    }
}
