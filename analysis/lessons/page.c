#include "analysis/lessons/page.h"
bool lesson_page(struct lesson_bench *bench, const char *path, struct sim_error *err)
{
    (void)bench;
    return sim_fail(err, "%s: not yet.", path);
}
