/* utf8.h -- is this text?  What users name ends up in JSON, which takes nothing but UTF-8. */
#ifndef SIM_UTF8_H
#define SIM_UTF8_H

#include <stddef.h>

/* Length of the UTF-8 sequence at `text`; 0 if it is none, or a control character. */
size_t sim_utf8_length(const char *text, size_t left);

#endif
