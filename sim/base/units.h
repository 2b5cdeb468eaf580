/* units.h -- quantities as users spell them, and back.
 *
 * Spelling is SimGrid's: 100MB, 64KiB, 1Gf, 10Gbps, 1.25GBps, 50us; prefixes are k M G T P E (powers of
 * ten) and Ki Mi Gi Ti Pi Ei (powers of two), so 1 MB = 10^6 bytes.  A bare number is bytes, flop or
 * seconds.  NaN, infinities, hexadecimal and overflow are refused: nothing is clamped. */
#ifndef SIM_UNITS_H
#define SIM_UNITS_H

#include <stdbool.h>
#include <stddef.h>

enum sim_unit {
    SIM_UNIT_NONE, /* a bare number */
    SIM_UNIT_BYTES,
    SIM_UNIT_FLOP,
    SIM_UNIT_SECONDS,
    SIM_UNIT_BYTES_PER_SECOND,
    SIM_UNIT_FLOP_PER_SECOND,
    SIM_UNIT_WATTS,
    SIM_UNIT_JOULES,
};

/* Read `text` as a quantity of `unit`.  False when it is none; *value is then untouched. */
bool sim_parse_quantity(const char *text, enum sim_unit unit, double *value);

/* How a quantity of that unit is spelt, as an example for error sentences: "100MB". */
const char *sim_unit_example(enum sim_unit unit);

/* The unit's name in words: "bytes", "seconds"; "" for SIM_UNIT_NONE. */
const char *sim_unit_name(enum sim_unit unit);

enum { SIM_QUANTITY_SIZE = 40 };

/* `value` for a reader, four significant digits: "1.400 GB", "160.7 ms", "10.00 Gflop/s". */
const char *sim_format_quantity(char text[SIM_QUANTITY_SIZE], double value, enum sim_unit unit);

#endif
