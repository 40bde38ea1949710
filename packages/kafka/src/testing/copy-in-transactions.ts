import { Kafka, logLevel } from "kafkajs";
import { copyingMember } from "./copying-member.ts";

// A program: copies a topic until it is told to end (SIGTERM), or killed.
const [endpoint = "", clientId = "", from = "", to = "", groupId = ""] = process.argv.slice(2);
const client = new Kafka({ clientId, brokers: endpoint.split(","), logLevel: logLevel.NOTHING, requestTimeout: 5_000 });
const engine = copyingMember(client, { from, to, groupId });
process.once("SIGTERM", engine.stop);
await engine.ended;
