/**
 * Who may import whom: for each package, the packages and the npm packages that its sources may name, and those that only its tests may name
 * besides. Tests may name any npm package that is declared. A package that is not listed here fails the check.
 */
export const packageGraph = {
  spec: { packages: [] },
  conformance: { packages: ["spec"] },
  memory: { packages: ["spec"], inTests: ["conformance"] },
  core: { packages: ["spec"], npm: ["rxjs", "@standard-schema/spec"], inTests: ["memory", "conformance"] },

  // An adapter knows the spec and its own client, never the engine, rxjs or another adapter.
  local: { packages: ["spec"], npm: ["lmdb"], inTests: ["conformance"] },
  kafka: { packages: ["spec"], npm: ["kafkajs"], inTests: ["conformance"] },
  sqs: { packages: ["spec"], npm: ["@aws-sdk/client-sqs"], inTests: ["conformance"] },
  kinesis: { packages: ["spec"], npm: ["@aws-sdk/client-kinesis", "@bufbuild/protobuf"], inTests: ["conformance"] },
  "dynamodb-streams": { packages: ["spec"], npm: ["@aws-sdk/client-dynamodb-streams"], inTests: ["conformance"] },
  dynamodb: { packages: ["spec"], npm: ["@aws-sdk/client-dynamodb"], inTests: ["conformance"] },

  // What stands on the engine.
  container: { packages: ["spec", "core"], npm: ["rxjs", "tsyringe", "reflect-metadata"], inTests: ["memory"] },
  lambda: { packages: ["spec", "core"], npm: ["rxjs"], inTests: ["memory"] },
  simulator: { packages: ["spec", "core"], npm: ["rxjs"], inTests: ["memory", "conformance"] },
};
