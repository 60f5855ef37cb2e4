/* test_utf8.c: what is UTF-8 and what is not, and that nothing gets through as text, JSON or base64 that
 * could do harm or be lost. Neighbours: utf8.h; the expected decodings were made with Python. */
#include "utf8.h"

#include "check.h"
#include "random.h"
#include "readers.h"
#include "room.h"

struct bytes {
    const char *at;
    size_t len;
};

/* No two versions of it agree on this. */
/* clang-format off */
#define BYTES(literal) {(literal), sizeof(literal) - 1}
/* clang-format on */

#define REPLACEMENT "\xef\xbf\xbd"

/* ---- decoding ---- */

/* Decode all of it, each piece that is not UTF-8 replaced. Returns the length. */
static size_t decode(const char *s, size_t len, const char *replacement, char *out)
{
    const char *const end = s + len;
    char *p = out;

    while (s < end) {
        const char *const start = s;
        uint32_t c;
        const bool valid = utf8_take(&s, end, &c);

        if (!CHECK(s > start && s <= end && s - start <= 4))
            exit(1);
        memcpy(p, valid ? start : replacement, valid ? (size_t)(s - start) : strlen(replacement));
        p += valid ? (size_t)(s - start) : strlen(replacement);
    }
    return (size_t)(p - out);
}

/* '@' stands for one U+FFFD of bytes.decode('utf-8', 'replace'). */
static void each_longest_beginning_of_a_character_is_one_replacement(void)
{
    static const struct {
        const char *what;
        struct bytes raw, decoded;
    } cases[] = {
        {"a lone continuation byte", BYTES("\x80"), BYTES("@")},
        {"two lone continuation bytes", BYTES("\x80\xbf"), BYTES("@@")},
        {"every continuation between letters", BYTES("\x61\x80\x62\xbf\x63"), BYTES("\x61@\x62@\x63")},
        {"an overlong slash in two bytes", BYTES("\xc0\xaf"), BYTES("@@")},
        {"the largest overlong in two bytes", BYTES("\xc1\xbf"), BYTES("@@")},
        {"an overlong slash in three bytes", BYTES("\xe0\x80\xaf"), BYTES("@@@")},
        {"the largest overlong in three bytes", BYTES("\xe0\x9f\xbf"), BYTES("@@@")},
        {"an overlong slash in four bytes", BYTES("\xf0\x80\x80\xaf"), BYTES("@@@@")},
        {"the largest overlong in four bytes", BYTES("\xf0\x8f\xbf\xbf"), BYTES("@@@@")},
        {"an overlong NUL", BYTES("\xc0\x80"), BYTES("@@")},
        {"the first surrogate", BYTES("\xed\xa0\x80"), BYTES("@@@")},
        {"the last surrogate", BYTES("\xed\xbf\xbf"), BYTES("@@@")},
        {"a pair of surrogates", BYTES("\xed\xa0\xbd\xed\xb8\x80"), BYTES("@@@@@@")},
        {"one above U+10FFFF", BYTES("\xf4\x90\x80\x80"), BYTES("@@@@")},
        {"far above U+10FFFF", BYTES("\xf5\x80\x80\x80"), BYTES("@@@@")},
        {"five bytes, as of old", BYTES("\xf8\x88\x80\x80\x80"), BYTES("@@@@@")},
        {"six bytes, as of old", BYTES("\xfc\x84\x80\x80\x80\x80"), BYTES("@@@@@@")},
        {"FE and FF", BYTES("\xfe\xff"), BYTES("@@")},
        {"the first of two, cut short", BYTES("\xc3"), BYTES("@")},
        {"the first of two, then a letter", BYTES("\xc3\x28"), BYTES("@\x28")},
        {"the first of three, cut short", BYTES("\xe2"), BYTES("@")},
        {"two of three, cut short", BYTES("\xe2\x82"), BYTES("@")},
        {"two of three, then a letter", BYTES("\xe2\x82\x41"), BYTES("@\x41")},
        {"the first of four, cut short", BYTES("\xf0"), BYTES("@")},
        {"two of four, cut short", BYTES("\xf0\x9f"), BYTES("@")},
        {"three of four, cut short", BYTES("\xf0\x9f\x98"), BYTES("@")},
        {"three of four, then a letter", BYTES("\xf0\x9f\x98\x7a"), BYTES("@\x7a")},
        {"three of four, then a whole one", BYTES("\xf0\x9f\x98\xc3\xa9"), BYTES("@\xc3\xa9")},
        {"starts after starts", BYTES("\xc3\xc3\xc3\xa9"), BYTES("@@\xc3\xa9")},
        {"Unicode, table 3-8", BYTES("\xc0\xaf\xe0\x80\xbf\xf0\x81\x82\x41"), BYTES("@@@@@@@@\x41")},
        {"Unicode, table 3-9", BYTES("\xed\xa0\x80\xed\xbf\xbf\xed\xaf\x41"), BYTES("@@@@@@@@\x41")},
        {"Unicode, table 3-10", BYTES("\xf4\x91\x92\x93\xff\x41\x80\xbf\x42"), BYTES("@@@@@\x41@@\x42")},
        {"Unicode, table 3-11", BYTES("\xe1\x80\xe2\xf0\x91\x92\xf1\xbf\x41"), BYTES("@@@@\x41")},
        {"latin-1", BYTES("\x63\x61\x66\xe9"), BYTES("\x63\x61\x66@")},
        {"a continuation too many", BYTES("\xc3\xa9\xa9"), BYTES("\xc3\xa9@")},
        {"U+FFFD itself, then a broken one", BYTES("\xef\xbf\xbd\xff"), BYTES("\xef\xbf\xbd@")},
        {"ASCII", BYTES("a\0\x7f"), BYTES("a\0\x7f")},
    };
    char out[64];

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        struct room exact = room_new(cases[i].raw.len);
        size_t len;

        check_case("%s", cases[i].what);
        memcpy(exact.bytes, cases[i].raw.at, cases[i].raw.len);
        len = decode(exact.bytes, exact.size, "@", out);
        CHECK_MEM(out, len, cases[i].decoded.at, cases[i].decoded.len);
        CHECK_EQ(utf8_valid(exact.bytes, exact.size), memchr(cases[i].decoded.at, '@', len) == NULL);
        room_free(&exact);
    }
    check_case_over();
}

