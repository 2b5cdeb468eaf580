/* yolo.h -- the chain that MoDNN's stripes and DeepThings' tiles are published for: YOLOv2's first 16 layers. */
#ifndef TESTS_UNIT_YOLO_H
#define TESTS_UNIT_YOLO_H

#include "algorithms/inference/rules/windows.h"
#include "tests/unit/close.h"

static struct sim_arena *arena;
static struct windows_chain yolo;

static inline int open_yolo(void **state)
{
    struct sim_error err = {0};
    const struct sim_model *model;

    (void)state;
    arena = sim_arena_open();
    model = sim_model_load(arena, "yolov2", &err);
    if (model == NULL || !windows_open(arena, model, 16, &yolo, &err))
        fail_msg("%s", err.text);
    return 0;
}

static inline int close_yolo(void **state)
{
    (void)state;
    sim_arena_close(arena);
    return 0;
}

static inline void assert_span(struct windows_span span, int first, int end)
{
    assert_int_equal(span.first, first);
    assert_int_equal(span.end, end);
}

#endif
