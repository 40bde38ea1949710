import { createServer, connect, type AddressInfo, type Socket } from "node:net";
import { once } from "node:events";
import { setTimeout as delay } from "node:timers/promises";
import { frameReader, requestOf, type KafkaRequest } from "./kafka-frames.ts";

/** What the proxy does to all connections, open ones and new ones. */
export type TcpFault =
  /** Nothing: bytes pass. */
  | { readonly kind: "none" }
  /** New connections are closed at once; open ones go on. */
  | { readonly kind: "refuse" }
  /** Half-open: connections stay open, and nothing passes in either direction any more. */
  | { readonly kind: "half-open" }
  /** Requests pass, answers are thrown away. */
  | { readonly kind: "drop-answers" }
  /** Each piece passes this much later, in order. */
  | { readonly kind: "delay"; readonly delayMs: number }
  /** At most so many bytes a second pass, for each connection and direction. */
  | { readonly kind: "throttle"; readonly bytesPerSecond: number };

/** What happens to one Kafka request that a rule looked at. */
export type RequestFate =
  | "pass"
  /** The connection is cut and the broker never sees the request. */
  | "cut-before"
  /** The broker does what it was asked, its answer is thrown away and the connection is cut. */
  | "cut-after"
  /** The broker sees the request only after this time. */
  | { readonly delayMs: number };

/** Decides about each Kafka request; called once for each, in the order of arrival. */
export type KafkaRule = (request: KafkaRequest) => RequestFate;

/** A proxy in front of one server. */
export interface TcpProxy {
  readonly port: number;
  /** "127.0.0.1:port" */
  readonly endpoint: string;
  /** How many connections are open now. */
  readonly connections: number;
  /** Sets the fault for everything from now on. */
  set(fault: TcpFault): void;
  /** Cuts every open connection, with a reset. */
  cut(): void;
  /** Makes every open connection half-open for ever, as a router does that forgot it; new ones work. */
  silence(): void;
  /** Looks at each Kafka request from now on, on new connections and open ones; undefined: none. Only for proxies in front of Kafka. */
  onKafkaRequest(rule: KafkaRule | undefined): void;
  /** Cuts everything and stops listening. */
  close(): Promise<void>;
}

/** Where the proxy leads. */
export interface ProxyTarget {
  readonly port: number;
  /** Default: 127.0.0.1. */
  readonly host?: string;
}

/** Starts a proxy on a free port of 127.0.0.1 that leads to a target, which need not listen yet. */
export async function tcpProxy(target: ProxyTarget): Promise<TcpProxy> {
  let fault: TcpFault = { kind: "none" };
  let rule: KafkaRule | undefined;
  const open = new Map<() => void, () => void>();

  const server = createServer((client) => {
    if (fault.kind === "refuse") {
      client.resetAndDestroy();
      return;
    }
    const upstream = connect(target.port, target.host ?? "127.0.0.1");
    const cut = (): void => {
      open.delete(cut);
      client.resetAndDestroy();
      upstream.resetAndDestroy();
    };
    let isSilent = false;
    open.set(cut, () => {
      isSilent = true;
    });
    for (const socket of [client, upstream]) {
      socket.setNoDelay(true);
      // Each write to a server that is still being connected to adds one.
      socket.setMaxListeners(0);
      socket.on("error", cut);
      socket.on("close", cut);
    }
    let dropAnswer = false;
    const toServer = lane(upstream, cut, () => fault);
    const toClient = lane(client, cut, () => fault);
    const frames = frameReader();
    client.on("data", (chunk) => {
      if (isSilent) return;
      // Frames are always followed, so that a rule set later begins at the start of one.
      for (const frame of frames.push(chunk)) {
        const fate = rule === undefined ? "pass" : rule(requestOf(frame));
        if (fate === "cut-before") return cut();
        if (fate === "cut-after") dropAnswer = true;
        toServer(frame, typeof fate === "object" ? fate.delayMs : 0);
      }
      const rest = frames.unframed();
      if (rest.length > 0) toServer(rest, 0);
    });
    upstream.on("data", (chunk) => {
      if (isSilent) return;
      if (dropAnswer) return cut();
      if (fault.kind !== "drop-answers") toClient(chunk, 0);
    });
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  const cutAll = (): void => {
    for (const cut of [...open.keys()]) cut();
  };

  return {
    port,
    endpoint: `127.0.0.1:${port}`,
    get connections() {
      return open.size;
    },
    set(next) {
      fault = next;
    },
    cut: cutAll,
    silence() {
      for (const silence of open.values()) silence();
    },
    onKafkaRequest(next) {
      rule = next;
    },
    async close() {
      cutAll();
      await new Promise<void>((resolve) => {
        server.close(() => resolve());
      });
    },
  };
}

/** Passes pieces on in their order, as the fault of the moment says; what is held back when it heals then passes. */
function lane(to: Socket, cut: () => void, fault: () => TcpFault): (bytes: Buffer, delayMs: number) => void {
  let tail = Promise.resolve();
  let waiting = 0;
  const pass = async (bytes: Buffer, delayMs: number): Promise<void> => {
    const now = fault();
    const faultMs = now.kind === "delay" ? now.delayMs : now.kind === "throttle" ? (bytes.length / now.bytesPerSecond) * 1_000 : 0;
    if (delayMs + faultMs > 0) await delay(delayMs + faultMs);
    while (fault().kind === "half-open" && !to.destroyed) await delay(20);
    if (!to.destroyed) to.write(bytes);
  };
  return (bytes, delayMs) => {
    if (waiting === 0 && delayMs === 0 && ["none", "refuse", "drop-answers"].includes(fault().kind)) {
      to.write(bytes);
      return;
    }
    waiting += 1;
    tail = tail
      .then(() => pass(bytes, delayMs))
      .then(() => {
        waiting -= 1;
      }, cut);
  };
}
