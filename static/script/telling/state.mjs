// Enhances nothing by itself: what can be said of a browser that may be told of messages.

/** Which of the page's sentences holds. */
export function stateOf({ secure, able, apple, permission, subscribed, current }) {
  if (!secure) return "insecure";
  if (!able) return apple ? "homescreen" : "unable";
  if (permission === "denied") return "denied";
  if (!subscribed) return "off";
  return current ? "on" : "other";
}

/** Whether subscribing may help. */
export const canSubscribe = (state) => ["off", "other", "on", "failed"].includes(state);

/** Whether a subscription was made with this key. */
export function sameKey(one, other) {
  const bytes = one ? new Uint8Array(one) : [];
  return bytes.length === other.length && other.every((byte, at) => byte === bytes[at]);
}
