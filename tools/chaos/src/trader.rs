//! A client that trades fast, at high leverage, and repeats requests until they are clear.

mod tickets;

use crate::client::{Call, Caller, Session, pause};
use crate::journal::{Answer, Deed, Meaning};
use crate::list::List;
use crate::market::Prices;
use model::amount::SCALE;
use rand::{Rng as _, RngExt as _, SeedableRng as _};
use rand_chacha::ChaCha8Rng;
use reqwest::Method;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::Duration;
use tokio_util::sync::CancellationToken;

/// The password of all accounts; no one tries to guess it.
const PASSWORD: &str = "correct horse battery";

/// The number of positions above which the trader closes some first.
const POSITIONS_MAX: usize = 25;

/// The balance (at scale 10^8) below which the trader opens a new account.
const RUINED: i128 = 1_000 * SCALE;

/// The pause between two requests (ms).
const THINKING_MS: std::ops::Range<u64> = 0..60;

/// The state that all traders share.
pub struct Floor {
    /// The newest prices.
    pub prices: Prices,
    /// All users that ever signed in.
    pub users: Mutex<Vec<Session>>,
    /// Ends the trading; unclear requests are still repeated.
    pub closing: CancellationToken,
    /// Orders that other traders try to change, though they are not theirs.
    strangers: Mutex<Vec<String>>,
}

impl Floor {
    /// Creates an empty floor on which the markets of a list are traded.
    pub fn new(list: &List) -> Self {
        Self {
            prices: Prices::of(list),
            users: Mutex::default(),
            closing: CancellationToken::new(),
            strangers: Mutex::default(),
        }
    }
}

/// A trader.
pub struct Trader {
    caller: Caller,
    floor: Arc<Floor>,
    name: String,
    random: ChaCha8Rng,
    session: Session,
    /// Orders that may still be open.
    orders: Vec<String>,
    balance: i128,
    /// Makes emails and keys unique.
    count: u64,
}

/// The next thing that a trader does.
enum Action {
    Open,
    Modify,
    Close,
    Ask,
    AskForMail,
    TryAStrangers,
    OpenAccount,
    Reset,
    BeginAnew,
}

impl Trader {
    /// Trades until the floor closes.
    pub async fn trade(caller: Caller, floor: Arc<Floor>, number: u64, seed: u64) {
        let random = ChaCha8Rng::seed_from_u64(seed ^ number.rotate_left(32));
        let mut trader = Self {
            caller,
            floor,
            name: format!("{number}"),
            random,
            session: Session::default(),
            orders: Vec::new(),
            balance: 0,
            count: number * 1_000,
        };
        trader.sign_up().await;
        while trader.is_signed_in() && !trader.floor.closing.is_cancelled() {
            trader.act().await;
            if trader.balance < RUINED && trader.orders.is_empty() {
                match trader.random.random_range(0..3) {
                    0 => trader.open_account().await,
                    1 => trader.reset().await,
                    _ => trader.begin_anew().await,
                }
            }
        }
        trader.say_goodbye().await;
    }

    /// Switches to a new account. Open positions of the old one stay until a price closes them.
    async fn begin_anew(&mut self) {
        self.say_goodbye().await;
        self.sign_up().await;
    }

    fn is_signed_in(&self) -> bool {
        !self.session.user_id.is_empty()
    }

    async fn act(&mut self) {
        match self.next_action() {
            Action::Open => self.open().await,
            Action::Modify => self.modify().await,
            Action::Close => self.close().await,
            Action::Ask => {
                let path = ["/order/user/balance", "/order/user/orders"];
                let path = path[usize::from(self.random.random::<bool>())];
                self.caller.attempt(Some(&self.session), &ask(path)).await;
            }
            Action::AskForMail => {
                let body = json!({ "email": self.email() });
                let path = "/user/magic-link".to_owned();
                let (deed, method) = (Deed::Other { path: path.clone() }, Method::POST);
                let call = Call { deed, method, path, body: Some(body), key: None };
                self.caller.attempt(None, &call).await;
            }
            Action::TryAStrangers => self.try_a_strangers().await,
            Action::OpenAccount => self.open_account().await,
            Action::Reset => self.reset().await,
            Action::BeginAnew => self.begin_anew().await,
        }
        let thinking = Duration::from_millis(self.random.random_range(THINKING_MS));
        tokio::time::sleep(thinking).await;
    }

