/**
 * peerbox client: channels and sealed boxes in a browser. One file without dependencies, served by every peerbox server:
 *
 *     import { Channel } from "https://SERVER/client.js";
 *
 * Versions are semantic (`version`): what stands here goes on working until the first number moves. A copy of the file works as
 * well. The server lets pages of every origin call the API unless its operator names origins (`cors.api_origins`).
 */

/** The version of this module, such as "1.0.0". */
export const version: string;

/** What can be sent and sealed: text goes as UTF-8. */
export type Content = string | Blob | ArrayBuffer | Uint8Array<ArrayBuffer>;

/** A public key as text: `libsodium sealed_box ` and the base64 of its 32 bytes. */
export type PublicKey = string;

/** A pair of keys as text. Keep `secretKey` (base64) to yourself: it opens what was sealed for `publicKey`. */
export interface KeyPair {
  publicKey: PublicKey;
  secretKey: string;
}

/** A message as the server keeps it. */
export interface Message {
  /** Its number in the channel, from 1 on. */
  sequence: number;
  /** When the server had it. */
  received: Date;
  /** Its content type. */
  type: string;
  /** Its content; `unseal` opens it where it was sealed for you. */
  body: Uint8Array<ArrayBuffer>;
  /** Who wrote it, where `authors` was asked for: the channel's holder, your token, or another one. */
  author?: "holder" | "own" | "other";
  /** The server could not read what it had stored; the body is empty then. */
  damaged: boolean;
}

/** Who is at the other end of a channel, and what may be done there. */
export interface About {
  /** The key to seal for; null where the holder has none. */
  key: PublicKey | null;
  /** Keys of before, newest first. */
  older_keys: PublicKey[];
  /** The holder's name; empty where nothing was said. */
  name: string;
  greeting: string;
  /** Whether `GET {address}/picture` has one. */
  picture: boolean;
  can_read: boolean;
  can_write: boolean;
  locked: boolean;
  /** One has to read before one may write. */
  sequenced: boolean;
  /** Messages up to this number are hidden from the token. */
  since: number;
  /** It is your own channel, and the key yours: what is sealed for it nobody else opens. */
  is_holder: boolean;
}

/**
 * The server said no. `message` has its words. 401: the token is not valid (any more). 403: not allowed, or the channel is
 * locked. 404: no such message. 409: something unread comes first. 413: too large. 429: too often. 507: the account is full.
 * What fails on the way is fetch's own TypeError: the server may have done it or not.
 */
export class Refused extends Error {
  readonly status: number;
  /** The seconds that the server asks to wait (Retry-After); 0 where it does not. */
  readonly wait: number;
}

/** One channel, by its address (`https://SERVER/api/v1/channel/ID`) and a token of it. */
export class Channel {
  /** Without a token: a channel that is open to everybody. */
  constructor(address: string, token?: string | null);

  readonly address: string;

  /** Who is at the other end, with the key to seal for. */
  about(): Promise<About>;

  /** The highest number that others wrote; 0 for none. */
  head(): Promise<number>;

  /** Messages, oldest first. Reading marks nothing. */
  read(options?: {
    /** Only those with higher numbers. */
    after?: number;
    /** Only what others wrote and this token has not marked as read. */
    unread?: boolean;
    /** At most so many. */
    limit?: number;
    /** Say who wrote each. */
    authors?: boolean;
    /** Wait so many seconds, at most 60, until there is something. */
    wait?: number;
    signal?: AbortSignal;
  }): Promise<Message[]>;

  /** Writes a message; answers once it is on the server's disk. */
  send(body: Content, options?: {
    /** Its content type. Else plain text for a string, a Blob's own type, or application/octet-stream. */
    type?: string;
    /** Seal it for the holder of this key: nobody else can read it, the server neither. */
    sealTo?: PublicKey;
    /**
     * Sent again under the same key, it is written once: for tries after a connection broke. The bytes have to be the same, and
     * sealed anew they are not: the channel keeps its last eight boxes, for the very same `body` under the same key. To try
     * again after a reload, `seal` first and keep the box. Without a token keys do nothing: look before you send again.
     */
    idempotencyKey?: string;
  }): Promise<{ sequence: number; received: Date; type: string }>;

  /** Marks a message as read for this token, or as unread; with `older` all before it, too. */
  mark(sequence: number, options?: { read?: boolean; older?: boolean }): Promise<void>;

  /** Deletes a message, for everybody and for good. */
  delete(sequence: number): Promise<void>;

  /**
   * Handles messages as they come, in order and one after the other: first what is unread, and marks as read what was handled;
   * or all `after` a number, your own included, and marks nothing. Without a token, in a channel that everybody may read, that
   * is `after` 0 where you name none. It goes on over lost connections, until `signal` ends it. It
   * rejects with what `onMessage` threw, whose message comes again the next time, or with a `Refused` (401, 403) when the token
   * ended.
   */
  listen(
    onMessage: (message: Message) => unknown,
    options?: { after?: number; mark?: boolean; authors?: boolean; signal?: AbortSignal },
  ): Promise<void>;

  /** Any other call below the address, such as `call("GET", "/picture")`; rejects with `Refused`. */
  call(method: string, path?: string, options?: { headers?: Record<string, string>; body?: BodyInit }): Promise<Response>;
}

/**
 * A body sealed for a key, as libsodium's `crypto_box_seal` does it. Needs X25519 in the browser's Web Crypto (Chrome 137,
 * Firefox 130, Safari 17), and an https or localhost page.
 */
export function seal(body: Content, publicKey: PublicKey): Promise<Uint8Array<ArrayBuffer>>;

/** What is inside; null where it is damaged, no box, or sealed for another key. */
export function unseal(box: Content, key: { secretKey: string }): Promise<Uint8Array<ArrayBuffer> | null>;

/** A fresh pair of keys. */
export function newKey(): Promise<KeyPair>;

/** Eight groups of five digits, which two people compare to know that a public key is the right one. */
export function fingerprint(publicKey: PublicKey): Promise<string>;
