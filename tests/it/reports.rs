//! What programs report of transactions, as the pages show it.

use base64_simd::STANDARD;
use serde_json::{Value, json};

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::person::Person;

/// A transaction and its path, made by a program of its own, in another language; and the root.
const TX: &str = "cf5acea19143838ad019dc23333dbacfd7e5e46bc26627cf917e06bbe8ccc0a8";
const PATH: &str = "fe32240d000402040041b637cfd9eb3e2f60f734f9ca44e5c1559c6f481d49d6ed6891f3e9a086ac780502a8c0\
    cce8bb067e91cf2766c26be4e5d7cfba3d3323dc19d08a834391a1ce5acf0103003da9193091b4cb9b9668525a\
    61ca458102bc8a763f5203fc85c2bae8f562dd75010000c05116dd36c68db8709c64fe765959c54242548c56be\
    ded17b7621017631cd5b010100dde11710e3359de15858b69d3166208faf70aa296bdaafae2bda6ab851b446fa";
const ROOT: &str = "42a5c2cc06558aad4c202c5e6c540ab2474840657cae224d9c44159b0ba274fd";

fn mined() -> Value {
    json!({"timestamp": "2026-11-20T10:00:00.123456789Z", "txid": TX, "txStatus": "MINED", "merklePath": PATH,
           "blockHash": ROOT, "blockHeight": 861_234, "extraInfo": "", "competingTxs": null, "later": "kept"})
}

async fn report(to: &Bearer, body: &Value) -> i64 {
    let headers = [("content-type", "application/json; charset=UTF-8")];
    to.call("POST", "", &headers, body.to_string()).await.ok()["sequence"].as_i64().expect("a number")
}

#[tokio::test]
async fn a_report_is_read_in_the_inbox_and_on_its_page() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let processor = channel.two_way().await;
    let sequence = report(&processor, &mined()).await;
    let list = person.get("/inbox").await.is(200).text();
    assert!(list.contains("Mined in block 861\u{202f}234") && list.contains("cf5acea1…c0a8"), "{list}");
    let page = person.get(&format!("/m/{}/{sequence}", channel.id)).await.is(200).text();
    for part in ["ARC callback", TX, ROOT, "Consistent, root", "Compare it with the root", "later", "kept"] {
        assert!(page.contains(part), "{part}: {page}");
    }
    assert!(!page.contains("valid path"), "{page}");
    let rejected =
        json!({"txid": TX, "txStatus": "REJECTED", "extraInfo": "<b>fee</b>", "competingTxs": [ROOT]});
    let sequence = report(&processor, &rejected).await;
    let page = person.get(&format!("/m/{}/{sequence}", channel.id)).await.is(200).text();
    assert!(page.contains("Rejected: &#60;b&#62;fee") && page.contains("Competing transactions"), "{page}");
}

#[tokio::test]
async fn what_the_page_leaves_out_it_says() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let processor = channel.two_way().await;
    for (number, words) in [(20, None), (23, Some("3 more, in the message itself")), (700, Some("680 more"))]
    {
        let ids: Vec<_> = (0..number).map(|at| format!("{at:064x}")).collect();
        let body = json!({"txid": TX, "txStatus": "DOUBLE_SPEND_ATTEMPTED", "competingTxs": ids});
        let sequence = report(&processor, &body).await;
        let page = person.get(&format!("/m/{}/{sequence}", channel.id)).await.is(200).text();
        let (facts, _raw) = page.split_once("id=\"raw\"").unwrap_or((&page, ""));
        let said = facts.contains("in the message itself");
        assert_eq!(said, words.is_some(), "{number}: {facts}");
        assert!(words.is_none_or(|words| facts.contains(words)), "{number}: {facts}");
    }
    let mut many = mined();
    for number in 0..50 {
        many[format!("member{number}")] = json!(number);
    }
    let sequence = report(&processor, &many).await;
    let page = person.get(&format!("/m/{}/{sequence}", channel.id)).await.is(200).text();
    // One that is unknown is there already.
    assert!(page.contains("<bdi>11 more</bdi></dt><dd dir=\"auto\">in the message itself"), "{page}");
}

