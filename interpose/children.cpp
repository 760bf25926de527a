// SPDX-License-Identifier: BSL-1.0
//
// Waiting for children.
#include "interpose/hook.hpp"

#include <cstdio>

#include <sys/wait.h>

WEFT_HOOK(restarted, pid_t, wait, wait, (int* status), (status))
WEFT_HOOK(restarted, pid_t, __wait, wait, (int* status), (status))
WEFT_HOOK(restarted, pid_t, waitpid, waitpid, (pid_t pid, int* status, int options),
          (pid, status, options))
WEFT_HOOK(restarted, pid_t, __waitpid, waitpid, (pid_t pid, int* status, int options),
          (pid, status, options))
WEFT_HOOK(restarted, pid_t, wait3, wait3, (int* status, int options, rusage* usage),
          (status, options, usage))
WEFT_HOOK(restarted, pid_t, wait4, wait4, (pid_t pid, int* status, int options, rusage* usage),
          (pid, status, options, usage))
WEFT_HOOK(restarted, int, waitid, waitid, (idtype_t type, id_t id, siginfo_t* info, int options),
          (type, id, info, options))
WEFT_HOOK(in_thread, int, system, system, (const char* command), (command))
WEFT_HOOK(in_thread, std::FILE*, popen, popen, (const char* command, const char* mode),
          (command, mode))
WEFT_HOOK(in_thread, int, pclose, pclose, (std::FILE * file), (file))
