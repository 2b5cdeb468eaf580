#include "sim/base/utf8.h"

size_t sim_utf8_length(const char *text, size_t left)
{
    const unsigned char *bytes = (const unsigned char *)text;
    static const struct {
        unsigned char mask, lead;
        unsigned int least;
    } kinds[] = {{0x80, 0x00, 0}, {0xe0, 0xc0, 0x80}, {0xf0, 0xe0, 0x800}, {0xf8, 0xf0, 0x10000}};

    for (size_t n = 1; n <= 4 && n <= left; n++) {
        unsigned int code = bytes[0] & (unsigned char)~kinds[n - 1].mask;

        if ((bytes[0] & kinds[n - 1].mask) != kinds[n - 1].lead)
            continue;
        for (size_t i = 1; i < n; i++) {
            if ((bytes[i] & 0xc0) != 0x80)
                return 0;
            code = code << 6 | (bytes[i] & 0x3f);
        }
        if (n == 1 && code < 0x20 && code != '\t' && code != '\n' && code != '\r')
            return 0;
        return code >= kinds[n - 1].least && code <= 0x10ffff && (code & ~0x7ffu) != 0xd800 ? n : 0;
    }
    return 0;
}
