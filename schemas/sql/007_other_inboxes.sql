-- Somebody whom one account has written to may answer to another one of the workspace. Whoever is
-- behind an inbound message is found by their public name as well as by their provider id, which
-- accounts may see differently.
CREATE INDEX campaign_prospects_contacted
    ON campaign_prospects (vanity, workspace_id)
    WHERE contacted_at IS NOT NULL AND vanity IS NOT NULL;

-- So accounts without open conversations are looked at as well, hourly, not all at once.
UPDATE sync_schedule SET next_at = sam_now() + random() * interval '1 hour'
    WHERE kind = 'replies' AND next_at IS NULL;
