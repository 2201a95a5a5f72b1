// What the numbers of letters say: each sender counts, so that one that is missing, comes twice or was moved is noticed.

/** What was found: letters that are not there, one that was there before, one that stands behind a later one. */
const MISSING = "missing";
export const AGAIN = "again";
const MOVED = "moved";

/**
 * What is wrong with each of `letters`, in the channel's order: null, or `{is, count}`. A letter is `{sender, n}`; one that
 * this device cannot open is `{sender: null}` and may be any that is missing; whatever is not sealed has no place here.
 * `before` is how many messages of the channel, at most, stand before the first and are not among these.
 */
export function judged(letters, before) {
  const senders = new Map();
  let closed = 0;
  return letters.map(({ sender, n }) => {
    if (sender === null) {
      closed += 1;
      return null;
    }
    if (!n) return null;
    const known = senders.get(sender) ?? { seen: new Set(), last: Math.min(before, n - 1), closed: 0 };
    senders.set(sender, known);
    if (known.seen.has(n)) return { is: AGAIN, count: 1 };
    known.seen.add(n);
    if (n <= known.last) return { is: MOVED, count: 1 };
    const count = n - known.last - 1 - (closed - known.closed);
    [known.last, known.closed] = [n, closed];
    return count > 0 ? { is: MISSING, count } : null;
  });
}

/** The same in words for whoever reads; empty where nothing is wrong. */
export function wordsOf(found) {
  if (found?.is === AGAIN) return "This was here before: the server shows it a second time.";
  if (found?.is === MOVED) return "This was written before the messages above it: the server changed their order.";
  if (found?.is !== MISSING) return "";
  const those = found.count === 1 ? "One message" : `${found.count} messages`;
  return `${those} of this sender before this one ${found.count === 1 ? "is" : "are"} not here: deleted, or kept back by the server.`;
}
