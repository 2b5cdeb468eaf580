/* model_table.c -- everything that is wrong in a table of layers is said in one whole sentence with its place. */
#include "tests/unit/close.h"

#include "sim/workload/model.h"

struct complaint {
    const char *name, *text;
    size_t length;
    const char *said;
};

#define TEXT(literal) (literal), sizeof(literal) - 1
/* line 2 of a table with two columns */
#define ROW(literal) TEXT("name,forward_flop\n" literal)
/* one value of one column, in line 2 */
#define VALUE(column, value) TEXT("name,macs," column "\na,0," value "\n")

static struct complaint heads[] = {
    {"nothing", TEXT(""), "t.csv: holds no table of layers."},
    {"comments alone", TEXT("# nothing\n#\n"), "t.csv: holds no table of layers."},
    {"blank lines alone", TEXT("\n\r\n\n"), "t.csv: holds no table of layers."},
    {"a head alone", TEXT("name,macs\n"), "t.csv: the table holds no layer."},
    {"a column that is near a known one", TEXT("name,foward_flop\na,1\n"),
     "t.csv:1: there is no column 'foward_flop'; did you mean 'forward_flop'?"},
    {"a column that is near to nothing", TEXT("# mine\nname,macs,colour\na,1,red\n"),
     "t.csv:2: there is no column 'colour'; a table of layers has name, kind, parameters, macs, "
     "forward_flop, activation_bytes and others."},
    {"a column with a blank", TEXT("name, macs\na,1\n"),
     "t.csv:1: there is no column ' macs'; did you mean 'macs'?"},
    {"a column without a name", TEXT("name,macs,\na,1,\n"),
     "t.csv:1: there is no column ''; a table of layers has name, kind, parameters, macs, "
     "forward_flop, activation_bytes and others."},
    {"a column twice", TEXT("name,macs,name\na,1,b\n"),
     "t.csv:1: the column 'name' is there twice."},
    {"no names", TEXT("macs\n1\n"), "t.csv:1: the column 'name' is missing."},
    {"no costs", TEXT("name,parameters\na,1\n"),
     "t.csv:1: one of the columns 'forward_flop', 'macs' (1 MAC is 2 flop) and 'forward_seconds' "
     "must be there: what does a layer cost?"},
    {"semicolons for commas", TEXT("name;macs\na;1\n"),
     "t.csv:1: there is no column 'name;macs'; a table of layers has name, kind, parameters, macs, "
     "forward_flop, activation_bytes and others."},
};

static struct complaint rows[] = {
    {"too few fields", ROW("a\n"), "t.csv:2: this row has 1 fields, but there are 2 columns."},
    {"too many fields", ROW("a,1,2\n"), "t.csv:2: this row has 3 fields, but there are 2 columns."},
    {"no name", ROW(",1\n"), "t.csv:2: column 'name': the layer has no name."},
    {"a name with a blank", ROW("a b,1\n"),
     "t.csv:2: column 'name': 'a b' holds a blank, but blanks separate the names in 'reads'."},
    {"no cost", ROW("a,\n"),
     "t.csv:2: layer 'a' has neither forward_flop nor macs nor forward_seconds; write 0 if it "
     "costs "
     "nothing."},
    {"the same name twice", ROW("a,1\nb,1\na,1\n"),
     "t.csv: two layers are called 'a'; `reads` could mean either."},
    {"quotes that never close", ROW("a,1\n\"b,1\nc,1\n"),
     "t.csv:3: the quotes that open in this row never close."},
    {"quotes inside a field", ROW("a\"b,1\n"),
     "t.csv:2: quotes inside a field: put the whole of it in quotes, and double those inside."},
    {"text behind quotes", ROW("\"a\"b,1\n"),
     "t.csv:2: behind closing quotes a comma was expected."},
    {"a byte that is no UTF-8", ROW("a,1\n\xff,1\n"),
     "t.csv:3: this is no text: a byte here is not UTF-8."},
    {"a NUL", ROW("a,1\n\0,1\n"), "t.csv:3: this is no text: a byte here is not UTF-8."},
    {"lines are counted through quotes", ROW("a,1\n\"\n\",1\nb,x\n"),
     "t.csv:3: column 'name': '\n' holds a blank, but blanks separate the names in 'reads'.\n"
     "t.csv:5: column 'forward_flop': 'x' is no flop; write it as in 1Gf."},
    {"all that is wrong at once", ROW(",x\n"),
     "t.csv:2: column 'forward_flop': 'x' is no flop; write it as in 1Gf.\n"
     "t.csv:2: column 'name': the layer has no name."},
};

