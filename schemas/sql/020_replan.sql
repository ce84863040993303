-- What waits may be given another moment: a limit, an hour, a holiday or a zone was changed, a day
-- was full, or its time is long past. Until the planner has done so, scheduled_for stands.

ALTER TABLE send_queue ADD COLUMN replan boolean NOT NULL DEFAULT false;
