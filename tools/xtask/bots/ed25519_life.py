"""The life of a key that signs with Ed25519: through ccxt, python-binance and Binance's own SDK, the
last also over a WebSocket that has logged on with the key.

Usage: ed25519_life.py API WS KEY SECRET

The key and the secret are not used: the program makes a key of its own.
"""

import asyncio
import subprocess
import sys
import tempfile
from pathlib import Path

import ccxt
from binance import Client
from binance_common.configuration import ConfigurationRestAPI, ConfigurationWebSocketAPI
from binance_sdk_derivatives_trading_usds_futures.derivatives_trading_usds_futures import (
    DerivativesTradingUsdsFutures,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
    PublicFormat,
)

API = sys.argv[1]
SYMBOL = "BTCUSDT"
ORDER = {"symbol": SYMBOL, "type": "MARKET", "quantity": 0.01}


def check(what, is_so):
    if not is_so:
        sys.exit(f"Ed25519: {what}")


def make_key():
    """Returns a key, and the private key that signs for it."""
    private = Ed25519PrivateKey.generate()
    public = private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    with tempfile.TemporaryDirectory() as folder:
        file = Path(folder) / "public.pem"
        file.write_bytes(public)
        maker = Path(__file__).with_name("key_pair.py")
        command = [sys.executable, "-B", maker, API, "Ed25519", file]
        made = subprocess.run(command, check=True, capture_output=True, text=True).stdout
    key, secret = made.split()
    check("there is a secret", secret == "-")
    pem = private.private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()).decode()
    return key, pem


def by_ccxt(key, pem):
    exchange = ccxt.binanceusdm(
        {
            "apiKey": key,
            "secret": pem,
            "options": {"fetchCurrencies": False},
            "urls": {
                "api": {
                    name: f"{API}/fapi/{version}"
                    for name, version in (
                        ("fapiPublic", "v1"),
                        ("fapiPublicV2", "v2"),
                        ("fapiPublicV3", "v3"),
                        ("fapiPrivate", "v1"),
                        ("fapiPrivateV2", "v2"),
                        ("fapiPrivateV3", "v3"),
                    )
                }
            },
        }
    )
    symbol = "BTC/USDT:USDT"
    exchange.load_markets()
    check("there is no money", exchange.fetch_balance()["USDT"]["free"] > 900)
    exchange.set_leverage(10, symbol)
    bought = exchange.create_order(symbol, "market", "buy", 0.01)
    check("it is not filled", bought["status"] == "closed")
    low = exchange.price_to_precision(symbol, bought["average"] * 0.8)
    for _ in range(8):  # Signatures of many bytes: with + and / among them.
        resting = exchange.create_order(symbol, "limit", "buy", 0.01, low)
        exchange.cancel_order(resting["id"], symbol)
    exchange.create_order(symbol, "market", "sell", 0.01, params={"reduceOnly": True})
    exchange.apiKey = "vlx_0190a6e47f3c7c1a9d523b1f0a8c4e11"
    try:
        exchange.fetch_balance()
    except ccxt.AuthenticationError:
        return
    check("an unknown key was accepted", False)


def by_python_binance(key, pem):
    Client.FUTURES_URL = f"{API}/fapi"
    client = Client(key, private_key=pem.strip(), ping=False)
    check("there is no money", float(client.futures_account_balance()[0]["balance"]) > 900)
    for side, more in (("BUY", {}), ("SELL", {"reduceOnly": True})):
        done = client.futures_create_order(side=side, newOrderRespType="RESULT", **more, **ORDER)
        check("it is not filled", done["status"] == "FILLED")


def by_sdk(key, pem):
    rest = DerivativesTradingUsdsFutures(
        config_rest_api=ConfigurationRestAPI(api_key=key, private_key=pem, base_path=API)
    ).rest_api
    check("there is no money", float(rest.futures_account_balance_v3().data()[0].balance) > 900)
    for side, reduces in (("BUY", "false"), ("SELL", "true")):
        rest.new_order(side=side, reduce_only=reduces, **ORDER)
    check("a position is left", rest.position_information_v3(symbol=SYMBOL).data() == [])


async def by_sdk_over_a_socket(key, pem):
    url = f"{API.replace('http', 'ws', 1)}/ws-fapi/v1"
    client = DerivativesTradingUsdsFutures(
        config_ws_api=ConfigurationWebSocketAPI(api_key=key, private_key=pem, stream_url=url)
    )
    connection = await client.websocket_api.create_connection()

    async def session(method, **flags):
        payload = {"method": f"session.{method}", "params": {}}
        if method == "logon":
            answer = await connection.send_signed_message(payload, connection.signer, **flags)
        else:
            answer = await connection.send_message(payload, **flags)
        return answer.data()["result"]

    try:
        signed = await connection.new_order(side="BUY", **ORDER)
        check(f"a signed order fails: {signed.data()}", signed.data().result.order_id > 0)
        on = await session("logon", session_logon=True)
        check(f"nobody is logged on: {on}", on["apiKey"] == key)
        sold = await connection.new_order(side="SELL", reduce_only="true", **ORDER)
        check(f"an unsigned order fails: {sold.data()}", sold.data().result.order_id > 0)
        check("another is logged on", (await session("status"))["apiKey"] == key)
        off = await session("logout", session_logout=True)
        check("it is still logged on", off["apiKey"] is None)
    finally:
        await connection.close_connection(close_session=True)


own_key, private_key = make_key()
by_ccxt(own_key, private_key)
by_python_binance(own_key, private_key)
by_sdk(own_key, private_key)
asyncio.run(by_sdk_over_a_socket(own_key, private_key))
print("Ed25519: ok")
