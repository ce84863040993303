-- What was done to an invitation's note for its length (campaigns.on_note_limit): an operator must
-- see that somebody got another text than the campaign's.
ALTER TABLE send_queue ADD COLUMN note_done text NOT NULL DEFAULT 'as_written'
    CHECK (note_done IN ('as_written', 'cut', 'left_out'));
