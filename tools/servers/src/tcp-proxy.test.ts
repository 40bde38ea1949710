import { once } from "node:events";
import { connect, createServer, type AddressInfo, type Server, type Socket } from "node:net";
import { afterEach, expect, test } from "vitest";
import { tcpProxy, type TcpProxy } from "./tcp-proxy.ts";

const ends: (() => Promise<void>)[] = [];
afterEach(async () => {
  for (const end of ends.splice(0).reverse()) await end();
});

/** An echo server behind a proxy; what reached the server is kept. */
async function echo(): Promise<{ proxy: TcpProxy; received: Buffer[] }> {
  const received: Buffer[] = [];
  const sockets = new Set<Socket>();
  const server: Server = createServer((socket) => {
    sockets.add(socket);
    socket.on("error", () => socket.destroy());
    socket.on("data", (chunk) => {
      received.push(chunk);
      socket.write(chunk);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const proxy = await tcpProxy({ port: (server.address() as AddressInfo).port });
  ends.push(
    async () => {
      for (const socket of sockets) socket.destroy();
      server.close();
      await once(server, "close");
    },
    () => proxy.close(),
  );
  return { proxy, received };
}

async function client(proxy: TcpProxy): Promise<Socket> {
  const socket = connect(proxy.port, "127.0.0.1");
  socket.on("error", () => socket.destroy());
  await once(socket, "connect");
  ends.push(async () => {
    socket.destroy();
  });
  return socket;
}

function answer(socket: Socket): Promise<string> {
  return new Promise((resolve) => {
    socket.once("data", (chunk) => resolve(chunk.toString()));
  });
}

/** Unlike once(), it does not take the reset that comes first for a failure. */
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => {
    socket.once("close", () => resolve());
  });
}

/** A Kafka request of this call, with an empty body. */
function request(apiKey: number): Buffer {
  const frame = Buffer.alloc(12);
  frame.writeInt32BE(8, 0);
  frame.writeInt16BE(apiKey, 4);
  frame.writeInt16BE(1, 6);
  frame.writeInt32BE(7, 8);
  return frame;
}

test("bytes pass in both directions while there is no fault", async () => {
  const { proxy } = await echo();
  const socket = await client(proxy);
  socket.write("hello, this is not a frame");
  expect(await answer(socket)).toBe("hello, this is not a frame");
});

test("a cut ends open connections, and the proxy goes on taking new ones", async () => {
  const { proxy } = await echo();
  const socket = await client(proxy);
  proxy.cut();
  await closed(socket);
  const second = await client(proxy);
  second.write("AAAA again");
  expect(await answer(second)).toBe("AAAA again");
});

test("a half-open connection passes nothing until it heals, and then everything in order", async () => {
  const { proxy, received } = await echo();
  const socket = await client(proxy);
  proxy.set({ kind: "half-open" });
  socket.write("AAAA one,");
  socket.write("two");
  await new Promise((resolve) => {
    setTimeout(resolve, 60);
  });
  expect(received).toEqual([]);
  proxy.set({ kind: "none" });
  let text = "";
  while (text !== "AAAA one,two") text += await answer(socket);
  expect(Buffer.concat(received).toString()).toBe("AAAA one,two");
});

test("with answers dropped the server still gets what was sent", async () => {
  const { proxy, received } = await echo();
  const socket = await client(proxy);
  proxy.set({ kind: "drop-answers" });
  let answers = 0;
  socket.on("data", () => {
    answers += 1;
  });
  socket.write("AAAA");
  await expect.poll(() => Buffer.concat(received).toString()).toBe("AAAA");
  proxy.cut();
  await closed(socket);
  expect(answers).toBe(0);
});

test("a rule can keep one kind of Kafka request from the broker", async () => {
  const { proxy, received } = await echo();
  proxy.onKafkaRequest(({ apiKey }) => (apiKey === 0 ? "cut-before" : "pass"));
  const socket = await client(proxy);
  socket.write(request(3));
  await once(socket, "data");
  socket.write(request(0));
  await closed(socket);
  expect(Buffer.concat(received)).toEqual(request(3));
});

test("a rule can lose the answer to a Kafka request that the broker has done", async () => {
  const { proxy, received } = await echo();
  proxy.onKafkaRequest(() => "cut-after");
  const socket = await client(proxy);
  let answers = 0;
  socket.on("data", () => {
    answers += 1;
  });
  // A frame that arrives in two pieces is still one request.
  socket.write(request(0).subarray(0, 5));
  socket.write(request(0).subarray(5));
  await closed(socket);
  expect(Buffer.concat(received)).toEqual(request(0));
  expect(answers).toBe(0);
});
