/* once.pml - is a person ever written to twice, and does every item end?
 *
 * One item (a message of one person), two workers that claim and send it, the ledger that is
 * applied to Postgres, and everything that can go wrong between them: crashes and lost answers at
 * each step, and a dump of Postgres that is loaded back at any moment. Read with design.md 3.3 to
 * 3.9. Each step names the C function that it stands for. tests/model/run checks it, with every
 * interleaving, and shows that it has teeth: each variant below takes one rule away, and must be
 * found wrong.
 *
 * What is left out on purpose, always to the side that allows more: a job may come to any worker,
 * at any time and any number of times (so offsets, rebalances and dispatch numbers do not occur);
 * the producer plans, publishes and sweeps behind no gate; only claims are gated.
 * What is assumed: nothing of a call happens later than start_by + HTTP timeout + margin (OVER),
 * and Unipile shows soon after what happened (worker.reconcile_after). That worker 0 claims first
 * is no limit: the two are alike. */

#ifndef ATTEMPTS
#define ATTEMPTS 2
#endif
#define WORKERS 2
#ifndef TOLD_AGAIN
#define TOLD_AGAIN 0 /* 1: an end that is not acknowledged is told once more (many more states) */
#endif
/* Of each attempt its start, its end, a verdict; and as much again for the variants. */
#define EVENTS ((6 + 2 * TOLD_AGAIN) * ATTEMPTS)

/* ---- variants, each of them wrong ----------------------------------------------------------- */

#ifndef NO_GATE
#define NO_GATE false /* claims wait for no marker */
#endif
#ifndef MISSING_POSITION_OPENS
#define MISSING_POSITION_OPENS false /* no row in ledger_positions: nothing to relearn */
#endif
#ifndef LOAD_NOT_SEEN
#define LOAD_NOT_SEEN false /* a dump that is loaded into the live database shuts no gate */
#endif
#ifndef STARTED_AFTER_COMMIT
#define STARTED_AFTER_COMMIT false /* attempt.started is produced when the claim stands */
#endif
#ifndef STARTED_SKIPPED
#define STARTED_SKIPPED false /* the applier takes attempt.started for known */
#endif
#ifndef NO_START_BY
#define NO_START_BY false /* a call begins however late */
#endif
#ifndef RETURNED_WHILE_OPEN
#define RETURNED_WHILE_OPEN false /* an end returns the item, whatever its other attempts do */
#endif
#ifndef UNKNOWN_IS_AN_END
#define UNKNOWN_IS_AN_END false /* an end returns the item though another attempt ended unknown */
#endif
#ifndef ANY_OF_A_KEY
#define ANY_OF_A_KEY false /* of several events of an item in a batch, one is taken */
#endif
#ifndef SETTLED_TOO_SOON
#define SETTLED_TOO_SOON false /* reconcile does not wait until the ledger is applied */
#endif

/* ---- Postgres: common/model/status.h -------------------------------------------------------- */

#define ABSENT  0 /* not planned; or a restored database does not know it */
#define WAITING 1 /* pending, or published: its job may come at any time */
#define SENDING 2
#define UNKNOWN 3
#define SENT    4

/* an attempt in send_attempts; OPEN = started without an end */
#define NONE        0
#define OPEN        1
#define END_NOT     2 /* certainly not executed */
#define END_UNKNOWN 3
#define END_SENT    4

typedef database {
    byte item;
    byte last;     /* the attempt that the item is sending by */
    byte position; /* ledger_positions.next_offset */
    bool row;      /* and whether there is a row of it */
    byte attempt[ATTEMPTS];
};
#define DUMPED 1
#define LOADED 2
database pg;
database dump;
byte dumped;  /* 0 no dump yet, DUMPED, or LOADED as often as it will be */
bool loading; /* ledger_positions is not loaded yet */
byte locked;     /* the account's row: by worker (locked - 1); 0 = free */

/* ---- Kafka: sam.events ---------------------------------------------------------------------- */

#define STARTED 1 /* else an END_… */
byte event_type[EVENTS];
byte event_attempt[EVENTS];
byte events;

/* ---- Unipile, and time ---------------------------------------------------------------------- */

byte used;             /* attempts that were begun: their ids are fresh (uuid_v7) */
bool flying[ATTEMPTS]; /* its call is under way, or still to be made */
bool executed[ATTEMPTS];

/* ---- the gate of each worker: common/adapters/gate.c ---------------------------------------- */

/* Positions and tables are as they were, the log is applied up to a marker: 0. Else the offset of
 * the marker, and one. It is written at the first moment at which it can be. */
byte marker[WORKERS];
bool loaded[WORKERS]; /* the tables are not the ones that were looked at last */

bool calm; /* nothing fails any more */

