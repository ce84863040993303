#include "tests/simulator/options.h"

#include <errno.h>
#include <getopt.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>

#include "common/base/problems.h"

#include "common/base/banned.h"

#define KEY_MAX_BYTES 1024
#define ACCOUNTS_MAX  1000000
#define MS_MAX        (INT64_C(400) * 24 * 60 * 60 * 1000)

static const char usage[] =
    "sam-simulator: a local Unipile (v1) that writes down and judges what arrives. For tests.\n"
    "usage: sam-simulator --listen ADDRESS:PORT [options]\n"
    "  --listen ADDRESS:PORT   IPv4; port 0 = any free one (default 127.0.0.1:0)\n"
    "  --address-file FILE     gets http://ADDRESS:PORT when calls are answered\n"
    "  --api-key KEY           the only key (default: any that is not empty)\n"
    "  --api-key-file FILE     the same from the first line of a file\n"
    "  --scenario FILE         accounts and people (README.md beside the source)\n"
    "  --accounts N            account-1 to account-N exist, besides those of the scenario\n"
    "  --anyone                accounts and people that nobody described exist, too\n"
    "  --premium               those accounts are premium: notes up to 300 characters\n"
    "  --viewer-scoped         a person's provider id is another one for each account\n"
    "  --accept-percent P      of the people accept an invitation (default 0) ...\n"
    "  --accept-after MS       ... so long after it (default 0)\n"
    "  --reply-percent P       of the people reply to the first message (default 0) ...\n"
    "  --reply-after MS        ... so long after it (default 0)\n"
    "  --lag MS                lists show what is at least this old (default 0)\n"
    "  --latency MS[-MS]       before each answer of the API (default 0)\n"
    "  --journal FILE          append one JSON line per call\n"
    "  --help, --version\n"
    "SIGTERM ends it.\n";

enum option_id {
    OPTION_LISTEN = 256,
    OPTION_ADDRESS_FILE,
    OPTION_API_KEY,
    OPTION_API_KEY_FILE,
    OPTION_SCENARIO,
    OPTION_ACCOUNTS,
    OPTION_ANYONE,
    OPTION_PREMIUM,
    OPTION_VIEWER_SCOPED,
    OPTION_ACCEPT_PERCENT,
    OPTION_ACCEPT_AFTER,
    OPTION_REPLY_PERCENT,
    OPTION_REPLY_AFTER,
    OPTION_LAG,
    OPTION_LATENCY,
    OPTION_JOURNAL,
    OPTION_HELP,
    OPTION_VERSION
};

static const struct option table[] = {
    {"listen", required_argument, NULL, OPTION_LISTEN},
    {"address-file", required_argument, NULL, OPTION_ADDRESS_FILE},
    {"api-key", required_argument, NULL, OPTION_API_KEY},
    {"api-key-file", required_argument, NULL, OPTION_API_KEY_FILE},
    {"scenario", required_argument, NULL, OPTION_SCENARIO},
    {"accounts", required_argument, NULL, OPTION_ACCOUNTS},
    {"anyone", no_argument, NULL, OPTION_ANYONE},
    {"premium", no_argument, NULL, OPTION_PREMIUM},
    {"viewer-scoped", no_argument, NULL, OPTION_VIEWER_SCOPED},
    {"accept-percent", required_argument, NULL, OPTION_ACCEPT_PERCENT},
    {"accept-after", required_argument, NULL, OPTION_ACCEPT_AFTER},
    {"reply-percent", required_argument, NULL, OPTION_REPLY_PERCENT},
    {"reply-after", required_argument, NULL, OPTION_REPLY_AFTER},
    {"lag", required_argument, NULL, OPTION_LAG},
    {"latency", required_argument, NULL, OPTION_LATENCY},
    {"journal", required_argument, NULL, OPTION_JOURNAL},
    {"help", no_argument, NULL, OPTION_HELP},
    {"version", no_argument, NULL, OPTION_VERSION},
    {NULL, 0, NULL, 0},
};

/* A number within 0..max that ends at `stop`; NULL = it is not one. */
static const char *read_number(const char *text, char stop, int64_t max, int64_t *ret)
{
    char *end;
    errno = 0;
    long long value = strtoll(text, &end, 10);
    if (errno || end == text || value < 0 || value > max || (*end && *end != stop))
        return NULL;
    *ret = value;
    return end;
}

static void read_ms(const char *name, const char *text, int64_t *ret, struct problems *wrong)
{
    const char *end = read_number(text, '\0', MS_MAX, ret);
    if (!end)
        problems_add(wrong, "--%s %s: not a number of milliseconds", name, text);
}

