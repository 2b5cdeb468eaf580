/* fashion.c -- Fashion-MNIST (Xiao, Rasul, Vollgraf 2017) out of its IDX files, through zlib.
 *
 * IDX: big-endian numbers of 32 bits; first the magic number 0x0801 (labels: count) or 0x0803 (images:
 * count, rows, columns), then one byte a number. */
#include "algorithms/learning/data_set.h"
#include "sim/base/file.h"

#include <inttypes.h>
#include <zlib.h>

static const char debian_folder[] = "/usr/share/datasets/fashion-mnist";

enum { CLASSES = 10, SIDE = 28, MOST_PIXEL = 255, MOST_IMAGES = 1000000 };
enum { LABELS_MAGIC = 0x0801, IMAGES_MAGIC = 0x0803 };

static bool read_bytes(gzFile file, const char *path, void *bytes, size_t count,
                       struct sim_error *err)
{
    size_t got = 0;

    while (got < count) {
        const size_t left = count - got, most = 1 << 20;
        const int n =
            gzread(file, (unsigned char *)bytes + got, (unsigned)(left < most ? left : most));

        if (n <= 0)
            return sim_fail(err, "%s: ends too early, or is damaged.", path);
        got += (size_t)n;
    }
    return true;
}

static bool read_word(gzFile file, const char *path, uint32_t *word, struct sim_error *err)
{
    unsigned char b[4];

    if (!read_bytes(file, path, b, sizeof b, err))
        return false;
    *word = (uint32_t)b[0] << 24 | (uint32_t)b[1] << 16 | (uint32_t)b[2] << 8 | b[3];
    return true;
}

/* The head of a file: its magic number, and how many things of `size` bytes follow. */
static bool read_head(gzFile file, const char *path, uint32_t magic, int *count,
                      struct sim_error *err)
{
    uint32_t found = 0, n = 0, rows = SIDE, columns = SIDE;

    if (!read_word(file, path, &found, err) || !read_word(file, path, &n, err))
        return false;
    if (found != magic)
        return sim_fail(
            err, "%s: is no IDX file of %s (its magic number is %" PRIu32 ", not %" PRIu32 ").",
            path, magic == IMAGES_MAGIC ? "images" : "labels", found, magic);
    if (magic == IMAGES_MAGIC &&
        (!read_word(file, path, &rows, err) || !read_word(file, path, &columns, err)))
        return false;
    if (rows != SIDE || columns != SIDE)
        return sim_fail(err, "%s: its images are %" PRIu32 " x %" PRIu32 ", not 28 x 28.", path,
                        rows, columns);
    if (n == 0 || n > MOST_IMAGES)
        return sim_fail(err, "%s: says that it holds %" PRIu32 " entries; 1 to %d were expected.",
                        path, n, MOST_IMAGES);
    *count = (int)n;
    return true;
}

/* All of one file: *count things, of `size` bytes each. */
static unsigned char *read_idx(struct sim_arena *arena, const char *path, uint32_t magic,
                               int *count, struct sim_error *err)
{
    const size_t size = magic == IMAGES_MAGIC ? SIDE * SIDE : 1;
    gzFile file = gzopen(path, "rb");
    unsigned char *bytes = NULL;

    *count = 0;
    if (file == NULL) {
        sim_fail(err, "%s: cannot be read.", path);
        return NULL;
    }
    if (read_head(file, path, magic, count, err)) {
        bytes = sim_new(arena, unsigned char, (size_t)*count *size);
        if (!read_bytes(file, path, bytes, (size_t)*count * size, err))
            bytes = NULL;
    }
    gzclose(file);
    return bytes;
}

/* "train" or "t10k": images and the labels that belong to them. */
struct half {
    const unsigned char *pixels, *labels;
    int count;
};

static bool read_half(struct sim_arena *arena, const char *folder, const char *name,
                      struct half *half, struct sim_error *err)
{
    const char *images = sim_text(arena, "%s/%s-images-idx3-ubyte.gz", folder, name);
    const char *labels = sim_text(arena, "%s/%s-labels-idx1-ubyte.gz", folder, name);
    int count = 0;

    half->pixels = read_idx(arena, images, IMAGES_MAGIC, &half->count, err);
    half->labels = half->pixels ? read_idx(arena, labels, LABELS_MAGIC, &count, err) : NULL;
    if (half->labels == NULL)
        return false;
    if (count != half->count)
        return sim_fail(err, "%s: has %d labels for %d images.", labels, count, half->count);
    for (int i = 0; i < count; i++)
        if (half->labels[i] >= CLASSES)
            return sim_fail(err, "%s: label %d is %d; 0 to 9 were expected.", labels, i + 1,
                            half->labels[i]);
    return true;
}

static struct sample_list numbers_from(struct sim_arena *arena, int first, int count)
{
    int *numbers = sim_new(arena, int, (size_t)count);

    for (int i = 0; i < count; i++)
        numbers[i] = first + i;
    return (struct sample_list){numbers, count};
}

static const struct data_set *join(struct sim_arena *arena, const struct half *halves)
{
    struct data_set *set = sim_new(arena, struct data_set, 1);
    const size_t n = (size_t)halves[0].count + (size_t)halves[1].count, d = SIDE * SIDE;
    unsigned char *pixels = sim_new(arena, unsigned char, n *d), *pixel = pixels;
    int *labels = sim_new(arena, int, n), *label = labels;

    for (int h = 0; h < 2; h++) {
        for (size_t i = 0; i < (size_t)halves[h].count * d; i++)
            *pixel++ = halves[h].pixels[i];
        for (int i = 0; i < halves[h].count; i++)
            *label++ = halves[h].labels[i];
    }
    *set = (struct data_set){.name = "fashion-mnist",
                             .count = (int)n,
                             .feature_count = SIDE * SIDE,
                             .class_count = CLASSES,
                             .pixels = pixels,
                             .pixel_most = MOST_PIXEL,
                             .labels = labels};
    return set;
}

const struct learning_data *data_set_fashion_folder(struct sim_arena *arena, const char *folder,
                                                    struct sim_error *err)
{
    struct learning_data *data = sim_new(arena, struct learning_data, 1);
    struct sample_list *parts = sim_new(arena, struct sample_list, 2);
    struct sim_arena *scratch = sim_arena_open(); /* the halves, until they are joined */
    struct half halves[2];
    const bool fine = read_half(scratch, folder, "train", &halves[0], err) &&
                      read_half(scratch, folder, "t10k", &halves[1], err);

    if (fine) {
        data->set = join(arena, halves);
        parts[0] = numbers_from(arena, 0, halves[0].count);
        parts[1] = numbers_from(arena, halves[0].count, halves[1].count);
        data->train = parts[0];
        data->test = parts[1];
        data->train_of = (struct partition){1, &parts[0]};
        data->test_of = (struct partition){1, &parts[1]};
    }
    sim_arena_close(scratch);
    return fine ? data : NULL;
}

const struct learning_data *data_set_fashion(struct sim_arena *arena, struct sim_error *err)
{
    if (!sim_is_directory(debian_folder)) {
        sim_fail(err,
                 "Fashion-MNIST is not on this machine (%s); 'apt-get install "
                 "dataset-fashion-mnist' installs it (31 MB).",
                 debian_folder);
        return NULL;
    }
    return data_set_fashion_folder(arena, debian_folder, err);
}
