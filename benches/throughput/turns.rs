//! Peerbox and what it is compared with take turns, each sample with a fresh process and a fresh copy of the file.

use std::path::PathBuf;
use std::process::Command;

use tempfile::TempDir;

use crate::drive::{Pace, Sample};
use crate::prepare::{Channel, Prepared};
use crate::process::{BackingUp, Data, Process};
use crate::work::{Other, Work};

/// A work, ready to be measured.
pub struct Turns<'a> {
    work: &'a Work,
    /// Its own file, and the one that it is compared with, if that is another.
    files: Vec<Prepared>,
    slow_sync: Option<SlowSync>,
}

/// The samples of a work at one number of connections.
pub struct Samples {
    pub peerbox: Vec<Sample>,
    /// As many, or none.
    pub other: Vec<Sample>,
}

impl<'a> Turns<'a> {
    pub fn prepare(work: &'a Work) -> Self {
        let mut files = vec![Prepared::new(&work.filling)];
        if let Other::File(_, filling) = &work.other {
            files.push(Prepared::new(filling));
        }
        let slow_sync = work.slow_sync.then(SlowSync::compile);
        Self { work, files, slow_sync }
    }

    pub fn take(&self, rounds: usize, pace: Pace) -> Samples {
        let mut samples = Samples { peerbox: Vec::new(), other: Vec::new() };
        for _ in 0..rounds {
            let is_backed_up = matches!(self.work.other, Other::WithoutBackup);
            samples.peerbox.push(self.peerbox(0, is_backed_up, pace));
            samples.other.extend(match &self.work.other {
                Other::Bare => Some(self.bare(pace)),
                Other::File(..) => Some(self.peerbox(1, false, pace)),
                Other::OneConnection => Some(self.peerbox(0, false, Pace { connections: 1, ..pace })),
                Other::WithoutBackup => Some(self.peerbox(0, false, pace)),
                Other::Nothing => None,
            });
        }
        samples
    }

    fn peerbox(&self, file: usize, is_backed_up: bool, pace: Pace) -> Sample {
        // Writing a large file weighs on a machine for a while after it reached the disk. All files are copied before each
        // sample, so that it weighs on both sides alike.
        let copies: Vec<Data> = self.files.iter().map(Prepared::copy).collect();
        let library = self.slow_sync.as_ref().map(SlowSync::library);
        let server = copies[file].serve(pace.pinning, library.as_deref());
        let backing_up = is_backed_up.then(|| copies[file].back_up());
        let sample = self.work.requests(&server, &self.files[file].channels).drive(&server, pace);
        backing_up.into_iter().for_each(BackingUp::break_off);
        sample
    }

    fn bare(&self, pace: Pace) -> Sample {
        let server = Process::bare(pace.pinning);
        let channels: Vec<Channel> = (0..self.work.filling.channels).map(Channel::imagined).collect();
        self.work.requests(&server, &channels).drive(&server, pace)
    }
}

/// The library that makes every flush to the disk slower, removed with its folder.
struct SlowSync {
    folder: TempDir,
}

impl SlowSync {
    fn compile() -> Self {
        let source = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/throughput/slow_sync.c");
        let slow_sync = Self { folder: TempDir::new().expect("a folder") };
        let mut compiler = Command::new("cc");
        compiler.args(["-O2", "-shared", "-fPIC", source, "-ldl", "-o"]).arg(slow_sync.library());
        assert!(compiler.status().expect("a C compiler").success(), "the library is compiled");
        slow_sync
    }

    fn library(&self) -> PathBuf {
        self.folder.path().join("slow_sync.so")
    }
}