inline append(type_, attempt_)
{
    assert(events < EVENTS);
    event_type[events] = type_;
    event_attempt[events] = attempt_;
    events++;
}

/* gate_shut(), gate_write() */
inline shut(w)
{
    marker[w] = events + 1;
    loaded[w] = false
}

/* went_back(), in each claim and between them */
#define WENT_BACK(w) (loaded[w] && !LOAD_NOT_SEEN)

/* gate_positions(), pass() */
#define PASSES(w)                                                                                  \
    (marker[w] > 0 && !WENT_BACK(w) &&                                                             \
     ((pg.row && pg.position + 1 >= marker[w]) || (!pg.row && MISSING_POSITION_OPENS)))

/* ---- apply: worker/apply.c ------------------------------------------------------------------ */

/* others_undecided(): under way, or with an end that tells nothing */
#define UNDECIDED(a)                                                                               \
    (pg.attempt[a] == OPEN || (pg.attempt[a] == END_UNKNOWN && !UNKNOWN_IS_AN_END))
#define OTHERS_UNDECIDED(a)                                                                        \
    ((a != 0 && UNDECIDED(0)) || (a != 1 && UNDECIDED(1)) ||                                       \
     (ATTEMPTS > 2 && a != 2 && UNDECIDED(ATTEMPTS - 1)))

/* started(): only an attempt that Postgres does not have is news. */
inline apply_started(a)
{
    if
    :: !STARTED_SKIPPED && pg.attempt[a] == NONE ->
        pg.attempt[a] = OPEN;
        if
        :: pg.item != SENT && pg.item != SENDING -> pg.item = UNKNOWN; pg.last = a
        :: else
        fi
    :: else
    fi
}

/* back(), movable(); a restored item without a text vanishes and is planned anew: plan_anew() */
inline apply_back(a)
{
    if
    :: pg.item == SENDING || pg.item == UNKNOWN ->
        if
        :: !OTHERS_UNDECIDED(a) || RETURNED_WHILE_OPEN -> pg.item = WAITING; pg.last = 0
        :: else ->
            if
            :: pg.item == SENDING && pg.last == a -> pg.item = UNKNOWN
            :: else
            fi
        fi
    :: else
    fi
}

/* ended(), is_news(), settle() */
inline apply_ended(type, a)
{
    if
    :: pg.attempt[a] == END_SENT || (pg.attempt[a] == END_NOT && type != END_SENT) ||
       (pg.attempt[a] == END_UNKNOWN && type == END_UNKNOWN)
    :: else ->
        if
        :: pg.item == ABSENT -> pg.item = UNKNOWN; pg.last = a /* apply_forgotten_sql */
        :: else
        fi;
        pg.attempt[a] = type;
        if
        :: type == END_SENT -> pg.item = SENT; pg.last = 0
        :: type == END_UNKNOWN && pg.item != SENT -> pg.item = UNKNOWN
        :: type == END_NOT -> apply_back(a)
        :: else
        fi
    fi
}

inline apply_event(n)
{
    if
    :: event_type[n] == STARTED -> apply_started(event_attempt[n])
    :: else -> apply_ended(event_type[n], event_attempt[n])
    fi
}

/* ---- a worker ------------------------------------------------------------------------------- */

#define IDLE    0
#define LOCKED  1 /* decided, the account's row is held */
#define ACKED   2 /* Kafka has attempt.started */
#define CALLING 3 /* committed */
#define TELLING 4 /* its end is to be told to the ledger */
#define AGAIN   5 /* and was, but nobody has said so */

inline give_up(w)
{
    if
    :: locked == w + 1 -> locked = 0
    :: else
    fi;
    outcome = END_NOT;
    stage = TELLING
}

inline commit(w)
{
    pg.item = SENDING;
    pg.last = a;
    pg.attempt[a] = OPEN;
    locked = 0
}

