// Enhances a counterparty's page with news: a socket says when something was written, else a waiting request does.

/** Seconds that a request waits, and the longest pause before the next try. */
const WAIT = 25;
const LONGEST_PAUSE = 30;

const pause = (seconds) => new Promise((resolve) => setTimeout(resolve, seconds * 1000));

/** A socket until it closes; `heard` is called when it opens and for each message. Tells whether it opened at all. */
function listen(address, heard) {
  return new Promise((resolve) => {
    const socket = new WebSocket(address);
    let opened = false;
    socket.onopen = () => {
      opened = true;
      heard();
    };
    socket.onmessage = heard;
    socket.onclose = () => resolve(opened);
  });
}

/** Calls `heard` whenever something may have been written, until `refused` is called with what ended it. */
export async function follow(channel, heard, refused) {
  let failures = 0;
  // Some proxies let no socket through.
  let bySocket = true;
  for (;;) {
    try {
      if (bySocket) {
        const opened = await listen(await channel.socketAddress(), heard);
        bySocket = opened || failures < 2;
        failures = opened ? 1 : failures + 1;
      } else {
        await channel.wait(WAIT);
        heard();
        failures = 0;
      }
    } catch (error) {
      if ([401, 403].includes(error.status)) return refused(error);
      failures += 1;
    }
    await pause(Math.min(LONGEST_PAUSE, 2 ** failures) * (0.5 + Math.random() / 2));
  }
}
