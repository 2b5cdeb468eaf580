/* bits.h -- bytes as they go on the wire: small codes packed, words and floats little-endian.
 *
 * The same bytes on every machine, whatever its own byte order. */
#ifndef CODECS_BITS_H
#define CODECS_BITS_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

/* Bytes that `count` codes of `width` bits take, packed. */
static inline size_t bits_bytes(size_t count, int width)
{
    return (count * (size_t)width + 7) / 8;
}

/* Code `i` of `width` <= 16 bits, into bytes that were zeros there; the first code is in the lowest bits. */
static inline void bits_put(unsigned char *bytes, size_t i, int width, unsigned code)
{
    const size_t bit = i * (size_t)width;
    uint32_t shifted = (uint32_t)code << (bit % 8);

    for (size_t at = bit / 8; shifted != 0; at++, shifted >>= 8)
        bytes[at] |= (unsigned char)shifted;
}

static inline unsigned bits_get(const unsigned char *bytes, size_t i, int width)
{
    const size_t bit = i * (size_t)width, end = (bit + (size_t)width + 7) / 8;
    uint32_t window = 0;

    for (size_t at = end; at-- > bit / 8;)
        window = window << 8 | bytes[at];
    return window >> (bit % 8) & ((1u << width) - 1);
}

static inline void bits_put_word(unsigned char *bytes, uint32_t word, int size)
{
    for (int i = 0; i < size; i++)
        bytes[i] = (unsigned char)(word >> 8 * i);
}

static inline uint32_t bits_get_word(const unsigned char *bytes, int size)
{
    uint32_t word = 0;

    for (int i = 0; i < size; i++)
        word |= (uint32_t)bytes[i] << 8 * i;
    return word;
}

/* IEEE 754 single precision, 4 bytes. */
static inline void bits_put_float(unsigned char *bytes, float value)
{
    uint32_t word;

    memcpy(&word, &value, sizeof word);
    bits_put_word(bytes, word, 4);
}

static inline float bits_get_float(const unsigned char *bytes)
{
    const uint32_t word = bits_get_word(bytes, 4);
    float value;

    memcpy(&value, &word, sizeof value);
    return value;
}

#endif
