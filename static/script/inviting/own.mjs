// Enhances inviting with the holder's key: whether what others seal with is on this device.
import { canHaveKeys } from "../key_pages/support.mjs";
import { OwnKeys } from "../keys/own_keys.mjs";
import { keyOfName } from "../sealing/envelope.mjs";

/** `{is, keys, pair}` for the key that the server tells others: "ready" with its pair, "none", "elsewhere", "unsupported". */
export async function ownKey(name) {
  if (!(await canHaveKeys())) return { is: "unsupported" };
  const keys = await OwnKeys.open();
  const key = keyOfName(name);
  const pair = key && keys.pair(key);
  return { is: pair ? "ready" : key ? "elsewhere" : "none", keys, pair };
}
