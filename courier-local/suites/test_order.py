"""A test of a service in Python, with Courier's official client against courier-local.

    courier-local --template nt_order &
    COURIER_BASE_URL=http://127.0.0.1:4010 python3 -m unittest test_order
"""

import json
import os
import unittest
import urllib.request

import courier

BASE_URL = os.environ["COURIER_BASE_URL"]
client = courier.Courier(api_key="any", base_url=BASE_URL)


def confirm(client, number, email):
    """The code under test."""
    message = {"to": {"email": email}, "template": "nt_order", "data": {"number": number}}
    return client.send.message(message=message, idempotency_key=f"confirm-{number}")


def control(name, **body):
    request = urllib.request.Request(f"{BASE_URL}/_courier/{name}", json.dumps(body).encode(), method="POST")
    urllib.request.urlopen(request).close()


def sent():
    with urllib.request.urlopen(f"{BASE_URL}/_courier/sent") as response:
        return json.load(response)["items"]


class OrderTest(unittest.TestCase):
    def setUp(self):
        control("reset")

    def test_order_is_confirmed(self):
        request_id = confirm(client, "A-1007", "ada@example.com").request_id
        (message,) = sent()
        self.assertEqual(message["recipient"], "ada@example.com")
        self.assertEqual(message["message"]["data"], {"number": "A-1007"})

        control("advance", seconds=60)
        self.assertEqual(client.messages.retrieve(request_id).status, "DELIVERED")

    def test_order_is_confirmed_once_if_the_response_is_lost(self):
        control("fail", operation="send.message", disconnect="after_acting")
        confirm(client, "A-1007", "ada@example.com")  # the client repeats the call
        confirm(client, "A-1007", "ada@example.com")  # and so does the service
        self.assertEqual(len(sent()), 1)

    def test_refusal_reaches_the_service(self):
        control("fail", operation="send.message", status=400, message="no such brand")
        with self.assertRaises(courier.BadRequestError):
            confirm(client, "A-1007", "ada@example.com")
        self.assertEqual(sent(), [])


if __name__ == "__main__":
    unittest.main()
