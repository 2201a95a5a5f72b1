// Enhances the pages of keys: says where a browser cannot have keys, once, and why.
import { findAll, say } from "../page.mjs";
import { areSupported } from "../sealing/keys.mjs";

/** Whether keys can be made and used here; where not, the page says why and offers nothing that needs them. */
export async function canHaveKeys() {
  if (await areSupported()) return true;
  say("support", isSecureContext ? "old" : "insecure");
  for (const part of findAll("[data-needs=keys]")) part.hidden = true;
  return false;
}
