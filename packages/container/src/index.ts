export type { Address } from "./address.ts";
export { createBackends, type Backends } from "./backends.ts";
export type { ClientPool } from "./client-pool.ts";
export { currentMessage, handleWith, type Gives, type HandlerMethod, type HandleWithOptions, type Takes } from "./handle-with.ts";
export { handles, type MarksMethod } from "./handles.ts";
export { loadConfig, type LoadConfigOptions, type SpillwayConfig } from "./load-config.ts";
export {
  oneOf,
  required,
  text,
  trueOrFalse,
  wholeNumber,
  type AnyOption,
  type Option,
  type OptionValue,
  type OptionValues,
  type Options,
} from "./option.ts";
export { definePipeline, type ConsumeByNameOptions, type Parts, type PipelineDefinition } from "./pipeline-definition.ts";
export {
  scheme,
  type Open,
  type Opened,
  type Opening,
  type OpenOptions,
  type Opens,
  type Scheme,
  type SchemeContext,
  type SchemeDefinition,
  type Stores,
} from "./scheme.ts";
export { start, type StartOptions } from "./start.ts";
