-- Every account is looked at for replies, at least hourly (007). A producer of an older release, which
-- runs on while a newer one is rolled out, takes the time away where it sees nobody to hear from.
CREATE FUNCTION sam_looks_for_replies() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    NEW.next_at := sam_now() + interval '1 hour';
    RETURN NEW;
END $$;
CREATE TRIGGER replies_are_looked_for
    BEFORE INSERT OR UPDATE ON sync_schedule
    FOR EACH ROW WHEN (NEW.kind = 'replies' AND NEW.next_at IS NULL)
    EXECUTE FUNCTION sam_looks_for_replies();
