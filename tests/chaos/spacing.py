"""Which writes of an account came too soon after the one before, where they arrive.

SAM's part ends with its call. What a broken wire still held when the call had been given up, and
delivered then, came late by that wire: the write after it was sent a spacing after the end of that
call, as the books say. Such a gap is counted on its own. Without a fault of that wire the write is
SAM's: a call that went out after its attempt had ended, as of a worker that stood still.
"""

from campaign_test import WRITES

ATTEMPTS = (
    "SELECT c.unipile_id AS account, p.vanity AS slug, "
    "CASE a.kind WHEN 'invitation' THEN 'invite' ELSE 'message' END AS what, "
    "extract(epoch FROM a.started_at) * 1000 AS begun, extract(epoch FROM a.ended_at) * 1000 "
    "AS ended FROM send_attempts a JOIN linkedin_accounts c ON c.id = a.account_id "
    "JOIN campaign_prospects p ON p.id = a.prospect_id WHERE a.kind <> 'profile_view' ORDER BY 4"
)


def _held_by_the_wire(call, attempts, holds):
    """The attempt that made the call had ended, for SAM, when it arrived, and the wire to Unipile
    was broken in between."""
    of_it = [a for a in attempts if float(a["begun"]) <= call["at_ms"]]
    if not of_it or not of_it[-1]["ended"] or float(of_it[-1]["ended"]) >= call["at_ms"]:
        return False
    begun = float(of_it[-1]["begun"])
    return any(first <= call["at_ms"] and last >= begun for first, last in holds)


def spacing_breaks(journal, spacing_ms, attempts, slugs, holds):
    """(breaks, held up), both counts. attempts: rows of ATTEMPTS; slugs: provider id -> slug;
    holds: when the wire to Unipile was broken, (from, to) in ms."""
    books = {}
    for row in attempts:
        books.setdefault((row["account"], row["slug"], row["what"]), []).append(row)
    before, breaks, held_up = {}, 0, 0
    for call in (c for c in journal if c["route"] in WRITES):
        first = before.get(call["account"])
        before[call["account"]] = call
        if not first or call["at_us"] - first["at_us"] >= spacing_ms * 1000:
            continue
        what = "invite" if first["route"] == "invite" else "message"
        of_person = books.get((first["account"], slugs.get(first["person"]), what), [])
        late = _held_by_the_wire(first, of_person, holds)
        held_up += late
        breaks += not late
    return breaks, held_up
