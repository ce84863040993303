/* samctl - the operator's command. */
#include "producer/ctl/ctl.h"

#include "common/base/banned.h"

int main(int argc, char **argv)
{
    return ctl_main(argc, argv);
}
