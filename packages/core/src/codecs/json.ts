import type { Payload } from "@spillway/spec";
import type { StandardSchemaV1 } from "@standard-schema/spec";
import type { Codec } from "./codec.ts";
import { decodeText } from "./text.ts";
import { bytesOf, undecodable } from "./undecodable.ts";

/**
 * The payload as JSON, checked by a schema if one is given (zod, valibot, arktype or any other Standard Schema). Fails with
 * SPILLWAY_DECODE_FAILED when it is not JSON (an empty payload is not) or the schema refuses it, with SPILLWAY_TOMBSTONE when there is no payload.
 */
export function json(): Codec<Payload, unknown>;
/** JSON that is checked by a schema: the value is what the schema makes of it. */
export function json<Schema extends StandardSchemaV1>(schema: Schema): Codec<Payload, StandardSchemaV1.InferOutput<Schema>>;
export function json(schema?: StandardSchemaV1): Codec<Payload, unknown> {
  return {
    name: "JSON",
    decode(payload) {
      const value = parse(decodeText(bytesOf(payload, "JSON")));
      if (schema === undefined) return value;
      const result = schema["~standard"].validate(value);
      return "then" in result ? result.then(accepted) : accepted(result);
    },
  };
}

function parse(source: string): unknown {
  try {
    return JSON.parse(source);
  } catch (error) {
    throw undecodable(
      source === "" ? "the payload is empty, so it is not JSON" : `the payload is not JSON: ${(error as Error).message}`,
      error,
    );
  }
}

function accepted(result: StandardSchemaV1.Result<unknown>): unknown {
  if (result.issues === undefined) return result.value;
  const issues = result.issues.slice(0, 5).map(({ message, path }) => (path === undefined ? message : `${pathOf(path)}: ${message}`));
  throw undecodable(`the schema refuses the payload: ${issues.join("; ")}`);
}

function pathOf(path: NonNullable<StandardSchemaV1.Issue["path"]>): string {
  return path.map((part) => String(typeof part === "object" ? part.key : part)).join(".");
}
