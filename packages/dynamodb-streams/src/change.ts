import type { Item } from "./stream-item.ts";

/** What a table's stream holds of a changed item, by DynamoDB's own names. */
export type ViewType = "KEYS_ONLY" | "NEW_IMAGE" | "OLD_IMAGE" | "NEW_AND_OLD_IMAGES";

/** An item was put that was not there before. */
export type Insert<View extends ViewType> = { readonly kind: "insert"; readonly keys: Item } & NewImage<View>;

/** An item was changed. */
export type Modify<View extends ViewType> = { readonly kind: "modify"; readonly keys: Item } & NewImage<View> & OldImage<View>;

/** An item was deleted: by somebody, or because its time to live was over. */
export type Remove<View extends ViewType> = {
  readonly kind: "remove";
  readonly keys: Item;
  /** Only the region whose time-to-live process deleted the item says so; its replicas see a deletion by somebody. */
  readonly by: "user" | "time-to-live";
} & OldImage<View>;

/** One change of one item. An image that the stream's view does not hold is no member, so asking for it does not compile. */
export type Change<View extends ViewType> = Insert<View> | Modify<View> | Remove<View>;

/** The item as it is after the change, where the view holds it. */
export type NewImage<View extends ViewType> = View extends "NEW_IMAGE" | "NEW_AND_OLD_IMAGES" ? { readonly newImage: Item } : unknown;

/** The item as it was before the change, where the view holds it. */
export type OldImage<View extends ViewType> = View extends "OLD_IMAGE" | "NEW_AND_OLD_IMAGES" ? { readonly oldImage: Item } : unknown;