static struct complaint values[] = {
    {"NaN", VALUE("parameters", "nan"),
     "t.csv:2: column 'parameters': 'nan' is no number; write it as in 8."},
    {"infinite", VALUE("forward_flop", "inf"),
     "t.csv:2: column 'forward_flop': 'inf' is no flop; write it as in 1Gf."},
    {"too large for a double", VALUE("forward_flop", "1e999"),
     "t.csv:2: column 'forward_flop': '1e999' is no flop; write it as in 1Gf."},
    {"negative", VALUE("parameters", "-1"),
     "t.csv:2: column 'parameters': -1 is out of bounds: at least 0 and at most 1e+15."},
    {"negative seconds", VALUE("forward_seconds", "-1ms"),
     "t.csv:2: column 'forward_seconds': -1ms is out of bounds: at least 0 and at most 1e+09."},
    {"half a parameter", VALUE("parameters", "1.5"),
     "t.csv:2: column 'parameters': 1.5 is no whole number."},
    {"half a byte", VALUE("activation_bytes", "12bytes"),
     "t.csv:2: column 'activation_bytes': '12bytes' is no bytes; write it as in 100MB."},
    {"the wrong unit", VALUE("forward_seconds", "3MB"),
     "t.csv:2: column 'forward_seconds': '3MB' is no seconds; write it as in 50us."},
    {"more than can be counted", VALUE("parameters", "1e16"),
     "t.csv:2: column 'parameters': 1e16 is out of bounds: at least 0 and at most 1e+15."},
    {"a batch of none", VALUE("measured_batch", "0"),
     "t.csv:2: column 'measured_batch': 0 is out of bounds: at least 1 and at most 1e+09."},
    {"parameters of no bytes", VALUE("bytes_per_parameter", "0"),
     "t.csv:2: column 'bytes_per_parameter': 0 is out of bounds: at least 1 and at most 16."},
    {"parameters of two sizes", TEXT("name,macs,bytes_per_parameter\na,0,2\nb,0,4\n"),
     "t.csv:3: column 'bytes_per_parameter': it is 4 here and 2 above; one model has one."},
    {"a shape that is none", VALUE("output", "3xx4"),
     "t.csv:2: column 'output': '3xx4' is no shape; write it as in 3x224x224."},
    {"a shape with a star", VALUE("input", "3*4"),
     "t.csv:2: column 'input': '3*4' is no shape; write it as in 3x224x224."},
    {"MACs called flop", TEXT("name,macs,forward_flop\na,1000003,1000003\n"),
     "t.csv:2: column 'forward_flop': 1000003 flop are too few for 1000003 MACs: 1 MAC is 2 flop."},
    {"more flop than MACs can be counted", TEXT("name,forward_flop\na,1e20\n"),
     "t.csv:2: column 'forward_flop': these are more flop than can be counted as MACs."},
    {"a window of nothing", VALUE("kernel", "0"),
     "t.csv:2: column 'kernel': 0 is out of bounds: at least 1 and at most 1e+06."},
    {"a stride of no window", VALUE("stride", "2"),
     "t.csv:2: column 'kernel': a stride or a padding tells nothing without a kernel."},
    {"padding that fills a window", TEXT("name,macs,kernel,padding\na,0,3,3\n"),
     "t.csv:2: column 'padding': 3 is as much as the kernel, 3: some windows would read nothing."},
    {"a window that does not fit its shapes",
     TEXT("name,macs,input,output,kernel,stride\na,0,3x17x19,7x8x7,3,2\n"),
     "t.csv:2: column 'kernel': a window of 3, stride 2, padding 0 does not make 7x8x7 of "
     "3x17x19."},
    {"sums that cannot be counted",
     TEXT("name,macs\na,1e15\nb,1e15\nc,1e15\nd,1e15\ne,1e15\nf,1e15\ng,1e15\nh,1e15\ni,1e15\nj,"
          "1e15\n"),
     "t.csv: its layers together have more than 9007199254740992 bytes or MACs."},
    {"inputs that cannot be counted", TEXT("name,macs,input_bytes\na,0,1e15\nb,0,1\n"),
     "t.csv:3: column 'input_bytes': all rows together are out of bounds."},
};

