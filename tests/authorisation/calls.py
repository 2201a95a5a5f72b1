"""The matrix of the API: every operation of the server's own document, by everybody, and with ids swapped."""

from machine import USER
from operation import MISSING, UPGRADE, callers
from rules import ACCOUNT, CALLERS, DELETES_ANY, DEVICE, KEPT, expected
from world import MISSING_CHANNEL, Channel, basic


def status_of(operation, caller, public):
    if caller == "a form of another site" and operation.kind == "application/json" and operation.needs == DEVICE:
        return 415
    return 400 if (operation.name, caller) == KEPT else expected(operation.needs, operation.success, caller, public)


def fresh(world, operation, public):
    world.delete_last()
    world.last = channel = Channel(world, public=public)
    if operation.path.endswith("/picture"):
        world.show_picture(channel)
    return channel


def everybody(world, operation, public, faults):
    """Everybody calls it; a refused call changes nothing, and is refused in the same way where there is nothing."""
    channel = fresh(world, operation, public)
    before, cells = world.state(channel), 0
    for caller in sorted(CALLERS):
        where = f"{operation.name} by {caller}{' where all may' if public else ''}"
        headers = callers(world, channel)[caller]
        wanted = status_of(operation, caller, public)
        status, seen = operation.ask(world, channel.names(), headers)
        cells += 1
        if status != wanted:
            faults.append(f"{where}: {status}, expected {wanted}")
        if not operation.is_documented(status):
            faults.append(f"{where}: {status} is not in the document")
        if status == operation.success:
            channel = fresh(world, operation, public)
            before = world.state(channel)
            continue
        if world.state(channel) != before:
            faults.append(f"{where}: refused, but something changed")
        if status in (401, 403) and operation.needs != DEVICE and not public:
            nowhere = operation.ask(world, {**channel.names(), "channel": MISSING_CHANNEL, "token": MISSING["token"]}, headers)
            if nowhere != (status, seen):
                faults.append(f"{where}: refused in another way than for what does not exist: {(status, seen)} and {nowhere}")
            cells += 1
    asks = operation.described["security"]
    if (not asks or {} in asks) != (expected(operation.needs, operation.success, "nobody", public=True) == operation.success):
        faults.append(f"{operation.name}: the document is wrong about whether it asks for credentials")
    return cells


def swapped(world, operation, faults):
    """What is one's own beside what is not, in every place of the path; answered as what does not exist is."""
    channel, cells = fresh(world, operation, False), 0
    own, places = channel.names(), [place for place in MISSING if f"{{{place}}}" in operation.path]
    second, other = (one.names() for one in world.others)
    # The second channel is the holder's as well: only together with another channel's token it is wrong.
    channels = [second, other] if operation.needs != ACCOUNT or "token" in places else [other]
    holders = [basic(USER)] if operation.needs == ACCOUNT else [f"Bearer {channel.tokens[name]}" for name in ("owner", "late")]
    before = world.state(channel, *world.others)
    for place in places:
        foreign = {"account": [other], "channel": channels, "token": [second, other]}.get(place, [])
        swaps = [{**own, place: names[place]} for names in foreign]
        swaps += [{**other, place: own[place]}] if operation.needs == ACCOUNT and len(places) > 1 else []
        if place == "sequence" and operation.name not in DELETES_ANY:
            swaps += [own]  # by the late token, to which the message does not exist
        for names in swaps:
            for authorization in holders[-1:] if place == "sequence" else holders:
                headers = [("Authorization", authorization)]
                answer = operation.ask(world, names, headers)
                nothing = operation.ask(world, {**names, place: MISSING[place]}, headers)
                wanted = 404 if place == "sequence" else 403
                cells += 1
                if answer[0] != wanted or answer != nothing:
                    faults.append(f"{operation.name} with another's {place}: {answer}, for none: {nothing}, expected {wanted}")
    if world.state(channel, *world.others) != before:
        faults.append(f"{operation.name} with swapped ids changed something")
    return cells


def in_queries(world, faults):
    """Ids that stand in queries instead of paths: somebody else's is as good as none."""
    channel, other = Channel(world), world.others[1]
    cells = 0

    def same(what, wanted, method, path, query, foreign, missing, authorization):
        nonlocal cells
        headers = [("Authorization", authorization)] if authorization else []
        answers = [world.ask(method, f"/api/v1{path}?{query}={one}", headers) for one in (foreign, missing)]
        cells += 2
        if answers[0] != answers[1] or answers[0][0] != wanted:
            faults.append(f"{what}: {answers}, expected {wanted}")

    same("tokens by another's secret", 404, "GET", f"{channel.path}/api-token", "token", other.tokens["rw"], MISSING_CHANNEL, basic(USER))
    same("a device in another's channel", 204, "DELETE", f"/pushnotifications/{channel.device}", "channelId", other.id, MISSING_CHANNEL, None)
    for device in (channel.device, other.device):
        world.json("PUT", f"/pushnotifications/{device}", {"token": device}, f"Bearer {channel.tokens['rw']}")
    ticket = world.json("POST", f"/channel/{other.id}/notify-ticket", None, f"Bearer {other.tokens['rw']}")["ticket"]
    for what, query, wanted in (("another's ticket", f"ticket={ticket}", 403), ("no ticket", f"ticket={MISSING_CHANNEL}", 401),
                                ("a token as ticket", f"ticket={channel.tokens['rw']}", 401),
                                ("another's token", f"token={other.tokens['rw']}", 403),
                                ("a revoked token", f"token={channel.tokens['revoked']}", 401),
                                ("two tokens", f"token={channel.tokens['rw']}&token={channel.tokens['rw']}", 401)):
        status, _ = world.ask("GET", f"/api/v1/channel/{channel.id}/notify?{query}", UPGRADE)
        cells += 1
        if status != wanted:
            faults.append(f"a socket with {what}: {status}, expected {wanted}")
    mine, theirs = channel.path.removesuffix(f"/channel/{channel.id}"), other.path.removesuffix(f"/channel/{other.id}")
    tickets = [world.json("POST", f"{path}/notify-ticket", None, basic(user))["ticket"] for path, user in ((theirs, "other"), (mine, USER))]
    of_token = world.json("POST", f"/channel/{channel.id}/notify-ticket", None, f"Bearer {channel.tokens['rw']}")["ticket"]
    for what, ticket, wanted in (("another account's ticket", tickets[0], 403), ("a token's ticket", of_token, 401),
                                 ("no ticket", MISSING_CHANNEL, 401), ("its ticket", tickets[1], 101), ("a used ticket", tickets[1], 401)):
        status, _ = world.ask("GET", f"/api/v1{mine}/notify?ticket={ticket}", UPGRADE)
        cells += 1
        if status != wanted:
            faults.append(f"a socket of an account with {what}: {status}, expected {wanted}")
    return cells
