// A test of a service in Node, with Courier's official client against courier-local.
//
//     courier-local --template nt_order &
//     COURIER_BASE_URL=http://127.0.0.1:4010 node --test order.test.mjs

import assert from "node:assert/strict";
import { beforeEach, test } from "node:test";
import Courier from "@trycourier/courier";

const baseURL = process.env.COURIER_BASE_URL;
const client = new Courier({ apiKey: "any", baseURL });

// The code under test.
function confirm(courier, order) {
  const message = { to: { email: order.email }, template: "nt_order", data: { number: order.number } };
  return courier.send.message({ message }, { headers: { "Idempotency-Key": `confirm-${order.number}` } });
}

async function control(name, body = {}) {
  const response = await fetch(`${baseURL}/_courier/${name}`, { method: "POST", body: JSON.stringify(body) });
  assert.equal(response.status, 200, await response.text());
}

async function sent() {
  return (await (await fetch(`${baseURL}/_courier/sent`)).json()).items;
}

const order = { number: "A-1007", email: "ada@example.com" };

beforeEach(() => control("reset"));

test("an order is confirmed", async () => {
  const { requestId } = await confirm(client, order);
  const messages = await sent();
  assert.equal(messages.length, 1);
  assert.equal(messages[0].recipient, "ada@example.com");
  assert.deepEqual(messages[0].message.data, { number: "A-1007" });

  await control("advance", { seconds: 60 });
  assert.equal((await client.messages.retrieve(requestId)).status, "DELIVERED");
});

test("an order is confirmed once if the response is lost", async () => {
  await control("fail", { operation: "send.message", disconnect: "after_acting" });
  await confirm(client, order); // the client repeats the call
  await confirm(client, order); // and so does the service
  assert.equal((await sent()).length, 1);
});

test("a refusal reaches the service", async () => {
  await control("fail", { operation: "send.message", status: 400, message: "no such brand" });
  await assert.rejects(confirm(client, order), Courier.BadRequestError);
  assert.equal((await sent()).length, 0);
});
