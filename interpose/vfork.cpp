// SPDX-License-Identifier: BSL-1.0
//
// vfork(): the child runs in its parent's memory, on its parent's stack and under its parent's
// thread-local variables, while the parent stands still. So the running task must not suspend
// there, and this thread has to know: the child says so before it returns to its caller, and the
// parent, who goes on in the same memory when the child is gone, takes it back.
//
// No function can stand around it, because the child returns first and overwrites the frame: the
// return address is kept in a register over the system call.
#include "interpose/vfork.hpp"

#include "interpose/hook.hpp"

#include <unistd.h>

namespace weft::interpose {

namespace {

thread_local constinit volatile int children_deep = 0;

} // namespace

bool in_vfork_child() noexcept {
    return children_deep > 0;
}

} // namespace weft::interpose

// The fork() for signal handlers tells nobody that it was one: no handler of pthread_atfork() runs.
WEFT_DEFINE(pid_t, _Fork, ()) {
    const pid_t child = WEFT_ORIGINAL(pid_t, _Fork, ())::call();
    if (child == 0) {
        weft::detail::forbid_suspension();
    }
    return child;
}

#if defined(__x86_64__) && !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)

extern "C" {
[[gnu::used, gnu::visibility("hidden")]] void weft_vfork_in_child() noexcept {
    weft::detail::forbid_suspension();
    weft::interpose::children_deep = weft::interpose::children_deep + 1;
}
[[gnu::used, gnu::visibility("hidden")]] void weft_vfork_in_parent() noexcept {
    weft::interpose::children_deep = weft::interpose::children_deep - 1;
    weft::detail::allow_suspension();
}
// The kernel's answer, as libc gives it.
[[gnu::used, gnu::visibility("hidden")]] int weft_vfork_failed(long answer) noexcept {
    errno = static_cast<int>(-answer);
    return -1;
}
}

__asm__(R"(
    .text
    .globl vfork
    .type vfork, @function
    .globl __vfork
    .type __vfork, @function
    .p2align 4
vfork:
__vfork:
    .cfi_startproc
    popq %rdi
    .cfi_adjust_cfa_offset -8
    .cfi_register %rip, %rdi
    movl $58, %eax
    syscall
    pushq %rdi
    .cfi_adjust_cfa_offset 8
    .cfi_rel_offset %rip, 0
    testq %rax, %rax
    jz 1f
    js 2f
    subq $24, %rsp
    .cfi_adjust_cfa_offset 24
    movq %rax, 8(%rsp)
    call weft_vfork_in_parent
    movq 8(%rsp), %rax
    addq $24, %rsp
    .cfi_adjust_cfa_offset -24
    ret
1:  subq $8, %rsp
    .cfi_adjust_cfa_offset 8
    call weft_vfork_in_child
    xorl %eax, %eax
    addq $8, %rsp
    .cfi_adjust_cfa_offset -8
    ret
2:  movq %rax, %rdi
    jmp weft_vfork_failed
    .cfi_endproc
    .size vfork, .-vfork
    .size __vfork, .-__vfork
)");

#else

// POSIX lets it be fork().
WEFT_DEFINE(pid_t, vfork, ()) {
    return ::fork();
}

#endif
