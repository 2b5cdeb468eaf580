/* csv.h -- comma-separated values as RFC 4180 has them. */
#ifndef SIM_CSV_H
#define SIM_CSV_H

#include <stdio.h>

/* A field, quoted if it needs to be. */
void sim_csv_text(FILE *file, const char *text);

/* A short decimal that reads back as the same double: files are compared byte for byte. */
void sim_csv_number(FILE *file, double value);

#endif
