// SPDX-License-Identifier: BSL-1.0
//
// What the calls by which threads wait for each other cost off a task, where nobody waits, in a
// program that is linked with libweft-interpose.so: the difference to libc's own functions. The
// bar: 5 ns for a mutex locked and unlocked.
//
// Both ways take turns in short rounds, and the fastest round of each counts: what else the machine
// does can only make a round slower.
#include <algorithm>
#include <chrono>
#include <cstdio>

#include <dlfcn.h>
#include <pthread.h>
#include <semaphore.h>

namespace {

constexpr int calls = 20'000;
constexpr int rounds = 400;
constexpr double bar = 5; // ns

pthread_mutex_t plain = PTHREAD_MUTEX_INITIALIZER;
pthread_mutex_t recursive = PTHREAD_RECURSIVE_MUTEX_INITIALIZER_NP;
pthread_rwlock_t rwlock = PTHREAD_RWLOCK_INITIALIZER;
pthread_cond_t cond = PTHREAD_COND_INITIALIZER;
sem_t semaphore;

// A call, or two that belong together, of one library.
struct pair {
    const char* name;
    const char* first;
    const char* second; // null: one call
    void* object;
};

const pair pairs[] = {
    {"mutex", "pthread_mutex_lock", "pthread_mutex_unlock", &plain},
    {"recursive mutex", "pthread_mutex_lock", "pthread_mutex_unlock", &recursive},
    {"read lock", "pthread_rwlock_rdlock", "pthread_rwlock_unlock", &rwlock},
    {"write lock", "pthread_rwlock_wrlock", "pthread_rwlock_unlock", &rwlock},
    {"semaphore", "sem_post", "sem_wait", &semaphore},
    {"signal", "pthread_cond_signal", nullptr, &cond},
};

using function = int (*)(void*);

double ns_a_pair(const pair& p, function first, function second) {
    const auto begin = std::chrono::steady_clock::now();
    for (int i = 0; i < calls; ++i) {
        first(p.object);
        if (second != nullptr) {
            second(p.object);
        }
    }
    const std::chrono::duration<double, std::nano> took = std::chrono::steady_clock::now() - begin;
    return took.count() / calls;
}

function find(void* library, const char* name) {
    return name == nullptr ? nullptr : reinterpret_cast<function>(dlsym(library, name));
}

// How much longer the pair takes through the interposer.
double measure(const pair& p, void* libc) {
    double bare = 1e9;
    double ours = 1e9;
    for (int i = 0; i < rounds; ++i) {
        bare = std::min(bare, ns_a_pair(p, find(libc, p.first), find(libc, p.second)));
        ours =
            std::min(ours, ns_a_pair(p, find(RTLD_DEFAULT, p.first), find(RTLD_DEFAULT, p.second)));
    }
    std::printf("%-16s libc's: %5.1f ns, ours: %5.1f ns, %4.1f ns more\n", p.name, bare, ours,
                ours - bare);
    return ours - bare;
}

} // namespace

int main() {
    void* libc = dlopen("libc.so.6", RTLD_NOW | RTLD_NOLOAD);
    if (find(libc, "pthread_mutex_lock") == find(RTLD_DEFAULT, "pthread_mutex_lock")) {
        std::fputs("thread_calls: not linked with libweft-interpose.so\n", stderr);
        return 2;
    }
    sem_init(&semaphore, 0, 0);
    double of_mutex = 0;
    for (const pair& p : pairs) {
        const double more = measure(p, libc);
        of_mutex = p.object == &plain ? more : of_mutex;
    }
    const char* verdict = of_mutex <= bar ? "PASS" : "MISS";
    std::printf("a mutex: %.1f ns more (bar: at most %.0f)  %s\n", of_mutex, bar, verdict);
    return of_mutex <= bar ? 0 : 1;
}
