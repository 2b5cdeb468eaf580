/* web.h -- style and script of lessons' pages, as make has put them together from web/. */
#ifndef ANALYSIS_LESSONS_WEB_H
#define ANALYSIS_LESSONS_WEB_H

/* Each ends with NUL. */
extern const unsigned char lesson_style[], lesson_script[];

#endif