active [WORKERS] proctype worker()
{
    byte me = _pid;
    byte stage = IDLE;
    byte a = 0;
    byte outcome = 0;
end:
    do
    /* gate_look.c on_positions() */
    :: d_step { PASSES(me) -> marker[me] = 0 }
    :: d_step { WENT_BACK(me) -> shut(me) }

    /* claim_begin(), on_locked(), on_positions(), on_loaded() */
    :: d_step {
           stage == IDLE && (used > 0 || me == 0) && (marker[me] == 0 || NO_GATE) && locked == 0 &&
           pg.item == WAITING && used < ATTEMPTS ->
           if
           :: WENT_BACK(me) && !NO_GATE -> shut(me)
           :: else -> a = used; used++; locked = me + 1; stage = LOCKED
           fi
       }

    /* produce_started(), on_started(): acknowledged */
    :: d_step {
           stage == LOCKED && !STARTED_AFTER_COMMIT -> append(STARTED, a); stage = ACKED
       }
    /* not acknowledged, though Kafka may have it: started_over(), roll_back(), untry() */
    :: d_step { stage == LOCKED && !calm -> append(STARTED, a); give_up(me) }
    :: d_step { stage == LOCKED && !calm -> give_up(me) }

    /* commit(), on_committed(), send_granted(). The call is made now or later, but not after
     * start_by (send.c, and unipile_request.c when the body is first read). */
    :: d_step {
           stage == ACKED && !STARTED_AFTER_COMMIT ->
           if
           :: locked == me + 1 -> commit(me); flying[a] = true; stage = CALLING
           :: else -> give_up(me) /* the session is gone, and the claim with it */
           fi
       }
    /* start_by is past */
    :: d_step { stage == ACKED && locked == me + 1 -> commit(me); give_up(me) }
    /* the answer is lost: of what is committed, as above, or of what is not */
    :: d_step { stage == ACKED && locked == me + 1 && !calm -> give_up(me) }

    :: d_step {
           stage == LOCKED && STARTED_AFTER_COMMIT ->
           if
           :: locked == me + 1 -> commit(me); stage = ACKED
           :: else -> give_up(me)
           fi
       }
    :: d_step {
           stage == ACKED && STARTED_AFTER_COMMIT ->
           append(STARTED, a);
           flying[a] = true;
           stage = CALLING
       }

    /* the answer; or none */
    :: d_step { stage == CALLING && executed[a] -> outcome = END_SENT; stage = TELLING }
    :: d_step {
           stage == CALLING && !executed[a] && (!calm || !flying[a]) &&
           !(NO_START_BY && flying[a]) ->
           flying[a] = false; outcome = END_NOT; stage = TELLING
       }
    :: d_step { stage == CALLING && !calm -> outcome = END_UNKNOWN; stage = TELLING }

    /* outgoing.c: attempt.ended */
    :: d_step {
           stage == TELLING || stage == AGAIN ->
           append(outcome, a); stage = IDLE; a = 0; outcome = 0
       }
    /* not acknowledged, though Kafka has it: it is told again */
    :: d_step { TOLD_AGAIN && stage == TELLING && !calm -> append(outcome, a); stage = AGAIN }

    /* killed: what was under way goes on without it. It has to pass the gate when it begins again;
     * nothing needs that here, where it is as it was. */
    :: d_step {
           !calm && stage != IDLE ->
           if
           :: locked == me + 1 -> locked = 0
           :: else
           fi;
           stage = IDLE; a = 0; outcome = 0
       }
    od
}

/* ---- whoever applies the ledger ------------------------------------------------------------- */

/* What no database that is to come needs any more is the same as nothing. */
inline forget(n)
{
    if
    :: dumped != DUMPED || calm -> event_type[n] = 0; event_attempt[n] = 0
    :: else
    fi
}

/* ledger_tx.c: under the account's lock, the position is compared and set in the same transaction,
 * so it is one step whoever does it, and nobody does it twice. */
active proctype ledger()
{
end:
    do
    :: d_step { !pg.row && !loading -> pg.row = true } /* ensure_sql */
    :: d_step {
           pg.row && locked == 0 && pg.position < events ->
           apply_event(pg.position);
           forget(pg.position);
           pg.position++
       }
    :: d_step {
           ANY_OF_A_KEY && pg.row && locked == 0 && pg.position + 1 < events ->
           apply_event(pg.position);
           forget(pg.position);
           forget(pg.position + 1);
           pg.position = pg.position + 2
       }
    :: d_step {
           ANY_OF_A_KEY && pg.row && locked == 0 && pg.position + 1 < events ->
           apply_event(pg.position + 1);
           forget(pg.position);
           forget(pg.position + 1);
           pg.position = pg.position + 2
       }
    od
}

/* ---- producer ------------------------------------------------------------------------------- */

/* start_by + HTTP timeout + margin is past: nothing of this call can happen any more. Time may
 * always have passed; only that a call is under way says that it has not. */
#define OVER(a)      (!flying[a] || NO_START_BY)
#define ASKS(a)      (pg.attempt[a] == OPEN || pg.attempt[a] == END_UNKNOWN)
#define ALL_OVER                                                                                   \
    ((!ASKS(0) || OVER(0)) && (!ASKS(1) || OVER(1)) &&                                             \
     (!ASKS(ATTEMPTS - 1) || OVER(ATTEMPTS - 1)))

active proctype producer()
{
end:
    do
    /* plan.c, publish.c */
    :: d_step { pg.item == ABSENT && !loading && locked == 0 -> pg.item = WAITING }
    /* sweep.c: producer_expire() */
    :: d_step {
           pg.item == SENDING && locked == 0 && OVER(pg.last) -> pg.item = UNKNOWN
       }
    od
}

