//! A relay of e-mail: a small SMTP server whose answers a case decides.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use tokio::io::{AsyncBufReadExt, AsyncWriteExt, BufReader};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc};
use tokio::task::JoinHandle;

use crate::support::soon;

/// How it answers a message.
#[derive(Debug, Clone, Copy)]
pub enum Answer {
    /// A line in the place of the one that takes it.
    Says(&'static str),
    /// A line in the place of the one that takes the address.
    Refuses(&'static str),
    /// It takes the message and hangs up without a word.
    HangsUp,
    /// It says nothing until it goes on, and then takes it.
    Waits,
}

/// A message that came, its lines as the wire had them.
#[derive(Debug, Clone)]
pub struct Mail {
    pub to: String,
    pub text: String,
}

impl Mail {
    /// A header, with what was folded of it.
    pub fn header(&self, name: &str) -> String {
        let unfolded = self.head().replace("\r\n ", " ");
        let found =
            unfolded.lines().find_map(|line| line.strip_prefix(&format!("{name}: ")).map(str::to_owned));
        found.unwrap_or_default()
    }

    fn head(&self) -> &str {
        self.text.split("\r\n\r\n").next().unwrap_or_default()
    }

    /// The text, with the lines that were broken put together again.
    pub fn body(&self) -> String {
        let body = self.text.split_once("\r\n\r\n").map_or("", |(_, body)| body);
        body.replace("=\r\n", "").replace("=3D", "=").replace("\r\n", "\n")
    }

    /// The path of a link that begins so.
    pub fn link(&self, base: &str, path: &str) -> String {
        let body = self.body();
        let start = body.find(&format!("{base}{path}")).expect("a link") + base.len();
        body[start..].split_whitespace().next().unwrap_or_default().to_owned()
    }
}

/// It listens until it is dropped.
pub struct Relay {
    address: SocketAddr,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    came: mpsc::UnboundedReceiver<Mail>,
    go_on: Arc<Notify>,
    serving: JoinHandle<()>,
}

impl Relay {
    pub async fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.expect("a port");
        let address = listener.local_addr().expect("an address");
        let answers = Arc::new(Mutex::new(VecDeque::new()));
        let (tell, came) = mpsc::unbounded_channel();
        let go_on = Arc::new(Notify::new());
        let (known, going_on) = (Arc::clone(&answers), Arc::clone(&go_on));
        let serving = tokio::spawn(async move {
            while let Ok((io, _)) = listener.accept().await {
                tokio::spawn(talk(io, Arc::clone(&known), tell.clone(), Arc::clone(&going_on)));
            }
        });
        Self { address, answers, came, go_on, serving }
    }

    /// The configuration of a server that sends through it.
    pub fn settings(&self) -> String {
        format!(
            "server.base_url = \"http://box.example.org/in\"\nsmtp.host = \"127.0.0.1\"\nsmtp.port = {}\n\
             smtp.tls = \"none\"\nsmtp.from = \"peerbox <box@example.org>\"\n",
            self.address.port()
        )
    }

    /// The next messages are answered like this, and then they are taken again.
    pub fn answer(&self, answers: &[Answer]) {
        self.answers.lock().expect("no panic").extend(answers);
    }

    /// Whoever waits goes on.
    pub fn goes_on(&self) {
        self.go_on.notify_waiters();
    }

    /// The next message that came, also one that was refused; without a text where its address was.
    pub async fn next(&mut self) -> Mail {
        soon("a message to the relay", self.came.recv()).await.expect("a message")
    }

    pub fn is_empty(&mut self) -> bool {
        self.came.try_recv().is_err()
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        self.serving.abort();
    }
}

async fn talk(
    io: TcpStream,
    answers: Arc<Mutex<VecDeque<Answer>>>,
    tell: mpsc::UnboundedSender<Mail>,
    go_on: Arc<Notify>,
) {
    let mut io = BufReader::new(io);
    let mut to = String::new();
    let mut say = "220 relay.example.org ready".to_owned();
    loop {
        if io.write_all(format!("{say}\r\n").as_bytes()).await.is_err() {
            return;
        }
        let mut line = String::new();
        if io.read_line(&mut line).await.unwrap_or(0) == 0 {
            return;
        }
        say = match line.split([' ', '\r']).next().unwrap_or_default() {
            "EHLO" => "250-relay.example.org\r\n250 8BITMIME".to_owned(),
            "RCPT" => {
                to = line.trim_end().trim_start_matches("RCPT TO:<").trim_end_matches('>').to_owned();
                let is_refusal = |next: &mut Answer| matches!(next, Answer::Refuses(_));
                match answers.lock().expect("no panic").pop_front_if(is_refusal) {
                    Some(Answer::Refuses(words)) => {
                        let _gone = tell.send(Mail { to: to.clone(), text: String::new() });
                        words.to_owned()
                    }
                    _ => "250 fine".to_owned(),
                }
            }
            "DATA" => {
                if io.write_all(b"354 go on\r\n").await.is_err() {
                    return;
                }
                let mut text = String::new();
                while !text.ends_with("\r\n.\r\n") {
                    if io.read_line(&mut text).await.unwrap_or(0) == 0 {
                        return;
                    }
                }
                let answer = answers.lock().expect("no panic").pop_front();
                // From before anybody knows that it came.
                let waits = go_on.notified();
                // Nobody may wait for it any more.
                let _gone = tell.send(Mail { to: to.clone(), text });
                match answer {
                    None => "250 taken".to_owned(),
                    Some(Answer::Says(words) | Answer::Refuses(words)) => words.to_owned(),
                    Some(Answer::HangsUp) => return,
                    Some(Answer::Waits) => {
                        waits.await;
                        "250 taken".to_owned()
                    }
                }
            }
            "QUIT" => return,
            _ => "250 fine".to_owned(),
        };
    }
}
