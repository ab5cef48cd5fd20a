use crate::desk::{Desk, fields, id, ids};
use messages::{DecodeError, EntryId, Event, StreamMessage};
use std::time::Duration;
use streams::{Error, Redis};

#[tokio::test(flavor = "multi_thread")]
async fn what_was_appended_is_read_in_order() {
    let desk = Desk::open();
    let first = desk.redis.append("s", &fields(1)).await.unwrap();
    let second = desk.redis.append("s", &fields(2)).await.unwrap();
    assert!(first < second);
    let all = desk.redis.read_range("s", EntryId::MIN, 10).await.unwrap();
    assert_eq!(all.len(), 2);
    assert_eq!((all[0].id, &all[0].fields), (first, &fields(1)));
    let rest = desk.redis.read_range("s", first, 10).await.unwrap();
    assert_eq!(rest, all[1..]);
    assert_eq!(desk.redis.read_range("s", EntryId::MIN, 1).await.unwrap(), all[..1]);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_counts_what_is_there_and_writes_the_rest() {
    let desk = Desk::open();
    desk.fill("s", 3).await;
    let mut batch = desk.redis.batch();
    for seq in 2..=5 {
        batch.append_at("s", id(seq), &fields(seq));
    }
    batch.append("other", &fields(6)).publish("c", "m");
    batch.set_expiring("k", "v", Duration::from_mins(1));
    assert_eq!(batch.len(), 7);
    assert_eq!(batch.send().await.unwrap().already_there, 2);
    assert!(batch.is_empty());
    assert_eq!(desk.ids("s").await, ids(1..=5));
    assert_eq!(desk.ids("other").await.len(), 1);
    assert_eq!(desk.redis.get("k").await.unwrap().as_deref(), Some("v"));
    assert_eq!(batch.send().await.unwrap().already_there, 0, "an empty batch is no error");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_that_is_refused_for_memory_writes_nothing_and_can_be_sent_again() {
    let desk = Desk::open();
    desk.fill("s", 1).await;
    desk.command(&["CONFIG", "SET", "maxmemory", "1"]);
    let mut batch = desk.redis.batch();
    // PUBLISH needs no memory and would succeed on its own.
    batch.publish("c", "m").append_at("s", id(2), &fields(2)).append("t", &fields(3));
    let error = batch.send().await.unwrap_err();
    assert!(matches!(&error, Error::Refused(refusal) if refusal.code == "OOM"), "{error}");
    assert!(error.is_transient() && !error.maybe_executed());
    assert_eq!(batch.len(), 3, "the commands stay in the batch");
    assert_eq!(desk.ids("s").await, ids(1..=1));

    desk.command(&["CONFIG", "SET", "maxmemory", "0"]);
    assert_eq!(batch.send().await.unwrap().already_there, 0);
    assert_eq!(desk.ids("s").await, ids(1..=2));
    assert_eq!(desk.ids("t").await.len(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_batch_as_large_as_an_engine_s_goes_through() {
    let desk = Desk::open();
    desk.fill("s", 20_000).await;
    assert_eq!(desk.redis.stream_info("s").await.unwrap().unwrap().length, 20_000);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_of_another_kind_is_a_lasting_refusal() {
    let desk = Desk::open();
    desk.redis.set_expiring("s", "v", Duration::from_mins(1)).await.unwrap();
    let mut batch = desk.redis.batch();
    batch.append_at("s", id(1), &fields(1));
    for error in [
        desk.redis.append("s", &fields(1)).await.unwrap_err(),
        batch.send().await.unwrap_err(),
        desk.redis.stream_info("s").await.unwrap_err(),
    ] {
        let is_wrong_type = matches!(&error, Error::Refused(r) if r.code == "WRONGTYPE");
        assert!(is_wrong_type && !error.is_transient(), "{error}");
    }
    desk.redis.ping().await.unwrap();
}

#[tokio::test(flavor = "multi_thread")]
async fn bytes_that_are_no_text_reach_the_decoder_which_names_the_field() {
    let desk = Desk::open();
    let client = redis::Client::open(desk.server.url()).unwrap();
    let mut add = redis::cmd("XADD");
    add.arg("s").arg("*").arg("type").arg(b"\xff\xfe").arg("payload").arg(b"\x80");
    add.query::<String>(&mut client.get_connection().unwrap()).unwrap();
    let entries = desk.redis.read_range("s", EntryId::MIN, 1).await.unwrap();
    let values: Vec<&[u8]> = entries[0].fields.iter().map(|(_, value)| value).collect();
    assert_eq!(values, [b"\xff\xfe".as_slice(), b"\x80"]);
    let DecodeError { field, problem } = Event::decode(&entries[0].fields).unwrap_err();
    assert_eq!((field.as_str(), problem.as_str()), ("type", "is not UTF-8 text"));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_is_described_as_it_is() {
    let desk = Desk::open();
    assert_eq!(desk.redis.stream_info("s").await.unwrap(), None);
    assert!(!desk.redis.contains("s", id(1)).await.unwrap());
    desk.fill("s", 5).await;
    assert_eq!(desk.redis.trim_before("s", id(3)).await.unwrap(), 2);
    let info = desk.redis.stream_info("s").await.unwrap().unwrap();
    assert_eq!((info.length, info.entries_added), (3, 5));
    assert_eq!((info.first_entry_id, info.last_generated_id), (Some(id(3)), id(5)));
    for (seq, is_there) in [(2, false), (3, true), (5, true), (6, false)] {
        assert_eq!(desk.redis.contains("s", id(seq)).await.unwrap(), is_there, "{seq}");
    }
    assert_eq!(desk.redis.trim_before("s", id(6)).await.unwrap(), 3);
    let info = desk.redis.stream_info("s").await.unwrap().unwrap();
    assert_eq!((info.length, info.first_entry_id, info.last_generated_id), (0, None, id(5)));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_expires() {
    let desk = Desk::open();
    assert_eq!(desk.redis.get("k").await.unwrap(), None);
    desk.redis.set_expiring("k", "v", Duration::from_millis(50)).await.unwrap();
    crate::desk::eventually(async || desk.redis.get("k").await.unwrap().is_none()).await;
}

#[test]
fn an_address_that_can_t_be_used_is_said_at_once() {
    for url in ["", "localhost", "http://localhost", "redis://localhost:port"] {
        let error = Redis::new(url).err().unwrap();
        assert!(matches!(error, Error::InvalidUrl(_)) && !error.is_transient(), "{url}: {error}");
    }
}