#[tokio::test]
async fn what_mapi_is_told_to_seal_with_opens_with_the_holders_key() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let secret = crypto_box::SecretKey::from_bytes([7; 32]);
    let public = STANDARD.encode_to_string(secret.public_key().as_bytes());
    let key = format!("libsodium sealed_box {public}");
    person.submit("/profile/keys", "/profile/keys", &[("key", &key)]).await.is(303);
    let fields = [("label", "Payments"), ("preset", "callbacks"), ("min_days", ""), ("max_days", "")];
    let made = person.submit("/channels/new", "/channels/new", &fields).await.is(303);
    let place = Person::sent_to(&made).to_owned();
    let page = person.get(&place).await.is(200).text().replace("&#34;", "\"").replace("&#43;", "+");
    let line = |from: &str| page.split_once(from).and_then(|(_, rest)| rest.split('"').next());
    let said = |name: &str| line(&format!("\"{name}\": \"")).expect("a member");
    let (address, token) = (said("callBackUrl"), said("callBackToken"));
    let told = said("callBackEncryption").strip_prefix("libsodium sealed_box ").expect("the algorithm");
    let told: [u8; 32] = STANDARD.decode_to_vec(told).expect("Base64").try_into().expect("32 bytes");

    // As mAPI seals it.
    let body =
        json!({"callbackTxId": TX, "callbackReason": "merkleProof", "callbackPayload": {}}).to_string();
    let random = &mut crypto_box::aead::OsRng;
    let sealed = crypto_box::PublicKey::from_bytes(told).seal(random, body.as_bytes()).expect("a box");
    let path = address.split_once("/api/v1").expect("an address of the API").1;
    let headers = [("authorization", token), ("content-type", "application/octet-stream")];
    app.site.call("POST", &format!("/api/v1{path}"), &headers, sealed.clone()).await.ok();
    let id = path.rsplit('/').next().expect("the id");
    let message = person.get(&format!("/m/{id}/1")).await.is(200).text();
    assert!(message.contains("data-box"), "the browser opens it: {message}");
    let given = person.get(&format!("/m/{id}/1/box")).await.is(200).json();
    let given = STANDARD.decode_to_vec(given["box"].as_str().expect("a box")).expect("Base64");
    assert_eq!(given, sealed);
    assert_eq!(secret.unseal(&given).expect("it opens"), body.as_bytes());
}

#[tokio::test]
async fn a_batch_has_its_transactions_inside() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let processor = channel.two_way().await;
    let entries: Vec<_> =
        (0..500).map(|at| json!({"txid": format!("{at:064x}"), "txStatus": "SEEN_ON_NETWORK"})).collect();
    let sequence = report(&processor, &json!({"count": 500, "callbacks": entries})).await;
    let list = person.get("/inbox").await.is(200).text();
    assert!(list.contains("500 transactions · 500 Seen on network"), "{list}");
    assert_eq!(list.matches("class=\"inside\"").count(), 1);
    assert!(list.contains("480 more in the message"), "{list}");
    let page = person.get(&format!("/m/{}/{sequence}", channel.id)).await.is(200).text();
    assert!(page.contains("Transactions 1 to 100 of 500."), "{page}");
    let place = format!("/channels/{}/transactions", channel.id);
    let rows = person.get(&format!("{place}?page=4")).await.is(200).text();
    let id = format!("{:064x}", 450);
    let link = format!("/m/{}/{sequence}?tx={id}", channel.id);
    assert!(rows.contains(&format!("href=\"{link}\"")), "{rows}");
    let page = person.get(&link).await.is(200).text();
    assert!(page.contains(&format!("<dt>Transaction</dt><dd><code dir=\"auto\">{id}<")), "{page}");
    assert_eq!(page.matches("<dt>Transaction</dt>").count(), 1, "{page}");
    assert!(page.contains("1 of 500 reports in this message"), "{page}");
    let mut met = 0;
    let mut next = Some(format!("/m/{}/{sequence}?from=0", channel.id));
    while let Some(link) = next {
        let page = person.get(&link).await.is(200).text();
        met += page.matches("<dt>Transaction</dt>").count();
        let (_, address) = page.split_once("rel=\"next\" href=\"").unzip();
        next = address.and_then(|rest| rest.split('"').next()).map(|link| link.replace("&#38;", "&"));
    }
    assert_eq!(met, 500, "each of them is on a page");
    let beyond = person.get(&format!("/m/{}/{sequence}?from=900&tx=none", channel.id)).await.is(200).text();
    assert!(beyond.contains("There are only 500.") && beyond.contains("from=800"), "{beyond}");
}

