"""A first trade with Velox from Python: sign up, read the price, open a long, watch it, close it.

    pip install -r docs/examples/requirements.txt
    python3 docs/examples/quickstart.py

VELOX and VELOX_WS are the addresses of Velox; the defaults are those of `cargo xtask up`. With
docker-compose.yml: VELOX=https://your.domain VELOX_WS=wss://your.domain/ws
"""

import json
import os
import secrets
import urllib.error
import urllib.request
import uuid
from decimal import Decimal

from websockets.sync.client import connect

VELOX = os.environ.get("VELOX", "http://localhost:3005")
VELOX_WS = os.environ.get("VELOX_WS", "ws://localhost:3006")
ASSET = "BTCUSDT"


class Refused(Exception):
    """An error response: `code` is for programs, the text for people."""

    def __init__(self, status, body):
        super().__init__(f"{body['error']} ({status} {body['code']})")
        self.code = body["code"]


def call(method, path, body=None, token=None, headers=None):
    """Sends a request to the API and returns the JSON of its response."""
    headers = {"Content-Type": "application/json", **(headers or {})}
    if token:
        headers["Authorization"] = f"Bearer {token}"
    request = urllib.request.Request(
        f"{VELOX}/api/v1{path}",
        method=method,
        headers=headers,
        data=json.dumps(body).encode() if body is not None else None,
    )
    try:
        with urllib.request.urlopen(request, timeout=10) as answer:
            return json.load(answer)
    except urllib.error.HTTPError as error:
        raise Refused(error.code, json.load(error)) from None


def sign_up():
    """Creates an account and returns its token. Your own program would use an API key instead."""
    number = secrets.randbelow(10**9)
    person = {
        "email": f"quickstart-{number}@example.com",
        "phone": f"+1{number:010}",
        "password": secrets.token_urlsafe(16),
    }
    answer = call("POST", "/user/signup", person)
    print(f"signed up as {person['email']} with {answer['balance']['balance']} USD")
    return answer["token"]


def listen(socket, wanted, matches=lambda message: True):
    """Returns the next message of this type."""
    while True:
        message = json.loads(socket.recv(timeout=30))
        if message["type"] == wanted and matches(message):
            return message


def price(socket):
    """Returns bid and ask. Prices on the socket are JSON numbers: parse the digits, not a float."""
    while True:
        message = json.loads(socket.recv(timeout=30), parse_float=Decimal, parse_int=Decimal)
        if message["type"] == "price_update" and message["symbol"] == ASSET:
            return message["data"]["bidPrice"], message["data"]["askPrice"]


def main():
    token = sign_up()
    ticket = call("GET", "/user/ws-ticket", token=token)["ticket"]
    with connect(VELOX_WS) as socket:
        socket.send(json.dumps({"type": "auth", "clientId": "quickstart", "ticket": ticket}))
        listen(socket, "connection")
        bid, ask = price(socket)
        print(f"{ASSET}: {bid} bid, {ask} ask")

        # The key makes it safe to send the request again after any failure: the same key means the
        # same order. Amounts may be strings or numbers, and are read digit by digit.
        order = {
            "asset": ASSET,
            "orderType": "LONG",
            "leverage": 10,
            "qty": "0.01",
            "stopLoss": str((ask * Decimal("0.95")).quantize(Decimal("0.01"))),
        }
        key = {"Idempotency-Key": str(uuid.uuid4())}
        opened = call("POST", "/order/open", order, token, key)["order"]
        again = call("POST", "/order/open", order, token, key)["order"]
        assert again["orderId"] == opened["orderId"]
        print(f"opened at {opened['executionPrice']}, margin {opened['margin']}")
        print(f"liquidated at {opened['liquidationPrice']}")

        entry, qty = Decimal(opened["executionPrice"]), Decimal(opened["qty"])
        for _ in range(3):
            bid, _ = price(socket)
            print(f"worth {qty * (bid - entry):+f} USD at {bid}")

        closed = call("POST", f"/order/close/{opened['orderId']}", token=token)["order"]
        # Every connection of the account receives the same update.
        update = listen(socket, "order_update", lambda message: message["event"] == "ORDER_CLOSED")
        assert update["order"]["orderId"] == closed["orderId"], update
        print(f"closed at {closed['closePrice']}: {closed['finalPnL']} USD")
    balance = call("GET", "/order/user/balance", token=token)["balance"]
    assert Decimal(balance["balance"]) == 1000 + Decimal(closed["finalPnL"])
    print(f"balance {balance['balance']} USD")


if __name__ == "__main__":
    main()