static void read_percent(const char *name, const char *text, int *ret, struct problems *wrong)
{
    int64_t value = 0;
    if (!read_number(text, '\0', 100, &value))
        problems_add(wrong, "--%s %s: not a number from 0 to 100", name, text);
    *ret = (int)value;
}

static void read_latency(const char *text, int64_t ret[2], struct problems *wrong)
{
    const char *end = read_number(text, '-', MS_MAX, &ret[0]);
    ret[1] = ret[0];
    if (end && *end == '-')
        end = read_number(end + 1, '\0', MS_MAX, &ret[1]);
    if (!end || ret[1] < ret[0])
        problems_add(wrong, "--latency %s: not MS or MS-MS", text);
}

static void read_key_file(const char *path, char **ret, struct problems *wrong)
{
    char line[KEY_MAX_BYTES] = "";
    FILE *file = fopen(path, "re");
    if (!file) {
        problems_add(wrong, "--api-key-file %s: %s", path, strerror(errno));
        return;
    }
    if (!fgets(line, sizeof(line), file))
        line[0] = '\0';
    (void)fclose(file);
    line[strcspn(line, "\r\n")] = '\0';
    if (!*line)
        problems_add(wrong, "--api-key-file %s: its first line is empty", path);
    free(*ret);
    *ret = sam_xstrdup(line);
}

static void read_accounts(const char *text, int64_t *ret, struct problems *wrong)
{
    if (!read_number(text, '\0', ACCOUNTS_MAX, ret))
        problems_add(wrong, "--accounts %s: not a number from 0 to %d", text, ACCOUNTS_MAX);
}

static void take_number(int id, struct options *o, const char *value, struct problems *wrong)
{
    switch (id) {
    case OPTION_ACCOUNTS:
        read_accounts(value, &o->accounts, wrong);
        break;
    case OPTION_ACCEPT_PERCENT:
        read_percent("accept-percent", value, &o->world.accept_percent, wrong);
        break;
    case OPTION_ACCEPT_AFTER:
        read_ms("accept-after", value, &o->world.accept_after_ms, wrong);
        break;
    case OPTION_REPLY_PERCENT:
        read_percent("reply-percent", value, &o->world.reply_percent, wrong);
        break;
    case OPTION_REPLY_AFTER:
        read_ms("reply-after", value, &o->world.reply_after_ms, wrong);
        break;
    case OPTION_LAG:
        read_ms("lag", value, &o->world.lag_ms, wrong);
        break;
    case OPTION_LATENCY:
        read_latency(value, o->latency_ms, wrong);
        break;
    default:
        problems_add(wrong, "see --help");
        break;
    }
}

static void take(int id, struct options *o, char *value, struct problems *wrong)
{
    switch (id) {
    case OPTION_LISTEN:
        o->listen = value;
        break;
    case OPTION_ADDRESS_FILE:
        o->address_file = value;
        break;
    case OPTION_API_KEY:
        free(o->api_key);
        o->api_key = sam_xstrdup(value);
        break;
    case OPTION_API_KEY_FILE:
        read_key_file(value, &o->api_key, wrong);
        break;
    case OPTION_SCENARIO:
        o->scenario = value;
        break;
    case OPTION_ANYONE:
        o->world.anyone = true;
        break;
    case OPTION_PREMIUM:
        o->world.premium = true;
        break;
    case OPTION_VIEWER_SCOPED:
        o->world.viewer_scoped = true;
        break;
    case OPTION_JOURNAL:
        o->journal = value;
        break;
    default:
        take_number(id, o, value, wrong);
        break;
    }
}

int options_read(int argc, char **argv, struct options *ret)
{
    struct problems wrong = PROBLEMS_INIT;
    int id;
    *ret = (struct options){.listen = "127.0.0.1:0"};
    while ((id = getopt_long(argc, argv, "", table, NULL)) != -1) {
        if (id == OPTION_HELP || id == OPTION_VERSION) {
            (void)fputs(id == OPTION_HELP ? usage : "sam-simulator " SAM_VERSION "\n", stdout);
            problems_deinit(&wrong);
            return 0;
        }
        take(id, ret, optarg, &wrong);
    }
    if (optind < argc)
        problems_add(&wrong, "%s: no such argument; see --help", argv[optind]);
    if (ret->world.viewer_scoped && ret->world.anyone)
        problems_add(&wrong, "--viewer-scoped and --anyone exclude each other: an id that nobody "
                             "was told cannot be refused when everybody exists");
    bool any = problems_any(&wrong);
    problems_print(&wrong, stderr);
    problems_deinit(&wrong);
    return any ? 2 : OPTIONS_GO;
}

void options_deinit(struct options *o)
{
    free(o->api_key);
}