    fn next_action(&mut self) -> Action {
        let (none, many) = (self.orders.is_empty(), self.orders.len() > POSITIONS_MAX);
        match self.random.random_range(0..100) {
            0..4 => Action::Ask,
            4..6 => Action::AskForMail,
            6..8 => Action::TryAStrangers,
            8 => match self.random.random_range(0..4) {
                0 => Action::BeginAnew,
                1 => Action::Reset,
                _ => Action::OpenAccount,
            },
            9..50 if !many && self.balance >= RUINED => Action::Open,
            _ if none => Action::Open,
            9..70 => Action::Modify,
            _ => Action::Close,
        }
    }

    /// Signs up until it succeeds; has no account when the run ends first.
    async fn sign_up(&mut self) {
        self.orders.clear();
        self.balance = RUINED;
        self.session = Session::default();
        while !self.is_signed_in() {
            self.count += 1;
            let phone = format!("+1555{:07}", self.count);
            let body = json!({ "email": self.email(), "phone": phone, "password": PASSWORD });
            let deed = Deed::SignUp { email: self.email() };
            let path = "/user/signup".to_owned();
            let call = Call { deed, method: Method::POST, path, body: Some(body), key: None };
            let answer = match self.caller.insist(None, &call).await {
                // An earlier attempt succeeded, but its answer was lost.
                Some(answer) if answer.status == 409 => self.sign_in().await,
                answer => answer,
            };
            match answer {
                Some(answer) if answer.meaning() == Meaning::Granted => self.begin(&answer),
                // Locked out by attempts whose answers were lost: use another account.
                Some(_) => pause().await,
                None => return,
            }
        }
    }

