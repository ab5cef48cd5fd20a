//! A mail server that keeps the mails it receives.

use devstack::servers::free_port;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex};
use tokio::io::{AsyncBufReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// A received mail.
#[derive(Clone, Debug, Default)]
pub struct Received {
    /// The name in the client's `EHLO`.
    pub hello: String,
    /// The argument of `AUTH PLAIN`.
    pub auth: Option<String>,
    pub from: String,
    pub to: Vec<String>,
    pub data: Vec<u8>,
}

#[derive(Clone, Default)]
pub struct SmtpServer {
    state: Arc<Mutex<State>>,
    pub port: u16,
}

#[derive(Default)]
struct State {
    /// The replies to the next `RCPT TO` commands of each recipient.
    replies: HashMap<String, VecDeque<&'static str>>,
    /// The recipients of all `RCPT TO` commands.
    attempts: Vec<String>,
    received: Vec<Received>,
}

impl SmtpServer {
    pub async fn start() -> Self {
        let server = Self { port: free_port(), ..Self::default() };
        let listener = TcpListener::bind(("127.0.0.1", server.port)).await.unwrap();
        let shared = server.clone();
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let server = shared.clone();
                // A client that disconnects ends only its own session.
                tokio::spawn(async move { server.converse(stream).await });
            }
        });
        server
    }

    pub fn reply(&self, to: &str, replies: &[&'static str]) {
        let mut state = self.state.lock().unwrap();
        state.replies.entry(to.to_owned()).or_default().extend(replies);
    }

    pub fn attempts(&self, to: &str) -> usize {
        let state = self.state.lock().unwrap();
        state.attempts.iter().filter(|attempt| *attempt == to).count()
    }

    pub fn received(&self) -> Vec<Received> {
        self.state.lock().unwrap().received.clone()
    }

    async fn converse(&self, stream: TcpStream) -> std::io::Result<()> {
        let mut stream = BufReader::new(stream);
        stream.write_all(b"220 mail.example ESMTP\r\n").await?;
        let mut mail = Received::default();
        loop {
            let mut line = String::new();
            if stream.read_line(&mut line).await? == 0 {
                return Ok(());
            }
            let line = line.trim_end();
            let (verb, argument) = line.split_once([' ', ':']).unwrap_or((line, ""));
            let reply = match verb.to_ascii_uppercase().as_str() {
                "EHLO" => {
                    argument.clone_into(&mut mail.hello);
                    "250-mail.example\r\n250-8BITMIME\r\n250 AUTH PLAIN"
                }
                "AUTH" => {
                    mail.auth = Some(argument.to_owned());
                    "235 welcome"
                }
                "MAIL" => {
                    mail.from = address(argument);
                    "250 go on"
                }
                "RCPT" => self.recipient(&mut mail, address(argument)),
                "DATA" => {
                    stream.write_all(b"354 end with a dot\r\n").await?;
                    mail.data = data(&mut stream).await?;
                    self.state.lock().unwrap().received.push(mail.clone());
                    "250 queued"
                }
                "QUIT" => {
                    stream.write_all(b"221 bye\r\n").await?;
                    return Ok(());
                }
                "RSET" | "NOOP" => "250 as you like",
                _ => "502 what?",
            };
            stream.write_all(format!("{reply}\r\n").as_bytes()).await?;
        }
    }

    fn recipient(&self, mail: &mut Received, to: String) -> &'static str {
        let mut state = self.state.lock().unwrap();
        state.attempts.push(to.clone());
        if let Some(reply) = state.replies.get_mut(&to).and_then(VecDeque::pop_front) {
            return reply;
        }
        mail.to.push(to);
        "250 go on"
    }
}

/// Returns the text between the angle brackets.
fn address(argument: &str) -> String {
    let (_, rest) = argument.split_once('<').unwrap();
    rest.split_once('>').unwrap().0.to_owned()
}

/// Reads up to a line with a single dot, and undoes dot-stuffing.
async fn data(stream: &mut BufReader<TcpStream>) -> std::io::Result<Vec<u8>> {
    let mut data = Vec::new();
    loop {
        let mut line = Vec::new();
        stream.read_until(b'\n', &mut line).await?;
        match line.as_slice() {
            b".\r\n" => return Ok(data),
            [b'.', rest @ ..] => data.extend(rest),
            line => data.extend(line),
        }
    }
}
