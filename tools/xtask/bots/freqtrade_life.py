"""Lets freqtrade trade until it has closed a long and a short with stops on the exchange.

Usage: freqtrade_life.py API KEY SECRET FOLDER SECONDS
"""

import signal
import subprocess
import sys
import time
from pathlib import Path

import ccxt

API, KEY, SECRET, FOLDER, SECONDS = sys.argv[1:6]
SYMBOL = {"symbol": "BTCUSDT"}
velox = ccxt.binanceusdm({"apiKey": KEY, "secret": SECRET})
velox.urls["api"]["fapiPrivate"] = f"{API}/fapi/v1"


def closed_sides(trades):
    """The sides of the positions that were closed: a sale that realizes something closed a long."""
    return {t["side"] for t in trades if float(t["realizedPnl"]) != 0}


folder = Path(FOLDER)
(folder / "user_data").mkdir()
bot = subprocess.Popen(
    [
        Path(sys.executable).with_name("freqtrade"),
        "trade",
        *("--config", folder / "config.json"),
        *("--strategy", "Alternate", "--strategy-path", folder),
        *("--userdir", folder / "user_data"),
        *("--db-url", f"sqlite:///{folder}/trades.sqlite"),
    ],
    stdout=open(folder / "log", "w"),
    stderr=subprocess.STDOUT,
)
deadline = time.monotonic() + float(SECONDS)
try:
    while True:
        trades = velox.fapiPrivateGetUserTrades(SYMBOL)
        stops = velox.fapiPrivateGetAllAlgoOrders(SYMBOL)
        if closed_sides(trades) == {"BUY", "SELL"} and len(stops) >= 2:
            break
        if bot.poll() is not None or time.monotonic() > deadline:
            print((folder / "log").read_text()[-6000:])
            sys.exit(f"freqtrade: {len(trades)} trades and {len(stops)} stops are not enough")
        time.sleep(2)
finally:
    bot.send_signal(signal.SIGINT)
    bot.wait(60)
log = (folder / "log").read_text()
errors = [line for line in log.splitlines() if " - ERROR - " in line]
if errors:
    sys.exit("freqtrade: " + "\n".join(errors[:5]))
print(f"freqtrade: ok, {len(trades)} trades, {len(stops)} stops on the exchange")
