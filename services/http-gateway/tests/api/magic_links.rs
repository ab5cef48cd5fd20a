//! Signing in with an emailed link.

use crate::counter::{Counter, credentials};
use messages::{MAIL_STREAM, MagicLink, Mail, MailEntry};
use reqwest::header::{HeaderMap, LOCATION, SET_COOKIE};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};
use std::collections::HashMap;
use std::time::{Duration, SystemTime, UNIX_EPOCH};
use testkit::stack::eventually;

const VERIFY: &str = "/api/v1/user/auth/verify";

/// Sends the form as a browser does when the page's button is pressed.
async fn press(counter: &Counter, token: &str, origin: &str) -> (StatusCode, HeaderMap) {
    let request = counter.raw(Method::POST, &format!("{VERIFY}?token={token}"));
    let request = request
        .header("content-type", "application/x-www-form-urlencoded")
        .header("origin", origin)
        .body(format!("token={token}"));
    let answer = request.send().await.unwrap();
    (answer.status(), answer.headers().clone())
}

fn cookie(headers: &HeaderMap) -> String {
    headers[SET_COOKIE].to_str().unwrap().split(';').next().unwrap().to_owned()
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_shows_a_page_and_its_button_signs_in_once() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    let token = counter.magic_link("USER1@example.com").await;
    let (_, mail) = counter.stack.entries::<MailEntry>(MAIL_STREAM).await.pop().unwrap();
    assert_eq!(mail.to, "user1@example.com");
    let Mail::MagicLink(MagicLink { link, expires_at_ms }) = &mail.mail else { panic!("{mail:?}") };
    assert_eq!(*link, format!("http://localhost:3000{VERIFY}?token={token}"));
    let now_ms = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis());
    let left_ms = expires_at_ms - now_ms.unwrap();
    assert!((14 * 60_000..=15 * 60_000).contains(&left_ms), "{left_ms}");

    // Scanners may fetch the link any number of times.
    for method in [Method::GET, Method::GET, Method::HEAD] {
        let page = counter.raw(method, &format!("{VERIFY}?token={token}")).send().await.unwrap();
        assert_eq!(page.status(), StatusCode::OK);
        assert!(!page.headers().contains_key(SET_COOKIE));
        let policy = page.headers()["content-security-policy"].to_str().unwrap().to_owned();
        assert!(policy.contains("default-src 'none'") && !policy.contains("unsafe"), "{policy}");
        assert!(policy.contains("form-action 'self' http://localhost:3000"), "{policy}");
        assert_eq!(page.headers()["referrer-policy"], "same-origin");
    }
    let (status, headers) = press(&counter, &token, &counter.url).await;
    assert_eq!(
        (status, &headers[LOCATION]),
        (StatusCode::SEE_OTHER, &"http://localhost:3000/trade".parse().unwrap())
    );
    let session = cookie(&headers);
    let me = counter.send(Method::GET, "", "/user/me", None, &[("cookie", &session)]).await;
    assert_eq!(me.body["user"]["email"], "user1@example.com");

    let over = "http://localhost:3000/signin?reason=link-expired";
    let (status, headers) = press(&counter, &token, &counter.url).await;
    assert_eq!((status, headers[LOCATION].to_str().unwrap()), (StatusCode::SEE_OTHER, over));
    assert!(!headers.contains_key(SET_COOKIE));
    let again = counter.raw(Method::GET, &format!("{VERIFY}?token={token}")).send().await.unwrap();
    assert_eq!(again.headers()[LOCATION], over);
    let invalid = counter.raw(Method::GET, &format!("{VERIFY}?token=<b>")).send().await.unwrap();
    assert_eq!(invalid.headers()[LOCATION], "http://localhost:3000/signin?reason=link-invalid");
}

