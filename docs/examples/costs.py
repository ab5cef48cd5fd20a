"""What one trade costs: buys 0.1 BTC at 20x, sells it at once, and adds up the statement.

    pip install -r docs/examples/requirements.txt
    python3 docs/examples/costs.py

Run it against either list of markets: `cargo xtask up`, or
`cargo xtask up --markets markets.binance.toml`. VELOX is the address, as for quickstart.py.
"""

import time
from decimal import Decimal

from quickstart import ASSET, call, sign_up

QTY = Decimal("0.1")


def main():
    token = sign_up()
    order = {"asset": ASSET, "orderType": "LONG", "leverage": 20, "qty": str(QTY)}
    opened = call("POST", "/order/open", order, token)["order"]
    closed = call("POST", f"/order/close/{opened['orderId']}", token=token)["order"]
    bought, sold = Decimal(opened["executionPrice"]), Decimal(closed["closePrice"])
    print(f"{QTY} BTC bought at {bought} and sold at {sold}: {QTY * (bought + sold):.2f} USD traded")

    # The statement is written a moment after the trade.
    balance = Decimal(call("GET", "/order/user/balance", token=token)["balance"]["balance"])
    while Decimal((summary := call("GET", "/income/summary", token=token))["total"]["amount"]) != balance:
        time.sleep(0.1)
    for line in summary["sums"]:
        if Decimal(line["amount"]):
            print(f"{line['kind']:<15}{Decimal(line['amount']):>16}")
    print(f"{'balance':<15}{balance:>16}")
    traded = QTY * (bought + sold)
    print(f"cost {1000 - balance} USD, {(1000 - balance) / traded * 10_000:.2f} bps of what was traded")


if __name__ == "__main__":
    main()
