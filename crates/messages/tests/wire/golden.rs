//! `golden/v1.txt` shows each message as `redis-cli` does. A message that is encoded differently,
//! or an entry of the file that can no longer be decoded, breaks the data stored in an existing
//! Redis.
//!
//! `UPDATE_GOLDEN=1 cargo test -p messages` rewrites the file: right for a new message, wrong for a
//! changed one, which needs a new version and a separate file beside this one.

use crate::examples;
use messages::*;
use std::fmt::Write;

const PATH: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wire/golden/v1.txt");

#[test]
fn every_message_looks_as_it_always_did() {
    let mut text = String::new();
    for entry in examples::requests() {
        show(&mut text, REQUEST_STREAM, &entry.encode());
    }
    for entry in examples::queries() {
        show(&mut text, QUERY_STREAM, &entry.encode());
    }
    for event in examples::events() {
        show(&mut text, RESPONSE_STREAM, &event.encode());
    }
    for data in examples::market_data() {
        show(&mut text, UPLOADER_STREAM, &data.encode());
    }
    for entry in examples::mails() {
        show(&mut text, MAIL_STREAM, &entry.encode());
    }
    for reply in examples::replies() {
        writeln!(text, "PUBLISH {} {}\n", reply_channel("7d0c"), reply.to_json()).unwrap();
    }
    for event in examples::events() {
        let id = EntryId::new(event.timestamp_ms, 7).output(0);
        let channel = user_channel(event.user_id);
        writeln!(text, "PUBLISH {channel} {}\n", Notification { id, event }.to_json()).unwrap();
    }
    let price = examples::market_price();
    writeln!(text, "PUBLISH {} {}", market_channel(price.trade.symbol), price.to_json()).unwrap();

    if std::env::var_os("UPDATE_GOLDEN").is_some() {
        std::fs::write(PATH, &text).unwrap();
    }
    assert_eq!(std::fs::read_to_string(PATH).unwrap(), text);
}

#[test]
fn entries_of_version_1_are_still_read() {
    let golden = std::fs::read_to_string(PATH).unwrap();
    let entries = || golden.split("\n\n").filter_map(|block| block.strip_prefix("XRANGE "));
    let of = |stream: &str| -> Vec<Fields> {
        entries().filter(|block| block.starts_with(stream)).map(read).collect()
    };
    let requests: Vec<_> = of(REQUEST_STREAM).iter().map(RequestEntry::decode).collect();
    assert_eq!(requests, examples::requests().into_iter().map(Ok).collect::<Vec<_>>());
    let queries: Vec<_> = of(QUERY_STREAM).iter().map(QueryEntry::decode).collect();
    assert_eq!(queries, examples::queries().into_iter().map(Ok).collect::<Vec<_>>());
    let events: Vec<_> = of(RESPONSE_STREAM).iter().map(Event::decode).collect();
    assert_eq!(events, examples::events().into_iter().map(Ok).collect::<Vec<_>>());
    let data: Vec<_> = of(UPLOADER_STREAM).iter().map(MarketData::decode).collect();
    assert_eq!(data, examples::market_data().into_iter().map(Ok).collect::<Vec<_>>());
    let mails: Vec<_> = of(MAIL_STREAM).iter().map(MailEntry::decode).collect();
    assert_eq!(mails, examples::mails().into_iter().map(Ok).collect::<Vec<_>>());
}

fn show(text: &mut String, stream: &str, fields: &Fields) {
    writeln!(text, "XRANGE {stream}").unwrap();
    let parts = fields.iter().flat_map(|(name, value)| [name, std::str::from_utf8(value).unwrap()]);
    for (n, part) in (1..).zip(parts) {
        let escaped = part.replace('\\', "\\\\").replace('"', "\\\"");
        writeln!(text, "{n:2}) \"{escaped}\"").unwrap();
    }
    text.push('\n');
}

fn read(block: &str) -> Fields {
    let parts: Vec<String> = block
        .lines()
        .skip(1)
        .map(|line| {
            let (_, quoted) = line.split_once(") ").unwrap();
            let escaped = quoted.strip_prefix('"').and_then(|q| q.strip_suffix('"')).unwrap();
            escaped.replace("\\\"", "\"").replace("\\\\", "\\")
        })
        .collect();
    parts.chunks(2).map(|pair| (pair[0].clone(), pair[1].clone().into_bytes())).collect()
}
