import { createHash } from "node:crypto";
import { expect, test } from "vitest";
import { packAggregated } from "./pack-aggregated.ts";

test("user records are packed in the format of the Kinesis Producer Library, byte for byte", () => {
  const user = (partitionKey: string, text: string) => ({ partitionKey, data: Buffer.from(text) });
  const packed = packAggregated([user("k", "v"), user("m", ""), user("k", "w")]);
  // Put together by hand: the table of keys "k" and "m", then a key's index and the data of each record.
  const table = [0x0a, 1, 0x6b, 0x0a, 1, 0x6d];
  const records = [0x1a, 5, 0x08, 0, 0x1a, 1, 0x76, 0x1a, 4, 0x08, 1, 0x1a, 0, 0x1a, 5, 0x08, 0, 0x1a, 1, 0x77];
  const body = Uint8Array.of(...table, ...records);
  const digest = createHash("md5").update(body).digest();
  expect([...packed]).toEqual([0xf3, 0x89, 0x9a, 0xc2, ...body, ...digest]);
});
