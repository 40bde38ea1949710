import type { _Record } from "@aws-sdk/client-dynamodb-streams";
import { marshalledJson } from "./marshalled-json.ts";

/**
 * The bytes of a stream record: JSON in the shape that a Lambda event has it in, with the attributes marshalled as they came. Dead letters carry
 * this, so that no digit is lost and any tool for Lambda events reads it.
 */
export function originalRecord({ dynamodb, userIdentity, ...rest }: _Record): Uint8Array {
  const { ApproximateCreationDateTime, ...stream } = dynamodb ?? {};
  const json = marshalledJson({
    ...rest,
    dynamodb: {
      ...(ApproximateCreationDateTime && { ApproximateCreationDateTime: ApproximateCreationDateTime.getTime() / 1_000 }),
      ...stream,
    },
    ...(userIdentity && { userIdentity: { type: userIdentity.Type, principalId: userIdentity.PrincipalId } }),
  });
  return Buffer.from(json, "utf8");
}
