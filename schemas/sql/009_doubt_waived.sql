-- Before every first contact the profile is looked at. Somebody who was held for what it says, and
-- was released by a person who had looked, is not held for it again.
ALTER TABLE campaign_prospects ADD COLUMN doubt_waived boolean NOT NULL DEFAULT false;
