/* common/base/embed.h - a file whose bytes are part of the program (made by sam_embed in CMake). */
#ifndef SAM_BASE_EMBED_H
#define SAM_BASE_EMBED_H

#include <stddef.h>

struct embedded_file {
    const char *name;           /* base name, e.g. "001_first.sql" */
    const unsigned char *bytes; /* size bytes, followed by a NUL that is not counted */
    size_t size;
};

#endif
