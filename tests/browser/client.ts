// A developer's program, as the compiler sees it: all that `client.d.ts` promises, used as it says.
import { Channel, Refused, fingerprint, newKey, seal, unseal, version } from "./client.js";
import type { About, KeyPair, Message } from "./client.js";

export async function conversation(address: string, token: string): Promise<string[]> {
  const channel = new Channel(address, token);
  const own: KeyPair = await newKey();
  const about: About = await channel.about();
  const digits: string = await fingerprint(about.key ?? own.publicKey);
  const { sequence } = await channel.send("Hello", { sealTo: about.key ?? undefined, idempotencyKey: "a" });
  await channel.send(new Blob(["x"], { type: "image/png" }));
  await channel.send(await seal(new Uint8Array([1, 2]), own.publicKey), { type: "application/octet-stream" });
  const messages: Message[] = await channel.read({ after: sequence - 1, unread: true, limit: 10, wait: 5, authors: true });
  const said: string[] = [digits, version, String(await channel.head())];
  for (const { body, received, author } of messages) {
    const opened = await unseal(body, own);
    said.push(`${received.toISOString()} ${author ?? "somebody"} ${new TextDecoder().decode(opened ?? body)}`);
  }
  await channel.mark(sequence, { older: true });
  await channel.delete(sequence);
  const stop = new AbortController();
  try {
    await channel.listen(async (message) => { said.push(message.type); stop.abort(); }, { after: 0, signal: stop.signal });
  } catch (error) {
    if (error instanceof Refused && error.status === 401) said.push(error.message);
  }
  const picture: Blob = await (await channel.call("GET", "/picture")).blob();
  return [...said, picture.type];
}

// @ts-expect-error a key is text
export const wrongKey = (channel: Channel) => channel.send("x", { sealTo: 5 });

// @ts-expect-error there is no such thing to ask for
export const wrongOption = (channel: Channel) => channel.read({ since: 5 });

// @ts-expect-error what does not open is null
export const unchecked = async (box: Uint8Array<ArrayBuffer>, key: KeyPair): Promise<Uint8Array> => unseal(box, key);
