"""A relay of e-mail by aiosmtpd, as a program of its own that can be killed: PORT FOLDER [plain|implicit].

It wants STARTTLS, or TLS at once, or with `plain` knows of neither, and a name with a password. What it takes is a file in FOLDER
before it says so.
"""

import asyncio
import json
import logging
import os
import ssl
import sys
import uuid
from pathlib import Path

from aiosmtpd.smtp import SMTP, AuthResult

USER, PASSWORD = b"box", b"zebra-relay-password"


class Folder:
    def __init__(self, folder):
        self.folder = folder

    async def handle_RCPT(self, server, session, envelope, address, options):
        if address.startswith("nobody"):
            return "550 5.1.1 zebra-nobody of that name"
        envelope.rcpt_tos.append(address)
        return "250 fine"

    async def handle_DATA(self, server, session, envelope):
        kept = {"tls": session.ssl is not None, "user": (session.auth_data or ("",))[0], "from": envelope.mail_from,
                "to": envelope.rcpt_tos, "text": envelope.content.decode()}
        with (self.folder / "new").open("w") as file:
            json.dump(kept, file)
            file.flush()
            os.fsync(file.fileno())
        os.rename(self.folder / "new", self.folder / f"{uuid.uuid4()}.json")
        # Others are served meanwhile, so that a kill finds letters in every state.
        await asyncio.sleep(0.02)
        return "250 taken"


def known(server, session, envelope, mechanism, data):
    if mechanism not in ("PLAIN", "LOGIN") or (data.login, data.password) != (USER, PASSWORD):
        return AuthResult(success=False, handled=False)
    return AuthResult(success=True, auth_data=(USER.decode(),))


async def serve(port, folder, kind):
    context = ssl.create_default_context(ssl.Purpose.CLIENT_AUTH)
    context.load_cert_chain(folder.parent / "relay.pem", folder.parent / "relay.key")
    options = {"authenticator": known, "auth_required": True, "auth_require_tls": kind == "starttls"}
    if kind == "starttls":
        options |= {"tls_context": context, "require_starttls": True}
    loop = asyncio.get_running_loop()
    server = await loop.create_server(lambda: SMTP(Folder(folder), hostname="localhost", **options), "127.0.0.1", port,
                                      ssl=context if kind == "implicit" else None)
    print("ready", flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    # Whoever hangs up in the middle is what is played here.
    logging.disable(logging.CRITICAL)
    asyncio.run(serve(int(sys.argv[1]), Path(sys.argv[2]), sys.argv[3] if len(sys.argv) > 3 else "starttls"))
