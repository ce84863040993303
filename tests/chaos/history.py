"""Everything that is known of one person, for whom something went wrong: from SAM's books, the
ledger, the simulator's journal and the logs."""

import os

from sam_test import read_log

LOG_LINES_MAX = 200


def of(test, person):
    """Lines, under headings."""
    yield f"---- the whole history of {person.slug} ({person.provider_id})"
    ids = {person.slug, person.provider_id}
    rows = test.database.rows(f"SELECT * FROM campaign_prospects WHERE vanity = '{person.slug}'")
    yield from _told("the person", rows)
    for row in rows:
        ids.add(row["id"])
    who = f"prospect_id = '{rows[0]['id']}'" if rows else "false"
    for what, table, order in (("items", "send_queue", "created_at"),
                               ("attempts", "send_attempts", "started_at"),
                               ("messages", "campaign_messages", "sent_at"),
                               ("inbound", "inbound_messages", "received_at")):  # fmt: skip
        columns = "to_jsonb(t) - 'message' AS row"  # never a text
        rows = test.database.rows(f"SELECT {columns} FROM {table} t WHERE {who} ORDER BY {order}")
        yield from _told(what, rows)
        if table in ("send_queue", "send_attempts"):
            found = test.database.rows(f"SELECT id FROM {table} WHERE {who}")
            ids |= {row["id"] for row in found}
    events = test.kafka.records(test.topic("sam.events"))
    ours = [e for e in events if any(i in (e["value"] or "") for i in ids)]
    shown = ("partition", "offset", "ts", "headers", "value")
    yield from _told("sam.events", [{k: e[k] for k in shown if k in e} for e in ours])
    calls = [c for c in test.simulator.journal() if c["person"] in ids]
    yield from _told("calls", calls)
    yield from _log_lines(test.folder, ids)


def _told(what, rows):
    yield f"-- {what}: {len(rows)}"
    for row in rows:
        yield "  " + str(row)


def _log_lines(folder, ids):
    yield "-- log lines"
    for name in sorted(os.listdir(folder)):
        if not name.endswith(".log"):
            continue
        lines = read_log(os.path.join(folder, name)).splitlines()
        ours = [line for line in lines if any(i in line for i in ids)]
        for line in ours[:LOG_LINES_MAX]:
            yield f"  {name}: {line}"
