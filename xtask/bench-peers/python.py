"""Calls of the official Python client, one after the other: `python.py URL send|page SECONDS-BEFORE SECONDS` prints how many
it made and in how many seconds. `cargo xtask bench-peers` runs it.
"""

import sys
import time

from courier import Courier

url, kind, before, seconds = sys.argv[1:]
client = Courier(api_key="bench", base_url=url)


def send():
    sent = client.send.message(
        message={
            "to": {"email": "ada@example.com"},
            "content": {"title": "Your order", "body": "Hello {{name}}, your order is on its way."},
            "data": {"name": "Ada"},
        }
    )
    return len(sent.request_id) > 0


def page():
    users = client.bulk.list_users("job").items
    return len(users) == 100 and all(user.status == "ENQUEUED" for user in users)


def during(seconds):
    call = {"send": send, "page": page}[kind]
    start, count, passed = time.monotonic(), 0, 0.0
    while passed < seconds:
        if not call():
            sys.exit("the answer is another one")
        count += 1
        passed = time.monotonic() - start
    return f"{count} {passed}"


during(float(before))
print(during(float(seconds)))
