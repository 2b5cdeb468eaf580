#include "analysis/page.h"

#include <string.h>

void page_text(FILE *out, const char *text)
{
    for (; *text != '\0'; text++)
        switch (*text) {
        case '<': fputs("&lt;", out); break;
        case '>': fputs("&gt;", out); break;
        case '&': fputs("&amp;", out); break;
        case '"': fputs("&quot;", out); break;
        default: putc(*text, out);
        }
}

void page_element(FILE *out, const char *tag, const char *text)
{
    fprintf(out, "<%s>", tag);
    page_text(out, text);
    fprintf(out, "</%.*s>\n", (int)strcspn(tag, " "), tag);
}

void page_begin(FILE *out, const char *title, const unsigned char *const *styles)
{
    fputs("<!DOCTYPE html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n"
          "<meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n"
          "<link rel=\"icon\" href=\"data:,\">\n", /* or a browser asks a server for one */
          out);
    page_element(out, "title", title);
    fputs("<style>\n", out);
    for (; *styles != NULL; styles++)
        fputs((const char *)*styles, out);
    fputs("</style>\n</head>\n<body>\n<main>\n", out);
    page_element(out, "h1", title);
}

void page_end(FILE *out, const char *made_by, const unsigned char *const *scripts)
{
    fputs("</main>\n<footer>", out);
    page_text(out, made_by);
    fputs("</footer>\n", out);
    for (; *scripts != NULL; scripts++)
        if (**scripts != '\0')
            fprintf(out, "<script>\n%s</script>\n", (const char *)*scripts);
    fputs("</body>\n</html>\n", out);
}

void page_data(FILE *out, const char *id, const char *json, size_t length)
{
    fprintf(out, "<script type=\"application/json\" id=\"%s\">", id);
    /* "\u003c" is the same text in JSON.  Not "</" alone: after "<!--<script" a page reads on beyond "</script>". */
    for (size_t i = 0; i < length; i++)
        if (json[i] == '<')
            fputs("\\u003c", out);
        else
            putc(json[i], out);
    fputs("</script>\n", out);
}

/* RFC 4648 */
static void write_base64(FILE *out, const char *bytes, size_t length)
{
    static const char letters[] =
        "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

    for (size_t i = 0; i < length; i += 3) {
        const size_t left = length - i;
        const unsigned a = (unsigned char)bytes[i], b = left > 1 ? (unsigned char)bytes[i + 1] : 0,
                       c = left > 2 ? (unsigned char)bytes[i + 2] : 0;

        putc(letters[a >> 2], out);
        putc(letters[(a & 3) << 4 | b >> 4], out);
        putc(left > 1 ? letters[(b & 15) << 2 | c >> 6] : '=', out);
        putc(left > 2 ? letters[c & 63] : '=', out);
    }
}

void page_picture(FILE *out, const char *svg, size_t length, const char *alt)
{
    fputs("<img alt=\"", out);
    page_text(out, alt);
    fputs("\" src=\"data:image/svg+xml;base64,", out);
    write_base64(out, svg, length);
    fputs("\">\n", out);
}