/* Every sequence of up to four of these bytes: each border of every class is among them. The sum is of
 *   for n in 1, 2, 3, 4: for s in itertools.product(borders, repeat=n):
 *       fnv1a(bytes(s).decode('utf-8', 'replace').encode() + b'\xff')
 */
static void all_sequences_of_border_bytes_are_decoded_as_by_python(void)
{
    static const char borders[] = "\x00\x41\x7f\x80\x8f\x90\x9f\xa0\xbf\xc0\xc1\xc2\xdf"
                                  "\xe0\xe1\xec\xed\xee\xef\xf0\xf1\xf3\xf4\xf5\xff";
    const size_t count = sizeof(borders) - 1;
    uint64_t sum = 0xcbf29ce484222325;

    for (size_t n = 1, combinations = count; n <= 4; n++, combinations *= count) {
        for (size_t i = 0; i < combinations; i++) {
            char s[4], out[16];
            size_t rest = i, len;

            for (size_t j = n; j-- > 0; rest /= count)
                s[j] = borders[rest % count];
            len = decode(s, n, REPLACEMENT, out);
            out[len++] = '\xff';
            for (size_t j = 0; j < len; j++)
                sum = (sum ^ (unsigned char)out[j]) * 0x100000001b3;
        }
    }
    CHECK(sum == 0xe07deea03ccff807);
}

/* ---- every code point ---- */

/* From the definition, not from the code under test. */
static size_t encode(uint32_t c, char out[4])
{
    if (c < 0x80) {
        out[0] = (char)c;
        return 1;
    }
    if (c < 0x800) {
        out[0] = (char)(0xc0 | c >> 6);
        out[1] = (char)(0x80 | (c & 63));
        return 2;
    }
    if (c < 0x10000) {
        out[0] = (char)(0xe0 | c >> 12);
        out[1] = (char)(0x80 | (c >> 6 & 63));
        out[2] = (char)(0x80 | (c & 63));
        return 3;
    }
    out[0] = (char)(0xf0 | c >> 18);
    out[1] = (char)(0x80 | (c >> 12 & 63));
    out[2] = (char)(0x80 | (c >> 6 & 63));
    out[3] = (char)(0x80 | (c & 63));
    return 4;
}

static bool within(uint32_t c, const uint32_t (*ranges)[2], size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (c >= ranges[i][0] && c <= ranges[i][1])
            return true;
    return false;
}

static bool breaks_lines(uint32_t c)
{
    static const uint32_t ranges[][2] = {{0x00, 0x1f}, {0x7f, 0x9f}, {0x2028, 0x2029}};

    return within(c, ranges, COUNT_OF(ranges));
}

