// Enhances sealed conversations: this device notes where answers are sealed.

/** Where it is noted that answers in a channel are sealed, for pages of a server that says otherwise. It stays when somebody
    signs out: else a server need only wait for that. It goes when the device forgets its keys. */
export const sealedOf = (channel) => `peerbox sealed ${document.body.dataset.account} ${channel}`;

/** Whether that was noted. */
export function isNotedSealed(channel) {
  try {
    return localStorage.getItem(sealedOf(channel)) !== null;
  } catch {
    // A browser that lets pages keep nothing.
    return false;
  }
}
