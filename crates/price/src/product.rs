//! The exact product of a price and a quantity, before rounding.

use crate::decimal::mul_div;
use crate::{OutOfRange, Price, Qty, Rounding, SCALE, Usd};
use std::ops::Mul;

/// The exact product of a [`Price`] and a [`Qty`], perhaps divided by a whole number.
///
/// It keeps its factors, so that `price × qty / leverage` is rounded only once.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Product {
    price: Price,
    qty: Qty,
    divisor: u32,
}

impl Product {
    /// Divides the product by `divisor`, still exactly.
    ///
    /// # Panics
    /// When `divisor` is 0, or the product of all divisors exceeds `u32`: both are bugs of the
    /// caller.
    #[must_use]
    pub fn divided_by(self, divisor: u32) -> Self {
        assert!(divisor > 0, "a product can't be divided by zero");
        let divisor = self.divisor.checked_mul(divisor).expect("divisors are leverages");
        Self { divisor, ..self }
    }

    /// Rounds the product to an amount of money.
    ///
    /// # Errors
    /// [`OutOfRange`] when the result needs more than an `i128` at scale 10^8.
    pub fn round(self, rounding: Rounding) -> Result<Usd, OutOfRange> {
        let divisor = SCALE.checked_mul(i128::from(self.divisor)).ok_or(OutOfRange)?;
        mul_div(self.price.scaled(), self.qty.scaled(), divisor, rounding).map(Usd::from_scaled)
    }
}

impl Mul<Qty> for Price {
    type Output = Product;

    fn mul(self, qty: Qty) -> Product {
        Product { price: self, qty, divisor: 1 }
    }
}

impl Mul<Price> for Qty {
    type Output = Product;

    fn mul(self, price: Price) -> Product {
        price * self
    }
}

/// The exact sum of prices times quantities, whose quotient is an average price.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Notional(i128);

impl Notional {
    /// Creates a sum from the integer at scale 10^16.
    pub const fn from_scaled(scaled: i128) -> Self {
        Self(scaled)
    }

    /// The integer at scale 10^16.
    pub const fn scaled(self) -> i128 {
        self.0
    }

    /// Adds a price times a quantity.
    ///
    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn with(self, price: Price, qty: Qty) -> Result<Self, OutOfRange> {
        let product = price.scaled().checked_mul(qty.scaled()).ok_or(OutOfRange)?;
        self.0.checked_add(product).map(Self).ok_or(OutOfRange)
    }

    /// Returns `self × numerator / denominator` as money, rounded once, for a fee or a funding.
    ///
    /// # Errors
    /// [`OutOfRange`] when the result does not fit.
    ///
    /// # Panics
    /// When `denominator` is 0.
    pub fn share(
        self,
        numerator: i64,
        denominator: u32,
        rounding: Rounding,
    ) -> Result<Usd, OutOfRange> {
        // The sum may have 126 bits: it is multiplied in two parts.
        let divisor = SCALE.checked_mul(i128::from(denominator)).ok_or(OutOfRange)?;
        let numerator = i128::from(numerator);
        let (whole, rest) = (self.0.div_euclid(divisor), self.0.rem_euclid(divisor));
        let whole = whole.checked_mul(numerator).ok_or(OutOfRange)?;
        let rest = mul_div(rest, numerator, divisor, rounding)?;
        whole.checked_add(rest).map(Usd::from_scaled).ok_or(OutOfRange)
    }

    /// Adds an amount of money.
    ///
    /// # Errors
    /// [`OutOfRange`] when the sum does not fit.
    pub fn plus(self, amount: Usd) -> Result<Self, OutOfRange> {
        let amount = amount.scaled().checked_mul(SCALE).ok_or(OutOfRange)?;
        self.0.checked_add(amount).map(Self).ok_or(OutOfRange)
    }

    /// Returns the average price of a quantity that is worth the sum.
    ///
    /// # Errors
    /// [`OutOfRange`] when the result does not fit.
    ///
    /// # Panics
    /// When `qty` is not above zero.
    pub fn average(self, qty: Qty, rounding: Rounding) -> Result<Price, OutOfRange> {
        mul_div(self.0, 1, qty.scaled(), rounding).map(Price::from_scaled)
    }

    /// Returns the average price if `qty × numerator / denominator` is worth the sum.
    ///
    /// # Errors
    /// [`OutOfRange`] when the result does not fit.
    ///
    /// # Panics
    /// When `qty` or `numerator` is not above zero.
    pub fn average_of_share(
        self,
        qty: Qty,
        (numerator, denominator): (u32, u32),
        rounding: Rounding,
    ) -> Result<Price, OutOfRange> {
        let divisor = qty.scaled().checked_mul(i128::from(numerator)).ok_or(OutOfRange)?;
        mul_div(self.0, i128::from(denominator), divisor, rounding).map(Price::from_scaled)
    }
}
