import { createRequire } from "node:module";
import * as fc from "fast-check";
import { expect, test } from "vitest";
import { murmur2 } from "./murmur2.ts";

const kafkajs = createRequire(import.meta.url)("kafkajs/src/producer/partitioners/default/murmur2") as (key: Buffer) => number;

test("a key's hash is the one of kafkajs's default partitioner, which is that of Kafka's own clients", () => {
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 40 }), (key) => {
      expect(murmur2(key) & 0x7fff_ffff).toBe(kafkajs(Buffer.from(key)) & 0x7fff_ffff);
    }),
    { numRuns: 500 },
  );
});

test("hashes that Kafka's own tests name", () => {
  expect(murmur2(Buffer.from("21"))).toBe(-973_932_308);
  expect(murmur2(Buffer.from("foobar"))).toBe(-790_332_482);
  expect(murmur2(Buffer.from("a-little-bit-long-string"))).toBe(-985_981_536);
});
