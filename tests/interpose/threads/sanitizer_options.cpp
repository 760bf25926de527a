// SPDX-License-Identifier: BSL-1.0
//
// What ThreadSanitizer is not to report in this program: the tests misuse mutexes on purpose, to
// see the right error number, and take several in every order.
extern "C" const char* __tsan_default_options() {
    return "report_mutex_bugs=0:detect_deadlocks=0";
}
