//! Numbers: amounts, the leverage and counts.

use super::{Description, FieldType, Problem, Raw};
use messages::LEVERAGE_MAX;
use price::{OutOfRange, ParseError, Price, Qty, Usd};
use serde_json::json;
use std::marker::PhantomData;
use std::str::FromStr;
use utoipa::openapi::schema::{KnownFormat, ObjectBuilder, OneOfBuilder, SchemaFormat, Type};

/// The pattern of a positive decimal: up to ten digits before the point and eight after it.
const POSITIVE_DECIMAL: &str = r"^([1-9][0-9]{0,9}(\.[0-9]{1,8})?|0\.[0-9]{0,7}[1-9])$";

/// Returns the digits of a whole number, however it is written: `10`, `10.0`, `1e1`.
pub fn natural(text: &str) -> Option<String> {
    let scaled = text.parse::<Qty>().ok()?.scaled();
    (scaled >= 0 && scaled % price::SCALE == 0).then(|| (scaled / price::SCALE).to_string())
}

/// An amount above zero that an account can hold: a JSON number or a decimal string, exact to 8
/// decimals either way.
pub struct Positive<T>(PhantomData<T>);

/// An amount of which only the positive ones are accepted.
pub trait Amount: FromStr<Err = ParseError> + Copy {
    /// Returns whether the amount is above zero.
    fn is_positive(self) -> bool;
    /// Returns the amount as it is stored.
    fn to_i64(self) -> Result<i64, OutOfRange>;
}

impl Amount for Price {
    fn is_positive(self) -> bool {
        self.is_positive()
    }

    fn to_i64(self) -> Result<i64, OutOfRange> {
        self.to_i64()
    }
}

impl Amount for Usd {
    fn is_positive(self) -> bool {
        self > Self::ZERO
    }

    fn to_i64(self) -> Result<i64, OutOfRange> {
        self.to_i64()
    }
}

impl Amount for Qty {
    fn is_positive(self) -> bool {
        self.is_positive()
    }

    fn to_i64(self) -> Result<i64, OutOfRange> {
        self.to_i64()
    }
}

impl<T: Amount> FieldType for Positive<T> {
    type Value = T;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<T, Problem> {
        let text = raw.digits()?.ok_or("must be a number or a decimal string")?;
        match text.parse::<T>() {
            Err(problem) => Err(problem.to_string().into()),
            Ok(value) if !value.is_positive() => Err("must be above zero".into()),
            Ok(value) if value.to_i64().is_err() => Err("is out of range".into()),
            Ok(value) => Ok(value),
        }
    }

    fn description() -> Description {
        let number = ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some("At most 8 decimals."))
            // Floats, because the schema's bounds have no other type.
            .minimum(Some(0.000_000_01))
            .maximum(Some(92_233_720_368_u64))
            .examples([json!(1)]);
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("decimal".to_owned())))
            .description(Some("The same as a string."))
            .pattern(Some(POSITIVE_DECIMAL))
            .examples(["0.01"]);
        let either = OneOfBuilder::new()
            .description(Some(
                "An amount above zero: a JSON number or a decimal string, exact to 8 decimals either \
                 way. Clients whose numbers are floats should send strings.",
            ))
            .item(number)
            .item(text);
        Description::shared("PositiveDecimal", either)
    }
}

/// A leverage that some market may allow; `10.0` is a whole number, too.
pub struct Leverage;

impl FieldType for Leverage {
    type Value = u32;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<u32, Problem> {
        let number = raw.digits()?.and_then(|text| natural(&text)?.parse().ok());
        number
            .filter(|leverage| (1..=LEVERAGE_MAX.into()).contains(leverage))
            .ok_or_else(|| format!("must be a whole number from 1 to {LEVERAGE_MAX}").into())
    }