    fn begin(&mut self, answer: &Answer) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let user_id = text(&answer.body["user"]["userId"]);
        self.session = Session { user_id, token: text(&answer.body["token"]), is_first: true };
        self.floor.users.lock().expect("the lock is not poisoned").push(self.session.clone());
    }

    async fn sign_in(&mut self) -> Option<Answer> {
        let body = json!({ "email": self.email(), "password": PASSWORD });
        let deed = Deed::SignIn { email: self.email() };
        let path = "/user/signin".to_owned();
        let call = Call { deed, method: Method::POST, path, body: Some(body), key: None };
        self.caller.insist(None, &call).await
    }

    fn email(&self) -> String {
        format!("trader-{}-{}@example.com", self.name, self.count)
    }

    /// Switches to another account of the same user.
    async fn open_account(&mut self) {
        self.count += 1;
        let balance = self.random.random_range(1_000..20_000).to_string();
        let body = json!({ "name": format!("account {}", self.count), "balance": balance });
        let call = Call {
            deed: Deed::OpenAccount { balance },
            method: Method::POST,
            path: "/accounts".to_owned(),
            body: Some(body),
            key: Some(format!("account {}", self.count)),
        };
        let answer = self.caller.insist(Some(&self.session), &call).await;
        let account_id = answer
            .and_then(|answer| Some(answer.body["account"]["accountId"].as_str()?.to_owned()));
        // A user may have ten.
        let Some(account_id) = account_id else { return self.begin_anew().await };
        self.say_goodbye().await;
        self.orders.clear();
        self.balance = RUINED;
        let token = self.session.token.clone();
        self.session = Session { user_id: account_id, token, is_first: false };
        self.floor.users.lock().expect("the lock is not poisoned").push(self.session.clone());
    }

    /// Closes everything in the account, and begins again.
    async fn reset(&mut self) {
        let balance = self.random.random_range(90..20_000).to_string();
        let account_id = self.session.user_id.clone();
        let keyed = self.random.random_ratio(1, 2);
        self.count += 1;
        let call = Call {
            path: format!("/accounts/{account_id}/reset"),
            deed: Deed::Reset,
            method: Method::POST,
            body: Some(json!({ "balance": balance })),
            key: keyed.then(|| format!("reset {}", self.count)),
        };
        let answer = self.caller.insist(Some(&self.session), &call).await;
        let balance =
            answer.and_then(|answer| answer.body["account"]["balanceInt"].as_str()?.parse().ok());
        // Orders that are closed now may still be asked about.
        self.balance = balance.unwrap_or(self.balance);
    }

    /// Reads the account once more, which also registers it if it was made while the engine was
    /// away.
    async fn say_goodbye(&mut self) {
        if self.is_signed_in() {
            self.caller.insist(Some(&self.session), &ask("/order/user/balance")).await;
        }
    }

    async fn open(&mut self) {
        let ticket = self.ticket();
        let key = format!("{}-{}", self.name, self.random.next_u64());
        let mut call = Call {
            deed: Deed::Open { ticket: ticket.clone() },
            method: Method::POST,
            path: "/order/open".to_owned(),
            body: Some(ticket),
            key: Some(key),
        };
        if self.random.random_ratio(1, 10) {
            // Without a key the request can't be repeated.
            call.key = None;
            let answer = self.caller.attempt(Some(&self.session), &call).await;
            return self.note_opened(answer.as_ref());
        }
        let answer = self.caller.insist(Some(&self.session), &call).await;
        self.note_opened(answer.as_ref());
        if self.random.random_ratio(1, 10) {
            self.caller.insist(Some(&self.session), &call).await;
        }
        if self.random.random_ratio(1, 40) {
            let other = self.ticket();
            call.deed = Deed::Open { ticket: other.clone() };
            call.body = Some(other);
            let answer = self.caller.insist(Some(&self.session), &call).await;
            self.note_opened(answer.as_ref());
        }
    }

    fn note_opened(&mut self, answer: Option<&Answer>) {
        self.note_balance(answer);
        let order_id = answer.and_then(|answer| answer.body["order"]["orderId"].as_str());
        let Some(order_id) = order_id.filter(|id| !self.orders.iter().any(|known| known == id))
        else {
            return;
        };
        self.orders.push(order_id.to_owned());
        let mut strangers = self.floor.strangers.lock().expect("the lock is not poisoned");
        if strangers.len() < 1_000 {
            strangers.push(order_id.to_owned());
        }
    }

    fn note_balance(&mut self, answer: Option<&Answer>) {
        let balance = answer.and_then(|answer| answer.body["balance"]["balanceInt"].as_str());
        if let Some(balance) = balance.and_then(|balance| balance.parse().ok()) {
            self.balance = balance;
        }
    }

    async fn modify(&mut self) {
        let index = self.random.random_range(0..self.orders.len());
        let order_id = self.orders[index].clone();
        let market = self.market();
        let mut change = json!({});
        for exit in ["stopLoss", "takeProfit"] {
            match self.random.random_range(0..4) {
                0 => change[exit] = Value::Null,
                1..3 => change[exit] = self.price_near(market, 0..15_000).into(),
                _ => {}
            }
        }
        let deed = Deed::Modify { order_id: order_id.clone(), change: change.clone() };
        let path = format!("/order/{order_id}");
        let call = Call { deed, method: Method::PATCH, path, body: Some(change), key: None };
        let answer = self.caller.insist(Some(&self.session), &call).await;
        self.note_balance(answer.as_ref());
        if answer.is_some_and(|answer| answer.status == 409) {
            self.orders.swap_remove(index);
        }
    }

    async fn close(&mut self) {
        let index = self.random.random_range(0..self.orders.len());
        let order_id = self.orders.swap_remove(index);
        let keyed = self.random.random_ratio(3, 4);
        let mut call = close(&order_id);
        call.key = keyed.then(|| format!("close {order_id}"));
        let answer = self.caller.insist(Some(&self.session), &call).await;
        self.note_balance(answer.as_ref());
        if self.random.random_ratio(1, 10) {
            self.caller.insist(Some(&self.session), &call).await;
        }
    }

    async fn try_a_strangers(&mut self) {
        let order_id = {
            let strangers = self.floor.strangers.lock().expect("the lock is not poisoned");
            let count = strangers.len();
            (count > 0).then(|| strangers[self.random.random_range(0..count)].clone())
        };
        if let Some(order_id) = order_id.filter(|id| !self.orders.contains(id)) {
            self.caller.attempt(Some(&self.session), &close(&order_id)).await;
        }
        pause().await;
    }
}

fn close(order_id: &str) -> Call {
    let path = format!("/order/close/{order_id}");
    let deed = Deed::Close { order_id: order_id.to_owned() };
    Call { deed, method: Method::POST, path, body: None, key: None }
}

fn ask(path: &str) -> Call {
    let deed = Deed::Other { path: path.to_owned() };
    Call { deed, method: Method::GET, path: path.to_owned(), body: None, key: None }
}
