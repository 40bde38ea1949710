import { randomUUID } from "node:crypto";
import { startKafka, whyNot, type KafkaCluster } from "@spillway-tools/servers";
import { AclOperationTypes, AclPermissionTypes, AclResourceTypes, Kafka, logLevel, ResourcePatternTypes } from "kafkajs";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { kafkaSink } from "./kafka-sink.ts";
import { kafkaSource } from "./kafka-source.ts";
import { kafkaTransactions } from "./kafka-transactions.ts";
import { holdPartitions } from "./testing/hold-partitions.ts";

const skip = await whyNot("kafka");
const calls = { signal: new AbortController().signal };
const timeout = 60_000;

function clientOf(cluster: KafkaCluster, username: string, password: string): Kafka {
  return new Kafka({
    brokers: [cluster.endpoint],
    logLevel: logLevel.NOTHING,
    sasl: { mechanism: "plain", username, password },
  });
}

describe.skipIf(skip !== undefined)("a broker that asks for a password and checks permissions", () => {
  let cluster: KafkaCluster;
  const topic = `t-${randomUUID()}`;
  beforeAll(async () => {
    const login = 'org.apache.kafka.common.security.plain.PlainLoginModule required user_admin="secret" user_guest="guest";';
    cluster = await startKafka({
      properties: {
        "listener.security.protocol.map": "CONTROLLER:PLAINTEXT,INTERNAL:PLAINTEXT,CLIENT:SASL_PLAINTEXT",
        "sasl.enabled.mechanisms": "PLAIN",
        "listener.name.client.plain.sasl.jaas.config": login,
        "authorizer.class.name": "org.apache.kafka.metadata.authorizer.StandardAuthorizer",
        "super.users": "User:ANONYMOUS;User:admin",
      },
    });
    const admin = clientOf(cluster, "admin", "secret").admin();
    await admin.connect();
    await admin.createTopics({ topics: [{ topic, numPartitions: 1, replicationFactor: 1 }], waitForLeaders: false });
    await admin.disconnect();
  }, 60_000);
  afterAll(async () => {
    await cluster?.stop();
  });

  test("the right password and the right to everything is enough to write and to read", { timeout }, async () => {
    const client = clientOf(cluster, "admin", "secret");
    const [result] = await kafkaSink({ client, topic }).write([{ key: "k", value: Buffer.from("v") }], calls);
    expect(result).toEqual({ ok: true });
    const holder = await holdPartitions(kafkaSource({ client, topic, groupId: randomUUID() }), 1);
    await holder.leave();
    expect(holder.leases).toHaveLength(1);
  });

  test("a wrong password is fatal at once, and the message says what to look at", { timeout }, async () => {
    const client = clientOf(cluster, "admin", "wrong");
    const refused = { code: "SPILLWAY_KAFKA_AUTHENTICATION", failureClass: "fatal", message: expect.stringContaining("sasl") as string };
    await expect(kafkaSource({ client, topic, groupId: "g" }).partitions(calls)).rejects.toMatchObject(refused);
    await expect(kafkaSink({ client, topic }).write([{ value: Buffer.from("v") }], calls)).rejects.toMatchObject(refused);
  });

  test("a missing permission is fatal at once, for a topic as for a group", { timeout }, async () => {
    const client = clientOf(cluster, "guest", "guest");
    const refused = { code: "SPILLWAY_KAFKA_PERMISSION", failureClass: "fatal", message: expect.stringContaining("permission") as string };
    await expect(kafkaSource({ client, topic, groupId: "g" }).partitions(calls)).rejects.toMatchObject(refused);
    await expect(kafkaSink({ client, topic }).write([{ value: Buffer.from("v") }], calls)).rejects.toMatchObject(refused);

    const admin = clientOf(cluster, "admin", "secret").admin();
    await admin.connect();
    // Read and describe the topic, and nothing of any group.
    const acl = {
      resourceType: AclResourceTypes.TOPIC,
      resourceName: topic,
      resourcePatternType: ResourcePatternTypes.LITERAL,
      principal: "User:guest",
      host: "*",
      operation: AclOperationTypes.READ,
      permissionType: AclPermissionTypes.ALLOW,
    };
    await admin.createAcls({ acl: [acl] });
    await admin.disconnect();
    await expect(holdPartitions(kafkaSource({ client, topic, groupId: "g" }), 1)).rejects.toMatchObject({
      ...refused,
      message: expect.stringContaining("GROUP_AUTHORIZATION_FAILED") as string,
    });
  });

  test("a missing permission for transactions is fatal, and one for the group's ids is enough", { timeout }, async () => {
    const client = clientOf(cluster, "guest", "guest");
    const groupId = randomUUID();
    const admin = clientOf(cluster, "admin", "secret").admin();
    await admin.connect();
    const allow = (resourceType: AclResourceTypes, resourceName: string, operation: AclOperationTypes) =>
      admin.createAcls({
        acl: [
          {
            resourceType,
            resourceName,
            resourcePatternType: ResourcePatternTypes.PREFIXED,
            principal: "User:guest",
            host: "*",
            operation,
            permissionType: AclPermissionTypes.ALLOW,
          },
        ],
      });
    await allow(AclResourceTypes.TOPIC, topic, AclOperationTypes.READ);
    await allow(AclResourceTypes.GROUP, groupId, AclOperationTypes.READ);
    const source = () => kafkaSource({ client, topic, groupId, transactions: kafkaTransactions() });
    await expect(holdPartitions(source(), 1)).rejects.toMatchObject({
      code: "SPILLWAY_KAFKA_PERMISSION",
      failureClass: "fatal",
      message: expect.stringContaining(`spillway/${groupId}/${topic}/0`) as string,
    });
    expect((await admin.describeGroups([groupId])).groups[0]?.members).toEqual([]);
    await allow(AclResourceTypes.TRANSACTIONAL_ID, `spillway/${groupId}/`, AclOperationTypes.WRITE);
    const holder = await holdPartitions(source(), 1);
    await holder.leave();
    expect(holder.leases).toHaveLength(1);
    await admin.disconnect();
  });

  test("a client without a password is told so", { timeout }, async () => {
    const client = new Kafka({ brokers: [cluster.endpoint], logLevel: logLevel.NOTHING });
    const source = kafkaSource({ client, topic, groupId: "g", startTimeoutMs: 1_000 });
    await expect(source.partitions(calls)).rejects.toMatchObject({ failureClass: "fatal" });
  });
});
