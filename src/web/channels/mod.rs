//! Channels: the list, making one, one as a conversation, its settings, its access tokens, handing it over, inviting people.

mod arrange;
mod contact;
mod conversation;
mod expiry;
mod fields;
mod given;
mod head;
mod invite;
mod link;
mod list;
mod new_channel;
mod phones;
mod reach;
mod reply;
mod sending;
mod settings;
mod share;
mod talk;
mod tokens;
mod transactions;
mod webhook;
mod webhook_asking;
mod webhook_form;
mod webhooks;
mod welcome;

use actix_web::web::ServiceConfig;

use crate::web::frame::routes::{PageRoute, get, post, register};

/// What is named `new` comes first, because the router tries them in order.
const TABLE: &[PageRoute] = &[
    get("/channels", |r| r.to(list::show)),
    get("/channels/new", |r| r.to(new_channel::ask)),
    post("/channels/new", |r| r.to(new_channel::make)),
    get("/invite", |r| r.to(invite::ask)),
    post("/invite", |r| r.to(invite::make)),
    get("/share", |r| r.to(given::choose)),
    get("/channels/{channel}", |r| r.to(conversation::show)),
    post("/channels/{channel}", |r| r.to(conversation::write)),
    post("/channels/{channel}/reply", |r| r.to(reply::save)),
    post("/channels/{channel}/read", |r| r.to(conversation::mark_read)),
    get("/channels/{channel}/settings", |r| r.to(settings::show)),
    post("/channels/{channel}/settings", |r| r.to(settings::save)),
    post("/channels/{channel}/close", |r| r.to(settings::close)),
    post("/channels/{channel}/arrange", |r| r.to(arrange::save)),
    get("/channels/{channel}/delete", |r| r.to(settings::ask_delete)),
    post("/channels/{channel}/delete", |r| r.to(settings::delete)),
    get("/channels/{channel}/transactions", |r| r.to(transactions::show)),
    get("/channels/{channel}/transactions.csv", |r| r.to(transactions::download)),
    get("/channels/{channel}/tokens", |r| r.to(tokens::show)),
    post("/channels/{channel}/tokens", |r| r.to(tokens::issue)),
    get("/channels/{channel}/tokens/{token}", |r| r.to(contact::show)),
    post("/channels/{channel}/tokens/{token}", |r| r.to(contact::save)),
    get("/channels/{channel}/tokens/{token}/hand-over", |r| r.to(tokens::hand_over)),
    get("/channels/{channel}/tokens/{token}/link", |r| r.to(link::show)),
    post("/channels/{channel}/tokens/{token}/link", |r| r.to(link::keep)),
    get("/channels/{channel}/tokens/{token}/reveal", |r| r.to(tokens::reveal)),
    get("/channels/{channel}/tokens/{token}/revoke", |r| r.to(tokens::ask_revoke)),
    post("/channels/{channel}/tokens/{token}/revoke", |r| r.to(tokens::revoke)),
    get("/channels/{channel}/reach", |r| r.to(reach::show)),
    get("/channels/{channel}/share", |r| r.to(share::show)),
    get("/channels/{channel}/webhooks", |r| r.to(webhooks::show)),
    post("/channels/{channel}/webhooks", |r| r.to(webhooks::make)),
    get("/channels/{channel}/webhooks/{webhook}", |r| r.to(webhook::show)),
    post("/channels/{channel}/webhooks/{webhook}", |r| r.to(webhook::save)),
    post("/channels/{channel}/webhooks/{webhook}/turn", |r| r.to(webhook::turn)),
    get("/channels/{channel}/webhooks/{webhook}/skip", |r| r.to(webhook_asking::skip)),
    post("/channels/{channel}/webhooks/{webhook}/send", |r| r.to(webhook::send)),
    get("/channels/{channel}/webhooks/{webhook}/secret", |r| r.to(webhook::reveal)),
    post("/channels/{channel}/webhooks/{webhook}/secret", |r| r.to(webhook::renew)),
    get("/channels/{channel}/webhooks/{webhook}/secret/renew", |r| r.to(webhook_asking::renew)),
    get("/channels/{channel}/webhooks/{webhook}/delete", |r| r.to(webhook_asking::delete)),
    post("/channels/{channel}/webhooks/{webhook}/delete", |r| r.to(webhook::delete)),
    get("/channels/{channel}/welcome", |r| r.to(welcome::show)),
    post("/channels/{channel}/welcome", |r| r.to(welcome::save)),
    get("/channels/{channel}/picture", |r| r.to(welcome::picture)),
];

pub fn configure(app: &mut ServiceConfig) {
    register(app, TABLE);
}
