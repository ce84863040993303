/* From argv to a command: options that all commands share, the command's words, its own options. */
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "producer/ctl/commands.h"

#include "common/base/banned.h"

struct globals {
    const char *config_path;
    const char *workspace;
    bool json;
    bool help;
    bool version;
    bool print_config;
    char **rest; /* owned array: the words that are left */
    int rest_count;
};

/* --name value or --name=value at argv[0]; the value, or NULL when it is another word. used: words
 * that it took, 0 when its value is missing. */
static const char *value_of(char **argv, int left, const char *name, int *used)
{
    size_t n = strlen(name);
    if (strncmp(argv[0], name, n) != 0)
        return NULL;
    if (argv[0][n] == '=' && n > 2) {
        *used = 1;
        return argv[0] + n + 1;
    }
    if (argv[0][n] != '\0')
        return NULL;
    *used = left > 1 ? 2 : 0;
    return left > 1 ? argv[1] : "";
}

static bool flag(const char *word, struct globals *g)
{
    const struct {
        const char *name;
        bool *place;
    } flags[] = {{"--json", &g->json},
                 {"--help", &g->help},
                 {"-h", &g->help},
                 {"--version", &g->version},
                 {"--print-config", &g->print_config}};
    for (size_t i = 0; i < SAM_ARRAY_LEN(flags); i++) {
        if (strcmp(word, flags[i].name) == 0) {
            *flags[i].place = true;
            return true;
        }
    }
    return false;
}

/* An option of all commands at argv[0]: how many words it takes; 0 = it is none, or its value is
 * missing (*missing). */
static int take_global(char **argv, int left, struct globals *g, bool *missing)
{
    const struct {
        const char *name;
        const char **place;
    } values[] = {
        {"--config", &g->config_path}, {"-c", &g->config_path}, {"--workspace", &g->workspace}};
    if (flag(argv[0], g))
        return 1;
    for (size_t i = 0; i < SAM_ARRAY_LEN(values); i++) {
        int used = 1;
        const char *value = value_of(argv, left, values[i].name, &used);
        if (!value)
            continue;
        *values[i].place = value;
        *missing = used == 0;
        return used;
    }
    return 0;
}

static enum ctl_exit parse_globals(int argc, char **argv, struct globals *g)
{
    bool ours = true; /* until "--" */
    g->rest = sam_xcalloc((size_t)argc + 1, sizeof(*g->rest));
    for (int i = 0; i < argc && argv[i];) {
        bool missing = false;
        ours = ours && strcmp(argv[i], "--") != 0;
        int used = ours ? take_global(argv + i, argc - i, g, &missing) : 0;
        if (missing)
            return ctl_wrong_use("%s needs a value", argv[i]);
        if (used == 0)
            g->rest[g->rest_count++] = argv[i];
        i += used ? used : 1;
    }
    return CTL_DONE;
}

static void print_help(void)
{
    size_t count;
    const struct command *all = commands(&count);
    (void)printf("samctl - the operator's command of SAM\n\n"
                 "use: samctl [-c FILE] [--json] [--workspace NAME] COMMAND ...\n\n"
                 "  -c FILE           settings (default: ./sam.cfg, then /etc/sam/sam.cfg)\n"
                 "  --json            one JSON object a line instead of tables\n"
                 "  --workspace NAME  where there are several\n"
                 "  --print-config    what is in force and where it came from\n"
                 "  --version, --help\n\nCommands:\n");
    for (size_t i = 0; i < count; i++)
        (void)printf("  %-18s%s\n", all[i].name, all[i].help);
    (void)printf("\n`samctl COMMAND --help` tells about one.\n");
}

static void print_command_help(const struct command *cmd)
{
    (void)printf("use: samctl %s%s%s\n\n%s\n", cmd->name, *cmd->usage ? " " : "", cmd->usage,
                 cmd->help);
    if (cmd->more)
        (void)printf("\n%s\n", cmd->more);
}

