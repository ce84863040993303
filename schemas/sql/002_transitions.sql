-- The transitions of design 3.13 and 3.14, refused by the database whatever program asks.
-- Equal to the tables of common/model/status.c; a test walks the full product of both.
-- The allowed pairs stand in the WHEN clauses, so that an allowed change calls no function.

CREATE FUNCTION sam_refuse_transition() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% %: status % -> % is not allowed', TG_TABLE_NAME, OLD.id, OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE FUNCTION sam_refuse_contacted_at_loss() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION 'campaign_prospects %: contacted_at cannot be taken away', OLD.id
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE FUNCTION sam_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE TRIGGER person_transition
    BEFORE UPDATE OF status ON campaign_prospects FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT (
        NEW.status = 'opted_out'
        OR (OLD.status IN ('pending', 'approved', 'connection_request_sent', 'connected', 'messaging')
            AND NEW.status IN ('replied', 'converted', 'not_interested', 'failed'))
        OR (OLD.status IN ('completed', 'failed') AND NEW.status = 'replied')
        OR (OLD.status = 'replied' AND NEW.status IN ('converted', 'not_interested'))
        OR (OLD.status = 'messaging' AND NEW.status = 'completed')
        OR (OLD.campaign_type = 'connector' AND (
               (OLD.status IN ('pending', 'approved')
                AND NEW.status IN ('connection_request_sent', 'connected'))
            OR (OLD.status = 'connection_request_sent' AND NEW.status IN ('connected', 'completed'))
            OR (OLD.status = 'connected' AND NEW.status IN ('messaging', 'completed'))))
        OR (OLD.campaign_type = 'messenger'
            AND OLD.status IN ('pending', 'approved') AND NEW.status = 'messaging')))
    EXECUTE FUNCTION sam_refuse_transition();

CREATE TRIGGER person_keeps_contacted_at
    BEFORE UPDATE OF contacted_at ON campaign_prospects FOR EACH ROW
    WHEN (OLD.contacted_at IS NOT NULL AND NEW.contacted_at IS NULL)
    EXECUTE FUNCTION sam_refuse_contacted_at_loss();

-- To sending, sent and unknown an item may always move: evidence from the ledger wins.
CREATE TRIGGER item_transition
    BEFORE UPDATE OF status ON send_queue FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NEW.status NOT IN ('sending', 'sent', 'unknown') AND NOT (
        (OLD.status = 'pending' AND NEW.status IN ('published', 'cancelled'))
        OR (OLD.status = 'published' AND NEW.status IN ('pending', 'cancelled'))
        OR (OLD.status = 'sending' AND NEW.status IN ('pending', 'failed', 'cancelled'))
        OR (OLD.status = 'unknown' AND NEW.status IN ('pending', 'failed'))))
    EXECUTE FUNCTION sam_refuse_transition();

CREATE TRIGGER campaign_transition
    BEFORE UPDATE OF status ON campaigns FOR EACH ROW
    WHEN (OLD.status <> NEW.status AND NOT (
        (OLD.status = 'draft' AND NEW.status IN ('running', 'stopped'))
        OR (OLD.status = 'running' AND NEW.status IN ('paused', 'completed', 'stopped'))
        OR (OLD.status = 'paused' AND NEW.status IN ('running', 'stopped'))
        OR (OLD.status = 'completed' AND NEW.status IN ('running', 'stopped'))))
    EXECUTE FUNCTION sam_refuse_transition();

-- An attempt is never deleted, and only its end is ever filled in: once, but what is certain may
-- replace what is unknown, and that a call happened replaces everything and stays.
CREATE TRIGGER attempts_are_kept
    BEFORE DELETE ON send_attempts FOR EACH ROW EXECUTE FUNCTION sam_refuse_change();
CREATE TRIGGER attempts_are_kept_together
    BEFORE TRUNCATE ON send_attempts FOR EACH STATEMENT EXECUTE FUNCTION sam_refuse_change();
CREATE TRIGGER attempts_keep_their_start
    BEFORE UPDATE OF id, workspace_id, account_id, campaign_id, prospect_id, item_id, message_type,
                     kind, identities, started_at, start_by ON send_attempts FOR EACH ROW
    EXECUTE FUNCTION sam_refuse_change();
CREATE TRIGGER attempts_keep_their_end
    BEFORE UPDATE OF ended_at, outcome ON send_attempts FOR EACH ROW
    WHEN (OLD.outcome IS NOT NULL AND (NEW.outcome IS NULL
        OR (NEW.outcome <> OLD.outcome
            AND (OLD.outcome = 'sent' OR (OLD.outcome <> 'unknown' AND NEW.outcome <> 'sent')))))
    EXECUTE FUNCTION sam_refuse_change();
