import type { Message } from "@spillway/spec";
import { Family } from "./family.ts";
import type { Ordering } from "./ordering.ts";
import { TrackedDelivery } from "./tracked-delivery.ts";
import { PlaceState, type Window } from "./window.ts";

/** What a window's place keeps: the message while it waits, its delivery while that is under way, and then the owner's note on it. */
export type Place = Message<unknown> | TrackedDelivery | string;

/** The delivery of a place; undefined where there is none, or it is being sent on at this moment: then the place keeps its message, and `keep` sees to it. */
export function deliveryIn(place: Place | undefined): TrackedDelivery | undefined {
  return place instanceof TrackedDelivery ? place : undefined;
}

/** The message of a place; undefined once it has ended. */
export function messageIn(place: Place | undefined): Message<unknown> | undefined {
  if (typeof place === "string") return undefined;
  return place instanceof TrackedDelivery ? place.message : place;
}

/** The messages that have not been let in, oldest first. */
export function waitingIn(window: Window<Place>): readonly Message<unknown>[] {
  const messages: Message<unknown>[] = [];
  window.forEach((place, state) => {
    if (state === PlaceState.waiting) messages.push(place as Message<unknown>);
  });
  return messages;
}

/** The deliveries that are under way, oldest first. */
export function underWayIn(window: Window<Place>): readonly TrackedDelivery[] {
  const deliveries: TrackedDelivery[] = [];
  window.forEach((place, state) => {
    const delivery = state === PlaceState.started ? deliveryIn(place) : undefined;
    if (delivery?.settled === false) deliveries.push(delivery);
  });
  return deliveries;
}

/** The first place that is not settled, or the window's end. Once its feed is closed, those that were aborted keep their places, and are not meant. */
export function firstOpen(window: Window<Place>, closed: boolean): number {
  let sequence = window.base;
  if (!closed) return sequence;
  const isOpen = (state: number, place: Place | undefined): boolean =>
    state === PlaceState.parked || (state === PlaceState.started && deliveryIn(place)?.settled !== true);
  while (sequence !== window.end && !isOpen(window.state(sequence), window.record(sequence))) sequence = window.after(sequence);
  return sequence;
}

/** Whether a message of the same key that comes before this one is not settled. */
export function hasEarlierOfKey(window: Window<Place>, { message, sequence }: TrackedDelivery): boolean {
  let found = false;
  let isBefore = true;
  window.forEach((place, state, at) => {
    isBefore &&= at !== sequence;
    if (!isBefore || found || state === PlaceState.settled) return;
    found = messageIn(place)?.key === message.key && deliveryIn(place)?.settled !== true;
  });
  return found;
}

/** Whether a message that was let in is being attempted, or may be at any moment, beside these that wait for a retry or a dead letter. */
export function isAnyAttempted(window: Window<Place>, ordering: Ordering, waiting: ReadonlySet<Message<unknown>>): boolean {
  const held = new Set<string>();
  let found = false;
  window.forEach((place, state) => {
    const message = messageIn(place);
    if (found || message === undefined || (state !== PlaceState.started && state !== PlaceState.parked)) return;
    const delivery = deliveryIn(place);
    const lane = ordering === "key" ? message.key : undefined;
    if (!waiting.has(message)) found = delivery === undefined || !(delivery.settled || (isIn(lane, held) && stands(delivery)));
    else if (lane !== undefined) held.add(lane);
  });
  return found;
}

function isIn(lane: string | undefined, held: ReadonlySet<string>): boolean {
  return lane !== undefined && held.has(lane);
}

/** Whether nothing is done with a delivery whose lane is held, nor with any child of it. */
function stands(delivery: TrackedDelivery): boolean {
  return delivery.activity instanceof Family ? delivery.activity.stands : delivery.standsBehind;
}
