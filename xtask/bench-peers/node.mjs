// Calls of the official Node client, one after the other: `node bench.mjs URL send|page SECONDS-BEFORE SECONDS` prints how
// many it made and in how many seconds. `cargo xtask bench-peers` runs it.

import Courier from "@trycourier/courier";

const [url, kind, before, seconds] = process.argv.slice(2);
const client = new Courier({ apiKey: "bench", baseURL: url });

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

async function during(seconds) {
  const start = performance.now();
  let count = 0;
  let passed = 0;
  while (passed < seconds) {
    if (!(await calls[kind]())) throw new Error("the answer is another one");
    count += 1;
    passed = (performance.now() - start) / 1000;
  }
  return `${count} ${passed}`;
}

await during(Number(before));
console.log(await during(Number(seconds)));
