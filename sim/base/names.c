#include "sim/base/names.h"

#include <ctype.h>
#include <string.h>

enum { LONGEST_NAME = 64, FAR_APART = 1 << 20 };

static int least(int a, int b)
{
    return a < b ? a : b;
}

/* Optimal string alignment distance (Damerau 1964): insert, delete, replace, swap neighbours. */
static int edit_distance(const char *a, const char *b)
{
    const size_t n = strlen(a), m = strlen(b);
    int d[LONGEST_NAME + 1][LONGEST_NAME + 1];

    if (n > LONGEST_NAME || m > LONGEST_NAME)
        return FAR_APART;
    for (size_t i = 0; i <= n; i++)
        d[i][0] = (int)i;
    for (size_t j = 0; j <= m; j++)
        d[0][j] = (int)j;
    for (size_t i = 1; i <= n; i++)
        for (size_t j = 1; j <= m; j++) {
            const int differs =
                tolower((unsigned char)a[i - 1]) != tolower((unsigned char)b[j - 1]);

            d[i][j] = least(least(d[i - 1][j], d[i][j - 1]) + 1, d[i - 1][j - 1] + differs);
            if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1])
                d[i][j] = least(d[i][j], d[i - 2][j - 2] + 1);
        }
    return d[n][m];
}

const char *sim_nearest_name(const char *word, const char *const *candidates, size_t count)
{
    const char *nearest = NULL;
    int least_distance = (int)(strlen(word) + 2) / 3 + 1;

    for (size_t i = 0; i < count; i++) {
        const int longer = (int)strlen(word) - (int)strlen(candidates[i]);
        const int distance = longer >= least_distance || -longer >= least_distance
                                 ? FAR_APART /* each letter more or less is one */
                                 : edit_distance(word, candidates[i]);

        if (distance < least_distance) {
            least_distance = distance;
            nearest = candidates[i];
        }
    }
    return nearest;
}

const char *sim_did_you_mean(struct sim_arena *arena, const char *word,
                             const char *const *candidates, size_t count, const char *otherwise)
{
    const char *near = sim_nearest_name(word, candidates, count);

    return near == NULL ? otherwise : sim_text(arena, "; did you mean '%s'?", near);
}

static size_t digits(const char *text)
{
    return strspn(text, "0123456789");
}

int sim_natural_order(const char *a, const char *b)
{
    const char *const first = a, *const second = b;

    while (*a != '\0' && *b != '\0') {
        if (isdigit((unsigned char)*a) && isdigit((unsigned char)*b)) {
            const size_t zeros_a = strspn(a, "0"), zeros_b = strspn(b, "0");
            const size_t n = digits(a + zeros_a), m = digits(b + zeros_b);
            const int order = n != m ? (n < m ? -1 : 1) : strncmp(a + zeros_a, b + zeros_b, n);

            if (order != 0)
                return order;
            a += zeros_a + n;
            b += zeros_b + m;
        } else if (*a != *b) {
            return (unsigned char)*a < (unsigned char)*b ? -1 : 1;
        } else {
            a++;
            b++;
        }
    }
    if (*a != *b)
        return *a == '\0' ? -1 : 1;
    return strcmp(first, second); /* "n01" and "n1" are equal so far, but not one name */
}