/* Unicode's property Bidi_Control, and the byte order mark. */
static bool reorders(uint32_t c)
{
    static const uint32_t ranges[][2] = {
        {0x061c, 0x061c}, {0x200e, 0x200f}, {0x202a, 0x202e}, {0x2066, 0x2069}, {0xfeff, 0xfeff}};

    return within(c, ranges, COUNT_OF(ranges));
}

static size_t expected_text(uint32_t c, const char *s, size_t len, unsigned flags, char *out)
{
    const bool hex = breaks_lines(c) || ((flags & ESCAPE_TERMINAL) && reorders(c));

    if (c == '\t' || c == '\n')
        return (size_t)sprintf(out, "\\%c", c == '\t' ? 't' : 'n');
    if (c == '\\' && (flags & ESCAPE_BACKSLASH))
        return (size_t)sprintf(out, "\\\\");
    if (c == '"' && (flags & ESCAPE_QUOTES))
        return (size_t)sprintf(out, "\"\"");
    if (!hex) {
        memcpy(out, s, len);
        return len;
    }
    for (size_t i = 0; i < len; i++)
        sprintf(out + 4 * i, "\\x%02x", (unsigned char)s[i]);
    return 4 * len;
}

static size_t expected_json(uint32_t c, const char *s, size_t len, char *out)
{
    static const char shorts[] = "\"\"\\\\\bb\ff\nn\rr\tt";

    for (size_t i = 0; i < sizeof(shorts) - 1; i += 2)
        if (c == (unsigned char)shorts[i])
            return (size_t)sprintf(out, "\\%c", shorts[i + 1]);
    if (breaks_lines(c) || reorders(c))
        return (size_t)sprintf(out, "\\u%04x", c);
    memcpy(out, s, len);
    return len;
}

static void every_character_is_itself_or_its_escape(void)
{
    for (uint32_t c = 0; c <= 0x10ffff; c++) {
        char s[4], got[32], wanted[32];
        const char *at = s;
        uint32_t taken = 0;
        bool lossy = false;
        size_t len;

        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        len = encode(c, s);
        if (c < 0x3000 || c % 251 == 0 || c > 0x10fff0 || (c & 0xffff) > 0xfef0)
            check_case("U+%04X", c);
        else
            check_case_over();
        if (!CHECK(utf8_take(&at, s + len, &taken)) || !CHECK_EQ(taken, c) || !CHECK(at == s + len))
            return;
        for (unsigned flags = 0; flags < 8; flags++)
            CHECK_MEM(got, (size_t)(utf8_put_text(got, s, len, flags) - got), wanted,
                      expected_text(c, s, len, flags, wanted));
        CHECK_MEM(got, (size_t)(utf8_put_json(got, s, len, &lossy) - got), wanted,
                  expected_json(c, s, len, wanted));
        CHECK(!lossy);
    }
    check_case_over();
}

static void every_character_cut_short_is_not_valid(void)
{
    for (uint32_t c = 0x80; c <= 0x10ffff; c += 7) {
        char s[4];
        size_t len;

        if (c >= 0xd800 && c <= 0xdfff)
            continue;
        check_case("U+%04X", c);
        len = encode(c, s);
        CHECK(utf8_valid(s, len));
        for (size_t cut = 1; cut < len; cut++) {
            const char *at = s;
            uint32_t taken;

            CHECK(!utf8_valid(s, cut));
            CHECK(!utf8_take(&at, s + cut, &taken));
            CHECK(at == s + cut);
        }
    }
    check_case_over();
}

/* ---- text ---- */

static void text_shows_each_byte_that_is_not_utf8(void)
{
    static const char name[] = "caf\xe9 \xf0\x9f\x98 \xc3\xa9\\\r\x1b[31m\"";
    char out[4 * sizeof(name)];
    char *end = utf8_put_text(out, name, sizeof(name) - 1, ESCAPE_BACKSLASH);

    *end = '\0';
    CHECK_STR(out, "caf\\xe9 \\xf0\\x9f\\x98 \xc3\xa9\\\\\\x0d\\x1b[31m\"");
    end = utf8_put_text(out, name, sizeof(name) - 1, ESCAPE_QUOTES);
    *end = '\0';
    CHECK_STR(out, "caf\\xe9 \\xf0\\x9f\\x98 \xc3\xa9\\\\x0d\\x1b[31m\"\"");
}

