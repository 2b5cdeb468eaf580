/* onnx_nesting.c -- how deep the messages of a file are nested, before protobuf-c unpacks them.
 *
 * protobuf-c calls itself for a message in a message, without a limit: forty kilobytes of types of sequences of
 * sequences end the process.  This walks the same bytes along the same descriptors with a stack of its own.  It also
 * refuses what is malformed: where it could not follow, it could not vouch for the depth. */
#include "sim/workload/onnx.h"

enum { MOST_DEEP = 100 };

struct part {
    const ProtobufCMessageDescriptor *is;
    const uint8_t *end;
};

static bool varint(const uint8_t **at, const uint8_t *end, uint64_t *value)
{
    *value = 0;
    for (int shift = 0; shift < 64 && *at < end; shift += 7) {
        const uint8_t byte = *(*at)++;

        *value |= (uint64_t)(byte & 0x7f) << shift;
        if (byte < 0x80)
            return true;
    }
    return false;
}

static bool skip(const uint8_t **at, const uint8_t *end, unsigned wire, uint64_t *length)
{
    uint64_t ignored;

    *length = 0;
    switch (wire) {
    case 0: return varint(at, end, &ignored);
    case 1: *length = 8; break;
    case 2:
        if (!varint(at, end, length))
            return false;
        break;
    case 5: *length = 4; break;
    default: return false; /* groups: protobuf-c knows none either */
    }
    return *length <= (uint64_t)(end - *at);
}

bool sim_onnx_nesting_is_fine(const char *path, const void *bytes, size_t length,
                              struct sim_error *err)
{
    const uint8_t *at = bytes;
    struct part stack[MOST_DEEP] = {{&onnx__model_proto__descriptor, at + length}};
    int depth = 1;

    while (depth > 0) {
        const struct part *part = &stack[depth - 1];
        const ProtobufCFieldDescriptor *field;
        uint64_t tag, size;

        if (at == part->end) {
            depth--;
            continue;
        }
        if (!varint(&at, part->end, &tag) || !skip(&at, part->end, (unsigned)(tag & 7), &size))
            return sim_fail(err, "%s: is no ONNX file, or is cut off.", path);
        field = protobuf_c_message_descriptor_get_field(part->is, (unsigned)(tag >> 3));
        if (field == NULL || (tag & 7) != 2 || field->type != PROTOBUF_C_TYPE_MESSAGE) {
            at += size;
            continue;
        }
        if (depth == MOST_DEEP)
            return sim_fail(err, "%s: its messages are nested more than %d deep.", path, MOST_DEEP);
        stack[depth++] = (struct part){field->descriptor, at + size};
    }
    return true;
}
