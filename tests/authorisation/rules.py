"""What each caller may do, written down by hand: the answers of the server are held against this, not made from it."""

# What an operation asks of whoever calls it.
ACCOUNT = "credentials of the account"
READ = "a token that may read, or nobody where everybody may"
WRITE = "a token that may write, or nobody where everybody may"
VISIT = "any token with a right, or nobody where everybody may read or write"
TOKEN_READ = "a token that may read"
TOKEN_WRITE = "a token that may write"
ANY_TOKEN = "any token with a right, of any channel"
DEVICE = "the name of a device; a token that is sent along has to be a valid one"

# Every operation, and what it answers to whoever may.
OPERATIONS = {
    "POST /api/v1/channel/{channel}": (WRITE, 200),
    "GET /api/v1/channel/{channel}": (READ, 200),
    "HEAD /api/v1/channel/{channel}": (READ, 200),
    "GET /api/v1/channel/{channel}/notify": (TOKEN_READ, 101),
    "POST /api/v1/channel/{channel}/notify-ticket": (TOKEN_READ, 200),
    "GET /api/v1/channel/{channel}/key": (VISIT, 200),
    "GET /api/v1/channel/{channel}/picture": (VISIT, 200),
    "POST /api/v1/channel/{channel}/{sequence}": (TOKEN_READ, 200),
    "DELETE /api/v1/channel/{channel}/{sequence}": (TOKEN_WRITE, 204),
    "GET /api/v1/channel/{channel}/{sequence}": (READ, 200),
    "POST /api/v1/pushnotifications": (ANY_TOKEN, 200),
    "PUT /api/v1/pushnotifications/{device}": (DEVICE, 200),
    "DELETE /api/v1/pushnotifications/{device}": (DEVICE, 204),
    "GET /api/v1/account/{account}/notify": (ACCOUNT, 101),
    "POST /api/v1/account/{account}/notify-ticket": (ACCOUNT, 200),
    "POST /api/v1/account/{account}/channel": (ACCOUNT, 200),
    "GET /api/v1/account/{account}/channel/list": (ACCOUNT, 200),
    "GET /api/v1/account/{account}/channel/{channel}": (ACCOUNT, 200),
    "POST /api/v1/account/{account}/channel/{channel}": (ACCOUNT, 200),
    "DELETE /api/v1/account/{account}/channel/{channel}": (ACCOUNT, 204),
    "POST /api/v1/account/{account}/channel/{channel}/api-token": (ACCOUNT, 200),
    "GET /api/v1/account/{account}/channel/{channel}/api-token": (ACCOUNT, 200),
    "GET /api/v1/account/{account}/channel/{channel}/api-token/{token}": (ACCOUNT, 200),
    "DELETE /api/v1/account/{account}/channel/{channel}/api-token/{token}": (ACCOUNT, 204),
}

# Whoever may delete does so for everybody, as in the reference, also what was written before the token.
DELETES_ANY = {"DELETE /api/v1/channel/{channel}/{sequence}"}
KEPT = ("DELETE /api/v1/channel/{channel}/{sequence}", "writing without deleting")

# Whom the world knows, by what they send. The rights are those in the channel that the path names.
NOBODY = {"nobody", "a session's cookie", "an ended session's cookie", "a form of another site"}
FALSE_CREDENTIALS = {"wrong password", "unknown user", "disabled user", "user of a disabled account", "two headers", "another scheme"}
HOLDERS = {"holder", "another user of the account"}
OTHER_ACCOUNT = {"other account"}
FALSE_TOKENS = {"unknown token", "empty token", "revoked token", "token that ended", "token of a deleted channel", "a password as token"}
RIGHTS = {"owner token": "rw", "reading and writing": "rw", "read-only": "r", "write-only": "w", "without a right": "",
          "writing without deleting": "rw"}
FOREIGN_TOKENS = {"other channel's token": "rw", "other account's token": "rw", "other channel's reader": "r",
                  "other channel's writer": "w"}
NEEDED = {READ: "r", TOKEN_READ: "r", WRITE: "w", TOKEN_WRITE: "w", VISIT: "rw", ANY_TOKEN: "rw"}


def expected(needs, success, caller, public=False):
    """The status that this caller is answered with; `public` is a channel that everybody may read and write."""
    if needs == ACCOUNT:
        return success if caller in HOLDERS else 403 if caller in OTHER_ACCOUNT else 401
    if needs == DEVICE:
        return success if caller in NOBODY or caller in RIGHTS or caller in FOREIGN_TOKENS else 401
    if caller in NOBODY:
        return success if public and needs in (READ, WRITE, VISIT) else 401
    rights = RIGHTS.get(caller, FOREIGN_TOKENS.get(caller, ""))
    if not set(rights) & set(NEEDED[needs]):
        return 401
    return success if caller in RIGHTS or needs == ANY_TOKEN else 403


CALLERS = {*NOBODY, *FALSE_CREDENTIALS, *HOLDERS, *OTHER_ACCOUNT, *FALSE_TOKENS, *RIGHTS, *FOREIGN_TOKENS}

# The pages. Every path in the tables under `src/web` is one of these, else anybody's with a session.
OPEN_PAGES = {"/login", "/setup", "/register", "/reset", "/forgotten", "/c/{channel}", "/help", "/help/api", "/help/shortcuts", "/about",
              "/help/client", "/help/client/example.html", "/assets/{version}/{name:.*}", "/client.js", "/client.d.ts",
              "/manifest.webmanifest", "/guest.webmanifest", "/sw.js", "/offline", "/unsubscribe/{shown}"}
# Whoever has the link may, from anywhere and without the token of a form, because programs of mail send it; it ends letters
# and does nothing else (tests/it/mail.rs). Nobody here has one.
BY_LINK_ALONE = "/unsubscribe/{shown}"
OPERATORS = "/admin"
# Only after the password was given a short while ago, as every form for operators. So are a link and what goes with a token,
# once the token is not new.
CONFIRMED = {"GET /channels/{channel}/tokens/{token}/reveal", "GET /channels/{channel}/tokens/{token}/revoke",
             "GET /channels/{channel}/delete", "POST /channels/{channel}/delete", "GET /profile/delete", "POST /profile/delete",
             "POST /profile/keys", "GET /profile/keys/new", "GET /profile/keys/unlock", "GET /profile/keys/{key}/retire",
             "POST /profile/keys/{key}/retire", "GET /profile/export/file", "GET /admin/backups/{name}",
             "POST /profile/notifications/email", "POST /channels/{channel}/webhooks", "POST /channels/{channel}/webhooks/{webhook}",
             "GET /channels/{channel}/webhooks/{webhook}/secret", "POST /channels/{channel}/webhooks/{webhook}/secret",
             "GET /channels/{channel}/webhooks/{webhook}/secret/renew", "POST /channels/{channel}/tokens/{token}/revoke",
             "GET /admin/accounts/{account}/delete", "GET /admin/accounts/{account}/disable", "GET /admin/accounts/{account}/quota",
             "GET /admin/users/{user}/delete", "GET /admin/users/{user}/disable"}
