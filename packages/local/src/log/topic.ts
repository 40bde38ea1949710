/** What readers of a partition watch and appends to it notify. */
export function topicOf(log: { readonly id: number }, partition: number): string {
  return `log ${log.id} ${partition}`;
}
