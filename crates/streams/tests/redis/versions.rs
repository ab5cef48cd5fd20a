//! Tests with servers that are too old for Velox.

use streams::{Error, Redis};
use tokio::io::{AsyncBufReadExt as _, AsyncReadExt as _, AsyncWriteExt as _, BufReader};
use tokio::net::{TcpListener, TcpStream};

/// Answers the commands of a connecting client as a Redis of this version does.
async fn serve(stream: TcpStream, version: &str) -> std::io::Result<()> {
    let (reading, mut writing) = stream.into_split();
    let mut reading = BufReader::new(reading);
    loop {
        let mut line = String::new();
        if reading.read_line(&mut line).await? == 0 {
            return Ok(());
        }
        let mut name = String::new();
        for n in 0..line.trim_start_matches('*').trim().parse().unwrap_or(0) {
            let mut len = String::new();
            reading.read_line(&mut len).await?;
            let mut word = vec![0; len[1..].trim().parse::<usize>().unwrap() + 2];
            reading.read_exact(&mut word).await?;
            if n == 0 {
                name = String::from_utf8_lossy(&word).trim().to_uppercase();
            }
        }
        let reply = match name.as_str() {
            "HELLO" => "%1\r\n$5\r\nproto\r\n:3\r\n".to_owned(),
            "PING" => "+PONG\r\n".to_owned(),
            "INFO" => {
                let text = format!("# Server\r\nredis_version:{version}\r\n");
                format!("${}\r\n{text}\r\n", text.len())
            }
            _ => "+OK\r\n".to_owned(),
        };
        writing.write_all(reply.as_bytes()).await?;
    }
}

async fn server_of(version: &'static str) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((stream, _)) = listener.accept().await {
            tokio::spawn(serve(stream, version));
        }
    });
    format!("redis://{address}")
}

#[tokio::test]
async fn a_redis_that_is_too_old_is_refused_by_name_at_the_first_command() {
    let redis = Redis::new(&server_of("6.0.16").await).unwrap();
    let error = redis.get("k").await.unwrap_err();
    assert!(matches!(&error, Error::Refused(refusal) if refusal.code == "UNSUPPORTED"), "{error}");
    let text = error.to_string();
    assert!(text.contains("this is Redis 6.0.16, and Velox needs 7.0 or later"), "{text}");
    let redis = Redis::new(&server_of("7.0.0").await).unwrap();
    redis.ping().await.unwrap();
}
