/* page.h -- a page of HTML that is one file: no network, no second file, no cookies.
 *
 * Text is escaped here, and only here.  Everything after page_begin is written in order; page_end closes. */
#ifndef ANALYSIS_PAGE_H
#define ANALYSIS_PAGE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdio.h>

/* Head with title, language and styles (NUL-ended), and an open <main> with the title as <h1>. */
void page_begin(FILE *out, const char *title, const unsigned char *const *styles);

/* Close <main>, a line about who made it, and the scripts (NUL-ended each; the list NULL-ended). */
void page_end(FILE *out, const char *made_by, const unsigned char *const *scripts);

/* Text as HTML, in quotes of an attribute, too. */
void page_text(FILE *out, const char *text);

/* <tag>text</tag> */
void page_element(FILE *out, const char *tag, const char *text);

/* Data for a script: JSON of `length` letters with every "<" escaped, in <script type="application/json" id=...>. */
void page_data(FILE *out, const char *id, const char *json, size_t length);

/* A picture in the file itself, as <img>; `alt` says what it shows. */
void page_picture(FILE *out, const char *svg, size_t length, const char *alt);

#endif
