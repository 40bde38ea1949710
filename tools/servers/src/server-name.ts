/** The servers of this package. */
export type ServerName = "kafka" | "sqs" | "dynamodb" | "kinesis" | "kinesalite";

/** The environment variable that names an endpoint to use instead of starting the server. */
export const endpointVariables: Readonly<Record<ServerName, string>> = {
  kafka: "SPILLWAY_KAFKA",
  sqs: "SPILLWAY_SQS_ENDPOINT",
  dynamodb: "SPILLWAY_DYNAMODB_ENDPOINT",
  kinesis: "SPILLWAY_KINESIS_ENDPOINT",
  kinesalite: "SPILLWAY_KINESALITE_ENDPOINT",
};

/** Every server, in the order in which they are listed. */
export const serverNames: readonly ServerName[] = ["kafka", "sqs", "dynamodb", "kinesis", "kinesalite"];
