"""Hand alerts over: a feed, lines for programs, messages, and a signed webhook.

Alerts of an area are gathered into a *digest*, at most one within the cool-down.  Feed and
lines are written anew from the ledger each time, so a kill can neither lose nor double a line.
A message is written once, for whoever sends it takes it away.  The webhook is tried until it
answers 2xx.  A digest has an id that never changes, which both carry: what a kill or a lost
answer sends a second time can be dropped.

    alerts ──cool-down──► digest ──► alerts.atom, alerts.jsonl
                             ├─────► mail/*.eml ──written──► mailed
                             └─────► POST, HMAC-SHA256 ──2xx──► sent
                                          └──else──► tried again, later each time

Source: RFC 4287 (Atom), RFC 5322 (messages).
"""

from __future__ import annotations

import json
import logging
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from email.message import EmailMessage
from email.policy import SMTP
from email.utils import format_datetime
from typing import Any
from xml.etree.ElementTree import Element, SubElement, indent, tostring

from aoi.runs.ledger import key_of
from aoi.runs.ledger_digests import DigestRow, Digests
from aoi.runs.ledger_watch import Memory
from aoi.runs.watch_config import Telling, Watch
from geo.errors import InputError, SourceError
from geo.sources.webhook import post
from geo.write import beside

log = logging.getLogger(__name__)

Post = Callable[[str, Mapping[str, Any], str], None]
"""Sends a body, signed with a key, to an address; raises ``SourceError`` unless it arrived."""

FEED = 200
"""Entries of the feed; older ones stand in the lines."""

FIRST_WAIT = timedelta(minutes=5)
LONGEST_WAIT = timedelta(hours=12)
"""Between two tries of the webhook; each wait is twice the last."""

STANCE = "A layout is what a place looks like from above; it accuses nobody."


def gather(watch: Watch, memory: Memory) -> int:
    """Put waiting alerts into digests, one an area and cool-down; return how many digests."""
    waiting: dict[str, list[Mapping[str, Any]]] = defaultdict(list)
    for alert in Digests(memory.ledger).alerts(released=False):
        waiting[alert["area"]].append(alert)
    last = {digest.area: digest.made_at for digest in Digests(memory.ledger).all()}
    now, made = memory.ledger.clock(), 0
    for area, alerts in sorted(waiting.items()):
        since = now - last[area] if area in last else None
        # A digest of the future was made by a clock that has jumped back since.
        if since is not None and timedelta() <= since < watch.alerts.cooldown:
            continue
        ids = [alert["id"] for alert in alerts]
        digest = key_of(digest=ids)
        body = {"id": digest, "watch": watch.name, "area": area, "alerts": alerts}
        made += Digests(memory.ledger).gather(area, digest, body, ids)
    return made


def deliver(
    watch: Watch, memory: Memory, *, secret: str = "", send: Post | None = None
) -> list[str]:
    """Write the files, and send what is still to be sent.

    Returns:
        A sentence for everything that did not arrive.

    Raises:
        InputError: a webhook is wanted, and its key is not in the environment.
        OutputError: a file cannot be written.
    """
    telling = watch.alerts
    released = Digests(memory.ledger).alerts(released=True)
    if telling.jsonl:
        lines = [json.dumps(alert, ensure_ascii=False, sort_keys=True) for alert in released]
        with beside(telling.jsonl) as part:
            part.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
    if telling.atom:
        with beside(telling.atom) as part:
            part.write_bytes(feed_of(watch.name, released[-FEED:]))
    if telling.mail:
        for digest in Digests(memory.ledger).all(unmailed=True):
            # First the file, then the mark: a kill between writes the same file again.
            with beside(telling.mail / f"{digest.id}.eml") as part:
                part.write_bytes(message_of(digest, watch).as_bytes(policy=SMTP))
            Digests(memory.ledger).mailed(digest.id)
    return _send(telling, memory, secret, send or post) if telling.webhook else []


def message_of(digest: DigestRow, watch: Watch) -> EmailMessage:
    """Write a digest as a message ready to send."""
    alerts = digest.body["alerts"]
    message = EmailMessage()
    message["From"] = watch.alerts.sender
    if watch.alerts.to:
        message["To"] = watch.alerts.to
    message["Date"] = format_datetime(digest.made_at)
    message["Message-ID"] = f"<{digest.id}@stockade.invalid>"
    count = f"{len(alerts)} alert{'' if len(alerts) == 1 else 's'}"
    message["Subject"] = f"{watch.name}: {count} for {digest.area}"
    text = [f"{digest.area}: {count}.", ""]
    for alert in alerts:
        text += [f"[{alert['status']}] {alert['text']}", f"  {alert['id']}{_place(alert)}", ""]
    message.set_content("\n".join([*text, STANCE, ""]))
    return message


def feed_of(name: str, alerts: Sequence[Mapping[str, Any]]) -> bytes:
    """Write alerts as an Atom feed, newest first; the same alerts give the same bytes."""
    feed = Element("feed", xmlns="http://www.w3.org/2005/Atom")
    SubElement(feed, "title").text = name
    SubElement(feed, "id").text = f"urn:stockade:{key_of(feed=name)}"
    newest = alerts[-1]["raised_at"] if alerts else "1970-01-01T00:00:00+00:00"
    SubElement(feed, "updated").text = newest
    SubElement(SubElement(feed, "author"), "name").text = "Stockade"
    SubElement(feed, "subtitle").text = STANCE
    for alert in reversed(alerts):
        entry = SubElement(feed, "entry")
        SubElement(entry, "id").text = f"urn:stockade:{key_of(alert=alert['id'])}"
        SubElement(
            entry, "title"
        ).text = f"{alert['area']}: {alert['kind'].replace('_', ' ')}, {alert['status']}"
        SubElement(entry, "updated").text = alert["raised_at"]
        SubElement(entry, "category", term=alert["kind"])
        SubElement(entry, "summary").text = alert["text"] + _place(alert)
    indent(feed)
    return bytes(tostring(feed, encoding="utf-8", xml_declaration=True))


def _place(alert: Mapping[str, Any]) -> str:
    if not alert.get("place"):
        return ""
    lon, lat = alert["place"]
    return f" (near {lat}, {lon}, to {alert['precision_m']:g} m)"


def _send(telling: Telling, memory: Memory, secret: str, send: Post) -> list[str]:
    if not secret:
        raise InputError(
            f"The webhook signs what it sends, and its key is not in the environment. Set "
            f"{telling.secret}."
        )
    now, failed = memory.ledger.clock(), []
    for digest in Digests(memory.ledger).all(unsent=True):
        if not _due(digest, now):
            continue
        try:
            send(telling.webhook, digest.body, secret)
        except SourceError as error:
            wait = min(FIRST_WAIT * 2**digest.tries, LONGEST_WAIT)
            Digests(memory.ledger).unsent(digest.id, str(error), wait)
            failed.append(f"The digest {digest.id} did not arrive: {error}")
            log.warning("%s", failed[-1])
        else:
            Digests(memory.ledger).sent(digest.id)
    return failed


def _due(digest: DigestRow, now: datetime) -> bool:
    if digest.next_try is None or digest.next_try <= now:
        return True
    return digest.next_try - now > LONGEST_WAIT  # the clock has jumped back
