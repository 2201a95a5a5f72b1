//! Drives real servers over real sockets; `case_NNN` checks rule NNN of `src/api/PROTOCOL.md`.
#![expect(clippy::expect_used, reason = "a test that cannot go on fails")]
#![expect(
    clippy::disallowed_methods,
    reason = "the bans keep the server's parts in their places; nothing here is one"
)]

/// How many connections there may be, and who makes room for a newcomer.
mod admission;
mod all_channels;
/// The REST endpoints and the WebSocket, one file per resource or act.
mod api;
/// Where channels stand in the inbox.
mod arranging;
/// Style sheet, scripts and icons.
mod assets;
/// What a thief of the files learns: nothing that a person wrote.
mod at_rest;
/// Servers behind a prefix or a proxy.
mod backups;
mod base_path;
/// What request bodies may hold in memory together.
mod bench;
mod bodies;
/// Pages of the file that cannot be read any more.
mod broken_pages;
/// What an authority answers that is asked for certificates.
mod certificate_authority;
/// The forms about a channel.
mod channel_forms;
/// The executable's commands, as people and scripts call them.
mod cli;
/// The command line as a client, of ours and of other servers.
mod client;
/// The machine's clock is set right.
mod clock;
/// What commands print, where, and how they end.
mod commands;
/// What commands tell programs.
mod commands_json;
/// Where settings come from, and what is said about those that cannot be used.
mod config;
/// The password asked again, and what waits for it.
mod confirming;
/// What one connection may ask for at a time, and what a client that takes nothing costs.
mod connections;
/// Contacts of the command line: changed, damaged, reached in another way.
mod contact_book;
/// What a holder knows of those who have tokens.
mod contacts;
/// The rules of the wire contract, each with a test of its number.
mod contract;
/// A channel as a conversation.
mod conversation;
/// Values that do not open any more, on the pages.
mod damage;
/// Backups in which something is damaged.
mod damaged_backups;
/// Every sealed column in turn holds what does not open.
mod damaged_columns;
/// Deletions take nobody's time: the rest is cleared away a little at a time.
mod deletions;
/// What does not open is removed where that is said.
mod discarding;
/// Files that are moved, replaced or deleted under the server.
mod disk;
/// What may be wrong with an installation.
mod doctor;
/// The same on files.
mod doctor_files;
/// What was acknowledged survives a killed process.
mod durability;
/// An account's channels as a file, and back.
mod exporting;
/// What peerbox offers beyond the contract to those who ask for it.
mod extensions;
mod failing_backups;
/// Where envelopes lie, which nobody notices, and how files of earlier versions come there.
mod filing;
/// What a new holder does first.
mod first_steps;
/// The data folder: who serves it, what is lost, what is half done.
mod folder;
/// Links to a new password by e-mail.
mod forgotten;
/// Bytes from outside that nobody meant.
mod fuzzing;
/// What grows with use is bounded or counted.
mod growth;
/// Guessed passwords and codes.
mod guessing;
/// The page of a counterparty.
mod guest;
/// HEAD, which is GET without its body.
mod head;
/// Asking a server how it is.
mod health;
/// Imports, with the disk and the lines that they may come upon.
mod importing;
/// Lists of messages, and messages that are long.
mod inbox;
mod installed;
/// What leads a person into a channel.
mod inviting;
/// Keys to seal with.
mod kept_backups;
mod keys;
/// A browser that signs out is told nothing more.
mod leaving;
/// What commands that were broken off leave behind.
mod left_behind;
/// Quotas, throttles and time-outs.
mod letters;
mod limits;
mod listening;
/// Backups that the server looks through.
mod looked_through;
/// What is told to whoever watches over the server.
mod mail;
mod metrics;
/// Random histories of a channel, compared with a naive model.
mod model;
/// Moving in from the reference server, once and again.
mod moving_in;
mod moving_in_again;
mod notifications;
mod noting;
/// Receivers of webhooks that refuse, are slow or lead back.
mod outbox;
/// The pages' forms: who may send them, and what of them is found in the files.
mod pages;
/// What is printed of other people's words, which pass for nothing else.
mod printing;
/// Which addresses the server calls.
mod reaching;
/// The README's promises, taken from its own text.
mod readme;
mod reports;
/// Messages that grow old.
mod retention;
/// Rights that end while a request is under way.
mod rights;
/// Searching messages, and days in the reader's zone.
mod searching;
/// Sending from a conversation.
mod sending;
/// The pages about the server itself.
mod server_page;
/// How a server ends.
mod shutdown;
/// Signing in to the pages, and what ends it.
mod sign_in;
/// What nobody reads.
mod space;
mod standard_error;
/// How `serve` starts: what it says, what it refuses, where it listens.
mod start;
/// What SQLite makes of the store's statements.
mod statements;
/// What one connection of HTTP/2 may ask for at a time, and what streams cost of which nothing is taken.
mod streams;
/// A file that somebody edited.
mod supervisor;
/// The clients and servers that the cases are written with.
mod support;
mod tampering;
/// Byte-order marks, normal forms and charsets.
mod text;
/// HTTPS, HTTP/2 and a certificate that changes.
mod tls;
/// A channel for callbacks as a table of transactions.
mod transactions;
/// What can be typed.
mod typed;
mod undeliverable;
mod undo;
mod undo_in_part;
mod upgrades;
/// The pages, as requests and answers.
mod web;
mod webhooks;
