-- An account that gets another time zone has a new local day, with caps of its own. Until the day it
-- was in is over, that one counts too: no day gets its caps twice.
ALTER TABLE linkedin_accounts
    ADD COLUMN kept_day_from timestamptz,
    ADD COLUMN kept_day_until timestamptz;
