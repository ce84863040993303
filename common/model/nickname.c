#include "common/model/nickname.h"

#include "common/base/attr.h"

#include "common/base/banned.h"

static const char *const groups[] = {
    "bob bobby robert roberto robin rupert",
    "bill billy will william wilhelm willem wim guillermo guillaume pim",
    "dick richard rick ricardo",
    "ted teddy ned ed edward eduard edmund eduardo theodore theodor",
    "hans jack john johann johannes jan juan ian ivan sean vanya",
    "hank harry henry henri heinrich enrique quique kike",
    "sepp jupp joseph josef jose giuseppe pepe beppe jozef jef",
    "tony toni anthony antonio anton antoine",
    "paco pancho kiko francisco",
    "nacho ignacio",
    "chuy jesus",
    "chuck charles karl carl carlos charlie",
    "kit christopher christian chris topher",
    "jim james diego jaime iago",
    "sasha sascha shura sandy alexander alexandra aleksandr aleksandra alex",
    "lyosha lesha alyosha alexey aleksey alexei aleksei",
    "zhenya evgeny evgenia yevgeny eugene",
    "kolya nikolai nikolay nicholas klaus claus nick",
    "mitya dmitry dmitri dima",
    "yura yuri georgy george",
    "peggy meg maggie margaret margarete margarita greta daisy rita",
    "polly molly mary maria mia mitzi",
    "nell nelly ellen eleanor helen",
    "nan nancy ann anna anne",
    "sally sarah",
    "libby liz lisa betty betsy bess elizabeth elisabeth elsa isabel",
    "trudi trudy gertrud gertrude",
    "gitta gitte brigitte birgit",
    "ulla uschi ursula",
    "lola dolores",
    "kate kathy catherine katherine ekaterina",
    "саша шура александр александра",
    "леша лёша алексей",
    "женя евгений евгения",
    "ваня иван",
    "юра юрий георгий егор",
};

const char *nickname_group(size_t i)
{
    return i < SAM_ARRAY_LEN(groups) ? groups[i] : NULL;
}
