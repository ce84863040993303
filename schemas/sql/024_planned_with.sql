-- By which limits of sam.cfg an account's waiting items were planned, as a hash; 0 = not known. A
-- producer that starts with other ones has them planned anew.
ALTER TABLE account_schedule ADD COLUMN planned_with integer NOT NULL DEFAULT 0;
CREATE INDEX account_schedule_planned_with ON account_schedule (planned_with);
