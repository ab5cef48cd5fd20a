"""What schemathesis can't know about Velox: how to sign up, and when a 400 is correct."""

import itertools
import re
import time

import requests
import schemathesis

# The account of the OpenAPI document's examples, so that signing in with them works.
OWNER = {
    "email": "you@example.com",
    "phone": "+1 555 0100",
    "password": "correct horse battery",
}


@schemathesis.auth()
class Session:
    """A session of an account that the engine accepts orders from."""

    def get(self, case, context):
        base = case.operation.base_url.rstrip("/")
        answer = requests.post(
            f"{base}/api/v1/user/signup",
            json=OWNER,
            headers=address(next(numbers)),
            timeout=10,
        )
        if answer.status_code == 409:
            answer = requests.post(
                f"{base}/api/v1/user/signin",
                json={"email": OWNER["email"], "password": OWNER["password"]},
                timeout=10,
            )
        answer.raise_for_status()
        token = answer.json()["token"]
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            balance = requests.get(
                f"{base}/api/v1/order/user/balance",
                headers={"Authorization": f"Bearer {token}"},
                timeout=10,
            )
            if balance.status_code == 200:
                return token
            time.sleep(0.1)
        raise RuntimeError(f"orders are not taken: {balance.text}")

    def set(self, case, data, context):
        if case.operation.definition.raw["operationId"] in SPOILS_ACCOUNTS:
            data = somebody_new(case.operation.base_url.rstrip("/"))
        case.headers["Authorization"] = f"Bearer {data}"


# Operations that sign the user out, change the password, or change what the account's orders mean.
SPOILS_ACCOUNTS = {
    "signOut",
    "signOutEverywhere",
    "endSession",
    "changeMe",
    "changePositionMode",
    "changeLeverage",
}

numbers = itertools.count(1)


def address(n):
    """The header of a client whose address is used only once."""
    return {"X-Forwarded-For": f"10.0.{n // 256}.{n % 256}"}


def somebody_new(base):
    """The token of a new account that a test may break."""
    n = next(numbers)
    account = {
        "email": f"spoiled{n}@example.com",
        "phone": f"5559{n:06}",
        "password": OWNER["password"],
    }
    answer = requests.post(
        f"{base}/api/v1/user/signup", json=account, headers=address(n), timeout=10
    )
    answer.raise_for_status()
    return answer.json()["token"]


# A market of every list that tests use. No schema can name the markets, which are data.
MARKET = "BTCUSDT"


@schemathesis.hook
def before_call(context, case, kwargs):
    """Names a market where a valid request has any text, and no account that nobody has."""
    if case.meta is not None and case.meta.generation.mode.is_positive:
        case.headers.pop("X-Account", None)
        for part in (case.query, case.body):
            for name in ("asset", "symbol"):
                if isinstance(part, dict) and name in part:
                    part[name] = MARKET


# A schema can't know common passwords, or require one of two fields.
NO_SCHEMA_SAYS = {
    "or newPassword is required",
    "is too easy to guess; choose another",
    "must not be your email address",
}


@schemathesis.check
def an_account_that_fits_is_refused_for_what_no_schema_says(ctx, response, case):
    """Checks the responses that `schemathesis.toml` allows."""
    is_excused = case.operation.definition.raw["operationId"] in {"signUp", "register", "changeMe"}
    if is_excused and case.meta.generation.mode.is_positive and response.status_code == 400:
        assert set(response.json()["fields"].values()) <= NO_SCHEMA_SAYS, response.text


# Rules that no schema can express: a float may have more decimals than allowed, and a quantity
# multiplied by a price must fit into an account.
BEYOND_SCHEMAS = {
    "has more than 8 decimals",
    "is out of range",
    "the amounts of this order are out of range",
}


WITH_AMOUNTS = {"openOrder", "changeOrder", "openAccount", "resetAccount"}


@schemathesis.check
def a_body_that_fits_is_refused_for_its_amounts_alone(ctx, response, case):
    """Checks the responses that `schemathesis.toml` allows."""
    is_excused = case.operation.definition.raw["operationId"] in WITH_AMOUNTS
    if is_excused and case.meta.generation.mode.is_positive and response.status_code == 400:
        assert set(response.json()["fields"].values()) <= BEYOND_SCHEMAS, response.text


@schemathesis.check
def states_that_fit_are_refused_for_the_resting_ones_alone(ctx, response, case):
    """Checks the responses that `schemathesis.toml` allows."""
    is_excused = case.operation.definition.raw["operationId"] in {"listPlacedOrders", "sumOrders"}
    if is_excused and case.meta.generation.mode.is_positive and response.status_code == 400:
        assert set(response.json()["fields"]) == {"status"}, response.text


# Fields that exclude or require each other, which depends on the order's type and on the account's
# position mode.
COMBINATION = re.compile(r"not allowed|is required|must not be|does not go|belongs to|needs ")

COMBINING = {
    "amendOrder",
    "amendOrderByClientId",
    "cancelOrderBatch",
    "cancelOrders",
    "changeMargin",
    "changePosition",
    "closePosition",
    "placeOrder",
}


@schemathesis.check
def fields_that_fit_are_refused_for_their_combination_alone(ctx, response, case):
    """Checks the responses that `schemathesis.toml` allows."""
    is_excused = case.operation.definition.raw["operationId"] in COMBINING
    if is_excused and case.meta.generation.mode.is_positive and response.status_code == 400:
        for problem in response.json()["fields"].values():
            assert problem in BEYOND_SCHEMAS or COMBINATION.search(problem), response.text


@schemathesis.check
def a_key_that_fits_is_refused_for_its_point_alone(ctx, response, case):
    """Checks the responses that `schemathesis.toml` allows."""
    is_excused = case.operation.definition.raw["operationId"] == "makeApiKey"
    if is_excused and case.meta.generation.mode.is_positive and response.status_code == 400:
        problems = response.json()["fields"]
        assert set(problems) == {"publicKey"}, response.text
        assert re.search("is damaged|is a weak key", problems["publicKey"]), response.text
