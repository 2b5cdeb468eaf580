/* catalogue.c -- the lessons, in the order of the lecture. */
#include "analysis/lessons/lesson.h"

#include <stddef.h>

const struct lesson *const lesson_catalogue[] = {
    &lesson_allreduce,   &lesson_bubble,      &lesson_versions,
    &lesson_compression, &lesson_straggler,   &lesson_exits,
    &lesson_halos,       &lesson_speculation, NULL};
