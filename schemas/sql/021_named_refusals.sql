-- Every refusal of a status tells which row it was, and from what to what: programs print the text of
-- the error alone, and a CHECK's text names its table only (its detail holds names and messages).
CREATE OR REPLACE FUNCTION sam_refuse_contacted_at_loss() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    RAISE EXCEPTION '% %: contacted_at % -> none cannot be taken away (status % -> %)',
        TG_TABLE_NAME, OLD.id, OLD.contacted_at, OLD.status, NEW.status
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

-- Of send_attempts.
CREATE OR REPLACE FUNCTION sam_refuse_change() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    IF TG_LEVEL = 'ROW' AND TG_OP = 'UPDATE' THEN
        RAISE EXCEPTION '% is append-only: % of % (item %, outcome % -> %) is refused',
            TG_TABLE_NAME, TG_OP, OLD.id, OLD.item_id, coalesce(OLD.outcome, 'none'),
            coalesce(NEW.outcome, 'none')
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
    ELSIF TG_LEVEL = 'ROW' THEN
        RAISE EXCEPTION '% is append-only: % of % (item %, outcome %) is refused', TG_TABLE_NAME,
            TG_OP, OLD.id, OLD.item_id, coalesce(OLD.outcome, 'none')
            USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
    END IF;
    RAISE EXCEPTION '% is append-only: % is refused', TG_TABLE_NAME, TG_OP
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

-- Before the CHECKs of the same rules, which stay. The argument tells what is wrong.
CREATE FUNCTION sam_refuse_status() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
DECLARE
    was text := 'new';
BEGIN
    IF TG_OP = 'UPDATE' THEN
        was := OLD.status;
    END IF;
    RAISE EXCEPTION '% %: status % -> % %', TG_TABLE_NAME, NEW.id, was, NEW.status, TG_ARGV[0]
        USING ERRCODE = 'check_violation', CONSTRAINT = TG_NAME;
END $$;

CREATE TRIGGER person_without_contacted_at
    BEFORE INSERT OR UPDATE OF status, contacted_at ON campaign_prospects FOR EACH ROW
    WHEN (NEW.status IN ('connection_request_sent', 'messaging') AND NEW.contacted_at IS NULL)
    EXECUTE FUNCTION sam_refuse_status('needs contacted_at');
CREATE TRIGGER person_without_next
    BEFORE INSERT OR UPDATE OF status, next_at ON campaign_prospects FOR EACH ROW
    WHEN (NEW.next_at IS NOT NULL AND NEW.status NOT IN
        ('pending', 'approved', 'connection_request_sent', 'connected', 'messaging'))
    EXECUTE FUNCTION sam_refuse_status('has nothing to come, but next_at');
CREATE TRIGGER account_rests_until
    BEFORE INSERT OR UPDATE OF status, rest_until ON linkedin_accounts FOR EACH ROW
    WHEN (NEW.status = 'resting' AND NEW.rest_until IS NULL)
    EXECUTE FUNCTION sam_refuse_status('needs rest_until');
