"""Guessing passwords and set-up codes, from addresses that were never seen before."""

import asyncio
import time

from attack import Attack
from hostile import answer, basic, new_address, request, send, swarm
from installation import PASSWORD, USER
from witness import Witness

BEHIND_A_PROXY = ['server.trusted_proxies = ["loopback"]']
CHANNELS = "/api/v1/account/1/channel/list"


async def reset(target):
    """Each guess is given up as soon as it was sent."""

    async def script(_, writer, __):
        await send(writer, request("GET", CHANNELS, basic(USER, "wrong"), f"x-forwarded-for: {new_address()}"))
        await asyncio.sleep(0.02)

    await swarm(target, 100, script)


async def guess(target):
    """More guesses at once than may wait for their turn."""

    async def script(reader, writer, _):
        while True:
            await send(writer, request("GET", CHANNELS, basic(USER, "wrong"), f"x-forwarded-for: {new_address()}"))
            if await answer(reader) == 503:
                await asyncio.sleep(0.1)

    await swarm(target, 300, script)


def still_sign_in(witness):
    """Somebody whose session lives signs in with another browser, on the address of that session."""
    time.sleep(1)
    try:
        Witness(witness.installation).sign_in()
    except (OSError, AssertionError) as error:
        return [f"somebody who is known cannot sign in: {str(error)[:60]!r}"]
    return []


async def wrong_codes(target):
    """Set-up codes, from one address and from ever new ones."""

    async def script(reader, writer, number):
        while True:
            address = new_address() if number % 2 else "127.0.0.1"
            await send(writer, request("GET", "/setup?code=wrong", f"x-forwarded-for: {address}"))
            await answer(reader)

    await swarm(target, 100, script)


def still_set_up(witness):
    """The operator has the right code, on an address from which many wrong ones came."""
    time.sleep(2)
    code = witness.installation.logged("/setup?code=")
    operator = Witness(witness.installation)
    _, page = operator.open_page("/setup")
    account = {"account": "first", "user": USER, "password": PASSWORD, "code": code}
    status, _ = operator.send_form("/setup", page, account)
    return [] if status == 303 else [f"the operator is answered {status}"]


ATTACKS = {
    "reset-sign-ins": Attack(reset, settings=BEHIND_A_PROXY),
    "guessed-passwords": Attack(guess, connections=1000, settings=BEHIND_A_PROXY, meanwhile=still_sign_in),
    "wrong-set-up-codes": Attack(wrong_codes, settings=BEHIND_A_PROXY, has_account=False, meanwhile=still_set_up),
}
