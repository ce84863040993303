/* tests/simulator/scenario.h - fills a world from a JSON file (README.md describes it). */
#ifndef SAM_SIMULATOR_SCENARIO_H
#define SAM_SIMULATOR_SCENARIO_H

#include "common/base/problems.h"
#include "tests/simulator/world.h"

/* Adds to wrong all that is wrong with the file. */
void scenario_load(struct world *w, const char *path, struct problems *wrong);

#endif
