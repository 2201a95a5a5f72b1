//! Lists of which one channel changes between any two calls. What the change itself costs is measured apart and taken off;
//! so this is about processor time, which is also what bounds the rate.

use std::fmt::Write as _;

use crate::block_on;
use crate::prepare::{Filling, Holding, Prepared};
use crate::process::{Pinning, Process};
use crate::sockets::Finding;
use crate::table::median;

const CHANNELS: usize = 100;

/// Calls between two looks at a clock that counts in steps of 10 ms.
const CALLS: u32 = 2000;

const ROUNDS: usize = 5;

/// The processor time of a list after each change, against that of the bare server.
pub fn lists(pinning: Pinning) -> Finding {
    let file = Prepared::new(&Filling { counterparties: 0, ..Filling::channels(CHANNELS) });
    let data = file.copy();
    let server = data.serve(pinning, None);
    let bare = Process::bare(pinning);
    let (here, there) = (Holding::new(&server.address), Holding::new(&bare.address));
    let change = async |call: usize| {
        here.amend(&file.channels[call % CHANNELS], (call / CHANNELS).is_multiple_of(2)).await;
    };
    let mut samples = Vec::new();
    for _ in 0..ROUNDS {
        let changes = micros(&server, change);
        let unchanged = micros(&server, async |_| here.list().await);
        let both = micros(&server, async |call| {
            change(call).await;
            here.list().await;
        });
        let bare = micros(&bare, async |_| there.list().await);
        samples.push([bare / unchanged, bare / (both - changes), unchanged, both - changes, bare]);
    }
    let [same, changed, here_same, here_changed, there] =
        [0, 1, 2, 3, 4].map(|at| median(&samples, |sample| sample[at]));
    let mut line = format!("list-changing: lists of {CHANNELS} channels against the bare server, ");
    write!(line, "{same:.2} when nothing changed, {changed:.2} when one channel changed before each ")
        .expect("memory");
    write!(line, "({here_same:.0} and {here_changed:.0} µs of processor time, {there:.0} there)")
        .expect("memory");
    Finding { line, resident_kib: server.resident_kib() }
}

/// The server's processor time for one of many calls.
fn micros(server: &Process, call: impl AsyncFn(usize)) -> f64 {
    block_on(async {
        let before = server.usage().cpu_micros;
        for number in 0..CALLS as usize {
            call(number).await;
        }
        (server.usage().cpu_micros - before) / f64::from(CALLS)
    })
}
