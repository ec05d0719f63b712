/** Sets of what is unfolded, or hidden, in a view. */

/** A set with or without a member, the other way than it was. */
export function toggled<T>(set: ReadonlySet<T>, member: T): ReadonlySet<T> {
  const next = new Set(set);
  if (!next.delete(member)) {
    next.add(member);
  }
  return next;
}
