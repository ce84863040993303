"""Which writes of an account came too soon after the one before, where they arrive.

SAM's part ends with its call. What a broken wire still held when the call had been given up, and
delivered then, came late by that wire: the write after it was sent a spacing after the end of that
call, as the books say. Such a gap is counted on its own.
"""

from campaign_test import WRITES

ATTEMPTS = (
    "SELECT c.unipile_id AS account, p.vanity AS slug, "
    "CASE a.kind WHEN 'invitation' THEN 'invite' ELSE 'message' END AS what, "
    "extract(epoch FROM a.started_at) * 1000 AS begun, extract(epoch FROM a.ended_at) * 1000 "
    "AS ended FROM send_attempts a JOIN linkedin_accounts c ON c.id = a.account_id "
    "JOIN campaign_prospects p ON p.id = a.prospect_id WHERE a.kind <> 'profile_view' ORDER BY 4"
)


def _ended_before(call, attempts):
    """The attempt that made the call had ended, for SAM, when it arrived."""
    begun = [a for a in attempts if float(a["begun"]) <= call["at_ms"]]
    return bool(begun and begun[-1]["ended"]) and float(begun[-1]["ended"]) < call["at_ms"]


def spacing_breaks(journal, spacing_ms, attempts, slugs):
    """(breaks, held up), both counts. attempts: rows of ATTEMPTS; slugs: provider id -> slug."""
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
        late = _ended_before(first, books.get((first["account"], slugs.get(first["person"]), what),
                                              []))  # fmt: skip
        held_up += late
        breaks += not late
    return breaks, held_up