#[tokio::test]
async fn what_nothing_ties_or_signs_is_said_to_be_so() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let processor = channel.two_way().await;
    let mut untied = mined();
    untied["txid"] = json!("seven");
    let sequence = report(&processor, &untied).await;
    let page = person.get(&format!("/m/{}/{sequence}", channel.id)).await.is(200).text();
    assert!(page.contains("Leads to the root") && !page.contains("Consistent"), "{page}");
    let payload =
        json!({"callbackTxId": TX, "callbackReason": "doubleSpend", "minerId": "inside"}).to_string();
    let envelope = json!({"payload": payload, "signature": "", "publicKey": "", "minerId": "beside"});
    let sequence = report(&processor, &envelope).await;
    let page = person.get(&format!("/m/{}/{sequence}", channel.id)).await.is(200).text();
    let (facts, outside) = page.split_once("id=\"outside\"").expect("what stands beside");
    assert!(
        facts.contains("inside") && !facts.contains(">beside<") && outside.contains(">beside<"),
        "{page}"
    );
}

#[tokio::test]
async fn a_proof_for_another_block_than_that_of_the_report_is_not_called_good() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let processor = channel.two_way().await;
    let (here, there) = ("aa".repeat(32), "bb".repeat(32));
    let proof = |more: Value| {
        let mut proof = json!({"index": 0, "txOrId": TX, "nodes": ["*"], "later": "kept"});
        proof.as_object_mut().expect("one").extend(more.as_object().expect("one").clone());
        json!({"callbackTxId": TX, "callbackReason": "merkleProof", "blockHash": here, "callbackPayload": proof})
    };
    let (other, same) = (json!({"target": there}), json!({"target": here, "targetType": "hash"}));
    for (more, words, is_target_listed) in [
        (other, "Consistent, but for another block than that of the report", false),
        (same, "Compare it with the root in the block’s header.", false),
        (json!({"target": {"hash": there}}), "Consistent, but for another block", true),
        (json!({"target": there, "targetType": "later"}), "Compare it with", true),
        (json!({"target": there, "composite": true}), "Cannot be read: it is a composite one", true),
        (json!({"target": there, "proofType": "tree"}), "Cannot be read: it is no branch", true),
    ] {
        let sequence = report(&processor, &proof(more.clone())).await;
        let page = person.get(&format!("/m/{}/{sequence}", channel.id)).await.is(200).text();
        let (facts, _raw) = page.split_once("id=\"raw\"").unwrap_or((&page, ""));
        assert!(facts.contains(words), "{more}: {facts}");
        // Each block that the report speaks of is there to read.
        assert_eq!(facts.contains(&there), more.to_string().contains(&there), "{more}: {facts}");
        for name in ["later", "target", "targetType", "composite", "proofType", "index", "txOrId", "nodes"] {
            let is_told = name == "later"
                || more.get(name).is_some() && (is_target_listed || !name.starts_with("target"));
            assert_eq!(
                facts.contains(&format!("<bdi>{name}</bdi></dt>")),
                is_told,
                "{name}, {more}: {facts}"
            );
        }
    }
}

