import { type AclList, OPEN_ACL } from "./acl.ts";

/** Lists kept: a team has one or two. More of them only cost memory. */
const KEPT = 256;

/** Lets nodes with equal ACLs share one list. */
export class AclPool {
  readonly #lists = new Map<string, AclList>();

  /** The list itself, or one equal to it. */
  shared(list: AclList): AclList {
    if (list === OPEN_ACL) return list;
    const key = JSON.stringify(list);
    const known = this.#lists.get(key);
    if (known !== undefined) return known;
    if (this.#lists.size >= KEPT) this.#lists.clear();
    this.#lists.set(key, list);
    return list;
  }
}
