//! `bench`: how fast a server writes and reads, as its clients see it, in a channel of one's own.

use std::cell::{Cell, RefCell};
use std::time::Duration;

use anyhow::{Context, Result, bail};
use bytes::Bytes;
use futures_util::future::join_all;
use serde::Serialize;
use tokio::time::Instant;

use crate::cli::arguments::Bench;
use crate::cli::exit::CommandError;
use crate::cli::{output, reach};
use crate::client::address::{Address, InvalidAddress};
use crate::client::channel::{Channel, Outgoing};
use crate::client::contact::Contact;
use crate::client::contacts::Contacts;
use crate::client::error::ClientError;
use crate::config::Environment;
use crate::crypto::random;
use crate::domain::plural::counted;

/// After so many refusals of one kind of request there is nothing to measure.
const MOST_ERRORS: u32 = 20;

/// What one kind of request came to; times in milliseconds.
#[derive(Debug, Serialize)]
struct Measured {
    what: &'static str,
    requests: u32,
    errors: u32,
    seconds: f64,
    per_second: f64,
    p50: f64,
    p90: f64,
    p99: f64,
    longest: f64,
    #[serde(skip)]
    error: Option<ClientError>,
}

pub(super) async fn run(bench: Bench, environment: &Environment) -> Result<()> {
    let contact = own(&reach::contacts(environment)?, &bench.channel)?;
    let mut way = reach::known_way(&bench.reach, contact.authorities.as_ref())?;
    let patient = Channel::new(&contact, &way)?;
    // What is tried again would look like a slow answer.
    (way.patience, way.progress) = (Duration::ZERO, None);
    let channels = (0..bench.connections).map(|_| Channel::new(&contact, &way));
    let channels: Vec<_> = channels.collect::<Result<_, _>>()?;
    if !patient.reception().await?.is_some_and(|it| it.is_holder) {
        bail!(not_own());
    }
    let run = Run::begin(&patient, &contact, bench.bytes).await?;
    let ended = tokio::select! {
        all = run.measured(&bench, &channels) => Some(all),
        _interrupted = tokio::signal::ctrl_c() => None,
    };
    if ended.is_none() {
        output::say("interrupted: what was written is deleted");
    }
    let swept = run.sweep().await;
    let Some(mut all) = ended else {
        swept?;
        bail!("it was interrupted");
    };
    tell(&bench, &all)?;
    swept?;
    match all.iter_mut().find_map(|one| one.error.take()) {
        Some(error) => Err(error.into()),
        None => Ok(()),
    }
}

/// The messages of one run, which nobody finds in the channel afterwards.
struct Run<'a> {
    /// Tries again what is passing.
    channel: &'a Channel,
    id: &'a str,
    /// What tells these messages from all others, also where nobody heard whether they arrived.
    content_type: String,
    body: Bytes,
    first: u64,
}

impl<'a> Run<'a> {
    /// Writes one message and deletes it: where that is refused, it is the only one that stays.
    async fn begin(channel: &'a Channel, contact: &'a Contact, bytes: u64) -> Result<Self> {
        let mark = base64_simd::URL_SAFE_NO_PAD.encode_to_string(random::bytes::<12>());
        let content_type = format!("application/octet-stream; bench={mark}");
        let body = Bytes::from(vec![b'x'; usize::try_from(bytes)?]);
        let first = channel.write(&Outgoing::of(&content_type, body.clone(), true)).await?.sequence;
        let run = Self { channel, id: contact.address.channel(), content_type, body, first };
        channel.delete(first).await.with_context(|| run.left(&[first]))?;
        Ok(run)
    }

    /// Writes, reads and deletes.
    async fn measured(&self, bench: &Bench, channels: &[Channel]) -> [Measured; 3] {
        let written = RefCell::new(Vec::new());
        let within = Some(bench.seconds);
        let writing = measure("write", channels, bench.requests as usize, within, async |channel, _| {
            let outgoing = Outgoing::of(&self.content_type, self.body.clone(), true);
            let sequence = channel.write(&outgoing).await?.sequence;
            written.borrow_mut().push(sequence);
            Ok(())
        })
        .await;
        let written = written.into_inner();
        let reading = measure("read", channels, written.len(), within, async |channel, index| {
            channel.page_of(written[index] - 1, 1, false).await.map(drop)
        })
        .await;
        let deleting = measure("delete", channels, written.len(), None, async |channel, index| {
            channel.delete(written[index]).await
        })
        .await;
        [writing, reading, deleting]
    }

    /// Deletes what is there yet: what was refused, and what nobody heard of.
    async fn sweep(&self) -> Result<()> {
        let (mut after, mut left, mut refused) = (self.first, Vec::new(), None);
        loop {
            let page = self.channel.page(after, false).await;
            let (page, more) = page.with_context(|| self.left(&[]))?;
            for message in page {
                after = message.sequence;
                if message.content_type != self.content_type {
                    continue;
                }
                match self.channel.delete(after).await {
                    Ok(()) | Err(ClientError::Refused { status: 404, .. }) => {}
                    Err(error) => {
                        left.push(after);
                        refused.get_or_insert(error);
                    }
                }
            }
            if !more {
                return refused.map_or(Ok(()), |error| Err(error).with_context(|| self.left(&left)));
            }
        }
    }

