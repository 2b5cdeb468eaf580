/* guard_complaints.c -- all that is wrong in a platform's XML is said before SimGrid sees it, and nothing else is
 * opened. */
#include "tests/unit/looking.h"

#include <sys/stat.h>
#include <unistd.h>

struct complaint {
    const char *name, *text, *said; /* without the file's name */
};

#define NO_XML  "this is no well-formed XML: "
#define NO_ROOT ", but a SimGrid platform is <platform version=\"4.1\">."

static struct complaint not_well_formed[] = {
    {"an empty text", "", "1:1: " NO_XML "Document is empty."},
    {"no XML at all", "hello\n", "1:1: " NO_XML "Start tag expected, '<' not found."},
    {"a root that is never closed", "<platform>",
     "1:11: " NO_XML "Premature end of data in tag platform line 1."},
    {"an element that is never closed",
     PLATFORM("<zone id=\"z\" routing=\"Full\">\n<host id=\"a\" speed=\"1Gf\">\n</zone>\n"),
     "6:8: " NO_XML "Opening and ending tag mismatch: host line 5 and zone."},
    {"an attribute twice", "<platform version=\"4.1\" version=\"4\"/>",
     "1:36: " NO_XML "Attribute version redefined."},
    {"two roots", "<platform/><platform/>",
     "1:12: " NO_XML "Extra content at the end of the document."},
    {"a byte that is no UTF-8", "<platform>\xff</platform>",
     "1:11: " NO_XML "Input is not proper UTF-8, indicate encoding !."},
    {"an entity that nobody declares", PLATFORM("&speed;\n"),
     "4:8: " NO_XML "Entity 'speed' not defined."},
    {"an entity that nobody declares, in an attribute", HEAD "<platform version=\"&v;\"/>",
     "3:23: " NO_XML "Entity 'v' not defined."},
    {"billion laughs",
     "<!DOCTYPE p [<!ENTITY a \"ha\"><!ENTITY b \"&a;&a;&a;&a;&a;&a;&a;&a;&a;&a;\">"
     "<!ENTITY c \"&b;&b;&b;&b;&b;&b;&b;&b;&b;&b;\"><!ENTITY d \"&c;&c;&c;&c;&c;&c;&c;&c;&c;&c;\">"
     "<!ENTITY e \"&d;&d;&d;&d;&d;&d;&d;&d;&d;&d;\"><!ENTITY f \"&e;&e;&e;&e;&e;&e;&e;&e;&e;&e;\">"
     "<!ENTITY g \"&f;&f;&f;&f;&f;&f;&f;&f;&f;&f;\">]>\n<platform version=\"&g;\">&g;</platform>",
     "2:23: " NO_XML "Detected an entity reference loop."},
    {"an external entity in an attribute",
     "<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>\n<platform version=\"&x;\"/>",
     "2:23: " NO_XML "Attribute references external entity 'x'."},
};

static struct complaint harmful[] = {
    {"another root", "<config/>", "1: the root element is <config>" NO_ROOT},
    {"another root, in line 3", HEAD "<html>\n</html>", "3: the root element is <html>" NO_ROOT},
    {"an entity of its own", "<!DOCTYPE p [<!ENTITY a \"ha\">]>\n<platform/>",
     " its DOCTYPE declares entities; a platform needs none, and none is ever fetched or "
     "expanded."},
    {"an external entity",
     "<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>\n<platform>&x;</platform>",
     " its DOCTYPE declares entities; a platform needs none, and none is ever fetched or "
     "expanded."},
    {"an external entity of the DOCTYPE itself",
     "<!DOCTYPE p [<!ENTITY % x SYSTEM \"file:///etc/hostname\"> %x;]>\n<platform/>",
     " its DOCTYPE declares entities; a platform needs none, and none is ever fetched or "
     "expanded."},
};

#define TEN  "abcdefghij"
#define LONG TEN TEN TEN TEN TEN TEN TEN TEN TEN TEN

