// Enhances a counterparty's page that shows no answers with what was written on this device.
import { done, storeOf } from "../device/database.mjs";

/** Shows it in the order of its numbers. The draft has none. */
export async function show(device, talk) {
  const names = IDBKeyRange.bound(`${device.channel} `, `${device.channel} \uffff`);
  const keys = await done(storeOf(device.kept, "written").getAllKeys(names));
  const numbers = keys.map((key) => Number(key.slice(device.channel.length + 1))).filter(Number.isInteger);
  for (const sequence of numbers.sort((one, other) => one - other)) {
    const letter = await device.wrote(sequence);
    if (letter.at) talk.add({ sequence, received: letter.at }, { ...letter, own: true, proof: "none" });
  }
}
