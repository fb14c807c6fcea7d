"""Calls of the official Python client, one after the other: `python.py URL send|page|call SECONDS-BEFORE SECONDS
RESPONSE` prints how many it made and in how many seconds. `call` is a send that gets the response instead of the
network. `cargo compare bench-peers` runs it.
"""

import sys
import time

import httpx
from courier import Courier, DefaultHttpxClient

url, kind, before, seconds, response = sys.argv[1:]


def at_once(request):
    return httpx.Response(202, headers={"content-type": "application/json"}, text=response)


http_client = DefaultHttpxClient(transport=httpx.MockTransport(at_once)) if kind == "call" else None
client = Courier(api_key="bench", base_url=url, http_client=http_client)


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
    call = page if kind == "page" else send
    start, count, passed = time.monotonic(), 0, 0.0
    while passed < seconds:
        if not call():
            sys.exit("the response is another one")
        count += 1
        passed = time.monotonic() - start
    return f"{count} {passed}"


during(float(before))
print(during(float(seconds)))