static struct complaint reads[] = {
    {"a layer that is not there", TEXT("name,macs,reads\nconv1,0,\nb,0,conv2\n"),
     "t.csv: layer 'b' reads 'conv2', but no layer before it has that name; did you mean 'conv1'?"},
    {"a layer that comes later", TEXT("name,macs,reads\na,0,zzzz\nzzzz,0,a\n"),
     "t.csv: layer 'a' reads 'zzzz', but no layer before it has that name."},
    {"a layer that reads itself", TEXT("name,macs,reads\nlong_name,0,long_name\n"),
     "t.csv: layer 'long_name' reads 'long_name', but no layer before it has that name."},
};

static void is_refused(void **state)
{
    const struct complaint *complaint = *state;
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};

    assert_null(sim_model_parse(arena, "t.csv", complaint->text, complaint->length, &err));
    assert_string_equal(err.text, complaint->said);
    sim_arena_close(arena);
}

static void byte_order_marks_comments_and_blank_lines_are_harmless(void **state)
{
    static const char text[] = "\xef\xbb\xbf# a \"net\" of mine\n\nname,macs\n\n#1,7\r\n\r\nb,8";
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const struct sim_model *model = sim_model_parse(arena, "t.csv", text, sizeof text - 1, &err);

    (void)state;
    assert_string_equal(err.text, "");
    assert_int_equal(model->layer_count, 2);
    assert_string_equal(model->layers[0].name, "#1");
    assert_int_equal(model->layers[1].macs, 8);
    sim_arena_close(arena);
}

static void reading_takes_time_and_memory_in_proportion(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_error err = {0};
    const struct sim_model *model;
    char *text = NULL;
    size_t length = 0;
    FILE *file = open_memstream(&text, &length);

    (void)state;
    fputs("name,macs,kind,reads\n", file);
    for (int i = 0; i < 100003; i++)
        fprintf(file, "\"l%d\",%d,\"a \"\"kind\"\"\",%s%d\n", i, i, i > 7 ? "l" : "input",
                i > 7 ? i - 7 : 0);
    fclose(file);
    for (char *c = text; (c = strstr(c, "input0")) != NULL;)
        memcpy(c, "input ", 6);
    model = sim_model_parse(arena, "t.csv", text, length, &err);
    free(text);
    assert_string_equal(err.text, "");
    assert_int_equal(model->layer_count, 100003);
    assert_int_equal(model->layers[100002].sources[0], 99995);
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(byte_order_marks_comments_and_blank_lines_are_harmless),
        cmocka_unit_test(reading_takes_time_and_memory_in_proportion),
    };

    return RUN_CASES(is_refused, heads) + RUN_CASES(is_refused, rows) +
           RUN_CASES(is_refused, values) + RUN_CASES(is_refused, reads) +
           cmocka_run_group_tests(others, NULL, NULL);
}
