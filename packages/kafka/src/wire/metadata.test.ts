import { expect, test } from "vitest";
import { readMetadataAnswer } from "./metadata.ts";

const id = "x_rHq8SvTfCYqOlS-Rr7Rw";

/** An answer of version 10 as its bytes, in hexadecimal; spaces and what is in brackets only explain. */
function answer(text: string): Buffer {
  return Buffer.from(text.replace(/\[[^\]]*\]|\s/g, ""), "hex");
}

test("an answer with topics, partitions, replicas, and additions that are not known is read to its end", () => {
  const payload = answer(`
    [header's tags] 00 [throttled] 00000000
    [two brokers] 03
      00000001 [host] 02 61 [port] 00002384 [rack] 02 72 [a tag of two bytes] 01 05 02 beef
      00000002 [host] 03 6162 [port] 00002385 [no rack] 00 00
    [cluster] 02 63 [controller] 00000001
    [two topics] 03
      [error] 0000 [name] 02 74 [id] ${Buffer.from(id, "base64url").toString("hex")} [internal] 00
      [two partitions] 03
        [error] 0000 00000001 [leader] 00000002 [epoch] 00000000 [replicas] 03 00000001 00000002 [in sync] 02 00000002 [away] 01 00
        [no leader] 0005 00000000 [leader] ffffffff [epoch] 00000000 [replicas] 02 00000001 [in sync] 01 [away] 02 00000001 00
      [permissions] 80000000 00
      [unknown topic] 0003 [name] 02 75 [id] ${"00".repeat(16)} [internal] 00 [partitions] 01 80000000 00
    [permissions] 80000000 00`);
  expect(readMetadataAnswer(payload)).toEqual({
    brokers: [
      { nodeId: 1, host: "a", port: 9_092 },
      { nodeId: 2, host: "ab", port: 9_093 },
    ],
    topics: [
      {
        topic: "t",
        id,
        isInternal: false,
        error: undefined,
        partitions: [
          { partition: 0, leader: -1 },
          { partition: 1, leader: 2 },
        ],
      },
      {
        topic: "u",
        id: undefined,
        isInternal: false,
        error: expect.objectContaining({ type: "UNKNOWN_TOPIC_OR_PARTITION" }) as unknown,
        partitions: [],
      },
    ],
  });
});
