-- LinkedIn lets a free account send a few invitations with a note in a month. They are counted, as
-- all caps are, from the record of attempts.
ALTER TABLE linkedin_accounts ADD COLUMN monthly_notes bigint CHECK (monthly_notes >= 0);

-- An invitation went with a note. NULL: an older release has written it; in doubt it had one.
ALTER TABLE send_attempts ADD COLUMN noted boolean;
UPDATE send_attempts t SET noted = false FROM send_queue i
    WHERE i.id = t.item_id AND t.kind = 'invitation' AND i.message = '' AND NOT i.restored
    AND t.started_at > sam_now() - interval '32 days';
CREATE INDEX send_attempts_noted ON send_attempts (account_id, started_at DESC)
    WHERE kind = 'invitation' AND noted IS NOT FALSE AND NOT untried;

DROP TRIGGER attempts_keep_their_start ON send_attempts;
CREATE TRIGGER attempts_keep_their_start
    BEFORE UPDATE OF id, workspace_id, account_id, campaign_id, prospect_id, item_id, message_type,
                     kind, started_at, start_by, noted ON send_attempts FOR EACH ROW
    EXECUTE FUNCTION sam_refuse_change();

-- The invitation went without its note, for those of the month were used up.
ALTER TABLE send_queue DROP CONSTRAINT send_queue_note_done_check;
ALTER TABLE send_queue ADD CONSTRAINT send_queue_note_done_check
    CHECK (note_done IN ('as_written', 'cut', 'left_out', 'left_out_monthly'));