/* Bytes as names have them, with what is rare in random bytes made frequent. */
static size_t random_name(char *name, size_t max)
{
    static const char *const pieces[] = {
        "a",
        "\\",
        "\"",
        "\n",
        "\t",
        "\x1b",
        "\x7f",
        "\xc2\x85",
        "\xe2\x80\xa8",
        "\xc3",
        "\xe2",
        "\xf0\x9f",
        "\xed\xa0\x80",
        "\xef\xbb",
        "\xef\xbb\xbf",
        "\xe2\x80\xae",
        "\\x41",
        "\xf4\x90",
    };
    size_t len = 0;

    while (len + 4 < max && random_below(40) > 0) {
        const char *const piece = pieces[random_below(COUNT_OF(pieces))];

        if (random_below(3) == 0) {
            name[len++] = (char)random_next();
        } else {
            memcpy(name + len, piece, strlen(piece));
            len += strlen(piece);
        }
    }
    return len;
}

static void text_is_valid_without_controls_and_can_be_turned_back(void)
{
    const size_t rounds = random_rounds(20000);

    for (size_t i = 0; i < rounds; i++) {
        char name[64], back[4 * sizeof(name)];
        const size_t len = random_name(name, sizeof(name));
        const unsigned flags = (unsigned)random_below(2) * ESCAPE_TERMINAL | ESCAPE_BACKSLASH;
        struct room room = room_new(4 * len);
        const size_t text_len = (size_t)(utf8_put_text(room.bytes, name, len, flags) - room.bytes);
        long back_len;

        check_case("round %zu", i);
        CHECK_ROOM(room, text_len);
        CHECK(is_utf8(room.bytes, text_len));
        for (size_t j = 0; j < text_len; j++)
            CHECK((unsigned char)room.bytes[j] >= 0x20 && room.bytes[j] != 0x7f);
        back_len = read_text(room.bytes, text_len, back);
        if (CHECK(back_len >= 0))
            CHECK_MEM(back, (size_t)back_len, name, len);
        room_free(&room);
    }
    check_case_over();
}

static void no_byte_needs_more_room_than_promised(void)
{
    for (int c = 0; c < 256; c++) {
        char name[32];

        memset(name, c, sizeof(name));
        for (size_t len = 0; len <= sizeof(name); len++) {
            bool lossy = false;
            struct room text = room_new(4 * len), json = room_new(6 * len);

            check_case("%zu bytes 0x%02x", len, (unsigned)c);
            for (unsigned flags = 0; flags < 8; flags++)
                CHECK_ROOM(text, (size_t)(utf8_put_text(text.bytes, name, len, flags) - text.bytes));
            CHECK_ROOM(json, (size_t)(utf8_put_json(json.bytes, name, len, &lossy) - json.bytes));
            CHECK_EQ(lossy, c >= 0x80 && len > 0);
            room_free(&text);
            room_free(&json);
        }
    }
    check_case_over();
}

/* ---- JSON ---- */

static void json_replaces_what_is_not_utf8_and_says_so(void)
{
    static const char name[] = "a\xffz\xe2\x82\"\xed\xa0\x80";
    char out[6 * sizeof(name)];
    bool lossy = false;
    char *const end = utf8_put_json(out, name, sizeof(name) - 1, &lossy);

    *end = '\0';
    CHECK_STR(out, "a" REPLACEMENT "z" REPLACEMENT "\\\"" REPLACEMENT REPLACEMENT REPLACEMENT);
    CHECK(lossy);
}

static void json_never_takes_back_that_something_was_lost(void)
{
    char out[64];
    bool lossy = true;

    utf8_put_json(out, "fine", 4, &lossy);
    CHECK(lossy);
}

static void a_genuine_replacement_character_is_no_loss(void)
{
    char out[64];
    bool lossy = false;
    char *const end = utf8_put_json(out, REPLACEMENT, 3, &lossy);

    CHECK_MEM(out, (size_t)(end - out), REPLACEMENT, 3);
    CHECK(!lossy);
}

static void json_stays_within_its_room_and_holds_no_raw_control(void)
{
    const size_t rounds = random_rounds(20000);

    for (size_t i = 0; i < rounds; i++) {
        char name[64];
        const size_t len = random_name(name, sizeof(name));
        struct room room = room_new(6 * len);
        bool lossy = false;
        const size_t json_len = (size_t)(utf8_put_json(room.bytes, name, len, &lossy) - room.bytes);

        check_case("round %zu", i);
        CHECK_ROOM(room, json_len);
        CHECK(is_utf8(room.bytes, json_len));
        CHECK_EQ(lossy, !is_utf8(name, len));
        for (size_t j = 0; j < json_len; j++)
            CHECK((unsigned char)room.bytes[j] >= 0x20 && room.bytes[j] != 0x7f);
        room_free(&room);
    }
    check_case_over();
}

