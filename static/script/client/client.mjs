// What browser developers import as `/client.js`: this file and all that it names, joined into one. `client.d.ts` says more.

/** Semantic: the first number moves when a page that imports this would have to change. */
export const version = "1.0.0";

export { Refused } from "./calls.mjs";
export { Channel } from "./channel.mjs";
export { fingerprint, newKey, sealFor as seal, unseal } from "./boxes.mjs";