/* ---- reconcile ------------------------------------------------------------------------------ */

/* worker/unknowns.c: drop_early() waits for a marker of later than all of it; then finish(), tell().
 * What the last round has told is applied by now. */
inline verdict(a)
{
    if
    :: ASKS(a) -> append((executed[a] -> END_SENT : END_NOT), a)
    :: else
    fi
}

active proctype reconcile()
{
    byte mark = 0; /* the offset of a marker, and one */
end:
    do
    :: d_step { mark == 0 && pg.item == UNKNOWN && ALL_OVER -> mark = events + 1 }
    :: d_step {
           mark > 0 && pg.row && (pg.position + 1 >= mark || SETTLED_TOO_SOON) &&
           events <= EVENTS / 2 -> /* always, but in some of the variants */
           mark = 0;
           if
           :: pg.item == UNKNOWN && ALL_OVER ->
               verdict(0);
               verdict(1);
               if
               :: ATTEMPTS > 2 -> verdict(ATTEMPTS - 1)
               :: else
               fi
           :: else
           fi
       }
    od
}

/* ---- the world ------------------------------------------------------------------------------ */

#define EXECUTIONS (executed[0] + executed[1] + (ATTEMPTS > 2 -> executed[ATTEMPTS - 1] : 0))

inline execute(a)
{
    flying[a] = false;
    executed[a] = true;
    assert(EXECUTIONS <= 1)
}

/* A call that is under way happens, or it never does. */
active proctype unipile()
{
end:
    do
    :: d_step { flying[0] -> execute(0) }
    :: d_step { flying[1] -> execute(1) }
    :: d_step { ATTEMPTS > 2 && flying[ATTEMPTS - 1] -> execute(ATTEMPTS - 1) }
    :: d_step { flying[0] && !NO_START_BY -> flying[0] = false }
    :: d_step { flying[1] && !NO_START_BY -> flying[1] = false }
    :: d_step {
           ATTEMPTS > 2 && flying[ATTEMPTS - 1] && !NO_START_BY -> flying[ATTEMPTS - 1] = false
       }
    od
}

inline load()
{
    pg.item = dump.item;
    pg.last = dump.last;
    pg.attempt[0] = dump.attempt[0];
    pg.attempt[1] = dump.attempt[1];
    pg.attempt[ATTEMPTS - 1] = dump.attempt[ATTEMPTS - 1];
    dump.item = 0;
    dump.last = 0;
    dump.attempt[0] = 0;
    dump.attempt[1] = 0;
    dump.attempt[ATTEMPTS - 1] = 0
}

inline load_positions()
{
    pg.position = dump.position;
    pg.row = dump.row;
    dump.position = 0;
    dump.row = false;
    loading = false;
    dumped = LOADED
}

/* A dump is taken at some moment, and loaded at any later one. */
active proctype operator()
{
    byte n = 0;
end:
    do
    :: d_step {
           dumped == 0 && !calm && locked == 0 -> /* what is not committed is in no dump */
           dumped = DUMPED;
           dump.item = pg.item; dump.last = pg.last; dump.position = pg.position; dump.row = pg.row;
           dump.attempt[0] = pg.attempt[0]; dump.attempt[1] = pg.attempt[1];
           dump.attempt[ATTEMPTS - 1] = pg.attempt[ATTEMPTS - 1]
       }
    /* by the runbook: every session is cut */
    :: d_step {
           dumped == DUMPED && !calm && !loading ->
           load();
           load_positions();
           locked = 0;
           shut(0);
           shut(1)
       }
    /* into the live database: it waits for the locks of its tables, and nobody is cut off */
    :: d_step {
           dumped == DUMPED && !calm && !loading && locked == 0 ->
           load();
           loading = true;
           pg.position = 0;
           pg.row = false;
           loaded[0] = true;
           loaded[1] = true
       }
    :: d_step {
           loading && locked == 0 ->
           load_positions();
           loaded[0] = true;
           loaded[1] = true
       }
        :: d_step {
           !calm && !loading ->
           calm = true;
           n = 0;
           do
           :: n < pg.position -> forget(n); n++
           :: else -> break
           od;
           n = 0
       }
    od
}

/* Nothing fails any more, and nothing is left to do: the item has an end, the right one; or it
 * needs more attempts than there are here. */
active proctype judge()
{
    timeout ->
    assert(calm && !loading);
    assert(EXECUTIONS == 1 || used == ATTEMPTS);
    assert((EXECUTIONS == 1) == (pg.item == SENT));
    assert(pg.item != SENDING && pg.item != UNKNOWN)
}