    /// Says what stays, and what to do about it. Nothing is known of it without numbers.
    fn left(&self, numbers: &[u64]) -> String {
        let how = format!(
            "delete them on the channel's page, or all of it: `peerbox remote channel delete {}`",
            self.id
        );
        match numbers {
            [] => format!(
                "messages after {} that have the type {:?} may be left; {how}",
                self.first, self.content_type
            ),
            [first, .., last] => {
                let count = counted(numbers.len() as u64, "message");
                format!("{count} of this run could not be deleted, from number {first} to {last}; {how}")
            }
            [one] => format!("message {one} of this run could not be deleted; {how}"),
        }
    }
}

/// The contact of that name or address. Whose channel it is, the server is asked.
fn own(contacts: &Contacts, named: &str) -> Result<Contact> {
    let address = match Address::parse(named) {
        Ok(address) => address,
        Err(InvalidAddress::NoUrl) => return Ok(contacts.find(named)?),
        Err(error) => bail!(error),
    };
    let mut found: Vec<_> = contacts.list()?.into_iter().filter(|one| one.address == address).collect();
    // Several may have it: the holder's, and those of tokens that were handed out.
    found.sort_by_key(|one| !one.is_holder);
    let missing = || CommandError::NotFound { kind: "contact with the address", name: named.to_owned() };
    Ok(found.into_iter().next().ok_or_else(missing)?)
}

fn not_own() -> CommandError {
    CommandError::Usage(
        "that is somebody else's channel, and only one's own is put under load: make one with `peerbox remote channel create` \
         and add it with its token"
            .to_owned(),
    )
}

/// Asks so often, from all connections at once, and no longer than that.
async fn measure(
    what: &'static str,
    channels: &[Channel],
    requests: usize,
    within: Option<Duration>,
    ask: impl AsyncFn(&Channel, usize) -> Result<(), ClientError>,
) -> Measured {
    let begun = Instant::now();
    let (next, errors, error) = (Cell::new(0), Cell::new(0), RefCell::new(None));
    let times = RefCell::new(Vec::new());
    let is_over = || {
        next.get() >= requests
            || errors.get() >= MOST_ERRORS
            || within.is_some_and(|most| begun.elapsed() > most)
    };
    join_all(channels.iter().map(async |channel| {
        while !is_over() {
            let index = next.replace(next.get() + 1);
            let asked = Instant::now();
            match ask(channel, index).await {
                Ok(()) => times.borrow_mut().push(asked.elapsed()),
                Err(refused) => {
                    errors.set(errors.get() + 1);
                    error.borrow_mut().get_or_insert(refused);
                }
            }
        }
    }))
    .await;
    let mut times = times.into_inner();
    times.sort_unstable();
    let milliseconds = |per_mille| at(&times, per_mille).as_secs_f64() * 1000.0;
    let answered = u32::try_from(times.len()).unwrap_or(u32::MAX);
    let seconds = begun.elapsed().as_secs_f64();
    Measured {
        what,
        requests: answered,
        errors: errors.get(),
        seconds,
        per_second: f64::from(answered) / seconds,
        p50: milliseconds(500),
        p90: milliseconds(900),
        p99: milliseconds(990),
        longest: milliseconds(1000),
        error: error.into_inner(),
    }
}

/// The time within which so many of a thousand were answered; `times` are sorted.
fn at(times: &[Duration], per_mille: usize) -> Duration {
    let index = (times.len() * per_mille).div_ceil(1000);
    times.get(index.saturating_sub(1)).copied().unwrap_or_default()
}

fn tell(bench: &Bench, all: &[Measured]) -> Result<()> {
    let heading = ["what", "requests", "errors", "per second", "p50 ms", "p90 ms", "p99 ms", "longest ms"];
    output::listing(bench.form, all, &heading, |one| {
        let times = [one.p50, one.p90, one.p99, one.longest].map(|time| format!("{time:.2}"));
        let counts = [one.requests.to_string(), one.errors.to_string(), format!("{:.0}", one.per_second)];
        [one.what.to_owned()].into_iter().chain(counts).chain(times).collect()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn shares_of_times_are_those_of_whole_requests() {
        let times: Vec<_> = (1..=200).map(Duration::from_millis).collect();
        for (per_mille, expected) in [(500, 100), (900, 180), (990, 198), (1000, 200)] {
            assert_eq!(at(&times, per_mille), Duration::from_millis(expected), "{per_mille}");
        }
        assert_eq!(at(&[], 500), Duration::ZERO);
        assert_eq!(at(&times[..1], 990), Duration::from_millis(1));
    }
}
