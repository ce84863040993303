-- An attempt of which certainly nothing has left (the claim was given up, nobody was reached) is no
-- call: it counts against no cap and no spacing. The mark comes with the attempt's end, and only a
-- later word that the call did happen takes it away.
ALTER TABLE send_attempts ADD COLUMN untried boolean NOT NULL DEFAULT false
    CHECK (NOT untried OR outcome = 'not_executed');

-- Caps are counted index-only: what does not count is not in it.
DROP INDEX send_attempts_account;
CREATE INDEX send_attempts_account
    ON send_attempts (account_id, started_at DESC) INCLUDE (kind, campaign_id) WHERE NOT untried;

CREATE TRIGGER attempts_keep_their_mark
    BEFORE UPDATE OF untried ON send_attempts FOR EACH ROW
    WHEN (NEW.untried <> OLD.untried AND NEW.outcome IS NOT DISTINCT FROM OLD.outcome)
    EXECUTE FUNCTION sam_refuse_change();
