//! What wrk cannot ask for: sockets, their memory, and how long a message takes to all of them.

use futures_util::future::join_all;
use futures_util::{StreamExt, stream};
use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::TcpStream;
use tokio::time::Instant;

use crate::block_on;
use crate::prepare::{Channel, Filling, Holder, Holding, Prepared};
use crate::process::Pinning;
use crate::table::median;

/// Open at once while their memory is measured, spread over these channels.
const IDLE: u32 = 10_000;
const IDLE_CHANNELS: usize = 100;

/// In one channel, all told of the same messages.
const LISTENERS: u32 = 1000;
const MESSAGES: usize = 20;
/// Messages before the first that counts.
const WARM_UP: usize = 3;

/// Handshakes at a time, well below what waits in a listening socket's queue.
const AT_ONCE: usize = 128;

/// A line to print, and the server's memory in the end.
pub struct Finding {
    pub line: String,
    pub resident_kib: f64,
}

/// The memory of sockets that nothing is sent to.
pub fn idle(pinning: Pinning) -> Finding {
    require_open_files(IDLE);
    let file = Prepared::new(&Filling::channels(IDLE_CHANNELS));
    let data = file.copy();
    let server = data.serve(pinning, None);
    let before = server.resident_kib();
    let resident_kib = block_on(async {
        let _open = open(&server.address, &file.channels, IDLE).await;
        server.resident_kib()
    });
    let each = (resident_kib - before) / f64::from(IDLE);
    Finding {
        line: format!("sockets: {each:.1} KiB of resident memory per idle WebSocket, {IDLE} open"),
        resident_kib,
    }
}

/// The time from sending a message until the last socket of its channel has the notification. The side that listens
/// works on the same machine, and all that it does for a thousand sockets is part of that time.
pub fn fan_out(pinning: Pinning) -> Finding {
    require_open_files(LISTENERS);
    let file = Prepared::new(&Filling::channels(1));
    let data = file.copy();
    let server = data.serve(pinning, None);
    let times = block_on(async {
        let mut sockets = open(&server.address, &file.channels, LISTENERS).await;
        let holding = Holding::new(&server.address);
        let mut times = Vec::new();
        for _ in 0..WARM_UP + MESSAGES {
            let start = Instant::now();
            let heard = async {
                join_all(sockets.iter_mut().map(Socket::notification)).await;
                start.elapsed().as_secs_f64() * 1000.0
            };
            let write = holding.write(&file.channels[0], Holder::Owner);
            times.push(tokio::join!(write, heard).1);
        }
        times.split_off(WARM_UP)
    });
    let p50 = median(&times, |time| *time);
    Finding {
        line: format!(
            "fan-out: p50 {p50:.2} ms from a message to the last of {LISTENERS} sockets, {MESSAGES} messages"
        ),
        resident_kib: server.resident_kib(),
    }
}

/// A connection that was upgraded. Frames are read by hand, because that costs this side least.
struct Socket {
    stream: BufReader<TcpStream>,
}

impl Socket {
    async fn open(address: &str, channel: &Channel) -> Self {
        let mut stream =
            BufReader::with_capacity(512, TcpStream::connect(address).await.expect("a connection"));
        let handshake = format!(
            "GET {}/notify HTTP/1.1\r\nHost: {address}\r\nAuthorization: Bearer {}\r\nConnection: Upgrade\r\n\
             Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n",
            channel.path(),
            channel.token(Holder::Counterparty)
        );
        stream.write_all(handshake.as_bytes()).await.expect("the handshake");
        let mut answer = String::new();
        while !answer.ends_with("\r\n\r\n") {
            let read = stream.read_line(&mut answer).await.expect("an answer");
            assert!(read > 0, "the handshake has an end: {answer}");
        }
        assert!(answer.starts_with("HTTP/1.1 101 "), "{answer}");
        Self { stream }
    }

    /// Waits for the next notification.
    async fn notification(&mut self) {
        const TEXT: u8 = 0x81;
        const PING: u8 = 0x89;
        const TWO_BYTES_OF_LENGTH: u8 = 126;
        loop {
            let [kind, short] = self.read().await;
            let length = match short {
                TWO_BYTES_OF_LENGTH => u16::from_be_bytes(self.read().await),
                short => u16::from(short),
            };
            let mut payload = vec![0; usize::from(length)];
            self.stream.read_exact(&mut payload).await.expect("a frame");
            match kind {
                TEXT => return,
                PING => {}
                other => panic!("instead of a notification: {other:#x}"),
            }
        }
    }

    async fn read<const N: usize>(&mut self) -> [u8; N] {
        let mut bytes = [0; N];
        self.stream.read_exact(&mut bytes).await.expect("an open socket");
        bytes
    }
}

async fn open(address: &str, channels: &[Channel], count: u32) -> Vec<Socket> {
    let sockets = channels.iter().cycle().zip(0..count).map(|(channel, _)| Socket::open(address, channel));
    stream::iter(sockets).buffer_unordered(AT_ONCE).collect().await
}

/// Both sides need a file for every socket, and some more.
fn require_open_files(sockets: u32) {
    let limits = std::fs::read_to_string("/proc/self/limits").expect("the limits of this process");
    let line = limits.lines().find_map(|line| line.strip_prefix("Max open files")).expect("its open files");
    let most = line.split_whitespace().next().expect("a number");
    let needed = sockets + 500;
    assert!(
        most.parse::<u32>().is_ok_and(|most| most >= needed) || most == "unlimited",
        "{sockets} sockets need {needed} open files, {most} are allowed: run `ulimit -n {needed}` first"
    );
}
