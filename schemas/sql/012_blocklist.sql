-- Companies and domains on the blocklist, beside people.
--
-- Who is meant is told by keys: "company:acme inc", "domain:acme.com" (each of a person's domains,
-- and each one above it). They are made in C (common/model/block_keys.h) when people are written,
-- so that a look at the blocklist compares texts alone. NULL: written by an older release;
-- `samctl blocklist add` fills them in.
ALTER TABLE prospect_approval_data ADD COLUMN block_keys text[];
ALTER TABLE campaign_prospects ADD COLUMN block_keys text[];
ALTER TABLE blocklist ADD COLUMN given text; -- the value as it was written; NULL = as value
-- Who has none yet, or was corrected.
CREATE INDEX campaign_prospects_no_block_keys ON campaign_prospects (workspace_id)
    WHERE block_keys IS NULL AND status IN
        ('pending', 'approved', 'connection_request_sent', 'connected', 'messaging');
CREATE INDEX prospect_approval_data_no_block_keys ON prospect_approval_data (workspace_id)
    WHERE block_keys IS NULL AND status <> 'rejected';
-- Who is on hold because of it.
CREATE INDEX campaign_prospects_blocklisted
    ON campaign_prospects (workspace_id) WHERE hold_reason = 'blocklisted';

-- Nobody who stands on the blocklist is without a hold, whatever program writes the row: who is
-- approved, edited, released, or learned to be somebody else. A hold for another reason stays;
-- when it is taken away, this one takes its place. So a claim has no more to ask.
CREATE FUNCTION sam_hold_blocklisted() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF EXISTS (SELECT FROM blocklist b WHERE b.workspace_id = NEW.workspace_id
               AND b.kind = 'person' AND b.value IN (NEW.vanity, NEW.provider_id))
       OR EXISTS (SELECT FROM unnest(NEW.block_keys) AS k(key) JOIN blocklist b
                  ON b.workspace_id = NEW.workspace_id
                  AND b.kind = split_part(k.key, ':', 1)
                  AND b.value = substr(k.key, strpos(k.key, ':') + 1)) THEN
        NEW.hold_reason := 'blocklisted';
    END IF;
    RETURN NEW;
END $$;

CREATE TRIGGER person_blocklisted_at_first
    BEFORE INSERT ON campaign_prospects FOR EACH ROW
    WHEN (NEW.hold_reason IS NULL)
    EXECUTE FUNCTION sam_hold_blocklisted();
CREATE TRIGGER person_blocklisted
    BEFORE UPDATE OF hold_reason, vanity, provider_id, block_keys ON campaign_prospects FOR EACH ROW
    WHEN (NEW.hold_reason IS NULL
          AND NEW.status IN ('pending', 'approved', 'connection_request_sent', 'connected',
                             'messaging')
          AND (OLD.hold_reason IS NOT NULL OR OLD.vanity IS DISTINCT FROM NEW.vanity
               OR OLD.provider_id IS DISTINCT FROM NEW.provider_id
               OR OLD.block_keys IS DISTINCT FROM NEW.block_keys))
    EXECUTE FUNCTION sam_hold_blocklisted();
