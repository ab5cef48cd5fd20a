"""Signs up, makes a key with an account of its own, and prints key and secret: - if it has none.

Usage: key_pair.py API NAME [PUBLIC_KEY_FILE]
"""

import json
import sys
import urllib.request
import uuid

API, NAME, *PUBLIC_KEY_FILE = sys.argv[1:]


def post(path, body, token=""):
    headers = {"Content-Type": "application/json", "Authorization": f"Bearer {token}"}
    data = json.dumps(body).encode()
    if not token:
        del headers["Authorization"]
    request = urllib.request.Request(f"{API}/api/v1{path}", data, headers)
    with urllib.request.urlopen(request) as response:
        return json.load(response)


number = uuid.uuid4().int % 10**10
signed_up = post(
    "/user/signup",
    {
        "email": f"bot{number}@example.com",
        "phone": f"+1 {number:010}",
        "password": "correct horse battery",
    },
)
new = {"name": NAME, "kind": "EXCHANGE", "scope": "TRADE", "newAccount": NAME}
for file in PUBLIC_KEY_FILE:
    with open(file) as pem:
        new["publicKey"] = pem.read()
made = post("/user/api-keys", new, signed_up["token"])
print(made["apiKey"]["key"], made["secret"] or "-")
