// Messages handled as they come, each once and in order.
import { follow, Thrown } from "./news.mjs";

/** Messages that are asked for at once. */
const STEP = 20;

/**
 * Has `onMessage` handle what is unread, or all `after` a number, and then what comes, in order and one after the other, until
 * `signal` ends it. What was handled is marked as read where `mark` says so. Throws what `onMessage` threw, or what refused the
 * token.
 */
export async function listen(channel, onMessage, { after, mark, authors, signal } = {}) {
  let last = after ?? 0;
  let marked = last;
  // Without a token nothing is remembered of who reads.
  const marks = mark ?? (after === undefined && !channel.anonymous);
  const asked = { unread: after === undefined, authors, limit: STEP, signal };
  // Again where a connection broke meanwhile: the message is not handled a second time for that.
  const settle = async () => {
    if (marks && marked < last) await channel.mark(last);
    marked = last;
  };
  const handle = async (message) => {
    try {
      await onMessage(message);
    } catch (error) {
      throw new Thrown("", { cause: error });
    }
    last = message.sequence;
    await settle();
  };
  const look = async () => {
    await settle();
    for (let more = true; more;) {
      const messages = await channel.read({ ...asked, after: last });
      for (const message of messages) {
        if (signal?.aborted) return last;
        await handle(message);
      }
      more = messages.length === STEP;
    }
    return last;
  };
  try {
    await follow(channel, look, signal);
  } catch (error) {
    throw error instanceof Thrown ? error.cause : error;
  }
}
