-- A workspace's own dates in one text, "2026-12-24 +2026-05-02" (+ = worked), so that whoever loads
-- a calendar reads them with the campaign (common/model/calendar.h).
ALTER TABLE workspaces ADD COLUMN own_days text NOT NULL DEFAULT '';

CREATE FUNCTION sam_own_days() RETURNS trigger
    LANGUAGE plpgsql
    AS $$
BEGIN
    UPDATE workspaces w SET own_days = coalesce((SELECT string_agg(
            CASE WHEN h.working THEN '+' ELSE '' END || to_char(h.day, 'YYYY-MM-DD'), ' '
            ORDER BY h.day) FROM holidays h WHERE h.workspace_id = w.id), '')
        WHERE w.id IN (SELECT c.workspace_id FROM changed c);
    RETURN NULL;
END $$;
CREATE TRIGGER own_days_added AFTER INSERT ON holidays
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sam_own_days();
CREATE TRIGGER own_days_changed AFTER UPDATE ON holidays
    REFERENCING NEW TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sam_own_days();
CREATE TRIGGER own_days_removed AFTER DELETE ON holidays
    REFERENCING OLD TABLE AS changed FOR EACH STATEMENT EXECUTE FUNCTION sam_own_days();
-- Dates that are there already.
UPDATE holidays SET name = name;
