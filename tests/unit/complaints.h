/* complaints.h -- tables of scenarios that are wrong, and the sentences that they meet. */
#ifndef TESTS_UNIT_COMPLAINTS_H
#define TESTS_UNIT_COMPLAINTS_H

#include "tests/unit/reading.h"

struct complaint {
    const char *name, *text;
    size_t length;
    const char *said;
};

#define TEXT(literal) (literal), sizeof(literal) - 1
/* line 3 of a scenario that is right in lines 1 and 2 */
#define THEN(literal) TEXT(PLATFORM RING literal)
/* an entry in line 4, below the algorithm's name in line 3 */
#define ENTRY(algorithm, literal)                                                                  \
    TEXT(PLATFORM "algorithm:\n  name: " algorithm "\n  " literal "\n")

static inline int lines(const char *text)
{
    int count = 1;

    for (; *text != '\0'; text++)
        count += *text == '\n';
    return count;
}

static inline void complains(void **state)
{
    const struct complaint *c = *state;
    struct reading r;

    read_bytes(&r, "t.yaml", c->text, c->length, NULL, &shipped);
    assert_string_equal(r.err.text, c->said);
    assert_false(r.fine);
    assert_int_equal(r.err.count, lines(c->said));
    assert_null(r.scenario.resolved);
    finish(&r);
}

#endif
