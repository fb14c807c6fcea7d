// Calls of the official Node client, one after the other: `node bench.mjs URL send|page|call SECONDS-BEFORE SECONDS
// RESPONSE` prints how many it made and in how many seconds. `call` is a send that gets the response instead of the
// network. `cargo compare bench-peers` runs it.

import Courier from "@trycourier/courier";

const [url, kind, before, seconds, response] = process.argv.slice(2);
const atOnce = async () => new Response(response, { status: 202, headers: { "content-type": "application/json" } });
const client = new Courier({ apiKey: "bench", baseURL: url, fetch: kind === "call" ? atOnce : undefined });

const calls = {
  async send() {
    const sent = await client.send.message({
      message: {
        to: { email: "ada@example.com" },
        content: { title: "Your order", body: "Hello {{name}}, your order is on its way." },
        data: { name: "Ada" },
      },
    });
    return sent.requestId.length > 0;
  },
  async page() {
    const page = await client.bulk.listUsers("job");
    return page.items.length === 100 && page.items.every((user) => user.status === "ENQUEUED");
  },
};

const call = kind === "page" ? calls.page : calls.send;

async function during(seconds) {
  const start = performance.now();
  let count = 0;
  let passed = 0;
  while (passed < seconds) {
    if (!(await call())) throw new Error("the response is another one");
    count += 1;
    passed = (performance.now() - start) / 1000;
  }
  return `${count} ${passed}`;
}

await during(Number(before));
console.log(await during(Number(seconds)));
