"""Fifty steps with Courier's official Python client against a server, each of which relies on the data of earlier steps.

`cargo xtask conformance` runs it against courier-local, whose address is in COURIER_BASE_URL.
"""

import sys
import time

import courier
from courier import Courier

client = Courier(api_key="walk", max_retries=0)
steps = 0


def step(what, holds):
    global steps
    steps += 1
    print(f"{steps:2} {'ok' if holds else 'FAILED'}  {what}")
    if not holds:
        sys.exit(1)


def refused(kind, call):
    try:
        call()
    except kind:
        return True
    return False


def wait_for(status, message_id):
    for _ in range(100):
        if client.messages.retrieve(message_id).status == status:
            return True
        time.sleep(0.05)
    return False


# Profiles: merged, patched, replaced.
step("an unknown profile is not found", refused(courier.NotFoundError, lambda: client.profiles.retrieve("ada")))
client.profiles.create("ada", profile={"email": "ada@example.com", "name": "Ada"})
step("a profile is stored", client.profiles.retrieve("ada").profile == {"email": "ada@example.com", "name": "Ada"})
client.profiles.create("ada", profile={"phone_number": "+15550100", "name": None})
step(
    "a second create merges, and null takes away",
    client.profiles.retrieve("ada").profile == {"email": "ada@example.com", "phone_number": "+15550100"},
)
client.profiles.update("ada", patch=[{"op": "add", "path": "/locale", "value": "en"}])
step("a patch adds a value", client.profiles.retrieve("ada").profile["locale"] == "en")
step(
    "a patch whose test fails is refused",
    refused(
        courier.BadRequestError,
        lambda: client.profiles.update("ada", patch=[{"op": "test", "path": "/locale", "value": "de"}]),
    ),
)
client.profiles.replace("ada", profile={"email": "ada@example.com"})
step("a replace leaves nothing else", client.profiles.retrieve("ada").profile == {"email": "ada@example.com"})
client.profiles.create("bob", profile={"email": "bob@example.com"})
client.profiles.delete("bob")
step("a deleted profile is gone", refused(courier.NotFoundError, lambda: client.profiles.retrieve("bob")))

# Lists and subscriptions.
client.lists.update("eng.rust", name="Rustaceans")
step("a list is made by its update", client.lists.retrieve("eng.rust").name == "Rustaceans")
client.lists.subscriptions.subscribe_user("ada", list_id="eng.rust")
client.lists.subscriptions.add("eng.rust", recipients=[{"recipient_id": "bob"}, {"recipient_id": "cleo"}])


def subscribers():
    return [item.recipient_id for item in client.lists.subscriptions.list("eng.rust").items]


step("subscriptions add up", subscribers() == ["ada", "bob", "cleo"])
client.lists.subscriptions.subscribe("eng.rust", recipients=[{"recipient_id": "ada"}, {"recipient_id": "dan"}])
step("subscribe replaces them all", subscribers() == ["ada", "dan"])
client.lists.subscriptions.unsubscribe_user("dan", list_id="eng.rust")
step("unsubscribe takes one away", subscribers() == ["ada"])
step(
    "who is not on a list cannot be taken off",
    refused(
        courier.NotFoundError, lambda: client.lists.subscriptions.unsubscribe_user("dan", list_id="eng.rust")
    ),
)
client.profiles.lists.subscribe("ada", lists=[{"list_id": "eng.python"}])
step("a user's lists", [item.id for item in client.profiles.lists.retrieve("ada").results] == ["eng.rust", "eng.python"])
step("lists by pattern", [item.id for item in client.lists.list(pattern="*.python").items] == ["eng.python"])
client.lists.delete("eng.rust")
step("a deleted list is not found", refused(courier.NotFoundError, lambda: client.lists.retrieve("eng.rust")))
client.lists.restore("eng.rust")
step("a restored list has its subscribers", subscribers() == ["ada"])

# Pages.
for number in range(25):
    client.lists.update(f"page.{number:02}", name=f"Page {number}")
