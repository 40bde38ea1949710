import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Socket } from "node:net";
import { afterEach, expect, test, vi } from "vitest";
import { tcpProxy, type TcpProxy } from "./tcp-proxy.ts";

/** What the proxy waits for: how long, and a call that ends it. */
const waits: { readonly ms: number; readonly end: () => void }[] = [];
const clock = vi.hoisted(() => ({ stands: true }));
vi.mock("node:timers/promises", () => ({
  setTimeout: (ms: number) =>
    new Promise<void>((resolve) => {
      waits.push({ ms, end: resolve });
      if (!clock.stands) resolve();
    }),
}));

const ends: (() => void)[] = [];
afterEach(() => {
  for (const end of ends.splice(0).reverse()) end();
  waits.length = 0;
});

/** A server that keeps what it is sent and answers what it is told to, behind a proxy, and a client of it. */
async function connected(): Promise<{ proxy: TcpProxy; client: Socket; server: Socket; received: () => Buffer; answered: () => Buffer }> {
  const listener = createServer();
  listener.listen(0, "127.0.0.1");
  await once(listener, "listening");
  const proxy = await tcpProxy({ port: (listener.address() as AddressInfo).port });
  const accepted = once(listener, "connection");
  const client = connect(proxy.port, "127.0.0.1");
  const [server] = (await accepted) as [Socket];
  ends.push(() => {
    client.destroy();
    server.destroy();
    listener.close();
    void proxy.close();
  });
  return { proxy, client, server, received: kept(server), answered: kept(client) };
}

function kept(socket: Socket): () => Buffer {
  const chunks: Buffer[] = [];
  socket.on("error", () => socket.destroy());
  socket.on("data", (chunk) => chunks.push(chunk));
  return () => Buffer.concat(chunks);
}

/** A Kafka request of this call, with an empty body. */
function request(apiKey: number): Buffer {
  const frame = Buffer.alloc(12);
  frame.writeInt32BE(8, 0);
  frame.writeInt16BE(apiKey, 4);
  return frame;
}

test("a delayed piece passes when its time is over, and what is sent after it heals stays behind it", async () => {
  clock.stands = true;
  const { proxy, client, received } = await connected();
  const seen: number[] = [];
  proxy.onKafkaRequest(({ apiKey }) => {
    seen.push(apiKey);
    return "pass";
  });
  proxy.set({ kind: "delay", delayMs: 300 });
  client.write(request(1));
  await expect.poll(() => waits.map(({ ms }) => ms)).toEqual([300]);
  proxy.set({ kind: "none" });
  client.write(request(2));
  await expect.poll(() => seen).toEqual([1, 2]);
  expect(received()).toEqual(Buffer.alloc(0));
  for (const { end } of waits) end();
  await expect.poll(received).toEqual(Buffer.concat([request(1), request(2)]));
});

test("a throttle lets bytes pass whole and in order, at its rate in each direction", async () => {
  clock.stands = false;
  const { proxy, client, server, received, answered } = await connected();
  proxy.set({ kind: "throttle", bytesPerSecond: 50_000 });
  const text = Buffer.from(Array.from({ length: 20_000 }, (_, index) => `${index},`).join(""));
  client.write(text);
  await expect.poll(() => received().length).toBe(text.length);
  expect(received().equals(text)).toBe(true);
  const requestMs = waits.splice(0).reduce((sum, { ms }) => sum + ms, 0);
  expect(requestMs).toBeCloseTo((text.length / 50_000) * 1_000, 3);

  server.write(text);
  await expect.poll(() => answered().length).toBe(text.length);
  expect(answered().equals(text)).toBe(true);
  expect(waits.reduce((sum, { ms }) => sum + ms, 0)).toBeCloseTo(requestMs, 3);
});

test("a throttled piece stays where it is until its time is over", async () => {
  clock.stands = true;
  const { proxy, client, received } = await connected();
  proxy.set({ kind: "throttle", bytesPerSecond: 24 });
  client.write(request(1));
  await expect.poll(() => waits.map(({ ms }) => ms)).toEqual([500]);
  expect(received()).toEqual(Buffer.alloc(0));
  for (const { end } of waits) end();
  await expect.poll(received).toEqual(request(1));
});
