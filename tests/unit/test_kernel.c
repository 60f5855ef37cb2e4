/* test_kernel.c: releases of kernels as distributions write them, and what is none. Neighbours: kernel.h. */
#include "kernel.h"

#include "check.h"

static void a_release_is_too_old_below_4_18(void)
{
    static const struct {
        const char *release;
        bool is_too_old;
    } cases[] = {
        {"4.18", false},
        {"4.18.0", false},
        {"4.18.0-553.el8", false},
        {"4.18-rc1", false},
        {"4.19.0-27-amd64", false},
        {"4.100", false},
        {"5.0", false},
        {"5.1.2", false},
        {"5.10.0-32-amd64", false},
        {"6.1-rc3", false},
        {"6.18.44-custom", false},
        {"10.0", false},
        {"18446744073709551616.1", false},
        {"4.18446744073709551616", false},
        {"4.17.19", true},
        {"4.9.337", true},
        {"4.2", true},
        {"4.1-rc18", true},
        {"4.0", true},
        {"4.15.0-213-generic", true},
        {"3.10.0-1160.el7.x86_64", true},
        {"3.18", true},
        {"2.6.78-pve", true},
        {"0.1", true},
    };

    for (size_t i = 0; i < COUNT_OF(cases); i++) {
        check_case("'%s'", cases[i].release);
        CHECK_EQ(kernel_is_too_old(cases[i].release), cases[i].is_too_old);
    }
    check_case_over();
}

static void what_is_no_release_decides_nothing(void)
{
    static const char *const texts[] = {"",     "4",    "3",    "2.",    "2.x",  ".6",   "-2.6", "+2.6",
                                        " 2.6", "v2.6", "2 .6", "2. 6",  "2.-6", "2-6",  "x",    "Linux",
                                        "2,6",  "2..6", "\n",   "2\n.6", "3.+1", "0x2.6"};

    for (size_t i = 0; i < COUNT_OF(texts); i++) {
        check_case("'%s'", texts[i]);
        CHECK(!kernel_is_too_old(texts[i]));
    }
    check_case_over();
}

int main(void)
{
    a_release_is_too_old_below_4_18();
    what_is_no_release_decides_nothing();
    return check_status();
}
