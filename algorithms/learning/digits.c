/* digits.c -- UCI's "Optical Recognition of Handwritten Digits" (Alpaydin, Kaynak 1998), the copy of its
 * test part that scikit-learn ships: a line for an image, 64 counts 0 .. 16 and the digit. */
#include "algorithms/learning/data_set.h"
#include "sim/base/file.h"
#include "sim/base/shipped.h"

#include <stdlib.h>
#include <string.h>
#include <zlib.h>

enum { PIXELS = 64, MOST = 16, CLASSES = 10, MOST_IMAGES = 1 << 16, LINE_BYTES = 1024 };

/* The number at *text, which `end` must follow; moves past both. */
static bool read_number(const char **text, long most, char end, long *number)
{
    char *after;

    if (**text < '0' || **text > '9')
        return false;
    *number = strtol(*text, &after, 10);
    if (*number > most || (*after != end && !(end == '\n' && *after == '\0')))
        return false;
    *text = after + 1;
    return true;
}

static bool read_image(const char *line, const char *path, int row, unsigned char *pixels,
                       int *digit, struct sim_error *err)
{
    const char *at = line;
    long number;

    for (int j = 0; j < PIXELS; j++) {
        if (!read_number(&at, MOST, ',', &number))
            return sim_fail(err,
                            "%s, line %d, number %d: a whole number from 0 to 16 and a comma "
                            "were expected.",
                            path, row + 1, j + 1);
        pixels[j] = (unsigned char)number;
    }
    if (!read_number(&at, CLASSES - 1, '\n', &number))
        return sim_fail(err, "%s, line %d: its last number is no digit from 0 to 9.", path,
                        row + 1);
    *digit = (int)number;
    return true;
}

/* The images of an open file into set->pixels and its labels; counts them in set->count. */
static bool read_images(gzFile file, const char *path, struct data_set *set, unsigned char *pixels,
                        int *labels, struct sim_error *err)
{
    char line[LINE_BYTES];
    int code;

    while (gzgets(file, line, sizeof line) != NULL) {
        if (set->count == MOST_IMAGES)
            return sim_fail(err, "%s: has more than %d lines.", path, MOST_IMAGES);
        if (!read_image(line, path, set->count, pixels + (size_t)set->count * PIXELS,
                        labels + set->count, err))
            return false;
        set->count++;
    }
    gzerror(file, &code);
    if (code != Z_OK)
        return sim_fail(err, "%s: cannot be read to its end; it may be damaged.", path);
    return set->count > 0 || sim_fail(err, "%s: holds no image.", path);
}

const struct data_set *data_set_digits_file(struct sim_arena *arena, const char *path,
                                            struct sim_error *err)
{
    struct data_set *set = sim_new(arena, struct data_set, 1);
    unsigned char *pixels = sim_new(arena, unsigned char, (size_t)MOST_IMAGES *PIXELS);
    int *labels = sim_new(arena, int, MOST_IMAGES);
    gzFile file = gzopen(path, "rb");
    bool fine;

    if (file == NULL) {
        sim_fail(err, "%s: cannot be read.", path);
        return NULL;
    }
    *set = (struct data_set){.name = "digits",
                             .feature_count = PIXELS,
                             .class_count = CLASSES,
                             .pixels = pixels,
                             .pixel_most = MOST,
                             .labels = labels};
    fine = read_images(file, path, set, pixels, labels, err);
    gzclose(file);
    return fine ? set : NULL;
}

const struct data_set *data_set_digits(struct sim_arena *arena, struct sim_error *err)
{
    static const char *const folders[] = {"build/data", "data"}; /* in the tree; installed */
    const char *shipped = sim_shipped_folder(arena);

    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        const char *path = sim_text(arena, "%s/%s/digits.csv.gz", shipped, folders[i]);

        if (sim_file_exists(path))
            return data_set_digits_file(arena, path, err);
    }
    sim_fail(err,
             "The digits are not on this machine (build/data/digits.csv.gz); 'make data' in the "
             "source folder of dmlsim fetches them, and 'make install' installs them.");
    return NULL;
}
