#include "producer/ctl/commands.h"

#include <string.h>

#include "common/base/banned.h"

#define MANY ARGS_MAX

static const struct command table[] = {
    {"doctor", "[--send-test ACCOUNT PERSON]", "send-test", 0, 2, command_doctor,
     "look at everything that SAM needs, and say what to do",
     "--send-test sends one real message to a connection of the account, by the running programs\n"
     "and within all limits, and tells what became of it."},
    {"migrate", "[--status] [--wait DURATION]", "status wait=", 0, 0, command_migrate,
     "bring the database's schema up to this program",
     "--wait: how long it tries, for each file, while somebody holds a table that it changes (a\n"
     "dump holds all of them to its end); 10m by itself."},
    {"topics", "create|show", "", 1, 1, command_topics, "make Kafka's topics, or look at them",
     "create makes those of sam.jobs, sam.sync, sam.events, dlq.sam.jobs and sam.accounts that\n"
     "are not there; it never changes one that is."},
    {"health", "[producer|worker] [--ready]", "ready", 0, 1, command_health,
     "ask the programs of this machine whether they are alive",
     "Exit code 0: somebody answers, and whoever answers at its listen address has a loop that\n"
     "turns; with --ready it is ready for work too. Without a name both are asked."},
    {"config", "sample|document", "", 1, 1, command_config, "print a sam.cfg to begin with", NULL},

    {"workspace add", "NAME", "", 1, 1, command_workspace_add,
     "make a workspace: people are contacted once in each", NULL},
    {"workspace list", "", "", 0, 0, command_workspace_list, "list the workspaces", NULL},

    {"account discover", "", "", 0, 0, command_account_discover,
     "list the LinkedIn accounts that Unipile has", NULL},
    {"account add", "NAME --unipile-id ID --country CC [options]",
     "unipile-id= country= timezone= plan= ramp= spacing= jitter= daily-cap= daily-invitations= "
     "weekly-invitations= daily-messages= daily-profile-views= monthly-notes=",
     1, 1, command_account_add, "take a LinkedIn account into SAM",
     "  --unipile-id ID   its id at Unipile (`samctl account discover` lists them)\n"
     "  --country CC      ISO 3166, where the account's owner lives\n"
     "  --timezone ZONE   IANA name; needed where the country has several\n"
     "  --plan PLAN       free (default), premium, sales_navigator, recruiter: decides the length "
     "of notes\n"
     "  --ramp DAYS       begin low: with a fifth of what a day allows, all of it after DAYS\n"
     "  --spacing 2m --jitter 60s --daily-cap N --daily-invitations N --weekly-invitations N\n"
     "  --daily-messages N --daily-profile-views N   own limits; default: those of sam.cfg\n"
     "  --monthly-notes N   invitations with a note in a month, of a free account"},
    {"account set", "NAME [options]",
     "unipile-id= country= timezone= plan= ramp= spacing= jitter= daily-cap= daily-invitations= "
     "weekly-invitations= daily-messages= daily-profile-views= monthly-notes=",
     1, 1, command_account_set, "change an account's limits, plan or zone",
     "The options of `account add`; `default` as a limit's value takes that of sam.cfg again.\n"
     "--unipile-id can be changed until the account has written to somebody."},
    {"account list", "", "", 0, 0, command_account_list, "list the accounts", NULL},
    {"account pause", "NAME", "", 1, 1, command_account_pause, "let an account send nothing", NULL},
    {"account resume", "NAME", "", 1, 1, command_account_resume,
     "let a paused or reconnected account send again",
     "An account that is logged out or restricted is asked for at Unipile first: it goes on when\n"
     "all is OK there. A rest that Unipile has asked for goes on."},

    {"campaign check", "FILE", "", 1, 1, command_campaign_check,
     "tell everything that is wrong with a campaign file",
     "Needs no database; where there is one, its accounts are looked at too. FILE may be - , here\n"
     "and below: standard input."},
    {"campaign create", "FILE", "", 1, 1, command_campaign_create,
     "make a campaign (draft) from a file", NULL},
    {"campaign update", "FILE", "", 1, 1, command_campaign_update,
     "change the campaign that the file names",
     "Texts that wait are written anew; its type cannot change, and an account with people stays."},
    {"campaign show", "CAMPAIGN", "", 1, 1, command_campaign_show, "show one campaign",
     "With --json it is a campaign file, with all defaults filled in: `campaign update` takes it."},
    {"campaign list", "", "", 0, 0, command_campaign_list, "list the campaigns", NULL},
    {"campaign start", "CAMPAIGN [--first N]", "first=", 1, 1, command_campaign_start,
     "begin to send; --first N: N messages at most, then wait for an OK",
     "The OK is `campaign start` once more: without --first for all the rest, with it for N more."},
    {"campaign pause", "CAMPAIGN", "", 1, 1, command_campaign_pause,
     "stop sending until it is resumed", NULL},
    {"campaign resume", "CAMPAIGN", "", 1, 1, command_campaign_resume, "go on after a pause", NULL},
    {"campaign stop", "CAMPAIGN", "", 1, 1, command_campaign_stop, "end a campaign for good",
     "What waits is cancelled. A stopped campaign cannot be started again."},

    {"import", "CSV --campaign C [--rejects FILE] [--dry-run]", "campaign= rejects= dry-run", 1, 1,
     command_import, "bring people into a campaign, to be approved",
     "Columns linkedin_url, linkedin_user_id, first_name, last_name, company, title, account; any\n"
     "other becomes {custom.name}; case, blanks, _ and - in the names do not matter. Lines that\n"
     "cannot be used go to NAME.rejected.csv, or where --rejects says. Importing the same file\n"
     "again changes nothing; a corrected one updates who was not contacted yet, in the columns\n"
     "that it has, and writes the texts that wait anew. CSV may be - : standard input; its\n"
     "rejected lines go to people.rejected.csv in the current folder. --rejects - is standard\n"
     "output: all other words go to standard error then."},
    {"approve", "--campaign C [--all | --person P ...] [--reject] | --campaign C [--limit N]",
     "campaign= all person=* reject limit=", 0, MANY, command_approve,
     "let imported people take part in the campaign, or reject them",
     "Without --all and --person it lists who waits."},
    {"preview", "CAMPAIGN [--person P] [--limit N]", "person= limit=", 1, 1, command_preview,
     "the texts as people would get them, and who cannot get one",
     "People whose name or data looks doubtful (DR. ANNA, an emoji, HTML entities) come first."},
    {"status", "[--watch]", "watch", 0, 0, command_status, "campaigns and accounts at a glance",
     NULL},
    {"queue", "[--account A] [--campaign C] [--limit N]", "account= campaign= limit=", 0, 0,
     command_queue, "what waits to be sent, by time", NULL},
    {"why", "PERSON [--campaign C]", "campaign=", 1, 1, command_why,
     "what a person waits for, and until when",
     "PERSON: a profile URL, a vanity name, an ACo... id, or a person's id. As below."},
    {"replies", "[--since 1d] [--text]", "since= text", 0, 0, command_replies,
     "who has written back",
     "--text reads what they wrote from Unipile, now: SAM itself keeps no text of a reply. A text "
     "is\n"
     "missing where Unipile no longer has the message."},
    {"person list", "[--campaign C] [--status S] [--search TEXT] [--limit N]",
     "campaign= status= search= limit=", 0, 0, command_person_list,
     "who takes part, and where each one stands",
     "TEXT: a part of a name, a company or a public name; case does not matter."},
    {"person show", "PERSON [--campaign C]", "campaign=", 1, 1, command_person_show,
     "all that is known about a person", NULL},
    {"person edit", "PERSON NAME=VALUE ... [--campaign C]", "campaign=", 2, MANY,
     command_person_edit, "correct a name or a column of who was not contacted yet",
     "NAME: first_name, last_name, company, title or custom.COLUMN; an empty VALUE takes it away.\n"
     "The text that waits is written anew."},
    {"person set", "PERSON STATUS [--campaign C]", "campaign=", 2, 2, command_person_set,
     "replied, opted_out, converted, not_interested or failed: nothing more is sent",
     "opted_out also for who is not approved yet, or not in SAM at all: they come on the "
     "blocklist."},
    {"person hold", "PERSON [--reason WORD] [--campaign C]", "campaign= reason=", 1, 1,
     command_person_hold, "send nothing to a person until they are released", NULL},
    {"person release", "PERSON [--campaign C]", "campaign=", 1, 1, command_person_release,
     "let a person who is on hold go on", NULL},
    {"person export", "PERSON", "", 1, 1, command_person_export,
     "all that is known of a human, in every campaign, as one JSON object",
     "Also of somebody who was imported and is not approved. With the texts that were sent or "
     "wait;\n"
     "of replies class, time and ids: their texts: `samctl replies --text`."},
    {"person forget", "PERSON", "", 1, 1, command_person_forget,
     "erase all that is known of a human, in every campaign, and never write to them again",
     "Names, company, title, own columns, texts, replies and ids are gone for good; what must "
     "stay\n"
     "of their identity is a keyed hash. Imports refuse them. A restored backup is erased again."},
    {"blocklist add", "person|company|domain VALUE ... [--file FILE]", "file=", 1, MANY,
     command_blocklist_add, "send nothing to people, companies or domains, within seconds",
     "person: a profile URL, a public name or an ACo... id. company: case, accents and "
     "punctuation\n"
     "do not matter. domain: of the columns that name an e-mail address, a website or a domain;\n"
     "acme.com is mail.acme.com too. FILE: one a line; a line that begins with # is passed over.\n"
     "Entries outlive the restore of an older dump: the ledger has them too."},
    {"blocklist list", "[--kind KIND] [--limit N]", "kind= limit=", 0, 0, command_blocklist_list,
     "what stands on the blocklist", NULL},
    {"blocklist remove", "person|company|domain VALUE ... [--file FILE]", "file=", 1, MANY,
     command_blocklist_remove, "take something off it, and say whom that lets through", NULL},
    {"holiday add", "DATE ... [--name TEXT] [--working] [--file FILE]", "name= working file=", 0,
     MANY, command_holiday_add, "days on which the workspace sends nothing",
     "DATE: 2026-12-24, or a span 2026-12-24..2027-01-03. --working: a day that is worked "
     "although\n"
     "the country has a holiday or a weekend. FILE: one a line, \"2026-12-24 Christmas Eve\" or\n"
     "\"+2026-05-02 a Saturday\" (worked). A day that is there already is changed."},
    {"holiday list", "[--country CC [--subdivision CODE]] [--year N]",
     "country= subdivision= year=", 0, 0, command_holiday_list,
     "own dates of a year, and the public holidays of a country",
     "Estimated ones depend on the moon: look at them when they come near."},
    {"holiday remove", "DATE ... [--file FILE]", "file=", 0, MANY, command_holiday_remove,
     "take own dates away", NULL},
    {"pause", "--all", "all", 0, 0, command_pause_all,
     "let nothing be sent or read at all, within seconds",
     "Everything of every workspace, or of the one that --workspace names: also what is in Kafka,\n"
     "and accounts and campaigns that come later. Restarts and restores change nothing of it."},
    {"resume", "--all", "all", 0, 0, command_resume_all, "let what `pause --all` has halted go on",
     "Campaigns and accounts that were paused on their own stay so."},
    {"unknown list", "", "", 0, 0, command_unknown_list,
     "sends of which nobody knows whether they happened", NULL},
    {"unknown settle", "ID sent|not-sent", "", 2, 2, command_unknown_settle,
     "say what an unknown send was",
     "Look at LinkedIn first: after not-sent the message is sent again."},
    {"dlq list", "[--limit N]", "limit=", 0, 0, command_dlq_list,
     "records that no worker could read, and why",
     "Those of dlq.sam.jobs, the newest first: 100, or N; --json lists all, in their order. What "
     "a\n"
     "record holds is not shown. Nothing is lost by one: its message is published anew."},
    {"dlq replay", "PARTITION:OFFSET ... | --all", "all", 0, MANY, command_dlq_replay,
     "put records that no worker could read back to where they stood",
     "As they were, by key, each acknowledged before the next. What is old by then is passed over\n"
     "by its dispatch number, so a second time is harmless; the letters stay. --all leaves alone\n"
     "what this release cannot read either: name such a one. Nothing has to be put back: the\n"
     "message of a record that nobody read is published anew by itself."},
    {"ledger status", "", "", 0, 0, command_ledger_status,
     "how far the ledger is applied, what halts it, and which events block accounts",
     "position: the next record to apply; first and end: what Kafka's log holds; lag: what is not\n"
     "applied yet. Of all workspaces, or of --workspace. A look: it ends with 0 whatever it "
     "shows,\n"
     "and with 1 where Kafka did not tell its columns; `samctl doctor` is what fails for a ledger\n"
     "that is halted, or has set events aside."},
    {"ledger clear", "PARTITION:OFFSET ... | --account NAME", "account=", 0, MANY,
     command_ledger_clear, "let accounts go on that events which were set aside block",
     "The events are NOT applied: look at what each one said, and bring it in by hand. Where one\n"
     "told how an attempt ended, the attempt stays open or unknown until `samctl unknown settle`.\n"
     "An account goes on when none of its events is left, unless it is paused, restricted or\n"
     "disconnected besides. After a restore of an older dump the ledger is applied again, sets "
     "the\n"
     "events aside again and blocks their accounts again: in doubt nothing is sent. Clear them "
     "again."},
    {"ledger replay", "[--partition N] --from OFFSET|beginning|TIME", "partition= from=", 0, 0,
     command_ledger_replay, "let the workers apply events again that were applied before",
     "Always safe: what was applied is recognised, nothing is sent twice, and nothing at all is\n"
     "sent until they are applied. Of all partitions, or of one; an offset needs --partition. "
     "TIME\n"
     "is RFC 3339, as 2026-11-23T09:00:00Z. Never further than the position, nor before the log's\n"
     "first record."},
    {"ledger accept-gap", "PARTITION ... | --all [--yes]", "all yes", 0, MANY,
     command_ledger_accept_gap, "go on where the log has lost records that were not applied",
     "For a log that begins after the position (kept too short). Bring the records back if you "
     "can.\n"
     "What they said is not known, so whoever may have been written to by then is put on hold\n"
     "(ledger_gap) until `samctl person release`. Without --yes it says what would be done, and\n"
     "ends with 1."},
    {"ledger reset", "[--copied] [--yes]", "copied yes", 0, 0, command_ledger_reset,
     "begin anew with a log that was made anew",
     "For a topic that was deleted and made, or another cluster: where the log ends before the\n"
     "position, or another record stands before it. Positions begin at the log's first record.\n"
     "Whoever may have been written to by now is put on hold (ledger_gap) until `samctl person\n"
     "release`. Without --yes it says what would be done, and ends with 1.\n"
     "--copied: the log is a whole copy of the one before, at other offsets, and nobody writes to\n"
     "either. Positions begin behind the event that was applied last, which must be among the "
     "last\n"
     "1000 of its partition, and nobody is put on hold; where it is not, nothing is changed. An "
     "empty\n"
     "partition of which no event was applied is taken as it is."},
    {"export", "CAMPAIGN [--raw]", "raw", 1, 1, command_export,
     "the campaign's people and what became of them, as CSV",
     "A spreadsheet may run a cell that begins with = + - @, a tab or a line end (also behind "
     "blanks)\n"
     "as a formula: such a cell gets an apostrophe before it, which `import` takes off again.\n"
     "--raw leaves it out, for programs."},
};

const struct command *commands(size_t *ret_count)
{
    *ret_count = SAM_ARRAY_LEN(table);
    return table;
}

/* How many words of the name the words begin with; 0 = not this command. */
static size_t match(const char *name, const char *const *words, size_t count)
{
    size_t used = 0;
    while (used < count) {
        size_t n = strcspn(name, " ");
        if (strlen(words[used]) != n || strncmp(words[used], name, n) != 0)
            return 0;
        used++;
        if (!name[n])
            return used;
        name += n + 1;
    }
    return 0;
}

const struct command *command_find(const char *const *words, size_t count, size_t *ret_used)
{
    for (size_t i = 0; i < SAM_ARRAY_LEN(table); i++) {
        size_t used = match(table[i].name, words, count);
        if (used) {
            *ret_used = used;
            return &table[i];
        }
    }
    return NULL;
}