cursor, seen, pages = None, [], 0
while True:
    page = client.lists.list(pattern="page.*", **({"cursor": cursor} if cursor else {}))
    seen += [item.id for item in page.items]
    pages += 1
    if not page.paging.more:
        break
    cursor = page.paging.cursor
step("a walk over pages meets each list once", seen == [f"page.{number:02}" for number in range(25)] and pages == 3)
step("an invented cursor is refused", refused(courier.BadRequestError, lambda: client.lists.list(cursor="mine")))

# Sends.
sent = client.send.message(message={"to": {"user_id": "ada"}, "content": {"title": "Hi {{name}}", "body": "It is on its way."}, "data": {"name": "Ada"}})
step("a message is on its way at once", client.messages.retrieve(sent.request_id).status == "ENQUEUED")
step("it is delivered", wait_for("DELIVERED", sent.request_id))
step("its history lists the steps", [event["type"] for event in client.messages.history(sent.request_id).results] == ["ENQUEUED", "ROUTED", "SENT", "DELIVERED"])
step("its variables are filled in", client.messages.content(sent.request_id).results[0].content.title == "Hi Ada")
step("a delivered message cannot be canceled", refused(courier.ConflictError, lambda: client.messages.cancel(sent.request_id)))
several = client.send.message(message={"to": [{"email": "a@example.com"}, {"email": "b@example.com"}], "content": {"title": "t", "body": "b"}})
step("several recipients get a message each", len(client.messages.list(trace_id=several.request_id).results) == 2)
step("the request is not a message", refused(courier.NotFoundError, lambda: client.messages.retrieve(several.request_id)))
to_list = client.send.message(message={"to": {"list_id": "eng.rust"}, "content": {"title": "t", "body": "b"}})
step("a list's subscribers get one", [message.recipient for message in client.messages.list(trace_id=to_list.request_id).results] == ["ada"])
delayed = client.send.message(message={"to": {"user_id": "ada"}, "content": {"title": "t", "body": "b"}, "delay": {"duration": 1000}})
step("a delayed message waits", client.messages.retrieve(delayed.request_id).status == "DELAYED")
step("and can be canceled", client.messages.cancel(delayed.request_id).status == "CANCELED")
nowhere = client.send.message(message={"to": {"user_id": "nobody"}, "content": {"title": "t", "body": "b"}})
step("a user without an address is unroutable", wait_for("UNROUTABLE", nowhere.request_id))
unmapped = client.send.message(message={"to": {"user_id": "ada"}, "template": "nt_unknown"})
step("an unknown template is unmapped", wait_for("UNMAPPED", unmapped.request_id))
step("a message without a recipient is refused", refused(courier.BadRequestError, lambda: client.send.message(message={"content": {"title": "t", "body": "b"}})))
step("501 recipients are too many", refused(courier.BadRequestError, lambda: client.send.message(message={"to": [{"user_id": "ada"}] * 501, "content": {"title": "t", "body": "b"}})))
keyed = [client.send.message(message={"to": {"user_id": "ada"}, "content": {"title": "once", "body": "b"}}, idempotency_key="order-1").request_id for _ in range(2)]
step("one idempotency key sends once", keyed[0] == keyed[1])
again = client.messages.resend(sent.request_id)
step("a message can be sent again", again.message_id != sent.request_id and wait_for("DELIVERED", again.message_id))

# Templates.
template = client.notifications.create(
    notification={
        "name": "Welcome", "tags": ["a"], "brand": None, "routing": None, "subscription": None,
        "content": {"version": "2022-01-01", "elements": [{"type": "channel", "channel": "email", "elements": [{"type": "meta", "title": "Welcome, {{name}}"}]}]},
    }
)
step("a new template is a draft", refused(courier.NotFoundError, lambda: client.notifications.retrieve(template.id)))
client.notifications.publish(template.id)
step("a published one is found", client.notifications.retrieve(template.id).name == "Welcome")
templated = client.send.message(message={"to": {"user_id": "ada"}, "template": template.id, "data": {"name": "Ada"}})
step("and can be sent", wait_for("DELIVERED", templated.request_id))

