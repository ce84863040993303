-- oldest program: 024
--
-- When Unipile was asked first for a send of which nobody knows whether it happened, and did not
-- show it; the second time, worker.reconcile_after later, it is believed (common/policy/reconcile.h).
ALTER TABLE send_attempts ADD COLUMN unseen_at timestamptz;
