/* web.h -- what pages are made of, as make bundles it into the program (build/generated/web.c). */
#ifndef ANALYSIS_WEB_WEB_H
#define ANALYSIS_WEB_WEB_H

extern const unsigned char web_report_style[], web_report_script[];

/* uPlot (MIT, Leon Sorokin): script, style and licence; all empty where npm had not fetched it when dmlsim was built. */
extern const unsigned char web_uplot_script[], web_uplot_style[], web_uplot_licence[];

#endif