#[tokio::test]
async fn a_list_reads_large_batches_and_no_more_than_a_page_may_cost() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let processor = app.channel().await.two_way().await;
    let mut long = mined();
    long["later"] = json!("x".repeat(900 * 1024));
    for _ in 0..6 {
        report(&processor, &long).await;
    }
    let list = person.get("/inbox").await.is(200).text();
    assert_eq!(list.matches("Mined in block").count(), 4, "{list}");
}

#[tokio::test]
async fn messages_of_wallets_are_named() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let channel = app.channel().await;
    let wallet = channel.two_way().await;
    let body = [b"\x42\x42\x10\x33".as_slice(), &[200; 60]].concat();
    wallet.call("POST", "", &[("content-type", "application/octet-stream")], body).await.ok();
    let body = [b"\x42\x42\x33\x01".as_slice(), &[200; 60]].concat();
    wallet.call("POST", "", &[("content-type", "application/octet-stream")], body).await.ok();
    let list = person.get("/inbox").await.is(200).text();
    assert!(list.contains("BRC-78 encrypted message") && list.contains("BRC-77 signature"), "{list}");
    assert!(!list.contains(">Sealed<"), "{list}");
    for (number, words) in [(1, "Only that wallet opens it"), (2, "It holds nothing to read")] {
        let page = person.get(&format!("/m/{}/{number}", channel.id)).await.is(200).text();
        assert!(page.contains(words) && !page.contains("data-lock"), "no key of ours opens it: {page}");
    }
}

#[tokio::test]
async fn a_channel_for_callbacks_comes_with_what_a_processor_is_told() {
    let app = App::start().await;
    let mut person = app.signed_in().await;
    let fields = [("label", "Payments"), ("preset", "callbacks"), ("min_days", ""), ("max_days", "")];
    let made = person.submit("/channels/new", "/channels/new", &fields).await.is(303);
    let place = Person::sent_to(&made).to_owned();
    let page = person.get(&place).await.is(200).text();
    let told = |from: &str| page.split_once(from).and_then(|(_, rest)| rest.split_whitespace().next());
    let (address, secret) = (told("X-CallbackUrl: "), told("X-CallbackToken: "));
    let (address, secret) = (address.expect("the address"), secret.expect("the secret"));
    assert!(page.contains(&format!("&#34;callBackToken&#34;: &#34;Bearer {secret}&#34;")), "{page}");
    assert!(!page.contains("callBackEncryption&#34;:"), "there is no key: {page}");
    let key = format!("libsodium sealed_box {}", base64_simd::STANDARD.encode_to_string([7; 32]));
    person.submit("/profile/keys", "/profile/keys", &[("key", &key)]).await.is(303);
    let with_key = person.get(&place).await.is(200).text();
    let (plain, sealed) = with_key.split_once("id=\"mapi-sealed\"").expect("both forms");
    assert!(
        plain.contains("&#34;callBackToken&#34;") && !plain.contains("callBackEncryption&#34;:"),
        "{plain}"
    );
    assert!(sealed.contains(&format!("callBackEncryption&#34;: &#34;{key}&#34;")), "{sealed}");
    let (_, path) = address.split_once("/api/v1").expect("an address of the API");
    let authorization = format!("Bearer {secret}");
    let headers = [("authorization", authorization.as_str()), ("content-type", "application/json")];
    let path = format!("/api/v1{path}");
    app.site.call("POST", &path, &headers, mined().to_string()).await.ok();
    app.site.call("GET", &path, &headers, "").await.refused(401);
    let id = path.rsplit('/').next().expect("the id");
    let settings = person.get(&format!("/channels/{id}/settings")).await.is(200).text();
    assert!(
        settings.contains("value=\"90\"") && settings.contains("value=\"callbacks\" checked"),
        "{settings}"
    );
    let table = person.get(&format!("/channels/{id}/transactions")).await.is(200).text();
    assert!(table.contains("Mined in block"), "{table}");
}
