use crate::scene::{unreadable, velox, velox_json};
use messages::{EntryId, Fields, MAIL_STREAM, REQUEST_STREAM, dead_letter_stream};
use testkit::stack::{Service, Stack, eventually};

#[tokio::test(flavor = "multi_thread")]
async fn an_entry_that_was_put_aside_is_shown_tried_again_and_dropped() {
    let mut stack = Stack::new(&[]).await;
    stack.keep_logs();
    velox(&stack, &["dead-letters", "list"]).ends_with(0).shows("there are no dead letters");
    stack.start(Service::Engine).await;
    let id = unreadable(&stack, "PLACE_ORDER").await;
    let dead = dead_letter_stream(REQUEST_STREAM);
    eventually("it is put aside", async || stack.stream_len(&dead).await == 1).await;

    let listed = velox_json(&stack, &["dead-letters", "list"]);
    assert_eq!(listed.as_array().unwrap().len(), 1);
    assert_eq!(listed[0]["stream"], REQUEST_STREAM);
    assert_eq!(listed[0]["id"], id.to_string());
    let error = listed[0]["fields"]["error"].as_str().unwrap().to_owned();
    velox(&stack, &["dead-letters", "list", "request:stream:dead"]).ends_with(0).shows(&error);
    let list = velox(&stack, &["dead-letters", "list", MAIL_STREAM]).ends_with(0);
    assert!(!list.text.contains(&error));
    velox(&stack, &["dead-letters", "show", REQUEST_STREAM, &id.to_string()])
        .ends_with(0)
        .shows("PLACE_ORDER")
        .shows(&error);

    // It fails again, without fields of the first failure.
    let retried = velox_json(&stack, &["dead-letters", "retry", REQUEST_STREAM, &id.to_string()]);
    let again: EntryId = retried["retriedAs"].as_str().unwrap().parse().unwrap();
    assert!(again > id);
    let entry = stack.streams.entry(REQUEST_STREAM, again).await.unwrap().unwrap();
    assert_eq!(Some(&entry.fields), stack_entry(&stack, REQUEST_STREAM, id).await.as_ref());
    eventually("it is put aside again", async || stack_entry(&stack, &dead, again).await.is_some())
        .await;
    assert_eq!(stack.stream_len(&dead).await, 1);
    velox(&stack, &["dead-letters", "retry", REQUEST_STREAM, &id.to_string()])
        .ends_with(1)
        .complains_of("has no dead letter");

    velox(&stack, &["dead-letters", "drop", REQUEST_STREAM, &again.to_string()])
        .ends_with(0)
        .shows("dropped");
    assert_eq!(stack.stream_len(&dead).await, 0);
    velox(&stack, &["dead-letters", "show", REQUEST_STREAM, &again.to_string()])
        .ends_with(1)
        .complains_of("`velox dead-letters list`");
}

async fn stack_entry(stack: &Stack, stream: &str, id: EntryId) -> Option<Fields> {
    stack.streams.entry(stream, id).await.unwrap().map(|entry| entry.fields)
}

#[tokio::test(flavor = "multi_thread")]
async fn old_prices_and_outputs_are_not_tried_again() {
    let mut stack = Stack::new(&[]).await;
    stack.keep_logs();
    stack.start(Service::Engine).await;
    let id = unreadable(&stack, "PRICE_UPDATE").await;
    let dead = dead_letter_stream(REQUEST_STREAM);
    eventually("it is put aside", async || stack.stream_len(&dead).await == 1).await;
    velox(&stack, &["dead-letters", "retry", REQUEST_STREAM, &id.to_string()])
        .ends_with(2)
        .complains_of("is outdated");

    let mut fields = Fields::default();
    fields.push("type", b"ORDER_CLOSED".to_vec());
    let dead_output = dead_letter_stream("response:stream");
    let output = stack.streams.append(&dead_output, &fields).await.unwrap();
    velox(&stack, &["dead-letters", "retry", "response:stream", &output.to_string()])
        .ends_with(2)
        .complains_of("can't be added to");
    assert_eq!(stack.stream_len(&dead).await + stack.stream_len(&dead_output).await, 2);
    assert_eq!(stack.stream_len("response:stream").await, 0);
}

/// A failed mail is sent on retry when its server is back.
#[tokio::test(flavor = "multi_thread")]
async fn of_two_who_try_an_entry_again_one_does() {
    let stack = Stack::new(&[]).await;
    let dead = dead_letter_stream(MAIL_STREAM);
    let mut fields = Fields::default();
    fields.push("type", b"MAIL".to_vec());
    fields.push("error", b"an error of its own".to_vec());
    let own = fields.clone();
    for (name, value) in [("error", "no"), ("failedAt", "5"), ("originalId", "1-1"), ("group", "g")]
    {
        fields.push(name, value.as_bytes().to_vec());
    }
    let id = stack.streams.append(&dead, &fields).await.unwrap().to_string();
    let (a, b) = std::thread::scope(|scope| {
        let retry = || velox(&stack, &["dead-letters", "retry", MAIL_STREAM, &id]).code;
        let (a, b) = (scope.spawn(retry), scope.spawn(retry));
        (a.join().unwrap(), b.join().unwrap())
    });
    assert_eq!(a.min(b), 0);
    assert_eq!(a.max(b), 1);
    let entries = stack.streams.read_range(MAIL_STREAM, EntryId::MIN, 10).await.unwrap();
    assert_eq!(entries.len(), 1);
    assert_eq!(entries[0].fields, own);
}
