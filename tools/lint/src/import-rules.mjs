import { packageGraph, testTools } from "./package-graph.mjs";

const tests = "\\.(test|slow\\.test|test-d)\\.ts$";
const fromNpm = ["npm", "npm-dev", "npm-optional", "npm-peer", "npm-bundled", "npm-no-pkg", "npm-unknown"];

/** The package graph as rules for dependency-cruiser, for these packages. */
export function importRules(names) {
  return [...names.flatMap((name) => rulesOf(name, packageGraph[name] ?? { packages: [] })), ...everywhere];
}

function rulesOf(name, { packages, npm = [], inTests = [] }) {
  const sources = { path: `^packages/${name}/src/`, pathNot: tests };
  const itsTests = { path: `^packages/${name}/src/.*${tests}` };
  return [
    { name: `${name}-packages`, severity: "error", from: sources, to: { path: "^packages/", pathNot: folders([name, ...packages]) } },
    {
      name: `${name}-packages-in-tests`,
      severity: "error",
      from: itsTests,
      to: { path: "^packages/", pathNot: folders([name, ...packages, ...inTests]) },
    },
    { name: `${name}-npm`, severity: "error", from: sources, to: { dependencyTypes: fromNpm, pathNot: modules(npm) } },
    {
      name: `${name}-npm-in-tests`,
      severity: "error",
      from: itsTests,
      to: { dependencyTypes: fromNpm, pathNot: modules([...npm, ...testTools]) },
    },
  ];
}

const everywhere = [
  { name: "no-cycles", severity: "error", from: {}, to: { circular: true } },
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
    from: { pathNot: tests },
    to: { dependencyTypes: ["npm-no-pkg", "npm-unknown"] },
  },
  {
    name: "no-dev-dependency-in-sources",
    severity: "error",
    from: { path: "^packages/", pathNot: tests },
    to: { dependencyTypes: ["npm-dev"], dependencyTypesNot: ["npm", "npm-peer", "npm-optional"] },
  },
  {
    name: "no-insides-of-another-package",
    comment: "Only what its index exports is its promise.",
    severity: "error",
    from: { path: "^(packages|examples|tools)/([^/]+)/" },
    to: { path: "^packages/", pathNot: ["^$1/$2/", "^packages/[^/]+/src/index\\.ts$"] },
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
    from: { pathNot: tests },
    to: { path: tests },
  },
  {
    name: "no-examples-in-packages",
    severity: "error",
    from: { path: "^packages/" },
    to: { path: "^(examples|tools)/" },
  },
];

function folders(names) {
  return names.map((name) => `^packages/${name}/`);
}

function modules(names) {
  return names.map((name) => `node_modules/${name}/`);
}
