//! Random histories of a channel, compared with a model so naive that it is obviously right.
//!
//! The model keeps one row per token and message, which is what the contract describes and what the store avoids.

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};
use serde_json::json;

use crate::support::app::App;
use crate::support::bearer::Bearer;
use crate::support::channel::Channel;

/// What somebody does. Numbers are taken modulo what there is, so that shrunk histories stay meaningful.
#[derive(Debug, Clone)]
enum Act {
    Write { token: usize },
    WriteAnonymously,
    Mark { token: usize, sequence: u64, older: bool, read: bool },
    Delete { token: usize, sequence: u64 },
    Issue { read: bool, write: bool, history: bool },
    Revoke { token: usize },
}

fn act() -> impl Strategy<Value = Act> {
    let (token, sequence) = (0..8_usize, 1..14_u64);
    prop_oneof![
        6 => token.clone().prop_map(|token| Act::Write { token }),
        1 => Just(Act::WriteAnonymously),
        5 => (token.clone(), sequence.clone(), any::<bool>(), any::<bool>())
            .prop_map(|(token, sequence, older, read)| Act::Mark { token, sequence, older, read }),
        2 => (token.clone(), sequence).prop_map(|(token, sequence)| Act::Delete { token, sequence }),
        2 => (any::<bool>(), any::<bool>(), any::<bool>())
            .prop_map(|(read, write, history)| Act::Issue { read, write, history }),
        1 => token.prop_map(|token| Act::Revoke { token }),
    ]
}

struct Token {
    bearer: Bearer,
    read: bool,
    write: bool,
    /// Whether each message that was delivered to it has been read.
    delivered: BTreeMap<u64, bool>,
    written: BTreeSet<u64>,
}

struct Model {
    channel: Channel,
    sequenced: bool,
    tokens: Vec<Token>,
    head: u64,
    present: BTreeSet<u64>,
}

impl Model {
    async fn of(app: &App, sequenced: bool) -> Self {
        let channel = app.channel_with(json!({"sequenced": sequenced, "public_write": true})).await;
        let mut model = Self { channel, sequenced, tokens: Vec::new(), head: 0, present: BTreeSet::new() };
        let bearer = model.channel.owner_token();
        model.tokens.push(model.token(bearer, true, true, false));
        model
    }

    fn token(&self, bearer: Bearer, read: bool, write: bool, history: bool) -> Token {
        // What was deleted before counts as delivered as well: to the holder it makes no difference.
        let delivered = (1..=self.head).filter(|_| history).map(|sequence| (sequence, false)).collect();
        Token { bearer, read, write, delivered, written: BTreeSet::new() }
    }

    async fn perform(&mut self, app: &App, act: &Act) {
        match *act {
            Act::Write { token } => self.write(token).await,
            Act::WriteAnonymously => {
                app.anonymous().post(&self.channel.path(""), "a/b", "from nobody").await.is(200);
                self.deliver(None);
            }
            Act::Mark { token, sequence, older, read } => self.mark(token, sequence, older, read).await,
            Act::Delete { token, sequence } => self.delete(token, sequence).await,
            Act::Issue { read, write, history } => {
                let body =
                    json!({"description": "t", "can_read": read, "can_write": write, "history": history});
                let issued = self.channel.owner.issue(&self.channel.id, &body).await.ok();
                let bearer = self.channel.bearer(&issued);
                self.tokens.push(self.token(bearer, read, write, history));
            }
            Act::Revoke { token } => {
                let Some(at) = self.pick(token).filter(|_| self.tokens.len() > 1) else { return };
                self.channel.revoke(&self.tokens[at].bearer).await.empty(204);
                let revoked = self.tokens.remove(at);
                revoked.bearer.read("").await.refused(401);
            }
        }
    }

    fn pick(&self, token: usize) -> Option<usize> {
        token.checked_rem(self.tokens.len())
    }

    fn unread(&self, token: &Token) -> Vec<u64> {
        let unread =
            token.delivered.iter().filter(|(sequence, read)| !**read && self.present.contains(sequence));
        unread.map(|(sequence, _)| *sequence).collect()
    }

    async fn write(&mut self, token: usize) {
        let Some(at) = self.pick(token) else { return };
        let token = &self.tokens[at];
        let reply = token.bearer.write("a message").await;
        if !token.write {
            reply.refused(401);
        } else if self.sequenced && token.read && !self.unread(token).is_empty() {
            reply.problem(400, 409);
        } else {
            assert_eq!(reply.ok()["sequence"], self.head + 1);
            self.deliver(Some(at));
        }
    }

    fn deliver(&mut self, author: Option<usize>) {
        self.head += 1;
        self.present.insert(self.head);
        for (at, token) in self.tokens.iter_mut().enumerate() {
            let own = author == Some(at);
            token.delivered.insert(self.head, own);
            if own {
                token.written.insert(self.head);
            }
        }
    }

    async fn mark(&mut self, token: usize, sequence: u64, older: bool, read: bool) {
        let Some(at) = self.pick(token) else { return };
        let token = &mut self.tokens[at];
        let reply = token.bearer.mark(&format!("{sequence}?older={older}"), &json!({"read": read})).await;
        if !token.read {
            reply.refused(401);
        } else if token.delivered.contains_key(&sequence) {
            reply.empty(200);
            let first = if older { 0 } else { sequence };
            token.delivered.range_mut(first..=sequence).for_each(|(_, state)| *state = read);
        } else {
            reply.problem(404, 404);
        }
    }

    async fn delete(&mut self, token: usize, sequence: u64) {
        let Some(at) = self.pick(token) else { return };
        let reply = self.tokens[at].bearer.delete(sequence).await;
        if !self.tokens[at].write {
            reply.refused(401);
        } else if self.present.remove(&sequence) {
            reply.empty(204);
        } else {
            reply.problem(404, 404);
        }
    }

    /// Compares all that can be seen with what the model says.
    async fn compare(&self) {
        for token in self.tokens.iter().filter(|token| token.read) {
            let all: Vec<_> =
                token.delivered.keys().copied().filter(|sequence| self.present.contains(sequence)).collect();
            assert_eq!(token.bearer.all().await, all, "everything that token {} sees", token.bearer.id);
            assert_eq!(
                token.bearer.unread().await,
                self.unread(token),
                "unread for token {}",
                token.bearer.id
            );
            let foreign = self.present.iter().rev().find(|sequence| !token.written.contains(sequence));
            let etag = foreign.copied().unwrap_or(0).to_string();
            assert_eq!(token.bearer.etag().await, etag, "HEAD for token {}", token.bearer.id);
        }
        assert_eq!(self.channel.get().await.ok()["head"], self.head);
    }
}

#[test]
fn channels_behave_as_if_each_token_had_a_row_for_each_message() {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().expect("a runtime");
    let app = runtime
        .block_on(App::with("limits.channels_per_account = 0\nlimits.anonymous = \"100000 per minute\""));
    let config = Config { cases: 48, max_shrink_iters: 200, failure_persistence: None, ..Config::default() };
    let histories = (any::<bool>(), prop::collection::vec(act(), 1..50));
    let compared = TestRunner::new(config).run(&histories, |(sequenced, acts)| {
        runtime.block_on(async {
            let mut model = Model::of(&app, sequenced).await;
            for act in &acts {
                model.perform(&app, act).await;
            }
            model.compare().await;
        });
        Ok(())
    });
    compared.unwrap_or_else(|failure| panic!("{failure}"));
}