/* ---- base64 ---- */

static void base64_is_that_of_rfc_4648(void)
{
    static const struct {
        struct bytes raw;
        const char *coded;
    } cases[] = {
        {BYTES(""), ""},
        {BYTES("f"), "Zg=="},
        {BYTES("fo"), "Zm8="},
        {BYTES("foo"), "Zm9v"},
        {BYTES("foob"), "Zm9vYg=="},
        {BYTES("fooba"), "Zm9vYmE="},
        {BYTES("foobar"), "Zm9vYmFy"},
        {BYTES("\0"), "AA=="},
        {BYTES("\0\0\0"), "AAAA"},
        {BYTES("\xff\xff\xff"), "////"},
        {BYTES("\xfb\xef\xbe"), "++++"},
        {BYTES("\x00\x10\x83\x10\x51\x87\x20\x92\x8b\x30\xd3\x8f\x41\x14\x93\x51\x55\x97\x61\x96\x9b\x71\xd7"
               "\x9f"),
         "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdef"},
        {BYTES("\x82\x18\xa3\x92\x59\xa7\xa2\x9a\xab\xb2\xdb\xaf\xc3\x1c\xb3\xd3\x5d\xb7\xe3\x9e\xbb\xf3\xdf"
               "\xbf"),
         "ghijklmnopqrstuvwxyz0123456789+/"},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        const struct bytes raw = cases[i].raw;

        for (size_t split = 0; split <= raw.len; split++) {
            struct room room = room_new(BASE64_BOUND(raw.len));
            size_t len;

            check_case("%s, split after %zu", cases[i].coded, split);
            len =
                (size_t)(base64_put(room.bytes, raw.at, split, raw.at + split, raw.len - split) - room.bytes);
            CHECK_MEM(room.bytes, len, cases[i].coded, strlen(cases[i].coded));
            CHECK_ROOM(room, len);
            CHECK_EQ(len, room.size);
            room_free(&room);
        }
    }
    check_case_over();
}

/* Strings are looked at in pieces: in each length, what is special is seen at each place. */
static void what_is_special_is_found_wherever_it_stands(void)
{
    static const char special[] = {'"', '\\', '\n', '\x7f', '\x1f', '\x80', '\xff'};
    char raw[50], wanted[4 * sizeof(raw)];

    for (size_t len = 1; len <= sizeof(raw); len++)
        for (size_t at = 0; at < len; at++)
            for (size_t i = 0; i < sizeof(special); i++) {
                const char c = special[i];
                struct room room;
                size_t out_len = 0;

                memset(raw, 'a', len);
                raw[at] = c;
                for (size_t j = 0; j < len; j++) {
                    if (j != at)
                        wanted[out_len++] = 'a';
                    else if (c == '"')
                        wanted[out_len++] = c;
                    else if (c == '\n' || c == '\\')
                        out_len += (size_t)sprintf(wanted + out_len, c == '\n' ? "\\n" : "\\\\");
                    else
                        out_len += (size_t)sprintf(wanted + out_len, "\\x%02x", (unsigned char)c);
                }
                room = room_new(4 * len);
                check_case("%zu bytes, %#x at %zu", len, (unsigned char)c, at);
                CHECK_MEM(room.bytes,
                          (size_t)(utf8_put_text(room.bytes, raw, len, ESCAPE_BACKSLASH) - room.bytes),
                          wanted, out_len);
                room_free(&room);
            }
    check_case_over();
}

int main(void)
{
    random_start();
    each_longest_beginning_of_a_character_is_one_replacement();
    all_sequences_of_border_bytes_are_decoded_as_by_python();
    every_character_is_itself_or_its_escape();
    every_character_cut_short_is_not_valid();
    text_shows_each_byte_that_is_not_utf8();
    text_is_valid_without_controls_and_can_be_turned_back();
    no_byte_needs_more_room_than_promised();
    json_replaces_what_is_not_utf8_and_says_so();
    json_never_takes_back_that_something_was_lost();
    a_genuine_replacement_character_is_no_loss();
    json_stays_within_its_room_and_holds_no_raw_control();
    base64_is_that_of_rfc_4648();
    what_is_special_is_found_wherever_it_stands();
    return check_status();
}
