// Enhances nothing by itself: what another app gave to this one: the worker kept it until a channel is chosen.
import { base } from "../page.mjs";

const KEPT = "peerbox-given";

const at = (name) => `${location.origin}${base()}/share/${name}`;

/** Its text and its files; nothing where nothing was given. */
export async function given() {
  const cache = await caches.open(KEPT);
  const text = await (await cache.match(at("text")))?.text();
  const files = [];
  for (const request of await cache.keys()) {
    if (!request.url.startsWith(at("file/"))) continue;
    const answer = await cache.match(request);
    const name = decodeURIComponent(answer.headers.get("x-name"));
    files.push(new File([await answer.blob()], name, { type: answer.headers.get("content-type") }));
  }
  return text === undefined && files.length === 0 ? null : { text: text || "", files };
}

export const forget = async () => caches.delete(KEPT);