#[tokio::test(flavor = "multi_thread")]
async fn of_many_who_use_a_link_at_once_one_gets_in() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    let token = counter.magic_link("user1@example.com").await;
    let body = json!({ "token": token });
    let all = (0..20).map(|_| counter.post("", "/user/auth/verify", &body));
    let answers = futures_util::future::join_all(all).await;
    let (won, lost): (Vec<_>, Vec<_>) =
        answers.iter().partition(|answer| answer.status == StatusCode::OK);
    assert_eq!((won.len(), lost.len()), (1, 19));
    assert_eq!(won[0].body["user"]["email"], "user1@example.com");
    assert!(lost.iter().all(|answer| answer.refusal() == (410, "LINK_EXPIRED")));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_new_password_and_signing_out_everywhere_void_a_link() {
    let counter = Counter::closed().await;
    let session = counter.sign_up(1).await;
    let first = counter.magic_link("user1@example.com").await;
    let change =
        json!({ "password": credentials(1)["password"], "newPassword": "another good password" });
    let changed =
        counter.send(Method::PATCH, &session, "/user/me", Some(change.to_string()), &[]).await;
    assert_eq!(changed.status, StatusCode::OK, "{}", changed.body);
    let used = counter.post("", "/user/auth/verify", &json!({ "token": first })).await;
    assert_eq!(used.refusal(), (410, "LINK_EXPIRED"));

    let second = counter.magic_link("user1@example.com").await;
    let session = changed.body["token"].as_str().unwrap();
    counter.post(session, "/user/signout-all", &json!({})).await;
    let used = counter.post("", "/user/auth/verify", &json!({ "token": second })).await;
    assert_eq!(used.refusal(), (410, "LINK_EXPIRED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn who_has_forgotten_a_password_chooses_another_after_a_link() {
    let counter = Counter::closed().await;
    let by_password = counter.sign_up(1).await;
    let token = counter.magic_link("user1@example.com").await;
    let used = counter.post("", "/user/auth/verify", &json!({ "token": token })).await;
    let by_link = used.body["token"].as_str().unwrap();
    let forgotten = json!({ "newPassword": "another good password" });
    let change = async |session: &str, body: &Value| {
        counter.send(Method::PATCH, session, "/user/me", Some(body.to_string()), &[]).await
    };
    for (session, body) in
        [(&*by_password, &forgotten), (by_link, &json!({ "phone": "15550000009" }))]
    {
        let refused = change(session, body).await;
        assert_eq!(refused.refusal(), (403, "PASSWORD_REQUIRED"));
    }

    let client = redis::Client::open(counter.stack.redis.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let user_id = used.body["user"]["userId"].as_str().unwrap();
    let key = format!("session:{user_id}");
    let sessions: HashMap<String, String> =
        redis::cmd("HGETALL").arg(&key).query(&mut connection).unwrap();
    let (id, record) = sessions.iter().find(|(_, record)| record.contains("MAGIC_LINK")).unwrap();
    let mut grown_old: Value = serde_json::from_str(record).unwrap();
    let created_at_ms = grown_old["createdAtMs"].as_u64().unwrap();
    grown_old["createdAtMs"] = json!(created_at_ms - 15 * 60_000);
    for (record, status) in [(&grown_old.to_string(), 403), (record, 200)] {
        let set = redis::cmd("HSET").arg(&key).arg(id).arg(record).exec(&mut connection);
        set.unwrap();
        let answer = change(by_link, &forgotten).await;
        assert_eq!(answer.status, status, "{}", answer.body);
    }
    let body = json!({ "email": "user1@example.com", "password": "another good password" });
    assert_eq!(counter.post("", "/user/signin", &body).await.status, StatusCode::OK);
    assert_eq!(counter.get(by_link, "/user/me").await.refusal(), (401, "UNAUTHENTICATED"));
}

#[tokio::test(flavor = "multi_thread")]
async fn nobody_learns_who_has_an_account_and_nobody_is_flooded() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    let ask = async |email: &str| {
        let answer = counter.post("", "/user/magic-link", &json!({ "email": email })).await;
        (answer.status, answer.body)
    };
    let unknown = ask("nobody@example.com").await;
    for _ in 0..8 {
        assert_eq!(ask("user1@example.com").await, unknown);
    }
    eventually("five mails", async || counter.stack.stream_len(MAIL_STREAM).await == 5).await;
    // The gateway finishes the work after a response before it stops.
    let mut counter = counter;
    counter.stop().await;
    assert_eq!(counter.stack.stream_len(MAIL_STREAM).await, 5);
}

/// Returns the number of calls of each Redis command that writes.
fn commands(counter: &Counter) -> HashMap<String, u64> {
    let client = redis::Client::open(counter.stack.redis.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let info: String = redis::cmd("INFO").arg("commandstats").query(&mut connection).unwrap();
    let written = ["xadd", "set", "del", "exec"];
    let count = |line: &str| {
        let (name, rest) = line.strip_prefix("cmdstat_")?.split_once(":calls=")?;
        let calls = rest.split(',').next()?.parse().ok()?;
        written.contains(&name).then(|| (name.to_owned(), calls))
    };
    info.lines().filter_map(count).collect()
}

#[tokio::test(flavor = "multi_thread")]
async fn an_unknown_address_makes_as_much_work_as_a_known_one() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    // A first request, so that one-time work is done before.
    counter.magic_link("user1@example.com").await;
    let mut work = Vec::new();
    for email in ["user1@example.com", "nobody@example.com"] {
        let before = commands(&counter);
        let links = async || {
            let client = redis::Client::open(counter.stack.redis.url()).unwrap();
            let mut connection = client.get_connection().unwrap();
            let pattern = "magic-link:*";
            redis::cmd("KEYS").arg(pattern).query::<Vec<String>>(&mut connection).unwrap().len()
        };
        let known = links().await;
        counter.post("", "/user/magic-link", &json!({ "email": email })).await;
        eventually("the work is done", async || links().await > known).await;
        let mut done = commands(&counter);
        for (name, calls) in &mut done {
            *calls -= before.get(name).unwrap_or(&0);
        }
        work.push(done);
    }
    assert_eq!(work[0], work[1]);
    assert_eq!(counter.stack.stream_len(MAIL_STREAM).await, 2);
    assert_eq!(counter.stack.stream_len("mail:decoy").await, 0);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_link_is_kept_as_a_fingerprint_and_goes_by_itself() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    let token = counter.magic_link("user1@example.com").await;
    let client = redis::Client::open(counter.stack.redis.url()).unwrap();
    let mut connection = client.get_connection().unwrap();
    let keys: Vec<String> = redis::cmd("KEYS").arg("magic-link:*").query(&mut connection).unwrap();
    assert_eq!(keys.len(), 1);
    assert!(!keys[0].contains(&token));
    let ttl_s: i64 = redis::cmd("TTL").arg(&keys[0]).query(&mut connection).unwrap();
    assert!(Duration::from_secs(ttl_s.unsigned_abs()) <= Duration::from_mins(15));
    let value: String = redis::cmd("GET").arg(&keys[0]).query(&mut connection).unwrap();
    assert!(!value.contains(&token));
}

#[tokio::test(flavor = "multi_thread")]
async fn a_page_of_somebody_else_can_t_press_the_button() {
    let counter = Counter::closed().await;
    counter.sign_up(1).await;
    let token = counter.magic_link("user1@example.com").await;
    for origin in ["https://evil.example", "null"] {
        let (status, headers) = press(&counter, &token, origin).await;
        assert_eq!(status, StatusCode::FORBIDDEN, "{origin}");
        assert!(!headers.contains_key(SET_COOKIE));
    }
    assert_eq!(press(&counter, &token, "http://localhost:3000").await.0, StatusCode::SEE_OTHER);
}
