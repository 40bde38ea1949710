import { packageGraph } from "./package-graph.mjs";

/** Tests, and what only tests use: a folder named testing, and the harness that holds a package to the conformance suites. */
const testFile = "(\\.test\\.ts|\\.test-d\\.ts|-harness\\.ts|/testing/[^/]+\\.ts|/type-tests/.+\\.ts)$";
const fromNpm = ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-bundled", "npm-no-pkg", "npm-unknown"];

/** The package graph as rules for dependency-cruiser, for these packages. */
export function importRules(names) {
  const entries = names.flatMap((name) => entryFiles(name, packageGraph[name] ?? {}));
  return [...names.flatMap((name) => rulesOf(name, packageGraph[name] ?? { packages: [] })), ...everywhere(entries)];
}

function rulesOf(name, { packages, npm = [], inTests = [], entries = {} }) {
  const entryPaths = entryFiles(name, { entries });
  const sources = { path: `^packages/${name}/src/`, pathNot: [testFile, ...entryPaths] };
  // Tests stand beside entries, and use what these are made of.
  const ofEntries = Object.values(entries).flatMap((entry) => entry.packages);
  const tests = { path: `^packages/${name}/src.*${testFile}` };
  const named = folders([name, ...packages]);
  return [
    { name: `${name}-packages`, severity: "error", from: sources, to: { path: "^packages/", pathNot: named } },
    {
      name: `${name}-packages-in-tests`,
      severity: "error",
      from: tests,
      to: { path: "^packages/", pathNot: [...named, ...folders(inTests), ...folders(ofEntries)] },
    },
    { name: `${name}-npm`, severity: "error", from: sources, to: { dependencyTypes: fromNpm, pathNot: modules(npm) } },
    ...Object.values(entries).flatMap((more, index) => {
      const from = { path: entryPaths[index] };
      return [
        {
          name: `${name}-entry-packages`,
          severity: "error",
          from,
          to: { path: "^packages/", pathNot: [...named, ...folders(more.packages)] },
        },
        {
          name: `${name}-entry-npm`,
          severity: "error",
          from,
          to: { dependencyTypes: fromNpm, pathNot: modules([...npm, ...(more.npm ?? [])]) },
        },
      ];
    }),
    ...(entryPaths.length === 0
      ? []
      : [
          {
            name: `${name}-leads-to-no-entry`,
            comment: "What an entry needs is installed by those who import it; nobody else may come to need it.",
            severity: "error",
            from: { path: `^packages/${name}/src/`, pathNot: testFile },
            to: { path: entryPaths },
          },
        ]),
  ];
}

const everywhere = (entries) => [
  {
    name: "no-cycles",
    comment: "Modules of a cycle see each other half made. Types may name each other: that cycle is gone at run time.",
    severity: "error",
    from: {},
    to: { circular: true, viaOnly: { dependencyTypesNot: ["type-only"] } },
  },
  {
    name: "no-unknown-modules",
    comment: "It names nothing that exists, is not declared, or is inside of a package that exports only its index.",
    severity: "error",
    from: {},
    to: { couldNotResolve: true },
  },
  {
    name: "no-undeclared-npm",
    comment: "Add it to the package.json of the package that imports it.",
    severity: "error",
    from: {},
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
  },
  {
    name: "no-dev-dependency-in-sources",
    severity: "error",
    from: { path: "^packages/", pathNot: testFile },
    to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "npm-peer", "npm-optional"] },
  },
  {
    name: "no-insides-of-another-package",
    comment: "Only what its index and its entries export is its promise.",
    severity: "error",
    from: { path: "^(packages|examples|tools)/([^/]+)/" },
    to: { path: "^packages/", pathNot: ["^$1/$2/", "^packages/[^/]+/src/index\\.ts$", ...entries] },
  },
  {
    name: "no-relative-way-into-another-package",
    comment: "Import it by its name: a relative path is not there once it is published.",
    severity: "error",
    from: { path: "^(packages|examples|tools)/([^/]+)/" },
    to: { path: "^packages/", pathNot: "^$1/$2/", dependencyTypesNot: ["aliased"] },
  },
  {
    name: "no-tests-in-sources",
    severity: "error",
    from: { pathNot: testFile },
    to: { path: testFile },
  },
  {
    name: "no-examples-in-packages",
    severity: "error",
    from: { path: "^packages/" },
    to: { path: "^examples/" },
  },
  {
    name: "no-tools-in-sources",
    severity: "error",
    from: { path: "^packages/", pathNot: testFile },
    to: { path: "^tools/" },
  },
];

/** Where a package's entries are, as patterns. */
function entryFiles(name, { entries = {} }) {
  return Object.keys(entries).map((entry) => `^packages/${name}/src/${entry}\\.ts$`);
}

function folders(names) {
  return names.map((name) => `^packages/${name}/`);
}

function modules(names) {
  return names.map((name) => `node_modules/${name}/`);
}
