"""Computes the figures of a frozen trading page again, from nothing but what was traded.

Reads JSON from standard input: the markets, the fills, the terms of positions and orders that the
trader chose, the raw prices, the funding that was settled, the first balance, and the texts that the
page shows. Writes a JSON list of the figures that differ, and how many were compared. Knows the
formulas of docs/api.md and docs/costs.md, and shares no code with Velox: exact fractions, rounded
where the documents say so.
"""

import json
import sys
from fractions import Fraction
from math import ceil, floor

SCALE = 10**8


def down(value):
    """Rounds to eight decimals, toward minus infinity."""
    return Fraction(floor(value * SCALE), SCALE)


def up(value):
    return -down(-value)


def nearest(value):
    return floor(value + Fraction(1, 2))


ROUNDINGS = {"floor": floor, "ceiling": ceil, "nearest": nearest}


def shown(value, decimals, rounding="floor"):
    """A number as the page writes it: 1,234.50."""
    scaled = ROUNDINGS[rounding](value * 10**decimals)
    whole, rest = divmod(abs(scaled), 10**decimals)
    return f"{'-' if scaled < 0 else ''}{whole:,}.{rest:0{decimals}}"


def signed(value, decimals=2):
    return ("+" if value > 0 else "") + shown(value, decimals)


def percent(ratio):
    """A ratio as a signed percentage, rounded to the nearest, half away from zero: +1.25%."""
    size = shown(abs(ratio) * 100, 2, "nearest")
    sign = "+" if ratio > 0 else "-"
    return f"{sign if size != '0.00' else ''}{size}%"


class Position:
    """A position in mode `separate`, from its only fill."""

    def __init__(self, page, terms):
        self.market = page["markets"][terms["asset"]]
        self.asset = terms["asset"]
        fill = next(f for f in page["fills"] if f["positionId"] == terms["positionId"])
        self.sign = 1 if fill["side"] == "BUY" else -1
        self.qty, self.entry = Fraction(fill["qty"]), Fraction(fill["price"])
        self.leverage = terms["leverage"]
        self.margin = up(self.qty * self.entry / self.leverage)
        self.fee = up(self.qty * self.entry * Fraction(self.market["takerFeePpm"], 10**6))
        prices = page["prices"][self.asset]
        self.bid, self.ask = Fraction(prices["bid"]), Fraction(prices["ask"])
        goes_by_mark = self.is_maintenance or self.market["triggerPrice"] == "MARK"
        self.value_price = Fraction(prices["mark"]) if goes_by_mark else self.close_price
        self.funding = self.settled(page.get("settled"))

    @property
    def is_maintenance(self):
        return self.market["liquidationModel"] == "MAINTENANCE"

    @property
    def close_price(self):
        return self.bid if self.sign > 0 else self.ask

    def settled(self, funding):
        """What a funding gave: a payer's amount is rounded up, a receiver's down."""
        if not funding or funding["asset"] != self.asset:
            return Fraction(0)
        return down(-self.sign * self.qty * Fraction(funding["mark"]) * Fraction(funding["rate"]))

    @property
    def liquidation(self):
        if not self.is_maintenance:
            loss = Fraction(self.market["liquidationLossBps"], 10**4)
            return self.entry - self.sign * down(self.entry * loss / self.leverage)
        found = []
        for bracket in self.market["brackets"]:
            rate = Fraction(bracket["maintenancePpm"], 10**6)
            amount = Fraction(bracket["maintenanceAmount"])
            if self.sign > 0:
                found.append(up((self.qty * self.entry - self.margin - amount) / (self.qty * (1 - rate))))
            else:
                found.append(down((self.qty * self.entry + self.margin + amount) / (self.qty * (1 + rate))))
        return max(max(found), Fraction(0)) if self.sign > 0 else min(found)

    @property
    def pnl(self):
        return down(self.sign * self.qty * (self.value_price - self.entry))

    @property
    def break_even(self):
        """Where closing gives back all costs, with the fee of the close."""
        rate = Fraction(self.market["takerFeePpm"], 10**6)
        costs = self.fee - self.funding
        if self.sign > 0:
            return up((self.qty * self.entry + costs) / (self.qty * (1 - rate)))
        return down((self.qty * self.entry - costs) / (self.qty * (1 + rate)))

    def figures(self):
        decimals = self.market["priceDecimals"]
        price = lambda value: shown(value, decimals, "nearest")
        roe = down(self.pnl / self.margin)
        return {
            "Entry": price(self.entry),
            "Break-even": price(self.break_even),
            "Mark": price(self.value_price),
            "Liquidation": price(self.liquidation),
            "Margin": shown(self.margin, 2, "ceiling"),
            "P&L": signed(self.pnl),
            "ROE": percent(roe),
            "Fees": shown(self.fee, 2, "ceiling"),
            "Funding": signed(self.funding),
        }


def reserved(page, order):
    """The margin and the maker's fee that a resting limit order keeps, at its own price."""
    market = page["markets"][order["asset"]]
    value = Fraction(order["qty"]) * Fraction(order["price"])
    fee = up(value * Fraction(market["makerFeePpm"], 10**6))
    return up(value / order["leverage"]) + fee


def main():
    page = json.load(sys.stdin)
    positions = {terms["positionId"]: Position(page, terms) for terms in page["positions"]}
    different, compared = [], 0

    def compare(where, name, computed, text):
        nonlocal compared
        compared += 1
        if computed != text:
            different.append({"where": where, "figure": name, "computed": computed, "shown": text})

    for row in page["shown"]["positions"]:
        position = positions[row["positionId"]]
        for name, computed in position.figures().items():
            compare(f"{position.asset} x{position.leverage}", name, computed, row[name])
    kept = {order["orderId"]: reserved(page, order) for order in page["orders"]}
    for row in page["shown"]["orders"]:
        compare("order", "Reserved", shown(kept[row["orderId"]], 2, "ceiling"), row["Reserved"])
    margins = sum(p.margin for p in positions.values())
    costs = sum(p.fee - p.funding for p in positions.values())
    unrealized = sum(p.pnl for p in positions.values())
    held = sum(kept.values())
    balance = Fraction(page["deposit"]) - costs
    account = {
        "Equity": shown(balance + unrealized, 2),
        "Balance": shown(balance, 2),
        "Used margin": shown(margins, 2, "ceiling"),
        "Free margin": shown(balance - margins - held, 2),
        "Unrealized P&L": signed(unrealized),
    }
    for name, computed in account.items():
        compare("account", name, computed, page["shown"]["account"][name])
    json.dump({"compared": compared, "different": different}, sys.stdout)


main()