# Bulk jobs.
step("a bulk job needs an event", refused(courier.BadRequestError, lambda: client.bulk.create_job(message={"event": ""})))
job = client.bulk.create_job(message={"event": template.id}).job_id
client.bulk.add_users(job, users=[{"profile": {"email": f"user{number}@example.com"}} for number in range(15)])
client.bulk.add_users(job, users=[{"profile": {"email": "user0@example.com"}}])
progress = client.bulk.retrieve_job(job).job
step("duplicates are not taken in", (progress.status, progress.received) == ("CREATED", 15))
step("more than 1,000 users fail", refused(courier.InternalServerError, lambda: client.bulk.add_users(job, users=[{}] * 1001)))
client.bulk.run_job(job)
client.bulk.run_job(job)
for _ in range(100):
    progress = client.bulk.retrieve_job(job).job
    if progress.status == "COMPLETED":
        break
    time.sleep(0.05)
step("a job runs once", (progress.status, progress.enqueued, progress.failures) == ("COMPLETED", 15, 0))
users = client.bulk.list_users(job)
step("each user has a result, by pages", len(users.items) == 10 and users.paging.more and wait_for("DELIVERED", users.items[0].message_id))

# Tenants.
step("an unknown tenant cannot be joined", refused(courier.NotFoundError, lambda: client.users.tenants.add_single("acme", user_id="ada")))
client.tenants.update("acme", name="Acme")
client.users.tenants.add_single("acme", user_id="ada", profile={"title": "Countess"})
member = client.tenants.list_users("acme").items[0]
step("a member has a profile of the tenant's", (member.user_id, member.profile) == ("ada", {"title": "Countess"}))
step("a user's tenants", [item.tenant_id for item in client.users.tenants.list("ada").items] == ["acme"])
to_tenant = client.send.message(message={"to": {"tenant_id": "acme"}, "content": {"title": "t", "body": "b"}})
step("a tenant's members get a message", len(client.messages.list(trace_id=to_tenant.request_id).results) == 1)

# Tokens.
client.users.tokens.add_single("t1", user_id="ada", provider_key="firebase-fcm")
step("a token is active", client.users.tokens.retrieve("t1", user_id="ada").status == "active")
client.users.tokens.update("t1", user_id="ada", patch=[{"op": "replace", "path": "/provider_key", "value": "apn"}])
step("a token can be patched", client.users.tokens.retrieve("t1", user_id="ada").provider_key == "apn")
client.users.tokens.delete("t1", user_id="ada")
step("a deleted token is gone", client.users.tokens.list("ada").tokens == [])

# Preferences.
section = client.workspace_preferences.create(name="News")
topic = client.workspace_preferences.topics.create(section.id, name="Offers", default_status="OPTED_IN")
step("a topic's default holds at first", client.users.preferences.retrieve_topic(topic.id, user_id="ada").topic.status == "OPTED_IN")
client.users.preferences.update_or_create_topic(topic.id, user_id="ada", topic={"status": "OPTED_OUT"})
step("a user's own choice wins", client.users.preferences.retrieve("ada").items[0].status == "OPTED_OUT")
opted_out = client.send.message(message={"to": {"user_id": "ada"}, "content": {"title": "t", "body": "b"}, "preferences": {"subscription_topic_id": topic.id}})
step("a user who opted out gets nothing", wait_for("FILTERED", opted_out.request_id))
replaced = client.users.preferences.bulk_replace("ada", topics=[])
step("an empty replacement resets all", replaced.deleted == [topic.id] and client.users.preferences.retrieve("ada").items[0].status == "OPTED_IN")
step("a section with topics stays", refused(courier.ConflictError, lambda: client.workspace_preferences.archive(section.id)))

print(f"{steps} passed, 0 failed")
