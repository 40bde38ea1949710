import { describe, expect, test } from "vitest";
import { parseAddress, printableUrl } from "./address.ts";

const print = (url: string): string => printableUrl(url, (scheme, option) => scheme === "kafka" && option === "token");

describe("a backend's URL", () => {
  test.each([
    ["kafka://a:9092,b:9092/orders?group=charges", { scheme: "kafka", authority: "a:9092,b:9092", path: "orders" }, { group: "charges" }],
    ["sqs://eu-west-1/orders.fifo", { scheme: "sqs", authority: "eu-west-1", path: "orders.fifo" }, {}],
    ["local:./data/orders", { scheme: "local", authority: "", path: "./data/orders" }, {}],
    ["local:/var/data?log=orders", { scheme: "local", authority: "", path: "/var/data" }, { log: "orders" }],
    ["memory:orders", { scheme: "memory", authority: "", path: "orders" }, {}],
    ["Kafka://host", { scheme: "kafka", authority: "host", path: "" }, {}],
    ["kafka://host?a=1", { scheme: "kafka", authority: "host", path: "" }, { a: "1" }],
    [
      "x://user:p%40ss@host/a%20b?c=d%26e&f=",
      { scheme: "x", authority: "host", user: "user", password: "p@ss", path: "a b" },
      { c: "d&e", f: "" },
    ],
  ])("%s is taken apart", (url, parts, options) => {
    const address = parseAddress(url);
    expect(address).toMatchObject(parts);
    expect(Object.fromEntries(address.options)).toEqual(options);
  });

  test.each([["orders"], [""], ["//host/path"], ["x:%zz"], ["x:a?b"], ["x:a?b=1&b=2"]])("%j is refused", (url) => {
    expect(() => parseAddress(url)).toThrow(expect.objectContaining({ code: "SPILLWAY_INVALID_OPTIONS", failureClass: "fatal" }));
  });

  test("what is refused is not shown: it may hold a secret", () => {
    expect(() => parseAddress("secret-without-a-scheme")).toThrow(/^(?!.*secret-without)/);
  });

  test("is printed without its password and without secret options", () => {
    expect(print("kafka://me:hidden@host/orders?group=g&token=hidden&x=1")).toBe("kafka://me:***@host/orders?group=g&token=***&x=1");
    expect(print("local:./data")).toBe("local:./data");
  });

  test("is printed without a password that is not encoded", () => {
    expect(print("kafka://me:hid@den@host/orders@home")).toBe("kafka://me:***@host/orders@home");
  });

  test("is printed without the secrets of a URL that is one of its options", () => {
    const stores = encodeURIComponent("kafka://me:hidden@host/stores?token=hidden&x=1");
    expect(print(`log://host/orders?stores=${stores}&endpoint=http://me:hidden@host`)).toBe(
      "log://host/orders?stores=kafka://me:***@host/stores?token=***&x=1&endpoint=http://me:***@host",
    );
  });

  test("is printed without options that are not URL-encoded", () => {
    expect(print("kafka://host/orders?toke%6e=hidden&a=%zz&%zz=hidden")).toBe("kafka://host/orders?toke%6e=***&a=***&%zz=***");
  });
});
