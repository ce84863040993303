/* producer/ctl/commands.h - the commands of samctl, one function each; by file. */
#ifndef SAM_CTL_COMMANDS_H
#define SAM_CTL_COMMANDS_H

#include "producer/ctl/ctl.h"

struct command {
    const char *name;    /* "account add" */
    const char *usage;   /* what follows the name */
    const char *options; /* see args.h */
    size_t words_min;
    size_t words_max;
    ctl_command_fn *fn;
    const char *help; /* one line, shown in the list */
    const char *more; /* shown by `samctl COMMAND --help`; NULL = nothing */
};

/* All of them, in the order in which they are shown. */
const struct command *commands(size_t *ret_count);
/* The command of which the words begin with the name; NULL = none. *ret_used: words of the name. */
const struct command *command_find(const char *const *words, size_t count, size_t *ret_used);

/* setup.c */
ctl_command_fn command_migrate;
ctl_command_fn command_config;
/* health.c */
ctl_command_fn command_health;
/* doctor.c */
ctl_command_fn command_doctor;
ctl_command_fn command_doctor_send; /* doctor_send.c */
/* topics.c */
ctl_command_fn command_topics;
/* pause.c */
ctl_command_fn command_pause_all;
ctl_command_fn command_resume_all;
/* workspaces.c */
ctl_command_fn command_workspace_add;
ctl_command_fn command_workspace_list;
/* accounts.c */
ctl_command_fn command_account_add;
ctl_command_fn command_account_set;
/* discover.c */
ctl_command_fn command_account_discover;
ctl_command_fn command_account_list;
ctl_command_fn command_account_pause;
ctl_command_fn command_account_resume;
/* campaigns.c */
ctl_command_fn command_campaign_check;
ctl_command_fn command_campaign_create;
ctl_command_fn command_campaign_show;
ctl_command_fn command_campaign_list;
/* campaign_update.c */
ctl_command_fn command_campaign_update;
/* campaign_status.c */
ctl_command_fn command_campaign_start;
ctl_command_fn command_campaign_pause;
ctl_command_fn command_campaign_resume;
ctl_command_fn command_campaign_stop;
/* import.c */
ctl_command_fn command_import;
/* approve.c */
ctl_command_fn command_approve;
/* preview.c */
ctl_command_fn command_preview;
/* status.c */
ctl_command_fn command_status;
/* queue.c */
ctl_command_fn command_queue;
ctl_command_fn command_replies;
/* why.c */
ctl_command_fn command_why;
/* person.c */
ctl_command_fn command_person_show;
ctl_command_fn command_person_set;
ctl_command_fn command_person_hold;
ctl_command_fn command_person_release;
/* person_list.c */
ctl_command_fn command_person_list;
/* person_edit.c */
ctl_command_fn command_person_edit;
/* blocklist.c */
ctl_command_fn command_blocklist_add;
ctl_command_fn command_blocklist_list;
ctl_command_fn command_blocklist_remove;
/* holidays.c */
ctl_command_fn command_holiday_add;
ctl_command_fn command_holiday_list;
ctl_command_fn command_holiday_remove;
/* person_export.c */
ctl_command_fn command_person_export;
/* person_forget.c */
ctl_command_fn command_person_forget;
/* unknown.c */
ctl_command_fn command_unknown_list;
ctl_command_fn command_unknown_settle;
/* dlq_list.c */
ctl_command_fn command_dlq_list;
/* dlq_replay.c */
ctl_command_fn command_dlq_replay;
/* ledger.c */
ctl_command_fn command_ledger_status;
/* ledger_clear.c */
ctl_command_fn command_ledger_clear;
/* ledger_replay.c */
ctl_command_fn command_ledger_replay;
/* ledger_repair.c */
ctl_command_fn command_ledger_accept_gap;
ctl_command_fn command_ledger_reset;
/* export.c */
ctl_command_fn command_export;

#endif
