//! The rules of `src/api/PROTOCOL.md`, in files that mirror the API.

/// Who may use the account API.
mod account_auth;
/// One socket for all channels of an account.
mod account_notify;
/// Creating, amending, listing and deleting channels.
mod channels;
/// Deleting messages.
mod deleting;
/// The highest foreign sequence, in a header.
mod handshakes;
mod head;
/// Notifications over WebSockets.
mod notify;
/// Telling registered devices.
mod phones;
/// Devices registered for pushes.
mod push;
/// Reading, and marking as read or unread.
mod reading;
/// Paths, verbs, headers, CORS.
/// What the document says of requests.
mod requests;
/// What must not break, leak or grow.
mod robustness;
mod routing;
/// Channels in which one must read before one writes.
mod sequenced;
/// Issuing, listing and revoking tokens.
mod tokens;
/// Writing messages.
mod writing;
