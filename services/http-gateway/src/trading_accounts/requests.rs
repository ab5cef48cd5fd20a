//! The requests of the operations on accounts.

use crate::access::account::AccountId;
use crate::request::{Description, FieldType, Flag, Optional, Positive, Problem, Raw, requests};
use messages::{PositionMode, RESET_BALANCE_USD};
use price::Usd;
use serde_json::json;
use utoipa::openapi::schema::{ObjectBuilder, OneOfBuilder, SchemaFormat, Type};

/// The longest name of an account, in characters.
const NAME_LEN_MAX: usize = 40;

requests! {
    /// An account to open.
    pub struct AccountToOpen in JsonBody {
        /// A name, unique among the accounts of the user in any case. No control or invisible
        /// characters, and no space at either end.
        name: AccountName = "name", "Grid bot";
        /// The virtual money to begin with, in USD, from 100 to 1,000,000. Absent, it is that of a
        /// sign-up.
        balance: Optional<StartingBalance> = "balance";
        /// The position mode, `separate` if absent.
        mode: Optional<PositionMode> = "mode";
    } example { "name": "Grid bot", "balance": "5000", "mode": "one_way" };

    /// A change of an account. Absent fields stay as they are.
    pub struct AccountChange in JsonBody {
        /// A new name, as at its opening.
        name: Optional<AccountName> = "name", "Grid bot";
        /// Whether it takes part in the leaderboard.
        on_leaderboard: Optional<Flag> = "onLeaderboard";
    } example { "name": "Grid bot", "onLeaderboard": true } with at least 1;

    /// The balance to begin again with.
    pub struct NewBeginning in JsonBody {
        /// The balance, in USD, from 100 to 1,000,000.
        balance: StartingBalance = "balance";
    } example { "balance": "1000" };

    /// The account's id.
    pub struct AccountPath in Path {
        /// The `accountId` of an account.
        account_id: AccountId = "accountId", "01a2299a-2fc0-728a-b5e7-dae8017ad686";
    }
}

impl FieldType for AccountId {
    type Value = Self;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Self, Problem> {
        let id = raw.text().ok().and_then(|text| text.parse().ok());
        id.map(Self).ok_or("must be the UUID of an account".into())
    }

    fn description() -> Description {
        Description::uuid()
    }
}

/// The name of an account.
pub struct AccountName;

/// The characters that no name contains, as a pattern has them: control characters, and those that
/// show nothing or turn the direction of what follows.
const INVISIBLE: &str = "\\u0000-\\u001f\\u007f-\\u009f\\u00ad\\u061c\\u180e\\u200b-\\u200f\\u2028-\\u202e\\u2060-\\u206f\\ufeff";

/// Returns whether no name may contain a character: whether it is in [`INVISIBLE`].
const fn is_invisible(character: char) -> bool {
    matches!(
        character,
        '\0'..='\u{1f}'
            | '\u{7f}'..='\u{9f}'
            | '\u{ad}'
            | '\u{61c}'
            | '\u{180e}'
            | '\u{200b}'..='\u{200f}'
            | '\u{2028}'..='\u{202e}'
            | '\u{2060}'..='\u{206f}'
            | '\u{feff}'
    )
}

impl FieldType for AccountName {
    type Value = String;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<String, Problem> {
        let name = raw.text()?;
        let is_short = (1..=NAME_LEN_MAX).contains(&name.chars().count());
        if !is_short || name.trim() != &*name || name.chars().any(is_invisible) {
            let problem = "must have 1 to 40 characters, no control or invisible characters, and \
                           no space at either end";
            return Err(problem.into());
        }
        Ok(name.into())
    }

    fn description() -> Description {
        let inner = format!("[^{INVISIBLE}]*");
        let end = format!("[^\\s{INVISIBLE}]");
        let pattern = format!("^{end}({inner}{end})?$");
        let object = ObjectBuilder::new()
            .schema_type(Type::String)
            .min_length(Some(1))
            .max_length(Some(NAME_LEN_MAX));
        Description::inline(object.pattern(Some(pattern)))
    }
}

/// A balance to begin with.
pub struct StartingBalance;

impl FieldType for StartingBalance {
    type Value = Usd;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Usd, Problem> {
        let balance = Positive::<Usd>::read(raw, &())?;
        let (least, most) = (*RESET_BALANCE_USD.start(), *RESET_BALANCE_USD.end());
        let whole = |usd: i64| i128::from(usd) * price::SCALE;
        if !(whole(least)..=whole(most)).contains(&balance.scaled()) {
            return Err(format!("must be from {least} to {most}").into());
        }
        Ok(balance)
    }

    fn description() -> Description {
        let number = ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some("At most 8 decimals."))
            .minimum(Some(*RESET_BALANCE_USD.start()))
            .maximum(Some(*RESET_BALANCE_USD.end()))
            .examples([json!(1_000)]);
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("decimal".to_owned())))
            .description(Some("The same as a string."))
            .pattern(Some(r"^([1-9][0-9]{2,5}(\.[0-9]{1,8})?|1000000)$"))
            .examples(["1000"]);
        let either = OneOfBuilder::new()
            .description(Some(
                "A balance from 100 to 1,000,000 USD: a JSON number or a decimal string, exact to 8 \
                 decimals either way.",
            ))
            .item(number)
            .item(text);
        Description::shared("StartingBalance", either)
    }
}
