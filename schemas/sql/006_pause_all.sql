-- `samctl pause --all`: nothing of the workspace calls Unipile until `resume --all`. Told to the
-- ledger by the version, like every change of an operator, for each account of the workspace.
ALTER TABLE workspaces ADD COLUMN paused_at timestamptz; -- NULL = not paused