    fn description() -> Description {
        Description::inline(
            ObjectBuilder::new()
                .schema_type(Type::Integer)
                .description(Some(
                    "The ratio of the position's value to its margin. A market may have a lower \
                     limit. A string is accepted, too.",
                ))
                .minimum(Some(1))
                .maximum(Some(LEVERAGE_MAX)),
        )
    }
}

/// A whole number within bounds, in a JSON body or a parameter.
pub struct Whole<const MIN: u32, const MAX: u32>;

impl<const MIN: u32, const MAX: u32> FieldType for Whole<MIN, MAX> {
    type Value = u32;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<u32, Problem> {
        let number = raw.digits()?.and_then(|text| natural(&text)?.parse().ok());
        let number = number.filter(|number| (MIN..=MAX).contains(number));
        number.ok_or_else(|| format!("must be a whole number from {MIN} to {MAX}").into())
    }

    fn description() -> Description {
        let object = ObjectBuilder::new().schema_type(Type::Integer);
        Description::inline(object.minimum(Some(MIN)).maximum(Some(MAX)))
    }
}

/// A time in Unix milliseconds, from 1970 to the year 9999.
pub struct Moment;

/// The last millisecond of the year 9999.
const MOMENT_MS_MAX: u64 = 253_402_300_799_999;

impl FieldType for Moment {
    type Value = u64;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<u64, Problem> {
        let time_ms = raw.digits()?.and_then(|text| natural(&text)?.parse().ok());
        let time_ms = time_ms.filter(|time_ms| *time_ms <= MOMENT_MS_MAX);
        time_ms.ok_or_else(|| "must be a time in Unix milliseconds".into())
    }

    fn description() -> Description {
        let object = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int64)));
        Description::inline(object.minimum(Some(0)).maximum(Some(MOMENT_MS_MAX)))
    }
}

/// An amount of money to add, or to remove if it is negative, exact to 8 decimals.
pub struct Signed;

impl FieldType for Signed {
    type Value = Usd;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<Usd, Problem> {
        let text = raw.digits()?.ok_or("must be a number or a decimal string")?;
        match text.parse::<Usd>() {
            Err(problem) => Err(problem.to_string().into()),
            Ok(Usd::ZERO) => Err("must not be zero".into()),
            Ok(value) if value.to_i64().is_err() => Err("is out of range".into()),
            Ok(value) => Ok(value),
        }
    }

    fn description() -> Description {
        let number = ObjectBuilder::new()
            .schema_type(Type::Number)
            .description(Some("At most 8 decimals."))
            .minimum(Some(-92_233_720_368_i64))
            .maximum(Some(92_233_720_368_u64))
            .examples([json!(-5)]);
        let text = ObjectBuilder::new()
            .schema_type(Type::String)
            .format(Some(SchemaFormat::Custom("decimal".to_owned())))
            .description(Some("The same as a string."))
            .pattern(Some(format!("^-?{}", POSITIVE_DECIMAL.trim_start_matches('^'))))
            .examples(["2.5"]);
        let either = OneOfBuilder::new()
            .description(Some(
                "An amount other than zero: a JSON number or a decimal string, exact to 8 decimals \
                 either way.",
            ))
            .item(number)
            .item(text);
        Description::shared("SignedDecimal", either)
    }
}

/// A number of rows, from 1 to a limit, in plain digits.
pub struct Count<const MAX: u32>;

impl<const MAX: u32> FieldType for Count<MAX> {
    type Value = u32;
    type Given = ();

    fn read(raw: Raw<'_>, (): &()) -> Result<u32, Problem> {
        let count = raw.text()?.parse().ok().filter(|count| (1..=MAX).contains(count));
        count.ok_or_else(|| format!("must be a whole number from 1 to {MAX}").into())
    }

    fn description() -> Description {
        let object = ObjectBuilder::new()
            .schema_type(Type::Integer)
            .format(Some(SchemaFormat::KnownFormat(KnownFormat::Int32)));
        Description::inline(object.minimum(Some(1)).maximum(Some(MAX)))
    }
}
