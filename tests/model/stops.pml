/* stops.pml - does anything go out after an operator has stopped it?
 *
 * An account (or a person, a campaign, a workspace: all alike) that operators stop and let go
 * again, each change with a version; the outbox that carries a change to the ledger; a worker that claims;
 * and a dump of Postgres that is loaded back at any moment. Read with once.pml and design.md 3.7;
 * each step names what it stands for. tests/model/run checks it, and the variants, each of which
 * must be found wrong. */

#define CHANGES 4 /* an operator makes at most so many */
#define EVENTS  (CHANGES + 2) /* a restored outbox tells again what it had told */

#ifndef VERSIONS_TURN_BACK
#define VERSIONS_TURN_BACK false /* a version is a counter of the row, which a restore turns back */
#endif
#ifndef GOES_ON_BY_THE_CLOCK
#define GOES_ON_BY_THE_CLOCK false /* a resume behind the ledger has a version as any other */
#endif
#ifndef PAUSE_OF_BEFORE
#define PAUSE_OF_BEFORE false /* what is stopped already is not told again */
#endif
#ifndef NO_GATE
#define NO_GATE false
#endif

typedef database {
    bool stopped;
    byte version;
    byte position; /* ledger_positions.next_offset */
    byte waiting;  /* changes in the outbox, the oldest first */
    byte out_version[2];
    bool out_stops[2];
};
database pg;
database dump;
byte dumped; /* 0, DUMPED, LOADED */
#define DUMPED 1
#define LOADED 2

bool event_stops[EVENTS];
byte event_version[EVENTS];
byte events;

byte clock = 1;   /* milliseconds: of no two changes the same */
byte changes;
bool in_force;    /* what an operator was told last, and nobody may break: it is stopped */
byte newest;      /* its version */
byte marker = 1;  /* of the worker's gate: the offset, and one; 0 = open */

/* sam_next_version() */
#define NEXT_VERSION (VERSIONS_TURN_BACK -> pg.version + 1 : clock)

inline change(stops)
{
    clock++;
    changes++;
    pg.version = version;
    version = 0;
    pg.stopped = stops;
    pg.out_version[pg.waiting] = pg.version; /* outbox.c, in the same transaction */
    pg.out_stops[pg.waiting] = stops;
    pg.waiting++
}

active proctype operator()
{
    byte version = 0;
end:
    do
    /* account_status.c, pause.c: at once, whatever the ledger knows */
    :: d_step {
           changes < CHANGES && pg.waiting < 2 && !(PAUSE_OF_BEFORE && pg.stopped) ->
           version = NEXT_VERSION;
           change(true);
           in_force = true;
           newest = pg.version
       }
    :: d_step { changes < CHANGES && PAUSE_OF_BEFORE && pg.stopped -> changes++; in_force = true }
    /* where the ledger is applied: catch_up.c */
    :: d_step {
           changes < CHANGES && pg.waiting < 2 && pg.stopped && pg.position == events ->
           version = NEXT_VERSION;
           change(false);
           in_force = false
       }
    /* where that cannot be known it takes nothing away of a stop that this database does not have:
     * sam_change_version() */
    :: d_step {
           changes < CHANGES && pg.waiting < 2 && pg.stopped && pg.position < events ->
           in_force = (in_force && pg.version != newest);
           version = (GOES_ON_BY_THE_CLOCK -> NEXT_VERSION : pg.version + 1);
           change(false)
       }
    od
}

/* producer/outbox.c. Its answer may be lost, and the row told again; that is the same event. */
active proctype outbox()
{
end:
    do
    :: d_step {
           pg.waiting > 0 ->
           assert(events < EVENTS);
           event_stops[events] = pg.out_stops[0];
           event_version[events] = pg.out_version[0];
           events++;
           pg.waiting--;
           pg.out_stops[0] = pg.out_stops[1];
           pg.out_version[0] = pg.out_version[1];
           pg.out_stops[1] = false;
           pg.out_version[1] = 0
       }
    od
}

/* apply_account_event(), and its brothers: of two with one version the stop counts */
active proctype ledger()
{
    byte n = 0;
end:
    do
    :: d_step {
           pg.position < events ->
           n = pg.position;
           if
           :: event_version[n] > pg.version || (event_version[n] == pg.version && event_stops[n]) ->
               pg.version = event_version[n];
               pg.stopped = event_stops[n]
           :: else
           fi;
           pg.position++;
           n = 0
       }
    od
}

active proctype worker()
{
end:
    do
    :: d_step { marker > 0 && pg.position + 1 >= marker -> marker = 0 }
    /* claim.c: decided under the lock of the account, whose row a change takes too */
    :: d_step { (marker == 0 || NO_GATE) && !pg.stopped -> assert(!in_force) }
    od
}

/* A restore forgets what had not come to the ledger, and the operator was told so: pause.c waits
 * for it, and says "kept, not yet in the ledger" where that takes too long. */
active proctype restore()
{
end:
    do
    :: d_step {
           dumped == 0 ->
           dumped = DUMPED;
           dump.stopped = pg.stopped;
           dump.version = pg.version;
           dump.position = pg.position;
           dump.waiting = pg.waiting;
           dump.out_version[0] = pg.out_version[0];
           dump.out_version[1] = pg.out_version[1];
           dump.out_stops[0] = pg.out_stops[0];
           dump.out_stops[1] = pg.out_stops[1]
       }
    :: d_step {
           dumped == DUMPED ->
           dumped = LOADED;
           in_force = (in_force && pg.waiting == 0);
           pg.stopped = dump.stopped;
           pg.version = dump.version;
           pg.position = dump.position;
           pg.waiting = dump.waiting;
           pg.out_version[0] = dump.out_version[0];
           pg.out_version[1] = dump.out_version[1];
           pg.out_stops[0] = dump.out_stops[0];
           pg.out_stops[1] = dump.out_stops[1];
           marker = events + 1
       }
    od
}
