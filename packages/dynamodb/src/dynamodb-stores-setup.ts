import { kclTableDefinition } from "./kcl/kcl-layout.ts";
import { storesTableDefinition } from "./stores-table.ts";

/** The tables of stores as text to paste: how to create them and what a consumer must be allowed. */
export interface DynamoDbStoresSetup {
  /** A CloudFormation template in JSON. */
  readonly cloudFormation: string;
  /** The IAM policy of a process that consumes, in JSON: the least that the stores need. */
  readonly policy: string;
  /** The policy besides, in JSON, for a process with `createTable`. */
  readonly createTablePolicy: string;
}

/** Describes the table of dynamoDbStores for those who create it themselves; it calls nothing. */
export function dynamoDbStoresSetup(options: { readonly tableName: string; readonly tableArn?: string }): DynamoDbStoresSetup {
  const { tableName, tableArn = arnOf(tableName) } = options;
  return {
    cloudFormation: template({ SpillwayStores: storesTableDefinition(tableName) }),
    policy: policy([statement(storesActions, tableArn)]),
    createTablePolicy: policy([statement(createActions, tableArn)]),
  };
}

/** Describes the two tables of kclStores, and what of the library's third one is read; it calls nothing. The library makes its own tables itself. */
export function kclStoresSetup(options: {
  readonly kclTableName: string;
  readonly tableName: string;
  readonly coordinatorTableName?: string;
}): DynamoDbStoresSetup {
  const { kclTableName, tableName, coordinatorTableName = `${kclTableName}-CoordinatorState` } = options;
  const leases = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Scan"];
  return {
    cloudFormation: template({ KclLeases: kclTableDefinition(kclTableName), SpillwayStores: storesTableDefinition(tableName) }),
    policy: policy([
      statement(leases, arnOf(kclTableName)),
      statement(["GetItem"], arnOf(coordinatorTableName)),
      statement(storesActions, arnOf(tableName)),
    ]),
    createTablePolicy: policy([statement(createActions, arnOf(kclTableName)), statement(createActions, arnOf(tableName))]),
  };
}

const storesActions = ["GetItem", "PutItem", "UpdateItem", "DeleteItem", "Query"];
const createActions = ["CreateTable", "DescribeTable"];

function arnOf(tableName: string): string {
  return `arn:aws:dynamodb:*:*:table/${tableName}`;
}

function template(tables: Readonly<Record<string, ReturnType<typeof storesTableDefinition>>>): string {
  const Resources = Object.entries(tables).map(([name, { TableName, BillingMode, AttributeDefinitions, KeySchema }]) => [
    name,
    {
      Type: "AWS::DynamoDB::Table",
      DeletionPolicy: "Retain",
      UpdateReplacePolicy: "Retain",
      Properties: {
        TableName,
        BillingMode,
        AttributeDefinitions,
        KeySchema,
        DeletionProtectionEnabled: true,
        PointInTimeRecoverySpecification: { PointInTimeRecoveryEnabled: true },
      },
    },
  ]);
  return json({ AWSTemplateFormatVersion: "2010-09-09", Resources: Object.fromEntries(Resources) as object });
}

function statement(actions: readonly string[], resource: string): object {
  return { Effect: "Allow", Action: actions.map((action) => `dynamodb:${action}`), Resource: resource };
}

function policy(statements: readonly object[]): string {
  return json({ Version: "2012-10-17", Statement: statements });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