/* `samctl account --help`: the commands that begin with the word. false: there are none. */
static bool print_group_help(const char *word)
{
    size_t count;
    const struct command *all = commands(&count);
    size_t n = strlen(word);
    bool any = false;
    for (size_t i = 0; i < count; i++) {
        if (strncmp(all[i].name, word, n) != 0 || all[i].name[n] != ' ')
            continue;
        (void)printf("%s  %s%s%s\n      %s\n", any ? "" : "Commands:\n", all[i].name,
                     *all[i].usage ? " " : "", all[i].usage, all[i].help);
        any = true;
    }
    if (any)
        (void)printf("\n`samctl %s COMMAND --help` tells about one.\n", word);
    return any;
}

/* "account" alone, or a word that no command begins with. */
static enum ctl_exit no_command(const struct globals *g)
{
    size_t count;
    const struct command *all = commands(&count);
    struct buf known = BUF_INIT(4000);
    if (g->rest_count == 0)
        return ctl_wrong_use("which command?");
    const char *word = g->rest[0];
    size_t n = strlen(word);
    for (size_t i = 0; i < count; i++) {
        if (strncmp(all[i].name, word, n) == 0 && all[i].name[n] == ' ')
            buf_addf(&known, "%s%s", known.len ? ", " : "", all[i].name + n + 1);
    }
    enum ctl_exit e = known.len == 0 ? ctl_wrong_use("there is no command %s", word)
                      : g->rest_count == 1
                          ? ctl_wrong_use("%s needs one of: %s", word, buf_text(&known))
                          : ctl_wrong_use("there is no command %s %s; %s knows: %s", word,
                                          g->rest[1], word, buf_text(&known));
    buf_deinit(&known);
    return e;
}

static enum ctl_exit run(struct ctl *c, const struct command *cmd, int argc, char **argv)
{
    char why[ARGS_WHY_BYTES];
    if (args_parse(&c->args, argc, argv, cmd->options, why) != 0)
        return ctl_wrong_use("%s: %s", cmd->name, why);
    if (c->args.words_count < cmd->words_min || c->args.words_count > cmd->words_max)
        return ctl_wrong_use("use: samctl %s%s%s", cmd->name, *cmd->usage ? " " : "", cmd->usage);
    return cmd->fn(c);
}

static enum ctl_exit print_config(struct ctl *c)
{
    SAM_CLEANUP(buf_deinit) struct buf out = BUF_INIT(1 << 20);
    enum ctl_exit e = ctl_settings(c);
    if (e)
        return e;
    settings_print(c->settings, &out);
    (void)fputs(buf_text(&out), stdout);
    return CTL_DONE;
}

static enum ctl_exit dispatch(struct ctl *c, const struct globals *g)
{
    size_t used = 0;
    if (g->version) {
        (void)printf("%s\n", SAM_VERSION);
        return CTL_DONE;
    }
    const struct command *cmd =
        command_find((const char *const *)g->rest, (size_t)g->rest_count, &used);
    if (g->help) {
        if (cmd)
            print_command_help(cmd);
        else if (g->rest_count == 0)
            print_help();
        else if (g->rest_count > 1 || !print_group_help(g->rest[0]))
            return no_command(g);
        return CTL_DONE;
    }
    if (g->print_config)
        return print_config(c);
    if (!cmd)
        return no_command(g);
    return run(c, cmd, g->rest_count - (int)used, g->rest + used);
}

int ctl_main(int argc, char **argv)
{
    struct globals g = {0};
    struct ctl c = {0};
    pg_params_init(&c.params);
    enum ctl_exit e = parse_globals(argc - 1, argv + 1, &g);
    if (!e) {
        c.config_path = g.config_path;
        c.json = g.json;
        c.workspace = g.workspace;
        e = dispatch(&c, &g);
    }
    if (fflush(stdout) != 0 && !e)
        e = ctl_fail("the output could not be written");
    args_deinit(&c.args);
    pg_params_deinit(&c.params);
    pg_free(c.pg);
    settings_free(c.settings);
    free(g.rest);
    return (int)e;
}
