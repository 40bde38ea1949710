import { storesTableDefinition } from "./stores-table.ts";

/** The stores' table as text to paste: how to create it and what a consumer must be allowed. */
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
  const { tableName, tableArn = `arn:aws:dynamodb:*:*:table/${tableName}` } = options;
  const { TableName, BillingMode, AttributeDefinitions, KeySchema } = storesTableDefinition(tableName);
  return {
    cloudFormation: json({
      AWSTemplateFormatVersion: "2010-09-09",
      Resources: {
        SpillwayStores: {
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
      },
    }),
    policy: policy(["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem", "dynamodb:DeleteItem", "dynamodb:Query"], tableArn),
    createTablePolicy: policy(["dynamodb:CreateTable", "dynamodb:DescribeTable"], tableArn),
  };
}

function policy(actions: readonly string[], resource: string): string {
  return json({ Version: "2012-10-17", Statement: [{ Effect: "Allow", Action: actions, Resource: resource }] });
}

function json(value: unknown): string {
  return `${JSON.stringify(value, undefined, 2)}\n`;
}
