/** The places other than the embedded store, in the order in which they are listed. */
export const serverPlaces = ["kafka", "sqs", "kinesis", "dynamodb-streams"] as const;

/** A place where the pipelines run on servers. */
export type ServerPlace = (typeof serverPlaces)[number];

/** Whether --on names one of them. */
export function isServerPlace(text: string): text is ServerPlace {
  return serverPlaces.some((place) => place === text);
}