static struct complaint values[] = {
    {"a host without speed", PLATFORM("  <host id=\"a\" speed=\"0f\"/>\n"),
     "4:3: speed=\"0f\" must be greater than 0."},
    {"a host with negative speed", PLATFORM("  <host id=\"a\" speed=\"-1.3Gf\"/>\n"),
     "4:3: speed=\"-1.3Gf\" must be greater than 0."},
    {"a cluster without speed", PLATFORM("<cluster id=\"c\" speed=\"0\"/>\n"),
     "4:1: speed=\"0\" must be greater than 0."},
    {"a link without bandwidth",
     PLATFORM("<link id=\"l\" bandwidth=\"0Bps\"/><route><link_ctn id=\"l\"/></route>\n"),
     "4:1: bandwidth=\"0Bps\" must be greater than 0."},
    {"a link with negative bandwidth and latency",
     PLATFORM("<link id=\"l\" bandwidth=\"-7MBps\" latency=\"-50us\"/><route><link_ctn "
              "id=\"l\"/></route>\n"),
     "4:1: bandwidth=\"-7MBps\" must be greater than 0.\nplatforms/p.xml:4:1: latency=\"-50us\" "
     "must not be "
     "negative."},
    {"a cluster's cards and backbone",
     PLATFORM("  <cluster id=\"c\" bw=\"-1Bps\" lat=\"-1s\" bb_bw=\"0\" bb_lat=\"-1\"/>\n"),
     "4:3: bw=\"-1Bps\" must be greater than 0.\nplatforms/p.xml:4:3: lat=\"-1s\" must not be "
     "negative.\n"
     "platforms/p.xml:4:3: bb_bw=\"0\" must be greater than 0.\nplatforms/p.xml:4:3: bb_lat=\"-1\" "
     "must not "
     "be negative."},
    {"a peer's two ways", PLATFORM("<peer id=\"p\" speed=\"1Gf\" bw_in=\"0\" bw_out=\"-1\"/>\n"),
     "4:1: bw_in=\"0\" must be greater than 0.\nplatforms/p.xml:4:1: bw_out=\"-1\" must be greater "
     "than 0."},
    {"a speed written with a character reference", PLATFORM("<host id=\"a\" speed=\"0&#102;\"/>\n"),
     "4:1: speed=\"0f\" must be greater than 0."},
    {"every bad host is told",
     PLATFORM("  <host id=\"a\" speed=\"0f\"/>\n<host id=\"b\" speed=\"1f\"/>\n    <host id=\"c\" "
              "speed=\"0\"/>\n"),
     "4:3: speed=\"0f\" must be greater than 0.\nplatforms/p.xml:6:5: speed=\"0\" must be greater "
     "than 0."},
    {"a host in a text that begins with its root",
     "<platform><host id=\"a\" speed=\"0\"/></platform>",
     "1:11: speed=\"0\" must be greater than 0."},
    {"a host behind a comment and a section that hold one too",
     PLATFORM("<!-- <host\n> --><prop><![CDATA[ <host> ]]></prop><?host <host ?>\n <host "
              "id=\"\xc3\xa9\"/><host id=\"b\" speed=\"0\"/>\n"),
     "6:16: speed=\"0\" must be greater than 0."},
    {"the second of two hosts in a line",
     PLATFORM("<host id=\"a\" speed=\"1f\"/> <host id=\"b\" speed=\"0\"/>\n"),
     "4:27: speed=\"0\" must be greater than 0."},
    {"a host behind an element whose name begins alike",
     PLATFORM("<host_link id=\"a\" up=\"u\"/><host id=\"b\" speed=\"0\"/>\n"),
     "4:27: speed=\"0\" must be greater than 0."},
    {"an element with a name of a hundred letters", PLATFORM("  <" LONG " speed=\"0\"/>\n"),
     "4:3: speed=\"0\" must be greater than 0."},
    {"an element that goes over two lines is where it begins",
     PLATFORM("  <host id=\"a\"\n    speed=\"0\"/>\n"), "4:3: speed=\"0\" must be greater than 0."},
};

static struct complaint names[] = {
    {"a host twice", PLATFORM("  <host id=\"a\" speed=\"1f\"/>\n  <host id=\"a\" speed=\"1f\"/>\n"),
     "5:3: there is already a host 'a', in line 4."},
    {"a link twice",
     PLATFORM("<link id=\"l\"/>\n<route><link_ctn id=\"l\"/></route>\n<link id=\"l\"/>\n"),
     "6:1: there is already a link 'l', in line 4."},
    {"a host twice in two zones",
     PLATFORM("<zone><host id=\"a\"/></zone>\n<zone><host id=\"a\"/></zone>\n"),
     "5:7: there is already a host 'a', in line 4."},
    {"a link that no route names", PLATFORM("  <link id=\"spare\" bandwidth=\"1MBps\"/>\n"),
     "4:3: no route names the link 'spare', so it would change nothing."},
    {"of several links that no route names, the first in the file is told first",
     PLATFORM("<link id=\"zeta\"/>\n<link id=\"beta\"/>\n<link id=\"used\"/>\n<link "
              "id=\"alpha\"/>\n<link "
              "id=\"omega\"/>\n"
              "<route><link_ctn id=\"used\"/></route>\n"),
     "4:1: no route names the link 'zeta', so it would change nothing.\n"
     "platforms/p.xml:5:1: no route names the link 'beta', so it would change nothing.\n"
     "platforms/p.xml:7:1: no route names the link 'alpha', so it would change nothing.\n"
     "platforms/p.xml:8:1: no route names the link 'omega', so it would change nothing."},
    {"one end of a link that only looks split",
     PLATFORM("<link id=\"l\"/><route><link_ctn id=\"l_LEFT\"/></route>\n"),
     "4:1: no route names the link 'l', so it would change nothing."},
    {"an absolute profile",
     PLATFORM("<host id=\"a\" speed=\"1f\" speed_file=\"/etc/hostname\"/>\n"),
     "4:1: speed_file=\"/etc/hostname\": SimGrid 3.32 opens profiles only by paths that are "
     "relative to the "
     "platform file."},
    {"a profile that is not there",
     PLATFORM("<host id=\"a\" speed=\"1f\" state_file=\"none.profile\"/>\n"),
     "4:1: state_file=\"none.profile\": there is no such file beside platforms/p.xml."},
};

