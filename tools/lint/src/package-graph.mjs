/**
 * Who may import whom: for each package, the packages and the npm packages that its sources may name, and those that only its tests may name
 * besides. Tests may name any npm package that is declared. A package that is not listed here fails the check.
 *
 * `entries` are files that a package exports beside its index, each with what it alone may name besides: neither the index nor another entry may lead there.
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
  container: {
    packages: ["spec", "core"],
    npm: ["rxjs", "tsyringe", "reflect-metadata"],
    inTests: ["memory"],
    // A backend by URL: whoever imports one has its adapter and client installed, and nobody else needs them.
    entries: {
      "schemes/memory": { packages: ["memory"] },
      "schemes/local": { packages: ["local"] },
      "schemes/kafka": { packages: ["kafka"], npm: ["kafkajs"] },
      "schemes/sqs": { packages: ["sqs"], npm: ["@aws-sdk/client-sqs"] },
      "schemes/kinesis": { packages: ["kinesis"], npm: ["@aws-sdk/client-kinesis", "@smithy/node-http-handler"] },
      "schemes/dynamodb": { packages: ["dynamodb"], npm: ["@aws-sdk/client-dynamodb"] },
      "schemes/dynamodb-streams": { packages: ["dynamodb-streams"], npm: ["@aws-sdk/client-dynamodb-streams"] },
    },
  },
  lambda: { packages: ["spec", "core"], npm: ["rxjs"], inTests: ["memory"] },
  simulator: { packages: ["spec", "core"], npm: ["rxjs"], inTests: ["memory", "conformance"] },
};
