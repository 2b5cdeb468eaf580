#include "algorithms/inference/rules/views.h"
#include "sim/base/random.h"

#include <stdbool.h>
#include <string.h>

const char *const view_choices[] = {"quadrants", "crops", "noise", "mixed", NULL};

/* Far from the streams of peers and of learning. */
static uint64_t stream_of(int sample)
{
    return UINT64_C(0x7669657700000000) + (uint32_t)sample;
}

/* Rows first .. last - 1 of them, and columns likewise. */
struct window {
    int top, bottom, left, right;
};

static void see_window(struct image_shape image, const double *whole, struct window window,
                       double *seen)
{
    const size_t width = (size_t)image.width;

    for (int c = 0; c < image.channels; c++)
        for (int y = window.top; y < window.bottom; y++) {
            const size_t at = ((size_t)c * (size_t)image.height + (size_t)y) * width;

            memcpy(seen + at + window.left, whole + at + window.left,
                   (size_t)(window.right - window.left) * sizeof *seen);
        }
}

static struct window quadrant(struct image_shape image, int number)
{
    const int row = (image.height + 1) / 2, column = (image.width + 1) / 2;
    const bool is_low = number % 4 >= 2, is_right = number % 2 == 1;

    return (struct window){.top = is_low ? row : 0,
                           .bottom = is_low ? image.height : row,
                           .left = is_right ? column : 0,
                           .right = is_right ? image.width : column};
}

static struct window crop(struct image_shape image, int number)
{
    const int rows = (3 * image.height + 3) / 4, columns = (3 * image.width + 3) / 4;
    const int down = image.height - rows, right = image.width - columns, place = number % 5;
    const int top = place == 4 ? down / 2 : place >= 2 ? down : 0;
    const int left = place == 4 ? right / 2 : place % 2 == 1 ? right : 0;

    return (struct window){top, top + rows, left, left + columns};
}

static void see_noise(const struct views *views, const double *whole, struct sim_random *random,
                      double *seen)
{
    for (size_t i = 0; i < image_size(views->image); i++)
        seen[i] = whole[i] + views->noise * sim_random_normal(random);
}

void views_of(const struct views *views, const double *image, int sample, double *seen)
{
    static const enum view_kind mixed[] = {VIEW_QUADRANTS, VIEW_CROPS, VIEW_NOISE};
    const size_t pixels = image_size(views->image);
    struct sim_random *random = sim_random_open(views->seed, stream_of(sample));

    memset(seen, 0, (size_t)views->devices * pixels * sizeof *seen);
    for (int d = 0; d < views->devices; d++, seen += pixels) {
        const bool is_mixed = views->kind == VIEW_MIXED;
        const enum view_kind kind = is_mixed ? mixed[d % 3] : views->kind;
        const int number = is_mixed ? d / 3 : d;

        if (sim_random_uniform(random) < views->blank_share)
            continue;
        if (kind == VIEW_NOISE)
            see_noise(views, image, random, seen);
        else
            see_window(views->image, image,
                       kind == VIEW_CROPS ? crop(views->image, number)
                                          : quadrant(views->image, number),
                       seen);
    }
    sim_random_close(random);
}