/* Seven times, since libxml2's hash tables have a new order each time. */
static void complains(void **state)
{
    const struct complaint *c = *state;
    char said[1024];

    snprintf(said, sizeof said, "platforms/p.xml:%s", c->said);
    for (int i = 0; i < 7; i++) {
        struct looked l;

        look_at(&l, c->text);
        assert_string_equal(l.err.text, said);
        leave(&l);
    }
}

static void nesting_without_end_is_refused(void **state)
{
    char *text = calloc(3000, 11);
    struct looked l;

    (void)state;
    for (int i = 0; i < 3000; i++)
        strcpy(text + 10 * i, "<platform>");
    look_at(&l, text);
    assert_string_equal(l.err.text, "platforms/p.xml:1:2571: " NO_XML
                                    "Excessive depth in document: 256 use XML_PARSE_HUGE option.");
    leave(&l);
    free(text);
}

static void a_NUL_byte_is_refused(void **state)
{
    struct looked l;

    (void)state;
    look(&l, "p.xml", "<platform \0/>", 13);
    assert_false(l.fine);
    leave(&l);
}

static void what_was_already_wrong_stays_told(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_platform_facts facts;
    struct sim_error err = {0};

    (void)state;
    sim_fail(&err, "Before.");
    assert_false(sim_guard_platform_text("p.xml", "<a>", 3, &facts, arena, &err));
    assert_int_equal(err.count, 2);
    assert_string_equal(err.text,
                        "Before.\np.xml:1:4: " NO_XML "Premature end of data in tag a line 1.");
    assert_true(sim_guard_platform_text("p.xml", "<platform/>", 11, &facts, arena, &err));
    assert_int_equal(err.count, 2);
    sim_arena_close(arena);
}

/* ---- what is never opened ---- */

/* To open a fifo that nobody writes to would take for ever; the alarm would end the program. */
static void no_external_entity_and_no_DTD_is_ever_opened(void **state)
{
    static const char *const texts[] = {
        "<!DOCTYPE p SYSTEM \"file://%s\">\n<platform/>",
        "<!DOCTYPE p [<!ENTITY x SYSTEM \"file://%s\">]>\n<platform>&x;</platform>",
        "<!DOCTYPE p [<!ENTITY x SYSTEM \"%s\">]>\n<platform version=\"&x;\"/>",
        "<!DOCTYPE p [<!ENTITY %% x SYSTEM \"file://%s\"> %%x;]>\n<platform/>",
        "<platform xmlns:xi=\"http://www.w3.org/2001/XInclude\"><xi:include "
        "href=\"%s\"/></platform>",
    };
    char folder[] = "/tmp/dmlsim-XXXXXX", fifo[64], text[256];

    (void)state;
    assert_non_null(mkdtemp(folder));
    snprintf(fifo, sizeof fifo, "%s/fifo", folder);
    assert_int_equal(mkfifo(fifo, 0600), 0);
    alarm(120);
    for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
        struct looked l;

        snprintf(text, sizeof text, texts[i], fifo);
        look_at(&l, text);
        assert_int_equal(l.fine, i == 0 || i == 4);
        leave(&l);
    }
    alarm(0);
    remove(fifo);
    remove(folder);
}

static void the_text_of_an_external_entity_is_in_no_complaint(void **state)
{
    char host[256] = "";
    struct looked l;

    (void)state;
    gethostname(host, sizeof host - 1);
    look_at(&l, "<!DOCTYPE p [<!ENTITY x SYSTEM \"file:///etc/hostname\">]>\n<!-- &x; "
                "--><platform>&x;</platform>");
    assert_false(l.fine);
    assert_true(host[0] == '\0' || strlen(host) < 3 || strstr(l.err.text, host) == NULL);
    leave(&l);
}

static void a_missing_platform_is_refused(void **state)
{
    struct sim_arena *arena = sim_arena_open();
    struct sim_platform_facts facts;
    struct sim_error err = {0};

    (void)state;
    assert_false(sim_guard_platform("platforms/none.xml", &facts, arena, &err));
    assert_string_equal(err.text, "platforms/none.xml: cannot be read: No such file or directory.");
    sim_arena_close(arena);
}

int main(void)
{
    const struct CMUnitTest others[] = {
        cmocka_unit_test(nesting_without_end_is_refused),
        cmocka_unit_test(a_NUL_byte_is_refused),
        cmocka_unit_test(what_was_already_wrong_stays_told),
        cmocka_unit_test(no_external_entity_and_no_DTD_is_ever_opened),
        cmocka_unit_test(the_text_of_an_external_entity_is_in_no_complaint),
        cmocka_unit_test(a_missing_platform_is_refused),
    };

    return RUN_CASES(complains, not_well_formed) + RUN_CASES(complains, harmful) +
           RUN_CASES(complains, values) + RUN_CASES(complains, names) +
           cmocka_run_group_tests(others, NULL, NULL);
}
