import type { Address } from "../address.ts";
import { invalid } from "../invalid.ts";
import type { Option } from "../option.ts";

/** Where a client of an AWS service calls, as its configuration takes it. */
export interface AwsPlace {
  readonly region: string;
  /** Another server than the region's own; left out there. */
  readonly endpoint?: string;
}

/** The option that names another server than the region's own, such as one on this machine. */
export const awsEndpoint: Option<string, "optional"> = {
  form: 'the URL of a server, such as "http://127.0.0.1:9324"',
  secret: false,
  presence: "optional",
  whenLeftOut: undefined,
  read(value) {
    const url = URL.canParse(value) ? new URL(value) : undefined;
    if (url === undefined || !["http:", "https:"].includes(url.protocol) || `${url.username}${url.password}` !== "")
      throw invalid(`it must be ${this.form}`);
    return value.replace(/\/$/, "");
  },
};

/**
 * The region that the URL begins with, and its endpoint. Throws SPILLWAY_INVALID_OPTIONS for what is no region, and for credentials: those come from where
 * the AWS SDK finds them.
 */
export function awsPlace({ scheme, authority, user, options }: Address, form: string): AwsPlace {
  if (user !== undefined)
    throw invalid(`A "${scheme}:" URL takes no credentials: give them to the AWS SDK, by the environment, a profile or a role.`);
  if (!/^[a-z]{2,}(-[a-z]+)+-\d+$/.test(authority)) throw invalid(`A "${scheme}:" URL must begin with a region: ${form}`);
  const endpoint = options.get("endpoint");
  return endpoint === undefined ? { region: authority } : { region: authority, endpoint: awsEndpoint.read(endpoint) };
}
